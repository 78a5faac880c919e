import { expect, test } from 'vitest';
import { alarmOf, t0 } from '../stream/samples.ts';
import { audibleLevel, patterns, silenceable } from './patterns.ts';

test('the highest unacknowledged level sounds', () => {
  const alarms = [
    alarmOf('a', 'blue'),
    alarmOf('b', 'orange'),
    alarmOf('c', 'red', { base: 'acknowledged' }),
  ];
  expect(audibleLevel(alarms, t0)).toBe('orange');
  expect(audibleLevel([], t0)).toBeNull();
});

test('an alarm that returned unacknowledged still sounds', () => {
  expect(audibleLevel([alarmOf('a', 'yellow', { base: 'returned' })], t0)).toBe('yellow');
});

test('a muted alarm is silent until its mute ends', () => {
  const muted = [alarmOf('a', 'yellow', { silencedUntil: t0 + 1_000 })];
  expect(audibleLevel(muted, t0)).toBeNull();
  expect(audibleLevel(muted, t0 + 1_000)).toBe('yellow');
});

test('only yellow and blue can be muted', () => {
  const alarms = [alarmOf('b', 'blue'), alarmOf('y', 'yellow'), alarmOf('o', 'orange'), alarmOf('r', 'red')];
  expect(silenceable(alarms, t0).map((alarm) => alarm.id)).toEqual(['y', 'b']);
});

test('no two sounds are alike, and a pattern ends before it begins anew', () => {
  const texts = Object.values(patterns).map((pattern) => JSON.stringify(pattern));
  expect(new Set(texts).size).toBe(5);
  for (const { tones, everyMs } of Object.values(patterns)) {
    const end = Math.max(...tones.map((tone) => tone.startMs + tone.lengthMs));
    expect(everyMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(end);
  }
});
