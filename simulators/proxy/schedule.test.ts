// The bad day: the same from the same seed, of the density asked for, every freeze thawed; and run by the clock.

import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { until } from '../test/until.ts';
import { FaultProxy } from './proxy.ts';
import { makeSchedule, runSchedule, type Happening } from './schedule.ts';

const options = { seed: 4, durationS: 3_600, cutEveryS: 30, freezeEveryS: 60, freezeS: 5 };

test('it is the same again, other for another seed, in order, and as dense as asked', () => {
  const day = makeSchedule(options);
  expect(makeSchedule(options)).toEqual(day);
  expect(makeSchedule({ ...options, seed: 5 })).not.toEqual(day);
  const times = day.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const count = (does: Happening['does']) => day.filter((one) => one.does === does).length;
  expect(Math.abs(count('cut') - 120)).toBeLessThan(15);
  expect(Math.abs(count('freeze') - 60)).toBeLessThan(10);
  expect(count('thaw')).toBe(count('freeze'));
  expect(new Set(day.map((one) => (one.does === 'cut' ? one.kind : one.directions))).size).toBe(5);
  expect(makeSchedule({ ...options, cutEveryS: 0, freezeEveryS: 0 })).toEqual([]);
  expect(() => makeSchedule({ ...options, durationS: 1e9 })).toThrow('more than');
});

test('what is due happens, and nothing before its time', async () => {
  const clock = new ManualClock();
  const server = createServer((far) => far.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await FaultProxy.listen({
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    clock,
  });
  const socket = connect({ port: proxy.port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await until('it is connected', () => proxy.connections === 1);
  const done = runSchedule(
    proxy,
    [
      { atMs: 500, does: 'freeze', directions: 'up' },
      { atMs: 1_000, does: 'thaw', directions: 'up' },
      { atMs: 1_500, does: 'cut', kind: 'reset' },
    ],
    clock,
  );
  clock.advance(500);
  socket.write('held');
  await until('it is taken', () => proxy.counts.up.taken === 4);
  clock.advance(499);
  expect(proxy.counts.up.forwarded).toBe(0);
  clock.advance(1);
  await until('it is forwarded', () => proxy.counts.up.forwarded === 4);
  clock.advance(499);
  expect(proxy.counts.cut).toBe(0);
  clock.advance(1);
  await done;
  expect(proxy.counts.cut).toBe(1);
  await until('it is closed', () => socket.closed);
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});
