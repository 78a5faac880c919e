import { expect, test } from 'vitest';
import { alarmOf, t0 } from '../stream/samples.ts';
import { compareAlarms, countLevels, marksOf, oldestOwed } from './alarm-order.ts';

const blueOwed = alarmOf('blue', 'blue', { at: t0 - 5_000 });
const redAcknowledged = alarmOf('red', 'red', { base: 'acknowledged', at: t0 - 9_000 });
const orangeReturned = alarmOf('orange', 'orange', { base: 'returned', at: t0 - 1_000 });
const all = [redAcknowledged, blueOwed, orangeReturned];

test('what nobody has acknowledged comes first, then the higher level', () => {
  expect(all.toSorted(compareAlarms).map((alarm) => alarm.id)).toEqual(['orange', 'blue', 'red']);
});

test('each level says how many, how many unacknowledged, and how its mark looks', () => {
  expect(countLevels(all)).toEqual([
    { level: 'red', total: 1, owed: 0, mark: 'ack' },
    { level: 'orange', total: 1, owed: 1, mark: 'rtn' },
    { level: 'yellow', total: 0, owed: 0, mark: 'none' },
    { level: 'blue', total: 1, owed: 1, mark: 'un' },
  ]);
});

test('the oldest unacknowledged is the one told first, returned ones included', () => {
  expect(oldestOwed(all)?.id).toBe('blue');
  expect(oldestOwed([redAcknowledged])).toBeNull();
});

test('a tile shows its highest level and beside it the highest unacknowledged', () => {
  expect(marksOf(all)).toEqual([
    { level: 'orange', mark: 'rtn' },
    { level: 'red', mark: 'ack' },
  ]);
  expect(marksOf([])).toEqual([]);
});
