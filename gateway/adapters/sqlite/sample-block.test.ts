import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockDecoder, BlockEncoder, SampleColumns } from './sample-block.ts';

const base = 1_700_000_040_000;

interface Sample {
  readonly t: number;
  readonly v: number;
  readonly s: number;
  readonly source: number;
}

function columnsOf(samples: readonly Sample[]): SampleColumns {
  const columns = new SampleColumns();
  for (const { t, v, s, source } of samples) columns.add(t, v, s, source);
  return columns;
}

function samplesOf(columns: SampleColumns): Sample[] {
  return Array.from({ length: columns.count }, (_, i) => ({
    t: columns.times[i]!,
    v: columns.values[i]!,
    s: columns.status[i]!,
    source: columns.sources[i]!,
  }));
}

const sensor = fc.integer({ min: -40_000, max: 400_000 });
const values = fc.oneof(
  sensor.map((n) => n / 100),
  sensor.map((n) => n / 10_000),
  sensor,
  fc.constantFrom(0, -0, 1e300, 2 ** 30, -(2 ** 30), 107_374.1823, 0.1 + 0.2, Number.NaN),
  fc.double({ noDefaultInfinity: true }),
);
const distances = fc.oneof(
  fc.constant(1_000),
  fc.integer({ min: 1, max: 59_999 }),
  fc.constantFrom(0.5, 0.125, 2 ** 33),
);

const series: fc.Arbitrary<readonly Sample[]> = fc
  .record({
    first: fc.oneof(fc.nat(59_999), fc.constantFrom(0, 0.25)),
    isRegular: fc.boolean(),
    samples: fc.array(
      fc.record({
        distance: distances,
        v: values,
        s: fc.oneof(fc.constant(0), fc.nat(65_535)),
        source: fc.oneof(fc.constant(3), fc.nat(4_294_967_295)),
      }),
      { minLength: 1, maxLength: 300 },
    ),
  })
  .map(({ first, isRegular, samples }) => {
    let t = base + first;
    return samples.map(({ distance, v, s, source }, i) => {
      if (i > 0) t += isRegular ? 1_000 : distance;
      return { t, v, s, source };
    });
  });

describe('a block of samples', () => {
  it('gives back exactly what went in, and knows its last time, one after the other in the same coders', () => {
    const encoder = new BlockEncoder();
    const decoder = new BlockDecoder();
    fc.assert(
      fc.property(series, (samples) => {
        const block = encoder.encode(columnsOf(samples), base).slice();
        const columns = columnsOf(samples.slice(0, 1));
        decoder.decode(block, base, columns);
        expect(samplesOf(columns)).toEqual([samples[0], ...samples]);
        expect(decoder.lastTime(block, base)).toBe(samples.at(-1)!.t);
      }),
      { numRuns: 500 },
    );
  });

  it('takes about two bytes for what a methane sensor sends each second', () => {
    const samples = Array.from({ length: 60 }, (_, i) => ({
      t: base + 137 + i * 1_000,
      v: Math.round(40 + 30 * Math.sin(i / 5)) / 100,
      s: 0,
      source: 1,
    }));
    expect(new BlockEncoder().encode(columnsOf(samples), base).length).toBeLessThan(60 * 1.5);
  });

  it('that was cut or changed in its counts is refused, never read beyond its end', () => {
    const block = new BlockEncoder()
      .encode(
        columnsOf(Array.from({ length: 20 }, (_, i) => ({ t: base + i * i, v: i / 3, s: i, source: i }))),
        base,
      )
      .slice();
    const decoder = new BlockDecoder();
    for (let length = 0; length < block.length; length += 1) {
      expect(() => decoder.decode(block.subarray(0, length), base, new SampleColumns())).toThrow();
    }
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.nat(255), (at, byte) => {
        const wrong = block.slice();
        wrong[at] = byte;
        const columns = new SampleColumns();
        try {
          decoder.decode(wrong, base, columns);
        } catch (error) {
          expect((error as Error).name).toMatch(/InvariantViolation|RangeError/);
          return;
        }
        expect(columns.count).toBeLessThanOrEqual(block.length * 8);
      }),
    );
  });
});
