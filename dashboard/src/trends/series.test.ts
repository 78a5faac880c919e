import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statusBit } from '#alarms/kernel/quality.ts';
import {
  appendTail,
  isolatedOf,
  joinLines,
  lineOf,
  sampleAt,
  statisticsOf,
  strokesOf,
  unionOf,
} from './series.ts';

const raw = (rows: readonly (readonly [t: number, v: number | null, s?: number])[]) => ({
  t: rows.map(([t]) => t),
  v: rows.map(([, v]) => v),
  s: rows.map(([, , s]) => s ?? 0),
  bucketMs: 0,
});

describe('gaps', () => {
  test('a gap parts the line and is named from the last number to the next', () => {
    const line = lineOf(
      raw([
        [0, 1],
        [1_000, 2],
        [20_000, 3],
      ]),
      10_000,
      0,
      20_000,
    );
    expect(line.t).toEqual([0, 1_000, 1_001, 20_000]);
    expect(line.v).toEqual([1, 2, null, 3]);
    expect(line.gaps).toEqual([{ from: 1_000, to: 20_000 }]);
  });

  test('a hole too short for a gap is not drawn over either, and a sample alone in it is still shown', () => {
    const holes = raw([
      [0, 1],
      [1_000, 2],
      [10_000, 3],
      [19_000, 4],
      [20_000, 5],
    ]);
    const line = lineOf(holes, 10_000, 0, 20_000, 3_000);
    expect(line.v).toEqual([1, 2, null, 3, null, 4, 5]);
    expect(line.gaps).toEqual([]);
    expect(isolatedOf(line.v)).toEqual([3]);
    expect(isolatedOf([1, undefined, 2, null, undefined, 3])).toEqual([5]);
  });

  test('exactly the gap is none', () => {
    expect(
      lineOf(
        raw([
          [0, 1],
          [10_000, 2],
        ]),
        10_000,
        0,
        10_000,
      ).gaps,
    ).toEqual([]);
  });

  test('samples without a number do not fill a gap', () => {
    const line = lineOf(
      raw([
        [0, 1],
        [5_000, null],
        [11_000, 2],
      ]),
      10_000,
      0,
      11_000,
    );
    expect(line.gaps).toEqual([{ from: 0, to: 11_000 }]);
  });

  test('what is missing at the edges of the window is a gap too; nothing at all is one gap', () => {
    expect(lineOf(raw([[50_000, 1]]), 10_000, 0, 100_000).gaps).toEqual([
      { from: 0, to: 50_000 },
      { from: 50_000, to: 100_000 },
    ]);
    expect(lineOf(raw([]), 10_000, 0, 100_000).gaps).toEqual([{ from: 0, to: 100_000 }]);
  });

  test('thinned samples may stand two buckets apart', () => {
    const samples = { t: [0, 60_000, 120_000], v: [1, 2, 3], s: [0, 0, 0], bucketMs: 30_000 };
    expect(lineOf(samples, 10_000, 0, 120_000).gaps).toEqual([]);
  });

  test('no segment of any line is longer than the gap', () => {
    const steps = fc.array(fc.record({ dt: fc.integer({ min: 1, max: 40_000 }), hasValue: fc.boolean() }));
    const holds = fc.property(steps, (rows) => {
      let t = 0;
      const samples = raw(rows.map(({ dt, hasValue }) => [(t += dt), hasValue ? 1 : null] as const));
      const line = lineOf(samples, 10_000, 0, t);
      const drawn = line.t.flatMap((at, i) => {
        const isDrawn = i > 0 && line.v[i] !== null && line.v[i - 1] !== null;
        return isDrawn ? [at - (line.t[i - 1] ?? 0)] : [];
      });
      return drawn.every((length) => length <= 10_000);
    });
    expect(fc.check(holds).counterexample).toBeNull();
  });
});

test('the live tail goes behind the record, each time once', () => {
  const joined = appendTail(
    raw([
      [0, 1],
      [1_000, 2],
    ]),
    { t: [1_000, 2_000, 2_000, 1_500], v: [9, 3, 4, 5], s: [0, 512, 0, 0] },
  );
  expect(joined.t).toEqual([0, 1_000, 2_000]);
  expect(joined.v).toEqual([1, 2, 3]);
  expect(joined.s).toEqual([0, 0, 512]);
});

test('statistics count what is there and say how much of the window that is', () => {
  const line = lineOf(
    raw([
      [0, 1],
      [10_000, 3],
      [20_000, 2],
      [50_000, 2],
    ]),
    10_000,
    0,
    50_000,
  );
  expect(statisticsOf(line, 0, 50_000)).toEqual({
    min: 1,
    max: 3,
    mean: 2,
    valid: 0.4,
    hasSimulated: false,
  });
  expect(statisticsOf(lineOf(raw([]), 10_000, 0, 50_000), 0, 50_000)).toEqual({
    min: null,
    max: null,
    mean: null,
    valid: 0,
    hasSimulated: false,
  });
});

