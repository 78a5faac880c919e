// The replay as a process of its own: plays to a real TCP peer, ends at once when told or when its parent is gone,
// and goes on where it was.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoFolder } from '#seeds/load.ts';
import { SmallBroker } from './test/small-broker.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
let broker: SmallBroker;
let folder: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  broker = await SmallBroker.start();
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await broker.stop();
  rmSync(folder, { recursive: true });
});

function start(...more: string[]): ChildProcess {
  const state = join(folder, 'replay.json');
  const args = [
    program,
    '--url',
    broker.url,
    '--site',
    demoFolder,
    '--state',
    state,
    '--speed',
    '40',
    ...more,
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  children.push(child);
  return child;
}

async function endOf(child: ChildProcess): Promise<{ code: unknown; tookMs: number }> {
  const from = performance.now();
  const [code] = (await once(child, 'exit')) as unknown[];
  return { code, tookMs: performance.now() - from };
}

test('it ends within a second when its stdin closes, and the next start goes on with the next frame', async () => {
  const first = start();
  await broker.until('recorded rows', () => broker.taken.some(({ topic }) => topic.includes('/replay/')));
  first.stdin?.end();
  const end = await endOf(first);
  expect(end.code).toBe(0);
  expect(end.tookMs).toBeLessThan(1_000);
  const state = JSON.parse(readFileSync(join(folder, 'replay.json'), 'utf8')) as {
    sequences: { replay: number };
  };
  const takenBefore = broker.taken.length;
  const second = start();
  await broker.until('frames again', () => broker.taken.length > takenBefore);
  const next = broker.taken[takenBefore];
  expect(next).toMatchObject({
    topic: 'mine/v1/demo/safety/replay/data',
    payload: { seq: state.sequences.replay + 1 },
  });
  expect(next?.payload['t']).toBeLessThanOrEqual(Date.now());
  second.kill('SIGTERM');
  const secondEnd = await endOf(second);
  expect([secondEnd.code, secondEnd.tookMs < 1_000]).toEqual([0, true]);
});

test('it waits for a broker that is not there yet and ends all the same', async () => {
  const { port } = broker;
  await broker.stop();
  const child = start();

  await once(child, 'spawn');
  broker = await SmallBroker.start(port);
  await broker.until('a frame', () => broker.taken.length > 0);
  child.kill('SIGTERM');
  expect((await endOf(child)).code).toBe(0);
});

test('without a site folder it says how to call it', async () => {
  const child = spawn(process.execPath, [program, '--site', join(folder, 'none')], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  children.push(child);
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString('utf8')));
  expect((await endOf(child)).code).toBe(2);
  expect(said).toContain('usage:');
});
