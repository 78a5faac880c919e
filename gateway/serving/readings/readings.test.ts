// `POST /api/v1/readings` over real HTTP with real accounts and a fake core: who may send, what is handed to the core,
// and what each outcome is answered with.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiRefusals } from '../../protocol/api-refusals.ts';
import { intakeRefusals } from '../../protocol/refusals.ts';
import { newSourceToken, sourceTokenHash } from '../accounts/source-tokens.ts';
import { AccountStore } from '../accounts/store.ts';
import { readingsBytesMax } from '../http/readings-routes.ts';
import { ServingKit } from '../testing/serving-kit.ts';
import { gateLimits } from './gate.ts';

let kit: ServingKit;
let accounts: AccountStore;
beforeEach(async () => {
  kit = await ServingKit.start({ timing: { tokensFreshMs: 0 } });
  accounts = new AccountStore(kit.dataFolder);
});
afterEach(async () => {
  accounts.close();
  await kit.end();
});

function add(source: string): { number: number; token: string } {
  const token = newSourceToken();
  const name = { mine: 'east', system: 'safety', source } as const;
  return { number: accounts.sourceTokens.add(name, sourceTokenHash(token), 1)!, token };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** As a program sends it: nothing of a browser, and any header as it is. */
function send(
  token: string | null,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
  options: { readonly isChunked?: boolean } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const asked = httpRequest(
      `${kit.serving.url}/api/v1/readings`,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          ...(options.isChunked === true ? {} : { 'content-length': String(bytes.byteLength) }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(bytes);
  });
}

const frame = '{"v":1,"seq":1,"t":1795533000000,"p":["E1"],"x":[0.4]}';

function said({ status, body }: Answer): [number, unknown] {
  return [status, JSON.parse(body)];
}

function refusal(code: keyof typeof apiRefusals, missing: readonly string[] = []): [number, unknown] {
  const { status, zh, en } = apiRefusals[code];
  return [status, { code, zh, en, missing }];
}

describe('a message over HTTP', () => {
  it('goes to the core byte by byte, on the topic of its token, and is 204 without content', async () => {
    const { token } = add('gateway-7');
    const answer = await send(token, frame);
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['set-cookie']).toBeUndefined();
    const [got] = kit.core.readings;
    expect(got?.topic).toBe('mine/v1/east/safety/gateway-7/data');
    expect(Buffer.from(got!.payload).toString()).toBe(frame);
  });

  it('may be gzip, chunked, and of any size up to the bound', async () => {
    const { token } = add('a');
    const large = JSON.stringify(Array.from({ length: 9_000 }, (_, i) => ({ point: `E${i}`, time: i })));
    expect((await send(token, gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(204);
    expect((await send(token, large, {}, { isChunked: true })).status).toBe(204);
    expect((await send(token, ' '.repeat(readingsBytesMax))).status).toBe(204);
    const sizes = kit.core.readings.map(({ payload }) => payload.byteLength);
    expect(sizes).toEqual([large.length, large.length, readingsBytesMax]);
    expect(Buffer.from(kit.core.readings[0]!.payload).toString()).toBe(large);
  });

  it('that the core cannot read is 422 with the reason that an MQTT sender finds on the links screen', async () => {
    const { token } = add('a');
    kit.core.judge = () => ({ kind: 'refused', reason: 'COLUMNS_UNEQUAL' });
    const answer = await send(token, frame);
    const { zh, en } = intakeRefusals.COLUMNS_UNEQUAL;
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      422,
      { code: 'COLUMNS_UNEQUAL', zh, en, missing: [] },
    ]);
  });

  it('is answered when the core has answered, each with its own outcome', async () => {
    const { token } = add('a');
    kit.core.judge = () => null;
    const answers: number[] = [];
    const sent = [0, 1, 2].map(() => send(token, frame).then(({ status }) => answers.push(status)));
    await kit.until(() => kit.core.readings.length === 3);
    expect(answers).toEqual([]);
    const [first, second, third] = kit.core.readings.map(({ request }) => request);
    kit.core.post({
      type: 'readingsTaken',
      taken: [
        { request: third!, outcome: { kind: 'recorded' } },
        { request: first!, outcome: { kind: 'abandoned' } },
        { request: second!, outcome: { kind: 'pressed' } },
      ],
    });
    await Promise.all(sent);
    expect(answers.toSorted((a, b) => a - b)).toEqual([204, 429, 503]);
  });
});

describe('what is to come again says when', () => {
  it('under pressure of the core: 429', async () => {
    const { token } = add('a');
    kit.core.judge = () => ({ kind: 'pressed' });
    const answer = await send(token, frame);
    expect(said(answer)).toEqual(refusal('INTAKE_PRESSED'));
    expect(answer.headers['retry-after']).toBe('1');
  });

  it('while nothing can be recorded: 503', async () => {
    const { token } = add('a');
    kit.core.judge = () => ({ kind: 'abandoned' });
    const answer = await send(token, frame);
    expect(said(answer)).toEqual(refusal('NOT_RECORDING'));
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('when the core is gone before it has answered: 503', async () => {
    const { token } = add('a');
    kit.core.judge = () => null;
    const sent = send(token, frame);
    await kit.until(() => kit.core.readings.length === 1);
    kit.core.close();
    expect(said(await sent)).toEqual(refusal('NOT_RECORDING'));
  });

  it('while the gateway starts: 503', async () => {
    const { token } = add('a');
    const starting = await ServingKit.start({ isLive: false, timing: { tokensFreshMs: 0 } });
    try {
      const other = new AccountStore(starting.dataFolder);
      const name = { mine: 'east', system: 'safety', source: 'a' } as const;
      other.sourceTokens.add(name, sourceTokenHash(token), 1);
      other.close();
      const answer = await fetch(`${starting.serving.url}/api/v1/readings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: frame,
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    } finally {
      await starting.end();
    }
  });

  it('when one source has as many messages waiting as it may: 429, and another source is still heard', async () => {
    const { token } = add('a');
    const { token: other } = add('b');
    kit.core.judge = ({ topic }) => (topic.includes('/b/') ? { kind: 'recorded' } : null);
    const waiting = Array.from({ length: gateLimits.requestsPerTokenMax }, () => send(token, frame));
    await kit.until(() => kit.core.readings.length === gateLimits.requestsPerTokenMax);
    const answer = await send(token, frame);
    expect(said(answer)).toEqual(refusal('INTAKE_PRESSED'));
    expect(answer.headers['retry-after']).toBe('1');
    expect((await send(other, frame)).status).toBe(204);
    for (const { request, topic } of kit.core.readings) {
      if (topic.includes('/a/')) kit.core.taken(request, { kind: 'recorded' });
    }
    expect((await Promise.all(waiting)).every(({ status }) => status === 204)).toBe(true);
    kit.core.judge = () => ({ kind: 'recorded' });
    expect((await send(token, frame)).status).toBe(204);
  });

  it('no room stays taken by senders that break off or send too much', async () => {
    const { token } = add('a');
    for (let i = 0; i < 2 * gateLimits.requestsPerTokenMax; i += 16) {
      await Promise.all(
        Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? breakOff(token) : sendTooMuch(token))),
      );
    }
    await kit.until(async () => (await send(token, frame)).status === 204);
    const metrics = await (await fetch(`${kit.serving.url}/metrics`)).text();
    expect(metrics).toMatch(/^fengsui_http_readings_held_bytes 0$/m);
    expect(kit.core.readings.map(({ payload }) => payload.byteLength)).toEqual(
      kit.core.readings.map(() => frame.length),
    );
  }, 30_000);

  const sendTooMuch = (token: string): Promise<unknown> =>
    send(token, gzipSync(Buffer.alloc(2 * readingsBytesMax)), { 'content-encoding': 'gzip' });

  function breakOff(token: string): Promise<void> {
    return new Promise((resolve) => {
      const asked = httpRequest(`${kit.serving.url}/api/v1/readings`, {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': '1000',
          authorization: `Bearer ${token}`,
        },
      });
      asked.on('error', () => undefined);
      asked.on('close', () => resolve());
      asked.write('[', () => asked.destroy());
    });
  }
});

it('requests are counted by token, not by address, against a bound of their own', async () => {
  const { token } = add('a');
  const { token: other } = add('b');
  const left = async (of: string): Promise<number> =>
    Number((await send(of, frame)).headers['x-ratelimit-remaining']);
  const first = await left(token);
  expect(first).toBeGreaterThan(10_000);
  expect([await left(token), await left(other), await left(token)]).toEqual([first - 1, first, first - 2]);
});

describe('refused before the core hears of it', () => {
  afterEach(() => expect(kit.core.readings).toEqual([]));

  it('a token that is wrong, missing or not a Bearer token, and a session in its place', async () => {
    const { token } = add('a');
    const wrong = await send(newSourceToken(), frame);
    expect(said(wrong)).toEqual(refusal('TOKEN_UNKNOWN'));
    expect(wrong.headers['www-authenticate']).toBe('Bearer');
    expect(said(await send(null, frame))).toEqual(refusal('TOKEN_UNKNOWN'));
    expect(said(await send(null, frame, { authorization: `Basic ${token}` }))).toEqual(
      refusal('TOKEN_UNKNOWN'),
    );
    expect(said(await send(`${token}A`, frame))).toEqual(refusal('TOKEN_UNKNOWN'));
    const cookie = await kit.login('dispatcher');
    const asPerson = { cookie, origin: kit.serving.url, 'x-requested-with': 'fengsui' };
    expect(said(await send(null, frame, asPerson))).toEqual(refusal('TOKEN_UNKNOWN'));
    expect(JSON.stringify(kit.log.lines)).not.toContain(token);
    expect(kit.log.lines.map(({ event }) => event)).toContain('SourceTokenRefused');
  });

  it('a token that opens no other route', async () => {
    const { token } = add('a');
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${kit.serving.url}/api/v1/health`, { headers })).status).toBe(401);
    const command = await fetch(`${kit.serving.url}/api/v1/commands/ReceiveCase`, {
      method: 'POST',
      headers,
    });
    expect(command.status).toBe(403);
  });

  it('a token that was revoked', async () => {
    const { number, token } = add('a');
    accounts.sourceTokens.revoke(number, 2);
    expect(said(await send(token, frame))).toEqual(refusal('TOKEN_UNKNOWN'));
  });

  it('another type or another encoding', async () => {
    const { token } = add('a');
    for (const type of ['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', ''])
      expect(said(await send(token, frame, { 'content-type': type }))).toEqual(
        refusal('READINGS_TYPE_UNSUPPORTED', ['content-type']),
      );
    for (const encoding of ['br', 'deflate', 'gzip, gzip'])
      expect(said(await send(token, frame, { 'content-encoding': encoding }))).toEqual(
        refusal('READINGS_TYPE_UNSUPPORTED', ['content-encoding']),
      );
  });

  it('a body over the bound, whether its length is said or not', async () => {
    const { token } = add('a');
    const large = Buffer.alloc(readingsBytesMax + 1, 0x20);
    expect(said(await send(token, large))).toEqual(refusal('BODY_TOO_LARGE'));
    expect(said(await send(token, large, {}, { isChunked: true }))).toEqual(refusal('BODY_TOO_LARGE'));
  });

  it('a gzip bomb, without inflating more of it than the bound', async () => {
    const { token } = add('a');
    const bomb = gzipSync(Buffer.alloc(400 * 1024 * 1024), { level: 9 });
    expect(bomb.byteLength).toBeLessThan(readingsBytesMax);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 1);
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => send(token, bomb, { 'content-encoding': 'gzip' })),
    );
    clearInterval(watch);
    for (const answer of answers) expect(said(answer)).toEqual(refusal('BODY_TOO_LARGE'));
    expect(most).toBeLessThan(64 * 1024 * 1024);
  }, 30_000);

  it('what says gzip and is none, or breaks off', async () => {
    const { token } = add('a');
    const encoded = { 'content-encoding': 'gzip' };
    for (const body of [frame, gzipSync(frame).subarray(0, 30), ''])
      expect(said(await send(token, body, encoded))).toEqual(refusal('BAD_REQUEST', ['content-encoding']));
  });
});

it('the OpenAPI document says that the route takes a token, and what it answers', async () => {
  const document = (await (await fetch(`${kit.serving.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security?: unknown; requestBody?: unknown; responses: object }>>;
    components: { securitySchemes: object };
  };
  const { security, requestBody, responses } = document.paths['/api/v1/readings']!['post']!;
  expect(security).toEqual([{ sourceToken: [] }]);
  expect(document.components.securitySchemes).toMatchObject({
    sourceToken: { type: 'http', scheme: 'bearer' },
  });
  expect(requestBody).toMatchObject({ content: { 'application/json': { schema: expect.anything() } } });
  expect(Object.keys(responses)).toEqual(['204', '4XX', '5XX']);
});
