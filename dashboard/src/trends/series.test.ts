import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendTail, joinLines, lineOf, statisticsOf, valueAt } from './series.ts';

const raw = (rows: readonly (readonly [number, number | null])[]) => ({
  t: rows.map(([t]) => t),
  v: rows.map(([, v]) => v),
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
    const samples = { t: [0, 60_000, 120_000], v: [1, 2, 3], bucketMs: 30_000 };
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
    { t: [1_000, 2_000, 2_000, 1_500], v: [9, 3, 4, 5] },
  );
  expect(joined.t).toEqual([0, 1_000, 2_000]);
  expect(joined.v).toEqual([1, 2, 3]);
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
  expect(statisticsOf(line, 0, 50_000)).toEqual({ min: 1, max: 3, mean: 2, valid: 0.4 });
  expect(statisticsOf(lineOf(raw([]), 10_000, 0, 50_000), 0, 50_000)).toEqual({
    min: null,
    max: null,
    mean: null,
    valid: 0,
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
  expect(valueAt(line, 1_000, 10_000)).toBe(2);
  expect(valueAt(line, 20_000, 10_000)).toBeNull();
  expect(valueAt(line, 30_000, 10_000)).toBe(3);
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
