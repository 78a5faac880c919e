// `fengsui source`: what it prints, what it refuses, and what stands in accounts.db afterwards.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { createFirstUsers, demoPeople } from '../serving/accounts/people.ts';
import { sourceTokenHash, sourceTokenPattern } from '../serving/accounts/source-tokens.ts';
import { AccountStore } from '../serving/accounts/store.ts';
import { sourceCommand } from './source.ts';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-source-'));
  openDataFolder(folder, true).release();
  await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string[]; error: string[] }> {
  const out: string[] = [];
  const error: string[] = [];
  const output = { out: (line: string) => out.push(line), error: (line: string) => error.push(line) };
  const code = await sourceCommand([...args, '--data', folder], output, {});
  return { code, out, error };
}

const add = (source: string) =>
  run('add', '--mine', 'demo', '--system', 'safety', '--source', source).then(({ out }) => ({
    number: out[0]!.split(' ')[0]!,
    token: out[1]!.split(': ')[1]!,
  }));

test('a token is printed once and stands in accounts.db as a hash only', async () => {
  const { token } = await add('my-gateway');
  expect(token).toMatch(sourceTokenPattern);
  const files = readdirSync(folder).filter((name) => name.startsWith('accounts.db'));
  const bytes = files.map((name) => readFileSync(join(folder, name), 'latin1')).join('');
  expect(bytes).toContain(sourceTokenHash(token));
  expect(bytes).not.toContain(token);
  const { out } = await run('list');
  expect(out).toEqual([expect.stringContaining('demo/safety/my-gateway')]);
  expect(out.join()).not.toContain(token.slice(-20));
});

test('a source may have two tokens; the one that is revoked stays listed and is no longer known', async () => {
  const first = await add('my-gateway');
  const second = await add('my-gateway');
  const store = new AccountStore(folder);
  const before = store.sourceTokens.knownSince(null);
  expect(store.sourceTokens.knownSince(before!.version)).toBeNull();
  expect((await run('revoke', first.number)).code).toBe(0);
  const after = store.sourceTokens.knownSince(before!.version);
  store.close();
  expect(before?.tokens).toHaveLength(2);
  expect(after?.tokens.map(({ tokenHash }) => tokenHash)).toEqual([sourceTokenHash(second.token)]);
  const { out } = await run('list');
  expect(out.map((line) => line.includes('已吊销'))).toEqual([true, false]);
  const again = await run('revoke', first.number);
  expect([again.code, again.error[0]]).toEqual([1, expect.stringContaining(first.number)]);
});

test('all faults of a call are said at once, and no token is made', async () => {
  await expect(run('add', '--mine', 'nowhere', '--system', 'gas', '--source', 'a/b')).rejects.toMatchObject({
    problems: [
      expect.stringContaining('--mine: one of demo'),
      expect.stringContaining('--system'),
      expect.stringContaining('--source'),
    ],
  });
  expect((await run('list')).out).toEqual([]);
});

test.each([
  [[]],
  [['add', '--mine', 'demo']],
  [['revoke']],
  [['list', 'x']],
  [['remove', '1']],
  [['add', '--what']],
])('a call that is none of these gets the usage: %j', async (args) => {
  await expect(run(...args)).rejects.toThrow('usage: fengsui source add');
});

test('accounts of the version before are given the table and keep their people', async () => {
  const path = join(folder, 'accounts.db');
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE sourceTokens; PRAGMA user_version = 1;');
  database.close();
  const { number } = await add('my-gateway');
  expect(number).toBe('1');
  const store = new AccountStore(folder);
  expect(store.people()).toHaveLength(4);
  store.close();
});
