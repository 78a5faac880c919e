import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { onOff, type StatedUnit } from '#gateway/formats/batch.ts';
import { inRegisteredUnit } from './units.ts';

test.each<readonly [number, StatedUnit, string, number | null]>([
  // methane: the ratio of the RFC is a hundredth of what the point counts in
  [0.02, '/', '%CH4', 2],
  [0.0102, '/', '%CH4', 1.02],
  [0.07, '/', '%', 7],
  [0.29, '/', '%', 29],
  [10_200, 'ppm', '%CH4', 1.02],
  [0.000024, '/', 'ppm', 24],
  [24, 'ppm', 'ppm', 24],
  [1.02, '%CH4', '%CH4', 1.02],
  // "%" of the RFC is the ratio, of most senders a hundredth: refused even where the point is registered so
  [1.02, '%', '%', null],
  [1.02, '%', '%CH4', null],
  [1.02, '%CH4', '%CO', null],
  [1.02, '%CH4', '%', null],
  [0.55, '/', '%RH', null],
  [55, '%RH', '%RH', 55],
  [55, '%RH', '%', null],
  [23.1, 'Cel', '℃', 23.1],
  [23.1, 'Cel', 'degC', 23.1],
  [300, 'K', '℃', 26.85],
  [26.85, 'Cel', 'K', 300],
  [3.2, 'm/s', 'm/s', 3.2],
  [36, 'km/h', 'm/s', null], // 1/3.6 is no decimal
  [10, 'm/s', 'km/h', 36],
  [101_325, 'Pa', 'kPa', 101.325],
  [1013.25, 'hPa', 'kPa', 101.325],
  [-0.3, 'kPa', 'Pa', -300],
  [12.5, 'MPa', 'MPa', 12.5],
  [0.5, 'm3/s', 'm³/min', 30],
  [0.5, 'm3/s', 'm3/h', 1800],
  [30, 'm³/min', 'm³/min', 30],
  [30, 'm3/min', 'm³/min', null], // neither a unit of SenML nor the text of the registration
  [0.000004, 'kg/m3', 'mg/m3', 4],
  [4_000, 'ug/m3', 'mg/m³', 4],
  [0.012, 'm', 'mm', 12],
  [1, 'mm/h', 'mm/d', 24],
  [1, '/', '', 1],
  [1, '/', 'binary', 1],
  [1, 'ppm', '', null],
  [1, '', '', 1],
  [1, '', '%CH4', null],
  [1, onOff, '', 1],
  [1, onOff, 'binary', 1],
  [1, onOff, '%CH4', null],
  [1, onOff, 'A', null],
  [230, 'V', 'A', null],
  [1, 'furlong', 'm', null],
  [1, '__proto__', 'm', null],
  [1, 'constructor', 'constructor ', null],
  [1e303, '/', 'ppm', null], // beyond all numbers
])('%d %o at a point in "%s" is %s', (value, from, to, expected) => {
  expect(inRegisteredUnit(value, from, to)).toBe(expected);
});

const units = [
  '/',
  '%',
  'ppm',
  'Cel',
  'K',
  'Pa',
  'kPa',
  'V',
  'm',
  'mm',
  'm/s',
  'count',
  '1/s',
  '%RH',
  '%EL',
  '',
];

test('a methane value in another unit never passes as it is', () => {
  const property = fc.property(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-6, max: 100 }),
    fc.oneof(fc.constantFrom(...units), fc.string()).filter((unit) => unit !== '%CH4'),
    (value, unit) => inRegisteredUnit(value, unit, '%CH4') !== value,
  );
  expect(() => fc.assert(property, { seed: 5, numRuns: 5000 })).not.toThrow();
});

test('a ratio of any decimals becomes the nearest double of the decimal percentage', () => {
  const digits = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
  const property = fc.property(digits, fc.integer({ min: 0, max: 12 }), (number, places) => {
    // The text of the decimal, its point moved by hand.
    const text = String(Math.abs(number)).padStart(places + 3, '0');
    const at = text.length - places;
    const percent = `${text.slice(0, at)}${text.slice(at, at + 2).padEnd(2, '0')}.${text.slice(at + 2)}0`;
    const ratio = Number(`${text.slice(0, at)}.${text.slice(at)}0`) * Math.sign(number);
    // toBe tells 0 from -0, which a zero must not become.
    expect(inRegisteredUnit(ratio, '/', '%CH4')).toBe(Number(percent) * Math.sign(number) || 0);
  });
  fc.assert(property, { seed: 7, numRuns: 5000 });
});

test('there and back again is the same number', () => {
  const pairs = [
    ['Pa', 'kPa'],
    ['m', 'mm'],
    ['A', 'mA'],
    ['K', 'Cel'],
  ] as const;
  const decimal = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((number) => number / 1000);
  const property = fc.property(decimal, fc.constantFrom(...pairs), (value, [one, other]) => {
    const there = inRegisteredUnit(value, one, other);
    return there !== null && inRegisteredUnit(there, other, one) === (value === 0 ? 0 : value);
  });
  expect(() => fc.assert(property, { seed: 9, numRuns: 3000 })).not.toThrow();
});
