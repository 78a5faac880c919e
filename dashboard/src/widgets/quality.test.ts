import { expect, test } from 'vitest';
import { statusBit } from '#alarms/kernel/quality.ts';
import { pointOf, t0 } from '../stream/samples.ts';
import { barOf, gapMsOf, partMsOf, viewValue } from './quality.ts';

const point = pointOf('p1');
const good = { t: t0, r: t0 + 50, v: 0.83, s: 0, lastNumber: { t: t0, v: 0.83, s: 0 } };

test('what never came is unknown, not normal', () => {
  expect(viewValue(point, undefined, t0)).toMatchObject({ quality: 'unknown', value: null, ageMs: null });
});

test('a fresh value is good, with its age', () => {
  expect(viewValue(point, good, t0 + 2_000)).toMatchObject({ quality: 'good', value: 0.83, ageMs: 2_000 });
});

test('beyond its gap a value is stale, at the gap it is not yet', () => {
  expect(viewValue(point, good, t0 + 10_000).quality).toBe('good');
  expect(viewValue(point, good, t0 + 10_001).quality).toBe('stale');
});

test('a line bridges two missing samples and never more than the gap, whatever the period', () => {
  expect(partMsOf(pointOf('p', { periodS: 1 }))).toBe(3_000);
  expect(partMsOf(pointOf('p', { periodS: 15 }))).toBe(45_000);
  expect(partMsOf(pointOf('p', { periodS: 15, gapS: 20 }))).toBe(20_000);
  for (const periodS of [0.1, 1, 3, 10, 60, 600]) {
    const one = pointOf('p', { periodS });
    expect(partMsOf(one)).toBeLessThanOrEqual(gapMsOf(one));
    expect(partMsOf(one)).toBeGreaterThanOrEqual(3 * periodS * 1_000);
  }
});

test('a late value is as old as its source time, though it has just come', () => {
  const late = { ...good, t: t0 - 60_000 };
  expect(viewValue(point, late, t0 + 100)).toMatchObject({ quality: 'stale', ageMs: 60_100 });
});

test.each([
  [statusBit.stationFault, 'quality.stationLost'],
  [statusBit.sensorFault, 'quality.disconnected'],
  [statusBit.notPolled, 'quality.notPolled'],
  [statusBit.paused, 'quality.paused'],
])('status bit %i shows a word and no number, and the last number apart', (s, word) => {
  const view = viewValue(point, { ...good, v: null, s }, t0 + 5_000);
  expect(view).toMatchObject({ quality: 'noData', value: null, word, last: { value: 0.83, ageMs: 5_000 } });
});

test('a sample without a number is no data even without a status', () => {
  expect(viewValue(point, { ...good, v: null }, t0).quality).toBe('noData');
});

test('over range and a clock ahead are said, the number stays', () => {
  expect(viewValue(point, { ...good, s: statusBit.overRange }, t0)).toMatchObject({
    quality: 'bad',
    value: 0.83,
  });
  expect(viewValue(point, { ...good, s: statusBit.clockAhead }, t0).quality).toBe('uncertain');
  expect(viewValue(point, { ...good, s: statusBit.alarm }, t0).quality).toBe('good');
});

test('a made-up value says so beside its quality, whatever that is, and when it is the last number too', () => {
  const s = statusBit.simulated;
  const made = { ...good, s, lastNumber: { ...good.lastNumber, s } };
  expect(viewValue(point, good, t0).isSimulated).toBe(false);
  expect(viewValue(point, made, t0)).toMatchObject({ quality: 'good', value: 0.83, isSimulated: true });
  expect(viewValue(point, made, t0 + 10_001)).toMatchObject({ quality: 'stale', isSimulated: true });
  const ahead = { ...made, s: s | statusBit.clockAhead };
  expect(viewValue(point, ahead, t0)).toMatchObject({ quality: 'uncertain', isSimulated: true });
  // A real sensor that breaks after a simulated stretch: the old number is made up, the break is not.
  const broken = { ...made, v: null, s: statusBit.sensorFault };
  expect(viewValue(point, broken, t0)).toMatchObject({
    quality: 'noData',
    isSimulated: false,
    last: { value: 0.83, isSimulated: true },
  });
});

test('a bar ends a third above the highest limit, with its limits as ticks', () => {
  expect(barOf(pointOf('p', { range: [0, 40] }))).toEqual({ low: 0, high: 2, ticks: [1, 1.5] });
  expect(barOf(pointOf('p', { limits: {}, range: [0, 100] }))).toEqual({ low: 0, high: 100, ticks: [] });
  const { range: _, ...bare } = pointOf('p', { limits: {} });
  expect(barOf(bare)).toBeNull();
});
