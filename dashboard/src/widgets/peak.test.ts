import { expect, test } from 'vitest';
import { extremeOf, furtherOf, hasPeak, isDownward } from './peak.ts';

test('the peak is the first of the greatest since the beginning', () => {
  expect(extremeOf([0, 1, 2, 3, 4], [9, 2, null, 4, 4], 1, false)).toEqual({ value: 4, at: 3 });
});

test('below a lower limit the peak is the least', () => {
  expect(isDownward({ op: '<' })).toBe(true);
  expect(extremeOf([1, 2, 3], [0.3, 0.1, 0.2], 1, true)).toEqual({ value: 0.1, at: 2 });
});

test('a sample without a number moves no peak', () => {
  const before = { value: 1, at: 1 };
  expect(furtherOf(before, null, 2, false)).toBe(before);
  expect(furtherOf(null, null, 2, false)).toBeNull();
  expect(furtherOf(before, 1, 2, false)).toBe(before);
});

test('silence has no peak', () => {
  expect(hasPeak({ ruleKind: 'silence' })).toBe(false);
  expect(hasPeak({ ruleKind: 'threshold' })).toBe(true);
});
