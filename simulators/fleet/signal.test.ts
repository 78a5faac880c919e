// The values of a fleet: the same from the same seed, and shaped as the profiles say: the noise's memory and size are
// recovered from the series, shots rise and decay, days swing, sensors hang and are away, nothing leaves its range.

import { expect, test } from 'vitest';
import { kindOf, planDefaults, stationsOf, type FleetPlan } from './plan.ts';
import { pointKinds } from './profiles.ts';
import { StationSignal } from './signal.ts';

/** Local midnight in the mines' time. */
const midnight = Date.UTC(2026, 0, 1) - 8 * 3_600_000;
const plan: FleetPlan = { ...planDefaults, mines: 1, points: 100, startMs: midnight, blastEveryS: 1e9 };
const placeOf = (code: string) => pointKinds.findIndex((kind) => kind.code === code);

/** Values by point, then sample. */
function series(of: FleetPlan, samples: number, points: readonly number[]): Float64Array[] {
  const signal = new StationSignal(of, stationsOf(of)[0]!);
  const found = points.map(() => new Float64Array(samples));
  for (let n = 0; n < samples; n += 1) {
    signal.next();
    points.forEach((point, at) => {
      const isMissing = signal.statuses[point] !== 0;
      found[at]![n] = isMissing ? NaN : signal.steps[point]! / 10 ** signal.decimals[point]!;
    });
  }
  return found;
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

test('the same seed gives the same values, another seed and another point give others', () => {
  const first = series(plan, 500, [0, 10]);
  expect(series(plan, 500, [0, 10])).toEqual(first);
  expect(series({ ...plan, seed: 2 }, 500, [0])[0]).not.toEqual(first[0]);
  expect(first[0]).not.toEqual(first[1]);
});

test('memory and size of the noise come back from the series of every kind that is fine enough to tell', () => {
  // Kinds whose noise is several steps of the meter: rounding adds noise of its own, without memory.
  const kinds = pointKinds.filter(({ noise, decimals }) => noise * 10 ** decimals >= 3);
  expect(kinds.length).toBeGreaterThan(3);
  for (const kind of kinds) {
    const values = series(plan, 40_000, [placeOf(kind.code)])[0]!;
    // Each stretch against its own mean, so that drift and day count for little; it is many memories long.
    const stretch = Math.round(40 * kind.noiseMemoryS);
    let covariance = 0;
    let variance = 0;
    let count = 0;
    for (let from = 0; from + stretch <= values.length; from += stretch) {
      const around = mean(values.subarray(from, from + stretch));
      for (let n = from + 1; n < from + stretch; n += 1) {
        covariance += (values[n]! - around) * (values[n - 1]! - around);
        variance += (values[n]! - around) ** 2;
        count += 1;
      }
    }
    const wanted = 1 / (1 + 1 / kind.noiseMemoryS);
    expect(covariance / variance, `kind ${kind.code}`).toBeGreaterThan(wanted - 0.04);
    expect(covariance / variance, `kind ${kind.code}`).toBeLessThan(wanted + 0.02);
    expect(Math.sqrt(variance / count) / kind.noise, `kind ${kind.code}`).toBeGreaterThan(0.8);
    expect(Math.sqrt(variance / count) / kind.noise, `kind ${kind.code}`).toBeLessThan(1.25);
  }
});

test('no value leaves its range and no two kinds behave alike, over days with many shots', () => {
  const wild = { ...plan, periodMs: 20_000, blastEveryS: 600 };
  const points = pointKinds.map((_, point) => point);
  const all = series(wild, 3 * 4_320, points);
  all.forEach((values, point) => {
    const { range, code } = kindOf(point);
    expect(Math.min(...values), `kind ${code}`).toBeGreaterThanOrEqual(range[0]);
    expect(Math.max(...values), `kind ${code}`).toBeLessThanOrEqual(range[1]);
    expect(new Set(values).size, `kind ${code}`).toBeGreaterThan(5);
  });
  // With shots every ten minutes the gas of a heading does reach its limits: the clamp is not what keeps it low.
  expect(Math.max(...all[placeOf('H1')]!)).toBeGreaterThan(1.5);
});

test('a shot raises the gas of all points of its heading in the same minute, and the air carries it away', () => {
  const shots = { ...plan, blastEveryS: 3 * 3_600 };
  const [ch4, co, face] = ['H1', 'CO', 'T1'].map((code) => series(shots, 24 * 3_600, [placeOf(code)])[0]!);
  const jumpsOf = (values: Float64Array, rise: number) => {
    const minutes: number[] = [];
    for (let at = 60; at + 60 < values.length; at += 60)
      if (mean(values.subarray(at, at + 5)) - mean(values.subarray(at - 5, at)) > rise) minutes.push(at);
    return minutes;
  };
  const minutes = jumpsOf(ch4!, 0.2);
  expect(minutes.length).toBeGreaterThan(2);
  expect(minutes.length).toBeLessThan(25);
  expect(jumpsOf(co!, 12)).toEqual(minutes);
  expect(jumpsOf(face!, 0.2)).toEqual([]);
  const { decayS } = kindOf(placeOf('H1')).blast!;
  const alone = minutes.filter(
    (at, n) => at + decayS + 60 < ch4!.length && (minutes[n + 1] ?? Infinity) > at + decayS + 60,
  );
  expect(alone.length).toBeGreaterThan(0);
  const left = alone.map((at) => {
    const before = mean(ch4!.subarray(at - 60, at));
    const rise = mean(ch4!.subarray(at, at + 10)) - before;
    return (mean(ch4!.subarray(at + decayS - 30, at + decayS + 30)) - before) / rise;
  });
  // 1/e after one decay time, give or take the noise and the rest of an earlier shot.
  expect(mean(left)).toBeGreaterThan(0.2);
  expect(mean(left)).toBeLessThan(0.5);
});

test('the afternoon is warmer than the small hours', () => {
  const slow = { ...plan, periodMs: 60_000 };
  const points = Array.from({ length: 10 }, (_, group) => group * pointKinds.length + placeOf('TP'));
  const days = series(slow, 1_440, points);
  const at = (hour: number) =>
    mean(days.map((values) => mean(values.subarray(hour * 60 - 30, hour * 60 + 30))));
  const { diurnal } = kindOf(placeOf('TP'));
  expect(at(16) - at(4)).toBeGreaterThan(diurnal);
  expect(at(16) - at(4)).toBeLessThan(3 * diurnal);
});

test('sensors that are said to hang stand still for minutes, those said to be away give no number', () => {
  const stuck = series({ ...plan, stuckShare: 1 }, 4 * 3_600, [0])[0]!;
  const still = (values: Float64Array) => {
    let longest = 0;
    let now = 0;
    for (let n = 1; n < values.length; n += 1) {
      now = values[n] === values[n - 1] ? now + 1 : 0;
      longest = Math.max(longest, now);
    }
    return longest;
  };
  expect(still(stuck)).toBeGreaterThanOrEqual(599);
  expect(still(series(plan, 4 * 3_600, [0])[0]!)).toBeLessThan(60);
  const away = series({ ...plan, absentShare: 1 }, 4 * 3_600, [0])[0]!;
  const missing = away.filter((value) => Number.isNaN(value)).length / away.length;
  expect(missing).toBeGreaterThan(0.05);
  expect(missing).toBeLessThan(0.5);
});
