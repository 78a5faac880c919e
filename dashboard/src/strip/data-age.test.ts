import { expect, test } from 'vitest';
import { columns, snapshotOf, t0 } from '../stream/samples.ts';
import { emptyState, reduce } from '../stream/state.ts';
import { newestReceived } from './data-age.ts';

test('nothing ever received is unknown, not zero', () => {
  expect(newestReceived(emptyState)).toBeNull();
  expect(newestReceived(reduce(emptyState, snapshotOf()).state)).toBeNull();
});

test('the newest of all points and sources counts', () => {
  const values = columns([
    [0, t0, 1],
    [1, t0 - 5_000, 1],
  ]);
  expect(newestReceived(reduce(emptyState, snapshotOf({ values })).state)).toBe(t0 + 100);
});
