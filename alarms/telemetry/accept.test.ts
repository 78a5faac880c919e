// Accept: both sides of what is accepted, duplicate, late; what is usable. The set-back of a clock: rules/live.test.ts.

import { describe, expect, it } from 'vitest';
import { point, start } from '../test/rule-bench.ts';
import { Accept } from './accept.ts';
import { outcome } from './frame.ts';

function judge(accept: Accept, second: number, value: number, status = 0): number {
  accept.time = start + second * 1000;
  accept.value = value;
  accept.status = status;
  accept.received = accept.time;
  return accept.judge(0);
}

describe('the newest accepted sample decides', () => {
  const cases: readonly (readonly [string, number, number, number, keyof typeof outcome])[] = [
    ['equal in all is a duplicate', 10, 1, 0, 'duplicate'],
    ['another value at its time is late', 10, 1.5, 0, 'late'],
    ['another status at its time is late', 10, 1, 1, 'late'],
    ['an earlier time is late', 9.999, 1, 0, 'late'],
    ['a later time is accepted', 10.001, 1, 0, 'accepted'],
  ];
  for (const [name, second, value, status, expected] of cases) {
    it(`a reading: ${name}`, () => {
      const accept = new Accept([point('A')], true);
      expect(judge(accept, 10, 1)).toBe(outcome.accepted);
      expect(judge(accept, second, value, status)).toBe(outcome[expected]);
      expect(accept.newest(0)?.time).toBe(start + (expected === 'accepted' ? 10_001 : 10_000));
    });
  }

  it('two samples without a number at one time are one', () => {
    const accept = new Accept([point('A')], true);
    expect(judge(accept, 10, NaN)).toBe(outcome.accepted);
    expect(judge(accept, 10, NaN)).toBe(outcome.duplicate);
    expect(judge(accept, 10, 1)).toBe(outcome.late);
  });
});

describe('a reading without a finite number', () => {
  it('gets bit 128; with bit 8 and a range the high end instead; a number stays as it is', () => {
    const ranged = new Accept([point('A', { range: [0, 4] })], true);
    const plain = new Accept([point('A')], true);
    const made = (accept: Accept, second: number, value: number, status: number): readonly number[] => {
      judge(accept, second, value, status);
      return [accept.value, accept.status];
    };
    expect(made(plain, 0, NaN, 0)).toStrictEqual([NaN, 128]);
    expect(made(plain, 1, Infinity, 8)).toStrictEqual([NaN, 136]);
    expect(made(ranged, 0, NaN, 8)).toStrictEqual([4, 8]);
    expect(made(ranged, 1, NaN, 0)).toStrictEqual([NaN, 128]);
    expect(made(ranged, 2, 3.9, 8)).toStrictEqual([3.9, 8]);
  });
});

describe('usable', () => {
  const usableAt = (accept: Accept, second: number, status: number): boolean => {
    judge(accept, second, 1, status);
    return accept.isUsable(0);
  };

  for (const [bit, expected] of [
    ...[1, 2, 4, 8, 256, 512].map((bit) => [bit, true] as const),
    ...[16, 32, 64, 128].map((bit) => [bit, false] as const),
  ]) {
    it(`with bit ${bit}: ${expected}`, () => {
      expect(usableAt(new Accept([point('A')], true), 0, bit)).toBe(expected);
    });
  }

  it('calibration is unusable only with the bit, from <= t < to, declared no later than its beginning', () => {
    const window = (declared: number) =>
      new Accept(
        [
          point('A', {
            calibration: [{ from: start + 10_000, to: start + 20_000, declaredAt: start + declared }],
          }),
        ],
        true,
      );
    expect([9.999, 10, 19.999, 20].map((second) => usableAt(window(10_000), second, 4))).toStrictEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(usableAt(window(10_000), 15, 0)).toBe(true);
    expect(usableAt(window(10_001), 15, 4)).toBe(true);
  });
});
