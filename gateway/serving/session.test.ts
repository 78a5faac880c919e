// Login, session, forgery, limits: over real HTTP.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resetPassword } from './accounts/reset.ts';
import { sessionAbsoluteMs, sessionIdleMs } from './accounts/store.ts';
import { ServingKit, testPeople } from './testing/serving-kit.ts';

let kit: ServingKit;
afterEach(() => kit.end());

async function codeOf(response: Response): Promise<[status: number, code: string]> {
  const { code } = (await response.json()) as { code: string };
  return [response.status, code];
}

describe('a session', () => {
  it('is opened by name and password, says who I am, and ends at logout', async () => {
    kit = await ServingKit.start();
    expect((await kit.fetch('/api/v1/session')).status).toBe(401);
    const response = await kit.tryLogin('dispatcher');
    expect(response.status).toBe(200);
    const setCookie = response.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(
      /^fengsui_session=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    const cookie = setCookie.split(';')[0]!;
    const me = await (await kit.fetch('/api/v1/session', { cookie })).json();
    expect(me).toMatchObject({
      user: { id: 'dispatcher', name: '陈立军', roles: ['dispatcher'], mustChangePassword: false },
      serverTime: kit.clock,
      demo: true,
    });
    expect((await kit.fetch('/api/v1/session', { method: 'DELETE', cookie })).status).toBe(204);
    expect(await codeOf(await kit.fetch('/api/v1/session', { cookie }))).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('survives a restart of the gateway', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    await kit.stop();
    await kit.open();
    expect((await kit.fetch('/api/v1/session', { cookie })).status).toBe(200);
  });

  it('ends after idling, but not while it is used, and at last in any case', async () => {
    kit = await ServingKit.start();
    const idle = await kit.login('dispatcher');
    const used = await kit.login('dispatcher');
    const begin = kit.clock;
    kit.clock = begin + sessionIdleMs - 1_000;
    expect((await kit.fetch('/api/v1/session', { cookie: used })).status).toBe(200);
    kit.clock = begin + sessionIdleMs;
    expect((await kit.fetch('/api/v1/session', { cookie: idle })).status).toBe(401);
    while (kit.clock < begin + sessionAbsoluteMs - sessionIdleMs) {
      expect((await kit.fetch('/api/v1/session', { cookie: used })).status).toBe(200);
      kit.clock += sessionIdleMs / 2;
    }
    kit.clock = begin + sessionAbsoluteMs;
    expect((await kit.fetch('/api/v1/session', { cookie: used })).status).toBe(401);
  });

  it('keeps neither password nor token in any file of the data folder', async () => {
    kit = await ServingKit.start();
    const token = (await kit.login('dispatcher')).split('=')[1]!;
    const password = kit.passwords.get('dispatcher')!;
    for (const name of await readdir(kit.dataFolder)) {
      if (!name.startsWith('accounts.db')) continue;
      const bytes = await readFile(join(kit.dataFolder, name), 'latin1');
      expect(bytes).not.toContain(token);
      expect(bytes).not.toContain(password);
    }
    expect(JSON.stringify(kit.log.lines)).not.toContain(password);
    expect(JSON.stringify(kit.log.lines)).not.toContain(token);
  });
});

describe('a failed login', () => {
  it('answers the same for a wrong password and an unknown name', async () => {
    kit = await ServingKit.start();
    const wrong = await kit.tryLogin('dispatcher', 'not the password');
    const unknown = await kit.tryLogin('nobody', 'not the password');
    expect([wrong.status, await wrong.text()]).toEqual([unknown.status, await unknown.text()]);
    expect(wrong.status).toBe(401);
  });

  it('is limited per person and address; the right password is let in again after the span', async () => {
    kit = await ServingKit.start();
    for (let i = 0; i < 8; i += 1) expect((await kit.tryLogin('west', 'wrong')).status).toBe(401);
    const limited = await kit.tryLogin('west');
    expect(limited.headers.get('retry-after')).toBe('300');
    expect(await codeOf(limited)).toEqual([429, 'LOGIN_LIMITED']);
    expect((await kit.tryLogin('dispatcher')).status).toBe(200);
    kit.clock += 300_000;
    expect((await kit.tryLogin('west')).status).toBe(200);
  });
});

describe('a request from elsewhere', () => {
  it('is refused for unsafe methods without our Origin or our header', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const foreign = { origin: 'http://evil.example' };
    const attempts: Record<string, string>[] = [foreign, { 'x-requested-with': '' }, { origin: 'null' }];
    for (const headers of attempts) {
      const response = await kit.fetch('/api/v1/session', { method: 'DELETE', cookie, headers });
      expect(await codeOf(response)).toEqual([403, 'ORIGIN_REFUSED']);
    }
    const bare = await fetch(`${kit.serving.url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    expect(bare.status).toBe(403);
    expect((await kit.fetch('/api/v1/session', { cookie })).status).toBe(200);
  });

  it('gets no stream: neither from another Origin nor without a session', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const statusOf = (socket: ReturnType<ServingKit['socket']>): Promise<number> =>
      new Promise((resolve) => {
        socket.on('error', () => undefined);
        socket.once('unexpected-response', (_request, response) => {
          resolve(response.statusCode ?? 0);
          socket.terminate();
        });
        socket.once('open', () => resolve(101));
      });
    expect(await statusOf(kit.socket(cookie, 'http://evil.example'))).toBe(403);
    expect(await statusOf(kit.socket('fengsui_session=' + 'x'.repeat(43)))).toBe(401);
    expect(await statusOf(kit.socket(''))).toBe(401);
  });
});

describe('a password', () => {
  it('that was given must be changed before the first command where the site asks for it', async () => {
    kit = await ServingKit.start({ forcesChange: true });
    const cookie = await kit.login('dispatcher');
    const command = { commandId: 'command-1', case: 'east/C1' };
    const refused = await kit.post('/api/v1/commands/ReceiveCase', command, cookie);
    expect(await codeOf(refused)).toEqual([403, 'PASSWORD_CHANGE_REQUIRED']);
    const current = kit.passwords.get('dispatcher')!;
    const change = (next: string): Promise<Response> =>
      kit.post('/api/v1/password', { current, next }, cookie);
    expect(await codeOf(await change('dispatcher-2026'))).toEqual([422, 'PASSWORD_UNSUITABLE']);
    expect((await change('矿井安全第一2026!')).status).toBe(200);
    expect((await kit.post('/api/v1/commands/ReceiveCase', command, cookie)).status).toBe(200);
    expect((await kit.tryLogin('dispatcher')).status).toBe(401);
    expect((await kit.tryLogin('dispatcher', '矿井安全第一2026!')).status).toBe(200);
  });

  it('is reset beside the running gateway: old password and sessions end, streams close', async () => {
    kit = await ServingKit.start({ timing: { sessionCheckMs: 20 } });
    const cookie = await kit.login('dispatcher');
    const stream = await kit.stream(cookie);
    await stream.next('snapshot');
    expect(await resetPassword(kit.dataFolder, 'nobody')).toBeNull();
    const password = await resetPassword(kit.dataFolder, 'dispatcher');
    expect((await stream.next('closing')).code).toBe('SESSION_ENDED');
    expect(await stream.closed()).toBe(4001);
    expect((await kit.fetch('/api/v1/session', { cookie })).status).toBe(401);
    expect((await kit.tryLogin('dispatcher')).status).toBe(401);
    expect((await kit.tryLogin('dispatcher', password ?? '')).status).toBe(200);
  });
});

describe('many logins at once', () => {
  it('are hashed one by one, and events pass between them', async () => {
    const people = Array.from({ length: 8 }, (_, i) => ({ ...testPeople[0]!, id: `person${i}` }));
    kit = await ServingKit.start({ people });
    const stream = await kit.stream(await kit.login('person0'));
    await stream.next('snapshot');
    const order: string[] = [];
    let done = 0;
    const logins = Promise.all(
      people.map(async ({ id }) => {
        expect((await kit.tryLogin(id)).status).toBe(200);
        order.push('login');
        done += 1;
      }),
    );
    // Each event is sent when the one before has arrived: one that had to wait for the hashes would hold up the rest.
    while (done < people.length) {
      kit.core.tell(kit.core.log.raise('east'));
      await stream.next('events');
      order.push('event');
    }
    await logins;
    expect(order.filter((what) => what === 'login')).toHaveLength(8);
    // Eight at once would end close together; hashes on this thread would let one event through between two.
    const between = order.join(' ').split('login').slice(1, -1);
    const counts = between.map((events) => events.split('event').length - 1).sort((a, b) => a - b);
    expect(counts[3]).toBeGreaterThanOrEqual(5);
    stream.close();
  });
});
