// The command line of the simulators: what is wrong with a call is said, with exit code 2; a fleet sends what its plan
// says, however many processes send it, and tells it in one line.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadSite } from '#seeds/load.ts';
import { simulateCommand } from './command.ts';
import type { StationPage } from './fleet/book.ts';
import { pointId, readingsPerSecond, stationsOf, type FleetPlan } from './fleet/plan.ts';
import { defaultStartMs, type FleetFigures } from './fleet/run.ts';
import { verifyBook, type HistoryReading } from './fleet/verify.ts';
import { SmallBroker } from './test/small-broker.ts';

const folder = mkdtempSync(join(tmpdir(), 'fengsui-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A call as one types it: words apart by blanks. */
const type = (line: string) => call(...line.split(' '));

async function call(...args: readonly string[]) {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await simulateCommand(args, {
    out: (line) => out.push(line),
    error: (line) => errors.push(line),
  });
  return { code, out, errors: errors.join('\n') };
}

test.each([
  [[], 'site, fleet or proxy?'],
  [['weather'], 'no weather to simulate'],
  [['site'], 'site wants one folder'],
  [['fleet', '--rate', 'fast'], '--rate wants a number'],
  [['fleet', '--points', '1.5'], 'whole numbers'],
  [['fleet', '--mines', '1000', '--points', '1000'], 'more than the 200000'],
  [['fleet', '--per-frame', '10001'], 'more than the 10000'],
  [['fleet', '--stages', 'rain'], 'no stage rain'],
  [['fleet', '--absent', '2'], 'a share'],
  [['fleet', '--processes', '0'], 'processes'],
  [['fleet', '--url', 'http://127.0.0.1'], 'no address'],
  [['fleet', '--colour', 'red'], "Unknown option '--colour'"],
  [['proxy'], '--target'],
  [['proxy', '--target', '127.0.0.1'], 'no port'],
] as const)('%j is refused with a reason', async (args, reason) => {
  const { code, out, errors } = await call(...args);
  expect(code).toBe(2);
  expect(out).toEqual([]);
  expect(errors).toContain(reason);
  expect(errors).toContain('usage:');
});

test('a site folder is one that the gateway reads, with every point of the fleet and its limits', async () => {
  const target = join(folder, 'site');
  expect((await call('site', target, '--mines', '3', '--points', '3300', '--period-ms', '500')).code).toBe(0);
  const { documents, findings, warnings } = loadSite(target);
  expect([findings, warnings]).toEqual([[], []]);
  expect(documents.points).toHaveLength(9_900);
  const plan = { mines: 3, points: 3_300, periodMs: 500 } as FleetPlan;
  const ids = new Set(documents.points.map(({ id }) => id));
  for (const { mine, first, points } of stationsOf(plan))
    for (let point = first; point < first + points; point += 1)
      expect(ids.delete(pointId(mine, point))).toBe(true);
  expect(ids.size).toBe(0);
  expect(documents.points[0]).toMatchObject({ periodS: 0.5, locationType: 'T0', limits: { alarmHigh: 1 } });
});

async function sendTo(broker: SmallBroker, processes: number) {
  const book = join(folder, `book-${processes}.json`);
  const { code, out } = await type(
    `fleet --mines 2 --points 250 --per-frame 40 --rate 20000 --duration-s 0.5 --seed 5 --start-ms 1767000000000 ` +
      `--url ${broker.url} --processes ${processes} --book ${book}`,
  );
  expect(code).toBe(0);
  expect(out).toHaveLength(1);
  const kept = JSON.parse(readFileSync(book, 'utf8')) as { plan: FleetPlan; pages: StationPage[] };
  return { figures: JSON.parse(out[0]!) as FleetFigures, ...kept };
}

function receivedBy(broker: SmallBroker): HistoryReading[] {
  return broker.taken.flatMap(({ payload }) => {
    const { t, p, d, x, s } = payload as {
      t: number;
      p: string[];
      d: number[];
      x: (number | null)[];
      s: number[];
    };
    return p.map((point, n) => ({ point, time: t + d[n]!, value: x[n]!, status: s[n]! }));
  });
}

test('what a fleet sends is what its book says, and the same from one process or three', async () => {
  const runs = [];
  for (const processes of [1, 3]) {
    const broker = await SmallBroker.start();
    try {
      const { figures, plan, pages } = await sendTo(broker, processes);
      const received = receivedBy(broker);
      expect(figures).toMatchObject({
        seed: 5,
        stations: 6,
        sent: received.length,
        acknowledged: received.length,
      });
      expect(Math.abs(figures.sent - 10_000)).toBeLessThan(6 * 40);
      expect(figures.pubackMs.p99).toBeGreaterThan(0);
      const { findings, found } = verifyBook(plan, pages, (points, from, to) =>
        received.filter(({ point, time }) => points.includes(point) && time >= from && time < to),
      );
      expect([findings, found]).toEqual([[], received.length]);
      runs.push(received.map((one) => JSON.stringify(one)).toSorted());
    } finally {
      await broker.stop();
    }
  }
  expect(runs[1]).toEqual(runs[0]);
}, 60_000);

test('faster than its own period, a fleet begins in the past and ends now', () => {
  const plan = { mines: 2, points: 50, periodMs: 1_000 } as FleetPlan;
  expect(readingsPerSecond(plan)).toBe(100);
  const now = 1_767_000_000_000;
  expect(defaultStartMs(plan, 60, 1_000, now)).toBe(now - 9 * 60_000 - 1_000);
  for (const rate of [undefined, 50, 100]) expect(defaultStartMs(plan, 60, rate, now)).toBe(now - 1_000);
});

test('what nobody acknowledges ends the fleet at its deadline, with exit code 1', async () => {
  const broker = await SmallBroker.start();
  broker.acknowledges = () => false;
  try {
    const { code, out } = await type(
      `fleet --points 10 --per-frame 10 --rate 100 --duration-s 0.2 --drain-s 0.3 --url ${broker.url}`,
    );
    expect(code).toBe(1);
    expect(JSON.parse(out[0]!)).toMatchObject({
      acknowledged: 0,
      unacknowledgedPackets: 2,
      pubackMs: { p50: null },
    });
  } finally {
    await broker.stop();
  }
}, 60_000);

test('a port that is taken is told in a sentence, with exit code 1', async () => {
  const broker = await SmallBroker.start();
  try {
    const { code, out, errors } = await type(`proxy --target 127.0.0.1:1 --port ${broker.port}`);
    expect([code, out]).toEqual([1, []]);
    expect(errors).toContain('EADDRINUSE');
  } finally {
    await broker.stop();
  }
});

test('a proxy runs its day and tells what it did', async () => {
  const broker = await SmallBroker.start();
  try {
    const { code, out, errors } = await type(
      `proxy --target 127.0.0.1:${broker.port} --duration-s 0.05 --cut-every-s 0.02`,
    );
    expect(code).toBe(0);
    expect(errors).toMatch(/listening on 127\.0\.0\.1:\d+/);
    expect(JSON.parse(out[0]!)).toMatchObject({ seed: 1, accepted: 0, cut: 0 });
  } finally {
    await broker.stop();
  }
});
