// Quantiles from classes against quantiles of the sorted values: right to one class, also added up from parts.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('a quantile is that of the sorted values, to one class, however they were noted in parts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.02, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const whole = new Latencies();
        for (const half of [0, 1]) {
          const part = new Latencies();
          for (const [n, value] of values.entries()) if (n % 2 === half) part.note(value);
          whole.add(part.counts);
        }
        const sorted = values.toSorted((a, b) => a - b);
        const wanted = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
        // A class is 5 % wide, and what is told has three digits.
        expect(whole.quantileMs(share)! / wanted).toBeGreaterThan(0.99);
        expect(whole.quantileMs(share)! / wanted).toBeLessThan(1.06);
      },
    ),
  );
});

test('nothing noted is no quantile; what takes longer than any class is in the last', () => {
  const latencies = new Latencies();
  expect(latencies.quantileMs(0.5)).toBeNull();
  latencies.note(1e12);
  latencies.note(0);
  expect(latencies.quantileMs(1)).toBeGreaterThan(3_600_000);
  expect(latencies.quantileMs(0.5)).toBe(0.01);
});