test('the cursor reads the newest number before it, and nothing inside a gap', () => {
  const line = lineOf(
    raw([
      [0, 1],
      [1_000, 2],
      [30_000, 3],
    ]),
    10_000,
    0,
    30_000,
  );
  expect(sampleAt(line, 1_000, 10_000)?.value).toBe(2);
  expect(sampleAt(line, 20_000, 10_000)).toBeNull();
  expect(sampleAt(line, 30_000, 10_000)?.value).toBe(3);
});

test('lines on one axis keep their gaps apart from foreign times', () => {
  const a = lineOf(
    raw([
      [0, 1],
      [2_000, 2],
    ]),
    10_000,
    0,
    2_000,
  );
  const b = lineOf(raw([[1_000, 5]]), 10_000, 0, 2_000);
  expect(joinLines([a, b])).toEqual({
    x: [0, 1_000, 2_000],
    columns: [
      [1, undefined, 2],
      [undefined, 5, undefined],
    ],
  });
});

describe('simulated stretches', () => {
  const sim = statusBit.simulated;
  const line = lineOf(
    raw([
      [0, 1],
      [1_000, 2, sim],
      [2_000, 3, sim | statusBit.clockAhead],
      [3_000, 4],
      [4_000, 5],
      [5_000, 6, sim],
      [40_000, 7, sim],
    ]),
    10_000,
    0,
    40_000,
  );

  test('go from their first sample to their last, and never over a gap', () => {
    expect(line.simulated).toEqual([
      { from: 1_000, to: 2_000 },
      { from: 5_000, to: 5_000 },
      { from: 40_000, to: 40_000 },
    ]);
    expect(line.gaps).toEqual([{ from: 5_000, to: 40_000 }]);
  });

  test('are a stroke of their own; what leads into them and out of them is theirs', () => {
    const { measured, simulated } = strokesOf(line);
    expect(measured.v).toEqual([1, null, null, 4, 5, null, null, null]);
    expect(simulated.v).toEqual([1, 2, 3, 4, 5, 6, null, 7]);
    expect(measured.t).toBe(line.t);
  });

  test('the cursor says of each sample whether it is simulated, and the statistics whether any is', () => {
    expect(sampleAt(line, 3_500, 10_000)).toEqual({ value: 4, isSimulated: false });
    expect(sampleAt(line, 2_500, 10_000)).toEqual({ value: 3, isSimulated: true });
    expect(statisticsOf(line, 0, 40_000).hasSimulated).toBe(true);
    expect(statisticsOf(lineOf(raw([[0, 1, 255]]), 10_000, 0, 10), 0, 10).hasSimulated).toBe(false);
  });

  test('of several lines cover an axis without touching', () => {
    expect(
      unionOf([
        { from: 5, to: 9 },
        { from: 0, to: 2 },
        { from: 2, to: 4 },
        { from: 6, to: 7 },
      ]),
    ).toEqual([
      { from: 0, to: 4 },
      { from: 5, to: 9 },
    ]);
  });

  test('no measured segment ends in a simulated sample, and no segment of the line is lost', () => {
    const steps = fc.array(
      fc.record({ dt: fc.integer({ min: 1, max: 20_000 }), isSimulated: fc.boolean() }),
      { maxLength: 60 },
    );
    const holds = fc.property(steps, (rows) => {
      let t = 0;
      const one = lineOf(
        raw(rows.map(({ dt, isSimulated }, i) => [(t += dt), i, isSimulated ? sim : 0] as const)),
        10_000,
        0,
        t,
      );
      const { measured, simulated } = strokesOf(one);
      const isDrawn = (v: readonly (number | null)[], i: number) => v[i] !== null && v[i - 1] !== null;
      for (let i = 1; i < one.t.length; i++) {
        const isMadeUp = one.isSimulated[i] === true || one.isSimulated[i - 1] === true;
        if (isMadeUp) expect(isDrawn(measured.v, i)).toBe(false);
        if (isDrawn(one.v, i)) expect(isDrawn(isMadeUp ? simulated.v : measured.v, i)).toBe(true);
        else expect(isDrawn(measured.v, i) || isDrawn(simulated.v, i)).toBe(false);
      }
      // Each simulated sample lies in exactly one stretch, and no measured one in any.
      one.t.forEach((at, i) => {
        const stretches = one.simulated.filter(({ from, to }) => from <= at && at <= to).length;
        expect(stretches).toBe(one.isSimulated[i] === true ? 1 : 0);
      });
    });
    fc.assert(holds);
  });
});
