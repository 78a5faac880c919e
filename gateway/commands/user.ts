// `fengsui user …`: people and passwords, beside a running gateway or without one. A password is printed once and kept
// as a hash only. Every fault of a call is said in one answer, exit code 2; nothing is half done.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSite } from '#seeds/load.ts';
import type { RoleName } from '#alarms/log/event.ts';
import { ConfigurationError, readSettings, type Settings } from '../config.ts';
import { isDemoFolder } from '../data-folder.ts';
import { addPerson, hasAccounts, listPeople } from '../serving/accounts/people.ts';
import { resetPassword } from '../serving/accounts/reset.ts';
import { roleNames } from '../serving/accounts/store.ts';
import { roleZh } from './announce.ts';

export interface UserOutput {
  out(line: string): void;
  error(line: string): void;
}

export const standardOutput: UserOutput = {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

const root = join(import.meta.dirname, '..', '..');
const usage = [
  'usage: fengsui user reset NAME [--data DIR]',
  '       fengsui user add NAME ROLE SITE DISPLAYNAME [--data DIR]',
  '       fengsui user list [--data DIR]',
  `       ROLE: ${roleNames.join(' ')}; SITE: an id of site.json`,
].join('\n');

/** Typed at every login, shown in lists and logs. */
const loginName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const displayName = /^[^\p{Cc}]{1,64}$/u;

export async function userCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const { values, positionals } = parse(args);
  const settings = readSettings(environment);
  const dataFolder = values.data ?? settings.dataFolder ?? join(root, 'var', 'demo');
  const [action, ...rest] = positionals;
  if (action === 'reset' && rest.length === 1) return reset(dataFolder, rest[0]!, output);
  if (action === 'add' && rest.length === 4) return add(dataFolder, settings, rest, output);
  if (action === 'list' && rest.length === 0) return list(dataFolder, output);
  throw new ConfigurationError([usage]);
}

async function reset(dataFolder: string, name: string, output: UserOutput): Promise<number> {
  requireAccounts(dataFolder);
  const password = await resetPassword(dataFolder, name);
  if (password === null) {
    output.error(`No person ${name} in ${dataFolder}. 没有此人：${name}`);
    return 1;
  }
  output.out(`新口令，仅显示一次 (new password, shown once): ${password}`);
  return 0;
}

async function add(
  dataFolder: string,
  settings: Settings,
  [id = '', role = '', site = '', name = '']: readonly string[],
  output: UserOutput,
): Promise<number> {
  requireAccounts(dataFolder);
  const known = roleNames.find((one) => one === role);
  const problems = [
    ...(loginName.test(id) ? [] : [`NAME: 1 to 64 of A-Z a-z 0-9 . _ - 登录名不合规：${id}`]),
    ...(known === undefined ? [`ROLE: one of ${roleNames.join(' ')} 无此角色：${role}`] : []),
    ...(displayName.test(name) ? [] : ['DISPLAYNAME: 1 to 64 characters 姓名须为 1 至 64 个字符']),
    ...siteProblems(dataFolder, settings, site),
  ];
  if (problems.length > 0 || known === undefined) throw new ConfigurationError(problems);
  const password = await addPerson(dataFolder, { id, name, grants: [{ role: known, site }] });
  if (password === null) {
    output.error(`There is a person ${id} already; nothing was changed. 已有此人：${id}`);
    return 1;
  }
  output.out(`${id}  ${name} ${roleWord(known)} ${site}`);
  output.out(
    `一次性口令，仅显示一次，首次登录须修改 (shown once, to be changed at the first login): ${password}`,
  );
  return 0;
}

/** A role on a site that is not there would let a person in and show nothing: checked against the site folder. */
function siteProblems(dataFolder: string, settings: Settings, site: string): string[] {
  const folder = settings.siteFolder ?? (isDemoFolder(dataFolder) ? join(root, 'seeds', 'demo') : null);
  if (folder === null)
    return ['FENGSUI_SITE is missing: the site folder, to check SITE against. 未设置站点目录 FENGSUI_SITE'];
  const ids = loadSite(folder).documents.sites.map((node) => node.id);
  return ids.includes(site) ? [] : [`SITE: one of ${ids.slice(0, 20).join(' ')} 无此站点：${site}`];
}

function list(dataFolder: string, output: UserOutput): number {
  requireAccounts(dataFolder);
  for (const { id, name, grants, mustChangePassword } of listPeople(dataFolder)) {
    const held = grants.map(({ role, site }) => `${role} ${roleWord(role)} ${site}`).join(', ');
    const note = mustChangePassword ? '  须改口令 (must change the password)' : '';
    output.out(`${id.padEnd(16)}${name}  ${held}${note}`);
  }
  return 0;
}

/** The first start makes the folder and its first people. */
export function requireAccounts(dataFolder: string): void {
  if (hasAccounts(dataFolder)) return;
  throw new ConfigurationError([
    `${dataFolder} has no accounts: start the gateway on it once, or give --data DIR. 该目录尚无人员：请先启动一次，或指定 --data。`,
  ]);
}

function roleWord(role: RoleName): string {
  return roleZh[role] ?? role;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { data: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
}
