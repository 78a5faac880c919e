// What every history must do, whatever it is made of: a suite to be run on each store. It speaks to the store through
// the façade only, and holds it against a naive twin. `runs` is small for a real server.

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PositionReport } from '#alarms/telemetry/report.ts';
import type { HistoryPoint } from '../../../projector/store-port.ts';
import { rollupStepMs, type RollupSeries, type RollupStep } from '../../../serving/query/port.ts';
import type { ContractInput, ContractReading, ContractStore } from './facade.ts';
import { aroundHour, plainAlarm, stories, storyPoints, type Act } from './stories.ts';
import { HistoryTwin, lateLineOf, linesOf } from './twin.ts';

const allTime = { from: aroundHour - 86_400_000, to: aroundHour + 86_400_000 };
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

export function historyContract(
  name: string,
  makeStore: () => Promise<ContractStore>,
  options: { readonly runs: number; readonly timeoutMs?: number; readonly retains?: boolean },
): void {
  describe(`${name} keeps the contract of history:`, { timeout: options.timeoutMs ?? 30_000 }, () => {
    let store: ContractStore;
    let twin: HistoryTwin;
    beforeEach(async () => {
      store = await makeStore();
      twin = new HistoryTwin();
    });
    afterEach(() => store.close());

    const give = async (...inputs: ContractInput[]): Promise<void> => {
      for (const input of inputs) twin.take(input);
      await store.apply(inputs);
    };
    const begin = (points: readonly HistoryPoint[] = storyPoints.slice(0, 3)): Promise<void> =>
      give(
        { kind: 'sourceSeen', source: 0, name: { mine: 'm1', system: 'safety', source: 'a' } },
        { kind: 'sourceSeen', source: 1, name: { mine: 'm2', system: 'safety', source: 'b' } },
        { kind: 'configure', points },
      );

    it('any story, however it is grouped and wherever it crashes, leaves what the twin has', async () => {
      const holds = fc.assert(
        fc.asyncProperty(stories, async (acts) => {
          const [lived, expected] = [await makeStore(), new HistoryTwin()];
          try {
            await play(lived, expected, acts);
            await expectSame(lived, expected);
          } finally {
            await lived.close();
          }
        }),
        { numRuns: options.runs },
      );
      await expect(holds).resolves.toBeUndefined();
    });

    it('every accepted reading is there once, a late one beside it, an equal one nowhere twice', async () => {
      await begin();
      const t = aroundHour;
      const frame = (...readings: ContractReading[]): ContractInput => frameAt(t, readings);
      await give(
        frame(accepted(0, t, 1), accepted(0, t + 1_000, 2), accepted(1, t, null)),
        frame({ ...accepted(0, t, 5), outcome: 'late' }, { ...accepted(0, t, 1), outcome: 'late' }),
        frame({ ...accepted(0, t + 1_000, 2), outcome: 'duplicate' }),
        frame({ ...accepted(0, t - 500, 9), outcome: 'late' }),
      );
      const { samples, late } = await store.wholeReadings();
      const id = storyPoints[1]!.id;
      expect(linesOf(samples)).toEqual([`p0 ${t} 1 0`, `p0 ${t + 1_000} 2 0`, `${id} ${t} null 0`].sort());
      expect(linesOf(late)).toEqual([`p0 ${t - 500} 9 0`, `p0 ${t} 5 0`].sort());
      expect(store.counts()).toMatchObject({ stored: 3, late: 2, duplicate: 2, unplaced: 0 });
    });

    it('a clock that was set back replaces nothing: the same moment with another value is late', async () => {
      await begin();
      const t = aroundHour;
      await give(frameAt(t, [accepted(0, t, 1), accepted(0, t + 60_000, 2)]));
      await give(
        frameAt(t + 60_000, [accepted(0, t - 30_000, 3), accepted(0, t, 4), accepted(0, t + 60_000, 2)]),
      );
      const whole = await store.wholeReadings();
      expect(linesOf(whole.samples)).toEqual(twin.whole().samples);
      expect(linesOf(whole.late)).toEqual([`p0 ${t} 4 0`]);
    });

    it('doubles and status come back bit by bit', async () => {
      const bits = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)).map(([low, high]) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setUint32(0, low);
        view.setUint32(4, high);
        return view.getFloat64(0);
      });
      const values = fc.sample(fc.oneof(bits, fc.double({ noNaN: true, noDefaultInfinity: true })), {
        numRuns: 500,
        seed: 7,
      });
      const finite = [-0, 0, 5e-324, Number.MAX_VALUE, ...values.filter(Number.isFinite)];
      await begin();
      await give(
        frameAt(
          aroundHour,
          finite.map((v, i) => accepted(0, aroundHour + i, v, i % 1_024)),
        ),
      );
      const { samples } = await store.wholeReadings();
      expect(linesOf(samples)).toEqual(twin.whole().samples);
    });

    it('points are found under ids of any letters, and others are not', async () => {
      await begin(storyPoints);
      const readings = storyPoints.map((_, slot) => accepted(slot, aroundHour + slot, slot));
      await give(frameAt(aroundHour, readings));
      for (const [slot, { id }] of storyPoints.entries()) {
        const [series] = await store.queries.history({
          points: [{ id, gapMs: 1_000 }],
          ...allTime,
          maxSamples: 100,
        });
        expect(series).toEqual({ point: id, bucketMs: 0, t: [aroundHour + slot], v: [slot], s: [0] });
      }
      const ids = [...storyPoints.map(({ id }) => id), `' OR 1=1 --`];
      const latest = await store.queries.latest(ids);
      expect(latest).toEqual([...storyPoints.map(({ id }) => twin.latest(id)), null]);
      const rollups = await store.queries.rollup({ points: ids, ...allTime, step: '1m' });
      expect(rollups.map(({ point, t }) => [point, t.length])).toEqual(
        ids.map((id, i) => [id, i < storyPoints.length ? 1 : 0]),
      );
    });

    it('a group that was not committed is not seen, and comes again after a crash, once', async () => {
      await begin();
      await give(frameAt(aroundHour, [accepted(0, aroundHour, 1)]));
      const open = frameAt(aroundHour, [accepted(0, aroundHour + 1, 2), accepted(2, aroundHour + 1, 1)]);
      twin.take(open);
      await store.applyOpen([open]);
      await store.crashAndReopen();
      await expectSame(store, twin);
      await store.crashAndReopen();
      await expectSame(store, twin);
      expect((await store.wholeReadings()).samples).toHaveLength(3);
    });

    it('readings of unknown points become history when the point is registered, but none of another mine', async () => {
      await begin();
      const waiting = (
        source: number,
        time: number,
        value: number | null,
        status: number,
      ): ContractInput => ({
        kind: 'quarantined',
        source,
        received: time,
        readings: [{ point: 'p3', time, value, status }],
      });
      const t = aroundHour;
      await give(waiting(0, t, 1.5, 1), waiting(0, t + 1_000, null, 8), waiting(1, t + 2_000, 9, 0));
      const unknown = await store.queries.unknownPoints(['m1'], 10);
      expect(unknown).toEqual([{ point: 'p3', mine: 'm1', readings: 2, from: t, to: t + 1_000 }]);
      await give({ kind: 'configure', points: storyPoints.slice(0, 4) });
      const { samples } = await store.wholeReadings();
      expect(linesOf(samples)).toEqual([`p3 ${t} 1.5 1`, `p3 ${t + 1_000} 4 8`]);
      expect(store.counts()).toMatchObject({ requalified: 2, quarantineForeign: 1 });
      expect(await store.queries.unknownPoints(['m1', 'm2'], 10)).toEqual([]);
      await expectSame(store, twin);
    });

    it('a thinned range keeps every peak with its time and every gap', async () => {
      await begin();
      const readings: ContractReading[] = [];
      for (let i = 0; i < 4_000; i += 1) {
        if (i % 700 > 640) continue; // gaps of a minute
        const v = Math.round(100 * Math.sin(i / 37) + (i % 911 === 0 ? 500 : 0)) / 100;
        readings.push(accepted(0, aroundHour + i * 1_000, v, i % 97 === 0 ? 128 : 0));
      }
      for (let from = 0; from < readings.length; from += 500) {
        await give(frameAt(aroundHour + from * 1_000, readings.slice(from, from + 500)));
      }
      const range = { from: aroundHour, to: aroundHour + 4_000_000 };
      const points = [{ id: 'p0', gapMs: 10_000 }];
      const [series] = await store.queries.history({ points, ...range, maxSamples: 200 });
      expect(series!.bucketMs).toBeGreaterThan(0);
      expect(series!.t.length).toBeLessThanOrEqual(200);
      const stored = twin.seriesOf('p0');
      const entries = new Set(series!.t.map((t, i) => `${t} ${series!.v[i]}`));
      for (let start = range.from; start < range.to; start += series!.bucketMs) {
        const usable = stored.filter(
          ({ t, s }) => t >= start && t < start + series!.bucketMs && t < range.to && s === 0,
        );
        if (usable.length === 0) continue;
        for (const extreme of [
          usable.reduce((a, b) => (b.v! < a.v! ? b : a)),
          usable.reduce((a, b) => (b.v! > a.v! ? b : a)),
        ]) {
          expect(entries).toContain(`${extreme.t} ${extreme.v}`);
        }
      }
      for (let i = 1; i < stored.length; i += 1) {
        const [before, after] = [stored[i - 1]!.t, stored[i]!.t];
        if (after - before > 10_000) expect(entries).toContain(`${before + 10_000} null`);
      }
    });

    it('rollups and newest readings are as recomputed: young, old, late and from quarantine alike', async () => {
      await begin();
      const t = aroundHour;
      for (let minute = 0; minute < 130; minute += 1) {
        const readings = Array.from({ length: 6 }, (_, i): ContractReading =>
          accepted(
            0,
            t + minute * minuteMs + i * 10_000,
            ((minute * 7 + i * 3) % 50) / 10,
            i === 5 ? 128 : 0,
          ),
        );
        await give(frameAt(t + minute * minuteMs + 59_000, readings));
      }
      // The clock of the second point is hours behind, that of the first was set back.
      await give(
        frameAt(t + 130 * minuteMs, [
          accepted(1, t + 5 * minuteMs, 0.3),
          accepted(0, t + 7 * minuteMs + 1, 99.5),
        ]),
      );
      await expectSame(store, twin);
      await give({
        kind: 'quarantined',
        source: 0,
        received: t + 131 * minuteMs,
        readings: [{ point: 'p3', time: t + 3 * minuteMs, value: 2, status: 0 }],
      });
      await give({ kind: 'configure', points: storyPoints.slice(0, 4) });
      await expectSame(store, twin);
      // Buckets that begin in the range, and no others.
      const range = { from: t + 1, to: t + 3 * minuteMs };
      const [some] = await store.queries.rollup({ points: ['p0'], ...range, step: '1m' });
      expect(some!.t).toEqual([t + minuteMs, t + 2 * minuteMs]);
    });

    it('switches: a change has its time and what was before; equal, late, unusable and numberless change nothing', async () => {
      await begin();
      const t = aroundHour;
      const slot = 2;
      await give(
        frameAt(t, [accepted(slot, t, 0), accepted(slot, t + 1, 0), accepted(slot, t + 2, 1)]),
        frameAt(t, [accepted(slot, t + 3, 0, 128), accepted(slot, t + 4, null), accepted(slot, t + 5, 0.5)]),
        frameAt(t, [
          { ...accepted(slot, t + 1, 7), outcome: 'late' },
          accepted(0, t, 1),
          accepted(0, t + 1, 2),
        ]),
      );
      await store.crashAndReopen();
      await give(frameAt(t, [accepted(slot, t + 6, 1), accepted(slot, t + 7, 0)]));
      const filter = { mines: ['m1'], ...allTime, limit: 10 };
      const { items } = await store.queries.switchChanges(filter);
      expect(items).toEqual([
        { point: 'door', time: t + 7, state: 0, previous: 1, mine: 'm1' },
        { point: 'door', time: t + 2, state: 1, previous: 0, mine: 'm1' },
        { point: 'door', time: t, state: 0, previous: null, mine: 'm1' },
      ]);
      expect((await store.queries.switchChanges({ ...filter, mines: ['m2'] })).items).toEqual([]);
      expect((await store.queries.switchChanges({ ...filter, keys: ['p0'] })).items).toEqual([]);
    });

    it('an upstream alarm takes what was reported last, and never goes back to what was reported before', async () => {
      await begin();
      const report = (reportedAt: number, endedAt: number | null, cause: string): ContractInput => ({
        kind: 'report',
        source: 0,
        received: aroundHour,
        report: { upstreamAlarms: [{ ...plainAlarm, reportedAt, endedAt, cause }] },
      });
      await give(report(2_000, null, 'second'));
      await give(report(3_000, 2_500, 'third'), report(1_000, null, 'first'));
      const filter = { mines: ['m1'], ...allTime, limit: 10 };
      const { items } = await store.queries.upstreamAlarms(filter);
      expect(items).toEqual([
        { ...plainAlarm, mine: 'm1', reportedAt: 3_000, endedAt: 2_500, cause: 'third' },
      ]);
    });

    it('positions and statistics come back whole, page by page, newest first, by mine and key', async () => {
      await begin();
      const cards = ['7', '8', '8'];
      const positions = Array.from({ length: 30 }, (_, i) =>
        positionAt(cards[i % 3]!, aroundHour + Math.floor(i / 3)),
      );
      const statistic = {
        point: 'p0',
        from: aroundHour,
        to: aroundHour + hourMs,
        max: 1.25,
        maxAt: aroundHour + 1,
      };
      const statistics = [{ ...statistic, min: null, minAt: null, mean: 0.5 }];
      const received = aroundHour;
      await give({ kind: 'report', source: 0, received, report: { positions, statistics } });
      // The same again is nothing new; another mine has a card of the same number.
      await give({ kind: 'report', source: 0, received, report: { positions, statistics } });
      await give({
        kind: 'report',
        source: 1,
        received,
        report: { positions: [positionAt('7', aroundHour)] },
      });
      const seen: unknown[] = [];
      let cursor: string | null = null;
      do {
        const filter = { mines: ['m1'], ...allTime, limit: 7, ...(cursor === null ? {} : { cursor }) };
        const page = await store.queries.positions(filter);
        seen.push(...page.items);
        cursor = page.cursor;
      } while (cursor !== null);
      const expected = [...new Map(positions.map((one) => [`${one.card} ${one.time}`, one])).values()]
        .sort((a, b) => b.time - a.time || (a.card < b.card ? -1 : 1))
        .map((one) => ({ ...one, mine: 'm1' }));
      expect(seen).toEqual(expected);
      const filter = { mines: ['m1', 'm2'], ...allTime, limit: 1_000, keys: ['7'] };
      expect((await store.queries.positions(filter)).items).toHaveLength(11);
      const all = await store.queries.statistics({ ...filter, keys: ['p0'] });
      expect(all.items).toEqual([{ ...statistics[0], mine: 'm1' }]);
      const strange = await store.queries.positions({ ...filter, cursor: 'nonsense' });
      expect(strange).toEqual({ items: [], cursor: null });
    });

    it.runIf(options.retains !== false)('retention takes each class by its own cutoff', async () => {
      await begin();
      const days = [0, 10, 20, 30].map((day) => aroundHour - 40 * dayMs + day * dayMs);
      for (const t of days) {
        await give(
          frameAt(t, [accepted(0, t, 1), accepted(2, t, t === days[0] ? 0 : ((t / dayMs) % 7) | 0)]),
        );
        await give({
          kind: 'report',
          source: 0,
          received: t,
          report: {
            positions: [positionAt('7', t)],
            upstreamAlarms: [{ ...plainAlarm, startedAt: t }],
            statistics: [{ point: 'p0', from: t, to: t + 1, max: 1, maxAt: t, min: 1, minAt: t, mean: 1 }],
          },
        });
      }
      await store.retain({ raw: days[2]! - dayMs, rollups: days[1]! - dayMs });
      const { samples } = await store.wholeReadings();
      expect(new Set(samples.map(({ t }) => t))).toEqual(new Set(days.slice(2)));
      const range = { from: days[0]! - dayMs, to: aroundHour };
      const filter = { mines: ['m1'], ...range, limit: 100 };
      const kept = async (step: RollupStep): Promise<readonly number[]> =>
        (await store.queries.rollup({ points: ['p0'], ...range, step }))[0]!.t;
      const since = (first: number): number[] => days.slice(first).toReversed();
      expect(await kept('1m')).toEqual(days.slice(1).map((t) => Math.floor(t / minuteMs) * minuteMs));
      expect(await kept('1h')).toEqual(days.slice(1).map((t) => Math.floor(t / hourMs) * hourMs));
      const { queries } = store;
      expect((await queries.positions(filter)).items.map(({ time }) => time)).toEqual(since(2));
      expect((await queries.upstreamAlarms(filter)).items.map(({ startedAt }) => startedAt)).toEqual(
        since(1),
      );
      expect((await queries.statistics(filter)).items.map(({ from }) => from)).toEqual(since(1));
    });
  });
}

