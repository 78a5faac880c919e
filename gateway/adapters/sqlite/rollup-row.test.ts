import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unusableMask } from '#alarms/kernel/quality.ts';
import { pointsPerRow, RollupBytes, RollupRow } from './rollup-row.ts';
import { SampleColumns } from './sample-block.ts';

interface Sample {
  readonly place: number;
  readonly v: number;
  readonly s: number;
}

const decimal = fc
  .tuple(fc.integer({ min: -100_000, max: 100_000 }), fc.nat(4))
  .map(([n, decimals]) => n / 10 ** decimals);
const sample = (value: fc.Arbitrary<number>): fc.Arbitrary<Sample> =>
  fc.record({
    place: fc.constantFrom(0, 1, 7, 8, 33, pointsPerRow - 1),
    v: fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
    s: fc.constantFrom(0, 0, 0, 1, 16, 128),
  });

function columnsOf(samples: readonly Sample[]): SampleColumns {
  const columns = new SampleColumns();
  samples.forEach(({ v, s }, i) => columns.add(i, v, s, 0));
  return columns;
}

/** Each portion into a row of its own, through bytes, and all of them merged in this order. */
function merged(portions: readonly (readonly Sample[])[]): RollupRow {
  const bytes = new RollupBytes();
  const all = new RollupRow();
  for (const portion of portions) {
    const row = new RollupRow();
    for (const place of new Set(portion.map((one) => one.place))) {
      row.addSamples(place, columnsOf(portion.filter((one) => one.place === place)));
    }
    const again = new RollupRow();
    again.decode(bytes, row.encode(bytes).slice());
    all.merge(again);
    all.decode(bytes, all.encode(bytes).slice());
  }
  return all;
}

function figures(row: RollupRow) {
  return Array.from({ length: pointsPerRow }, (_, place) => {
    const [total, count] = [row.total[place]!, row.total[place] === 0 ? 0 : row.count[place]!];
    const extremes = count === 0 ? [] : [row.min[place], row.max[place]];
    return { total, count, extremes, mean: row.mean(place) };
  });
}

describe('a row of rollups', () => {
  it('gives the same figures however samples with few decimals were portioned and ordered', () => {
    const portions = fc.array(fc.array(sample(decimal), { maxLength: 30 }), { maxLength: 6 });
    fc.assert(
      fc.property(portions, (all) => {
        const inOne = figures(merged([all.flat()]));
        expect(figures(merged(all))).toEqual(inOne);
        expect(figures(merged(all.toReversed()))).toEqual(inOne);
        for (const [place, { total, count, extremes, mean }] of inOne.entries()) {
          const here = all.flat().filter((one) => one.place === place);
          const usable = here.flatMap(({ v, s }) =>
            Number.isNaN(v) || (s & unusableMask) !== 0 ? [] : [v + 0],
          );
          expect([total, count]).toEqual([here.length, usable.length]);
          if (usable.length === 0) expect([extremes, mean]).toEqual([[], null]);
          else {
            expect(extremes).toEqual([Math.min(...usable), Math.max(...usable)]);
            expect(mean).toBeCloseTo(usable.reduce((sum, value) => sum + value, 0) / usable.length, 6);
          }
        }
      }),
    );
  });

  it('keeps any finite numbers, the mean between the extremes even where their sum is beyond all numbers', () => {
    const any = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 30, 2 ** 31, 2 ** 53, 1 / 3, 5e-324, -0),
      decimal,
    );
    const portions = fc.array(fc.array(sample(any), { maxLength: 12 }), { maxLength: 4 });
    fc.assert(
      fc.property(portions, (all) => {
        for (const [place, { count, extremes, mean }] of figures(merged(all)).entries()) {
          const values = all
            .flat()
            .flatMap(({ place: p, v, s }) =>
              p !== place || Number.isNaN(v) || (s & unusableMask) !== 0 ? [] : [v + 0],
            );
          expect(count).toBe(values.length);
          if (count === 0) continue;
          expect(extremes).toEqual([Math.min(...values), Math.max(...values)]);
          expect(mean).toBeGreaterThanOrEqual(extremes[0]!);
          expect(mean).toBeLessThanOrEqual(extremes[1]!);
        }
      }),
    );
  });

  it('takes some six bytes for a minute of an ordinary sensor', () => {
    const row = new RollupRow();
    for (let place = 0; place < pointsPerRow; place += 1) {
      const values = Array.from({ length: 12 }, (_, i) => ({ place, v: (20 + place + (i % 5)) / 100, s: 0 }));
      row.addSamples(place, columnsOf(values));
    }
    expect(row.encode(new RollupBytes()).length / pointsPerRow).toBeLessThan(6.5);
  });

  it('refuses bytes that are no row', () => {
    const bytes = new RollupBytes();
    const row = new RollupRow();
    row.addSamples(3, columnsOf([{ place: 3, v: 1.5, s: 0 }]));
    const good = row.encode(bytes).slice();
    for (const bad of [good.slice(0, -1), Uint8Array.of(...good, 0), Uint8Array.of(2, ...good.slice(1))]) {
      expect(() => new RollupRow().decode(bytes, bad)).toThrow();
    }
  });
});
