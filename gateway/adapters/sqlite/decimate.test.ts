import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unusableMask } from '#alarms/kernel/quality.ts';
import { Decimator } from './decimate.ts';

interface Row {
  readonly t: number;
  readonly v: number | null;
  readonly s: number;
}

const range = { from: 0, to: 100_000, gapMs: 500 };

function decimate(rows: readonly Row[], samplesMax: number) {
  const decimator = new Decimator({ ...range, samplesMax });
  for (const { t, v, s } of rows) decimator.add(t, v, s);
  return decimator.finish();
}

function gapsOf(rows: readonly Row[]): { at: number; before: number; after: number }[] {
  return rows.flatMap(({ t }, i) => {
    const before = rows[i - 1]?.t;
    return before !== undefined && t - before > range.gapMs
      ? [{ at: before + range.gapMs, before, after: t }]
      : [];
  });
}

const rowsOf = (max: number): fc.Arbitrary<readonly Row[]> =>
  fc
    .uniqueArray(
      fc.record({
        t: fc.oneof(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 40_000, max: 44_000 })),
        v: fc.option(fc.integer({ min: -20, max: 500 }).map((n) => n / 100)),
        s: fc.constantFrom(0, 0, 0, 1, 4, 8, 128, 512),
      }),
      { selector: (row) => row.t, maxLength: max },
    )
    .map((rows) =>
      // As accept does: no number without the bit that says so.
      rows.map((row) => (row.v === null ? { ...row, s: row.s | 128 } : row)).sort((a, b) => a.t - b.t),
    );

describe('decimation of a series', () => {
  it('gives every sample and every gap while they fit', () => {
    fc.assert(
      fc.property(rowsOf(60), (rows) => {
        const series = decimate(rows, 200);
        const expected = [...rows, ...gapsOf(rows).map(({ at }) => ({ t: at, v: null, s: 0 }))].sort(
          (a, b) => a.t - b.t,
        );
        expect(series.bucketMs).toBe(0);
        expect(series.t.map((t, i) => ({ t, v: series.v[i], s: series.s[i] }))).toEqual(expected);
      }),
    );
  });

  it('keeps the minimum and maximum of each bucket, a break for every gap that has room, and its bound', () => {
    fc.assert(
      fc.property(rowsOf(400), fc.integer({ min: 16, max: 120 }), (rows, samplesMax) => {
        const series = decimate(rows, samplesMax);
        expect(series.t.length).toBeLessThanOrEqual(samplesMax);
        expect(series.t).toEqual([...series.t].sort((a, b) => a - b));
        if (series.bucketMs === 0) return;
        const entries = series.t.map((t, i) => ({ t, v: series.v[i]!, s: series.s[i]! }));
        const buckets = Map.groupBy(rows, (row) => Math.floor(row.t / series.bucketMs));
        for (const [n, inBucket] of buckets) {
          const shown = entries.filter(
            (entry) => Math.floor(entry.t / series.bucketMs) === n && !(entry.v === null && entry.s === 0),
          );
          const usable = inBucket.filter((row) => row.v !== null && (row.s & unusableMask) === 0);
          const judged = usable.length > 0 ? usable : inBucket.filter((row) => row.v !== null);
          const bits = inBucket.reduce((or, row) => or | row.s, 0);
          for (const entry of shown) {
            const row = inBucket.find(({ t, v }) => t === entry.t && v === entry.v);
            expect(entry.s).toBe((bits & ~512) | (row!.s & 512));
          }
          const extremes = (values: readonly (number | null)[]) => {
            const numbers = values.filter((value) => value !== null);
            return numbers.length === 0 ? 'none' : [Math.min(...numbers), Math.max(...numbers)];
          };
          expect(extremes(shown.map(({ v }) => v))).toEqual(extremes(judged.map(({ v }) => v)));
        }
        const breaks = new Set(entries.filter(({ v, s }) => v === null && s === 0).map(({ t }) => t));
        const gapsPerBucket = Map.groupBy(gapsOf(rows), ({ at }) => Math.floor(at / series.bucketMs));
        for (const gaps of gapsPerBucket.values()) {
          const longest = Math.max(...gaps.map(({ before, after }) => after - before));
          const kept = gaps.filter(({ at }) => breaks.has(at));
          expect(Math.max(...kept.map(({ before, after }) => after - before))).toBe(longest);
        }
        expect([...breaks].every((at) => gapsOf(rows).some((gap) => gap.at === at))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('shows a short true peak beside the jump of a broken sensor', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ t: i * 100, v: 0.3, s: 0 }));
    rows[501] = { t: 50_100, v: 1.6, s: 0 };
    rows[502] = { t: 50_200, v: 4, s: 128 };
    const series = decimate(rows, 40);
    const at = series.t.indexOf(50_100);
    expect(series.v[at]).toBe(1.6);
    expect(series.s[at]! & 128).toBe(128);
    expect(series.v).not.toContain(4);
  });
});