async function play(store: ContractStore, twin: HistoryTwin, acts: readonly Act[]): Promise<void> {
  for (const { kind, inputs } of acts) {
    for (const input of inputs) twin.take(input);
    if (kind === 'inputs') await store.apply(inputs);
    else {
      await store.applyOpen(inputs);
      await store.crashAndReopen();
    }
  }
}

async function expectSame(store: ContractStore, twin: HistoryTwin): Promise<void> {
  const whole = await store.wholeReadings();
  expect(linesOf(whole.samples)).toEqual(twin.whole().samples);
  expect(whole.late.map(lateLineOf).sort()).toEqual(twin.whole().late);
  const ids = storyPoints.map(({ id }) => id);
  const { queries } = store;
  expect(await queries.latest(ids)).toEqual(ids.map((id) => twin.latest(id)));
  for (const step of ['1m', '1h'] as const) {
    const all = await queries.rollup({ points: ids, ...allTime, step });
    for (const [i, rollup] of all.entries()) expectRollup(rollup, twin.rollup(ids[i]!, rollupStepMs[step]));
  }
  const filter = { mines: ['m1', 'm2'], ...allTime, limit: 10_000 };
  const changes = await queries.switchChanges(filter);
  expect(changes.items.map(withoutMine)).toEqual(twin.switchChanges());
  const alarms = await queries.upstreamAlarms(filter);
  expect(new Set(alarms.items.map(withoutMine))).toEqual(new Set(twin.upstreamAlarms()));
}

