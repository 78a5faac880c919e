import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statusBit, unusableMask } from '#alarms/kernel/quality.ts';
import { extremeOf, extremeOfSample, furtherOf, hasPeak, isDownward, nextRead, peakAtRaise } from './peak.ts';

const seriesOf = (t: readonly number[], v: readonly (number | null)[], s: readonly number[] = []) => ({
  t,
  v,
  s,
  bucketMs: 0,
});

test('the peak is the first of the greatest since the beginning', () => {
  expect(extremeOf(seriesOf([0, 1, 2, 3, 4], [9, 2, null, 4, 4]), 1, false)).toEqual({
    value: 4,
    at: 3,
    isSimulated: false,
  });
});

test('below a lower limit the peak is the least', () => {
  expect(isDownward({ op: '<' })).toBe(true);
  expect(extremeOf(seriesOf([1, 2, 3], [0.3, 0.1, 0.2]), 1, true)).toMatchObject({ value: 0.1, at: 2 });
});

test('a sample without a number, or one that no rule may use, moves no peak', () => {
  expect(extremeOfSample({ t: 2, v: null, s: 0 }, 1)).toBeNull();
  expect(extremeOfSample({ t: 2, v: 9, s: statusBit.stationFault }, 1)).toBeNull();
  expect(extremeOfSample({ t: 0, v: 9, s: 0 }, 1)).toBeNull();
  expect(extremeOf(seriesOf([1, 2], [1, 9], [0, statusBit.sensorFault]), 1, false)?.value).toBe(1);
});

test('in a bucket the number is of a usable sample whatever bits its neighbours had', () => {
  const thinned = {
    ...seriesOf([1, 2], [1, 9], [statusBit.sensorFault, statusBit.sensorFault]),
    bucketMs: 60,
  };
  expect(extremeOf(thinned, 1, false)?.value).toBe(9);
});

test('a made-up peak says so', () => {
  expect(extremeOf(seriesOf([1, 2], [1, 9], [0, statusBit.simulated]), 1, false)?.isSimulated).toBe(true);
  expect(extremeOf(seriesOf([1, 2], [1, 0.9], [0, statusBit.simulated]), 1, false)?.isSimulated).toBe(false);
});

test('silence has no peak; only a threshold gives the value of the point when it raises', () => {
  expect(hasPeak({ ruleKind: 'silence' })).toBe(false);
  expect(hasPeak({ ruleKind: 'threshold' })).toBe(true);
  expect(peakAtRaise({ ruleKind: 'threshold', quantity: 1.2, raisedAt: 7 })).toMatchObject({
    value: 1.2,
    at: 7,
  });
  expect(peakAtRaise({ ruleKind: 'sustained', quantity: 300, raisedAt: 7 })).toBeNull();
});

test('in whatever order record and live samples come together, the peak is that of a plain search', () => {
  const samples = fc.array(
    fc.record({ v: fc.integer({ min: -5, max: 5 }), s: fc.constantFrom(0, 16, 512, 640) }),
    { minLength: 1, maxLength: 30 },
  );
  const holds = fc.property(samples, fc.boolean(), fc.nat(29), (given, downward, cut) => {
    const all = given.map(({ v, s }, t) => ({ t, v, s }));
    const recorded = all.slice(0, cut);
    const live = all.slice(Math.max(0, cut - 3)); // what came live is partly in the record too
    let peak = live.reduce<ReturnType<typeof extremeOfSample>>(
      (before, sample) => furtherOf(before, extremeOfSample(sample, 0), downward),
      null,
    );
    const fromRecord = extremeOf(
      seriesOf(
        recorded.map(({ t }) => t),
        recorded.map(({ v }) => v),
        recorded.map(({ s }) => s),
      ),
      0,
      downward,
    );
    peak = furtherOf(peak, fromRecord, downward);
    const usable = all.filter(({ s }) => (s & unusableMask) === 0);
    const values = usable.map(({ v }) => v);
    const best = downward ? Math.min(...values) : Math.max(...values);
    const first = usable.find(({ v }) => v === best);
    expect(peak).toEqual(
      first === undefined ? null : { value: best, at: first.t, isSimulated: (first.s & 512) !== 0 },
    );
  });
  fc.assert(holds);
});

describe('what of the record to read next', () => {
  const minuteMs = 60_000;
  const dayMs = 1_440 * minuteMs;
  const now = 10 * dayMs;
  const alarm = (id: string, since: number, scope = id) => ({ id, scope, since });

  test('each alarm from its beginning, points that alarms share once', () => {
    const alarms = [alarm('a', now - 5_000, 'p'), alarm('b', now - 9_000, 'p'), alarm('c', now - 7_000, 'q')];
    expect(nextRead(alarms, new Map(), now)).toEqual({
      points: ['p', 'q'],
      from: now - 9_000,
      alarms: new Set(['a', 'b', 'c']),
      whole: ['a', 'c', 'b'],
    });
  });

  test('of an alarm that is up for more than a day only the day, and that is not the whole', () => {
    expect(nextRead([alarm('a', now - 2 * dayMs)], new Map(), now)).toMatchObject({
      from: now - dayMs,
      whole: [],
    });
  });

  test('nothing that was read within the minute; then only what came since, and a little before', () => {
    const alarms = [alarm('a', 0)];
    expect(nextRead(alarms, new Map([['a', now - minuteMs + 1]]), now)).toBeNull();
    expect(nextRead(alarms, new Map([['a', now - minuteMs]]), now)).toMatchObject({
      from: now - minuteMs - 15_000,
      whole: [],
    });
  });

  test('a flood is read in steps, each alarm once', () => {
    const alarms = Array.from({ length: 300 }, (_, index) =>
      alarm(`a${index}`, now - index * 1_000, `p${index % 200}`),
    );
    const readTo = new Map<string, number>();
    const read: string[] = [];
    for (let next = nextRead(alarms, readTo, now); next !== null; next = nextRead(alarms, readTo, now)) {
      expect(next.points.length).toBeLessThanOrEqual(16);
      for (const id of next.alarms) readTo.set(id, now);
      read.push(...next.alarms);
    }
    expect(read.toSorted()).toEqual(alarms.map(({ id }) => id).toSorted());
  });
});
