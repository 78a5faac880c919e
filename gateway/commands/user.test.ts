// `fengsui user`: what it prints, what it refuses, and what stands in accounts.db afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { isPassword } from '../serving/accounts/password.ts';
import { createFirstUsers, demoPeople } from '../serving/accounts/people.ts';
import { AccountStore } from '../serving/accounts/store.ts';
import { userCommand } from './user.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-user-'));
  openDataFolder(folder, true).release();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string[]; error: string[] }> {
  const out: string[] = [];
  const error: string[] = [];
  const output = { out: (line: string) => out.push(line), error: (line: string) => error.push(line) };
  const code = await userCommand([...args, '--data', folder], output, {});
  return { code, out, error };
}

test('a person who is added gets a password once, in clear nowhere else, to be changed before the first command', async () => {
  await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
  const { code, out } = await run('add', 'li.si', 'supervisor', 'demo-county', '李四');
  expect([code, out[0]]).toEqual([0, 'li.si  李四 监管 demo-county']);
  const password = /[\w-]{19}$/.exec(out[1] ?? '')?.[0] ?? '';
  const store = new AccountStore(folder);
  const hash = store.passwordHash('li.si')!;
  expect(await isPassword(password, hash)).toBe(true);
  expect(store.person('li.si')).toEqual({
    id: 'li.si',
    name: '李四',
    grants: [{ role: 'supervisor', site: 'demo-county' }],
    mustChangePassword: true,
  });
  store.changePassword('li.si', 'another', '');
  store.close();
  const reset = await run('reset', 'li.si');
  expect(reset.code).toBe(0);
  expect((await run('list')).out.find((line) => line.startsWith('li.si'))).toContain('须改口令');
});

test('the list names everybody with role and site, and no password or hash', async () => {
  await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
  const { code, out } = await run('list');
  expect(code).toBe(0);
  expect(out.map((line) => line.split(' ')[0])).toEqual(['dispatcher', 'leader', 'officer', 'verifier']);
  expect(out[0]).toContain('陈立军  dispatcher 调度员 demo');
  expect(out.join('\n')).not.toMatch(/argon2|须改口令/);
});

test('a name that is taken is refused and nothing is changed', async () => {
  await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
  const before = await run('list');
  const { code, error } = await run('add', 'leader', 'verifier', 'demo', '别人');
  expect([code, error[0]]).toEqual([1, expect.stringContaining('已有此人：leader')]);
  expect(await run('list')).toEqual(before);
});

test('all faults of a call are said at once, and nobody is added', async () => {
  await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
  await expect(run('add', 'a b', 'boss', 'nowhere', '')).rejects.toMatchObject({
    problems: [
      expect.stringContaining('NAME'),
      expect.stringContaining('ROLE'),
      expect.stringContaining('DISPLAYNAME'),
      expect.stringContaining('SITE: one of demo-province'),
    ],
  });
  expect((await run('list')).out).toHaveLength(4);
});

test('a folder without accounts is refused, so that its first people are still made at its first start', async () => {
  await expect(run('add', 'li.si', 'leader', 'demo', '李四')).rejects.toThrow('尚无人员');
  await expect(run('list')).rejects.toThrow('尚无人员');
  await expect(run('reset', 'dispatcher')).rejects.toThrow('尚无人员');
  expect(await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false })).toHaveLength(4);
});

test('a call that is none of these gets the usage', async () => {
  for (const args of [[], ['add', 'x'], ['remove', 'leader'], ['list', 'x'], ['reset']])
    await expect(run(...args)).rejects.toThrow('usage: fengsui user reset');
});