/** Sums may be added in another order: the last bits of a mean may differ. */
function expectRollup(actual: RollupSeries, expected: RollupSeries): void {
  const { mean, ...exact } = actual;
  const { mean: expectedMean, ...expectedExact } = expected;
  expect(exact).toEqual(expectedExact);
  for (const [i, value] of mean.entries()) {
    const other = expectedMean[i]!;
    if (value === null || other === null) expect(value).toBe(other);
    else expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(other)));
  }
}

function withoutMine(report: { readonly mine: string }): object {
  return Object.fromEntries(Object.entries(report).filter(([field]) => field !== 'mine'));
}

function accepted(slot: number, t: number, v: number | null, s = 0): ContractReading {
  return { slot, t, v, s, outcome: 'accepted' };
}

function frameAt(received: number, readings: readonly ContractReading[]): ContractInput {
  return { kind: 'frame', source: 0, received, readings };
}

function positionAt(card: string, time: number): PositionReport {
  return {
    card,
    time,
    whereabouts: 1,
    enteredAt: time - 1_000,
    leftAt: null,
    area: '采煤工作面',
    areaEnteredAt: null,
    station: 's,1=',
    stationEnteredAt: null,
    distanceM: -12.5,
    x: 0.1,
    y: null,
    z: -0.25,
    workState: '正常',
  };
}
