// `fengsui source …`: tokens of sources that send readings over HTTP, beside a running gateway (which knows of a change
// within seconds) or without one. A token is printed once and kept as a hash only. Every fault of a call is said in one
// answer, exit code 2.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSite } from '#seeds/load.ts';
import { ConfigurationError, readSettings, type Settings } from '../config.ts';
import { isDemoFolder } from '../data-folder.ts';
import { parseTopic, systems, type System } from '../protocol/topics.ts';
import {
  newSourceToken,
  sourceTokenHash,
  sourceTokensMax,
  type SourceTokenTable,
} from '../serving/accounts/source-tokens.ts';
import { AccountStore } from '../serving/accounts/store.ts';
import { requireAccounts, standardOutput, type UserOutput } from './user.ts';

const root = join(import.meta.dirname, '..', '..');
const usage = [
  'usage: fengsui source add --mine M --system S --source X [--data DIR]',
  '       fengsui source list [--data DIR]',
  '       fengsui source revoke NUMBER [--data DIR]',
  `       M: a mine of site.json; S: ${systems.join(' ')}`,
].join('\n');

export async function sourceCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const { values, positionals } = parse(args);
  const settings = readSettings(environment);
  const dataFolder = values.data ?? settings.dataFolder ?? join(root, 'var', 'demo');
  const { mine, system, source } = values;
  const [action, ...rest] = positionals;
  const isNamed = mine !== undefined && system !== undefined && source !== undefined;
  const isUnnamed = mine === undefined && system === undefined && source === undefined;
  if (action === 'add' && rest.length === 0 && isNamed)
    return add(dataFolder, settings, { mine, system, source }, output);
  if (action === 'list' && rest.length === 0 && isUnnamed) return list(dataFolder, output);
  if (action === 'revoke' && rest.length === 1 && isUnnamed) return revoke(dataFolder, rest[0]!, output);
  throw new ConfigurationError([usage]);
}

function add(
  dataFolder: string,
  settings: Settings,
  { mine, system, source }: { mine: string; system: string; source: string },
  output: UserOutput,
): number {
  requireAccounts(dataFolder);
  const known: System | undefined = systems.find((one) => one === system);
  const problems = [
    ...mineProblems(dataFolder, settings, mine),
    ...(known === undefined ? [`--system: one of ${systems.join(' ')} 无此系统：${system}`] : []),
    ...(parseTopic(`mine/v1/mine/safety/${source}/data`) === null
      ? [`--source: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first 数据源名不合规：${source}`]
      : []),
  ];
  if (problems.length > 0 || known === undefined) throw new ConfigurationError(problems);
  const token = newSourceToken();
  const name = { mine, system: known, source };
  const number = withTokens(dataFolder, (tokens) => tokens.add(name, sourceTokenHash(token), Date.now()));
  if (number === null) {
    output.error(`There are ${sourceTokensMax} tokens already; revoke one first. 令牌已满，请先吊销。`);
    return 1;
  }
  output.out(`${number}  ${mine}/${known}/${source}`);
  output.out(`令牌，仅显示一次 (token, shown once): ${token}`);
  return 0;
}

/** The core refuses what comes for a mine that is not in the site tree: said here rather than there. */
function mineProblems(dataFolder: string, settings: Settings, mine: string): string[] {
  const folder = settings.siteFolder ?? (isDemoFolder(dataFolder) ? join(root, 'seeds', 'demo') : null);
  if (folder === null)
    return ['FENGSUI_SITE is missing: the site folder, to check --mine against. 未设置站点目录 FENGSUI_SITE'];
  const { sites } = loadSite(folder).documents;
  const mines = sites.filter(({ kind }) => kind === 'mine').map(({ id }) => id);
  return mines.includes(mine) ? [] : [`--mine: one of ${mines.slice(0, 20).join(' ')} 无此矿：${mine}`];
}

function list(dataFolder: string, output: UserOutput): number {
  requireAccounts(dataFolder);
  for (const { number, mine, system, source, createdAt, revokedAt } of withTokens(dataFolder, (tokens) =>
    tokens.list(),
  )) {
    const revoked = revokedAt === null ? '' : `  已吊销 (revoked) ${moment(revokedAt)}`;
    output.out(`${String(number).padEnd(6)}${mine}/${system}/${source}  ${moment(createdAt)}${revoked}`);
  }
  return 0;
}

function revoke(dataFolder: string, number: string, output: UserOutput): number {
  requireAccounts(dataFolder);
  const isNumber = /^[1-9]\d{0,14}$/.test(number);
  const isRevoked = isNumber && withTokens(dataFolder, (tokens) => tokens.revoke(Number(number), Date.now()));
  if (!isRevoked) {
    output.error(`No token ${number} that could be revoked (see: source list). 没有可吊销的令牌：${number}`);
    return 1;
  }
  output.out(`已吊销，五秒内生效 (revoked, in force within five seconds): ${number}`);
  return 0;
}

function withTokens<T>(dataFolder: string, work: (tokens: SourceTokenTable) => T): T {
  const store = new AccountStore(dataFolder);
  try {
    return work(store.sourceTokens);
  } finally {
    store.close();
  }
}

function moment(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { data: text, mine: text, system: text, source: text },
      allowPositionals: true,
    });
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
}
