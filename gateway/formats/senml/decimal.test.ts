// Against whole numbers of any size (BigInt), and the texts that numbers are written as.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDecimal, scaleDecimal, thousandfoldRounded } from './decimal.ts';

interface Written {
  readonly digits: number;
  readonly places: number;
}

/** Up to 12 digits, so that sums of any two of near places have no more than 15. */
const written = fc.record({
  digits: fc.integer({ min: -999_999_999_999, max: 999_999_999_999 }),
  places: fc.integer({ min: 0, max: 15 }),
});
const numberOf = ({ digits, places }: Written) => Number(`${digits}e-${places}`);

test('a sum is the nearest number to the sum of what was written', () => {
  const property = fc.property(written, written, fc.integer({ min: 0, max: 3 }), (a, b, apart) => {
    const near = { digits: b.digits, places: a.places + apart };
    const sum = BigInt(a.digits) * 10n ** BigInt(apart) + BigInt(b.digits);
    expect(addDecimal(numberOf(a), numberOf(near)) + 0).toBe(Number(`${sum}e-${near.places}`) + 0);
  });
  expect(() => fc.assert(property, { seed: 31, numRuns: 5000 })).not.toThrow();
});

test('a product with whole numbers and powers of ten is the nearest number to that of what was written', () => {
  const property = fc.property(
    written,
    fc.constantFrom(1, 24, 60, 3600),
    fc.integer({ min: -7, max: 9 }),
    (a, times, shift) => {
      const product = `${BigInt(a.digits) * BigInt(times)}e${shift - a.places}`;
      expect(scaleDecimal(numberOf(a), times, shift) + 0).toBe(Number(product) + 0);
    },
  );
  expect(() => fc.assert(property, { seed: 37, numRuns: 5000 })).not.toThrow();
});

test('seconds with any decimals become the nearest millisecond', () => {
  const seconds = fc.integer({ min: -4_000_000_000, max: 4_000_000_000 });
  const property = fc.property(seconds, fc.integer({ min: 0, max: 999_999 }), (whole, micros) => {
    const total = BigInt(whole) * 1_000_000n + BigInt(micros);
    const shifted = total + 500n;
    const rounded = shifted / 1000n - (shifted < 0n && shifted % 1000n !== 0n ? 1n : 0n);
    expect(thousandfoldRounded(Number(`${total}e-6`)) + 0).toBe(Number(rounded));
  });
  expect(() => fc.assert(property, { seed: 41, numRuns: 5000 })).not.toThrow();
});

test('any two numbers give what the machine gives, to its last digits, and nothing throws', () => {
  const property = fc.property(fc.double(), fc.double(), fc.integer({ min: -12, max: 12 }), (a, b, shift) => {
    expect(closeEnough(addDecimal(a, b), a + b)).toBe(true);
    expect(closeEnough(scaleDecimal(a, 60, shift), a * 60 * 10 ** shift)).toBe(true);
    expect(closeEnough(thousandfoldRounded(a) / 1000, a, 0.000_500_1)).toBe(true);
  });
  expect(() => fc.assert(property, { seed: 43, numRuns: 5000 })).not.toThrow();
});

function closeEnough(a: number, b: number, absolute = Number.MIN_VALUE * 64): boolean {
  if (Object.is(a, b) || a === b || !Number.isFinite(a))
    return Object.is(a, b) || a === b || Math.abs(b) > 1e304;
  return Math.abs(a - b) <= Math.max(absolute, Math.abs(b) * 2 ** -50);
}
