// Readings over HTTP through the whole gateway: they are in latest values and history like any other, 204 outlives a
// kill -9, a frame that comes twice is told from a new one, a revoked token is refused by the running gateway.

import { afterAll, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import type { PointView } from '#gateway/protocol/api.ts';
import { sourceCommand } from '#gateway/commands/source.ts';
import { demoSite, GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, firstPassword } from './api-client.ts';

const folder = temporaryFolder('http-readings');
const dataFolder = folder.path;
afterAll(() => folder.remove());

async function source(...args: readonly string[]): Promise<string[]> {
  const out: string[] = [];
  const output = { out: (line: string) => out.push(line), error: (line: string) => out.push(line) };
  const code = await sourceCommand([...args, '--data', dataFolder], output, { FENGSUI_SITE: demoSite });
  expect([code, ...out]).toEqual([0, ...out]);
  return out;
}

function post(
  url: string,
  token: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/api/v1/readings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body,
  });
}

test('a reading over HTTP is shown, kept through a kill -9 right after its 204, and kept once', async () => {
  const t = Date.now() - 10_000;
  const frame = (seq: number, x: readonly unknown[]) =>
    JSON.stringify({ v: 1, seq, t: t + 1_000 * seq, p: ['AMP1_IR', 'MM263'].slice(0, x.length), x });
  const first = await GatewayProcess.start({ dataFolder });
  let last: typeof first | null = null;
  try {
    const password = await firstPassword(first, 'admin');
    // Beside the running gateway, which has never heard of the source.
    const added = await source('add', '--mine', 'demo', '--system', 'safety', '--source', 'web-gateway');
    const token = added[1]!.split(': ')[1]!;
    const { url } = first.run;
    await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
    const sent = await until('the token is known', async () => {
      const answer = await post(url, token, frame(1, [42, 0.3]));
      return answer.status !== 401 && answer;
    });
    expect(sent.status).toBe(204);
    expect(
      (await post(url, token, new Uint8Array(gzipSync(frame(2, [43]))), { 'content-encoding': 'gzip' }))
        .status,
    ).toBe(204);

    const api = await ApiClient.login(url, 'admin', password);
    const { points } = (await api.get('/points')) as { points: readonly PointView[] };
    expect(points.find(({ id }) => id === 'AMP1_IR')).toMatchObject({ t: t + 2_000, v: 43 });
    const sources = async () => (await api.health()).sources.filter((one) => one.source === 'web-gateway');
    const counted = await until('the source is counted', async () => {
      const [one] = await sources();
      return one?.frames === 2 && one;
    });
    expect(counted).toMatchObject({ mine: 'demo', system: 'safety', readings: 3, refused: 0 });

    const broken = await post(url, token, '{"v":1');
    expect([broken.status, await broken.json()]).toMatchObject([422, { code: 'JSON_INVALID' }]);
    // One bad reading refuses itself: the other is recorded, and the count says so.
    expect((await post(url, token, frame(3, [44, 'much']))).status).toBe(204);
    await until('both refusals are counted by source', async () => (await sources())[0]?.refused === 2);

    expect((await post(url, token, frame(4, [45]))).status).toBe(204);
    await first.kill();

    last = await GatewayProcess.start({ dataFolder });
    const { url: nextUrl } = last.run;
    await until('it is ready again', async () => (await fetch(`${nextUrl}/readyz`)).status === 200);
    expect((await post(nextUrl, token, frame(4, [45]))).status).toBe(204);
    const again = await ApiClient.login(nextUrl, 'admin', password);
    const kept = await until('all four are in history', async () => {
      const found = await again.history('AMP1_IR', t, t + 10_000);
      return found.length >= 4 && found;
    });
    expect(kept.map(([time, value]) => [time - t, value])).toEqual([
      [1_000, 42],
      [2_000, 43],
      [3_000, 44],
      [4_000, 45],
    ]);
    await until('the repeated frame is a duplicate', async () => {
      const one = (await again.health()).sources.find((known) => known.source === 'web-gateway');
      return one?.duplicateFrames === 1;
    });

    await source('revoke', added[0]!.split(' ')[0]!);
    await until(
      'the running gateway refuses the revoked token',
      async () => (await post(nextUrl, token, frame(4, [45]))).status === 401,
      5_000,
    );
    expect(`${first.output}${last.output}`).not.toContain(token.slice(8));
    expect(await last.stop()).toBe(0);
  } finally {
    await first.kill();
    await last?.kill();
  }
}, 60_000);
