// Passwords, the hash queue, login limits, the store and the first people.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoginLimits } from './login-limits.ts';
import { generatePassword, HashQueue, HashQueueFull, hashPassword, isPassword } from './password.ts';
import { createFirstUsers, demoPeople } from './people.ts';
import { resetPassword } from './reset.ts';
import { AccountStore } from './store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-accounts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a password', () => {
  it('is hashed by argon2id with its own salt and known again, composed or not', async () => {
    const [one, two] = await Promise.all([hashPassword('Éclair 矿工'), hashPassword('Éclair 矿工')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=9216,t=4,p=1\$/);
    expect(one).not.toBe(two);
    expect(await isPassword('E\u0301clair 矿工', one)).toBe(true);
    expect(await isPassword('Eclair 矿工', one)).toBe(false);
  });

  it('is never right where there is no hash or one that cannot be read', async () => {
    for (const hash of [null, '', 'plain', '$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA']) {
      expect(await isPassword('anything', hash)).toBe(false);
    }
  });

  it('that is generated has four groups of letters that are not mistaken for each other', () => {
    const drawn = Array.from({ length: 200 }, generatePassword);
    for (const password of drawn)
      expect(password).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{4}(-[a-km-np-zA-HJ-NP-Z2-9]{4}){3}$/);
    expect(new Set(drawn).size).toBe(200);
  });
});

describe('the hash queue', () => {
  it('runs one task at a time in order, goes on after a failure, and refuses above its bound', async () => {
    const queue = new HashQueue();
    let running = 0;
    let mostRunning = 0;
    const order: number[] = [];
    const task = (n: number) => async (): Promise<number> => {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await Promise.resolve();
      running -= 1;
      order.push(n);
      if (n === 1) throw new Error('one fails');
      return n;
    };
    const results = Array.from({ length: 64 }, (_, n) => queue.run(task(n)));
    await expect(queue.run(task(64))).rejects.toBeInstanceOf(HashQueueFull);
    const settled = await Promise.allSettled(results);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect([mostRunning, queue.waiting]).toEqual([1, 0]);
    expect(order).toEqual(Array.from({ length: 64 }, (_, n) => n));
    await expect(queue.run(task(65))).resolves.toBe(65);
  });
});

describe('login limits', () => {
  it('count attempts under way, so that many at once do not slip through', () => {
    const limits = new LoginLimits();
    const waits = Array.from({ length: 10 }, () => limits.begin('a', '10.0.0.1', 0));
    expect(waits).toEqual([...Array.from({ length: 8 }, () => null), 300, 300]);
    limits.succeeded('a', '10.0.0.1');
    expect(limits.begin('a', '10.0.0.1', 0)).toBeNull();
  });

  it('bound what one address tries over many names', () => {
    const limits = new LoginLimits();
    const waits = Array.from({ length: 61 }, (_, i) => limits.begin(`user${i}`, '10.0.0.9', 1_000));
    expect(waits.filter((wait) => wait === null)).toHaveLength(60);
    expect(limits.begin('user1', '10.0.0.10', 1_000)).toBeNull();
    expect(limits.begin('user99', '10.0.0.9', 301_000)).toBeNull();
  });

  it('do not let guesses from everywhere keep a person from the own desk', () => {
    const limits = new LoginLimits();
    limits.begin('dispatcher', 'desk', 0);
    limits.succeeded('dispatcher', 'desk');
    for (let i = 0; i < 200; i += 1) limits.begin('dispatcher', `10.1.0.${i}`, 0);
    expect(limits.begin('dispatcher', '10.2.0.1', 0)).toBe(300);
    expect(limits.begin('dispatcher', 'desk', 0)).toBeNull();
  });
});

describe('the first people', () => {
  it('get a password each, once; it opens a session, and the file is the owner’s only', async () => {
    const people = demoPeople('demo');
    const first = await createFirstUsers(folder, people, { forcesChange: false });
    expect(first?.map(({ id, role }) => [id, role])).toEqual([
      ['dispatcher', 'dispatcher'],
      ['officer', 'safetyOfficer'],
      ['leader', 'leader'],
      ['verifier', 'verifier'],
    ]);
    expect(await createFirstUsers(folder, people, { forcesChange: false })).toBeNull();
    expect(statSync(join(folder, 'accounts.db')).mode & 0o077).toBe(0);
    const store = new AccountStore(folder);
    const hash = store.passwordHash('leader')!;
    expect(await isPassword(first![2]!.password, hash)).toBe(true);
    expect(store.openSession('leader', hash, 'token', 1_000)).toMatchObject({
      person: { id: 'leader', grants: [{ role: 'leader', site: 'demo' }], mustChangePassword: false },
    });
    store.close();
  });

  it('must change a reset password where they must change the first one, and not in the demo', async () => {
    for (const forcesChange of [true, false]) {
      const own = mkdtempSync(join(folder, 'case-'));
      await createFirstUsers(own, demoPeople('demo'), { forcesChange });
      expect(await resetPassword(own, 'leader')).toMatch(/^\w{4}-/);
      const store = new AccountStore(own);
      expect(store.person('leader')?.mustChangePassword).toBe(forcesChange);
      store.close();
    }
    expect(await resetPassword(join(folder, 'nothing-here'), 'leader')).toBeNull();
  });
});

describe('the store', () => {
  it('opens no session on a password that was replaced while it was checked', async () => {
    await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
    const store = new AccountStore(folder);
    const checked = store.passwordHash('leader')!;
    await resetPassword(folder, 'leader');
    expect(store.openSession('leader', checked, 'token', 0)).toBeNull();
    store.close();
  });

  it('keeps at most twenty sessions of a person, the newest', async () => {
    await createFirstUsers(folder, demoPeople('demo'), { forcesChange: false });
    const store = new AccountStore(folder);
    const hash = store.passwordHash('leader')!;
    for (let i = 0; i < 25; i += 1) store.openSession('leader', hash, `token${i}`, i);
    const alive = Array.from({ length: 25 }, (_, i) => store.session(`token${i}`, 25) !== null);
    expect(alive.lastIndexOf(false)).toBe(4);
    store.close();
  });

  it('ends the other sessions when a person changes the password', async () => {
    await createFirstUsers(folder, demoPeople('demo'), { forcesChange: true });
    const store = new AccountStore(folder);
    const hash = store.passwordHash('leader')!;
    store.openSession('leader', hash, 'here', 0);
    store.openSession('leader', hash, 'elsewhere', 0);
    store.changePassword('leader', 'new', 'here');
    expect(store.session('here', 1)?.person.mustChangePassword).toBe(false);
    expect(store.session('elsewhere', 1)).toBeNull();
    store.close();
  });
});
