// Which limits a gas point ends up with, from the least declared to the most: none is ever left unguarded.

import { describe, expect, test } from 'vitest';
import type { Point } from '../registry/site.ts';
import { bindPoints, bindSite } from './bind.ts';
import { parseGasCatalogue, strictestLimits } from './location-types.ts';

const { catalogue, problems } = parseGasCatalogue({
  gases: {
    CH4: { units: { '%': 1, ppm: 10000 }, rangeHigh: 4, fixed: { highValue: 2 } },
    CO: { units: { ppm: 1, '%': 0.0001 }, rangeHigh: 500, anywhere: { alarmHigh: 24 } },
  },
  types: [
    {
      id: 'T1',
      name: { zh: '工作面', en: 'face' },
      limits: { CH4: { alarmHigh: 1, cutHigh: 1.5, restoreHigh: 1 } },
      mark: 'C',
    },
    {
      id: 'T3',
      name: { zh: '进风巷', en: 'intake' },
      limits: { CH4: { alarmHigh: 0.5, cutHigh: 0.5, restoreHigh: 0.5 } },
      mark: 'C',
    },
    {
      id: 'main-return',
      name: { zh: '总回风巷', en: 'total return' },
      limits: { CH4: { alarmHigh: 0.75 } },
      mark: 'K',
    },
  ],
});

const base: Point = {
  id: 'A',
  measurand: 'CH4',
  unit: '%',
  periodS: 10,
  place: 'P',
  mine: 'M',
  limits: {},
  range: [0, 4],
};

function bindOne(more: Partial<Point>) {
  const bound = bindPoints([{ ...base, ...more }], catalogue);
  return { ...bound, point: bound.points[0]! };
}

test('the catalogue of these tests is sound', () => {
  expect(problems).toEqual([]);
});

describe('a gas point takes', () => {
  test('the limits of its location type, cleared at the limit itself, without a finding', () => {
    const { point, findings } = bindOne({ locationType: 'T1' });
    expect(point.limits).toEqual({ alarmHigh: 1, clearHigh: 1, cutHigh: 1.5, restoreHigh: 1, highValue: 2 });
    expect(findings).toEqual([]);
  });
  test('its own limits before those of the type, a derived clear limit never above its limit', () => {
    const { point } = bindOne({ locationType: 'T1', limits: { alarmHigh: 0.8, cutHigh: 0.9 } });
    expect(point.limits).toEqual({
      alarmHigh: 0.8,
      clearHigh: 0.8,
      cutHigh: 0.9,
      restoreHigh: 0.9,
      highValue: 2,
    });
  });
  test('its own clear limits as they are', () => {
    const { point } = bindOne({
      locationType: 'T1',
      limits: { clearHigh: 0.9, restoreHigh: 0.8, highValue: 1.8 },
    });
    expect(point.limits).toMatchObject({ alarmHigh: 1, clearHigh: 0.9, restoreHigh: 0.8, highValue: 1.8 });
  });
  test('no power-off limit where the regulation has none', () => {
    expect(bindOne({ locationType: 'main-return' }).point.limits).toEqual({
      alarmHigh: 0.75,
      clearHigh: 0.75,
      highValue: 2,
    });
  });
  test('its own alarm limit alone without a location type, and no finding', () => {
    const { point, findings } = bindOne({ limits: { alarmHigh: 1.2 } });
    expect(point.limits).toEqual({ alarmHigh: 1.2, clearHigh: 1.2, highValue: 2 });
    expect(findings).toEqual([]);
  });
  test.each([
    ['neither limits nor location type', {}],
    ['a location type that nobody knows', { locationType: 'T99' }],
  ])('the strictest limits and a finding with %s', (_, more) => {
    const { point, findings } = bindOne(more);
    expect(point.limits).toEqual({
      alarmHigh: 0.5,
      clearHigh: 0.5,
      cutHigh: 0.5,
      restoreHigh: 0.5,
      highValue: 2,
    });
    expect(findings).toMatchObject([
      { rule: 'DEF-01', point: 'A', zh: expect.stringContaining('最严限值') as string },
    ]);
  });
  test('the strictest alarm limit when only a power-off limit of its own is known, which stays', () => {
    const { point, findings } = bindOne({ limits: { cutHigh: 1.5 } });
    expect(point.limits).toMatchObject({ alarmHigh: 0.5, cutHigh: 1.5, restoreHigh: 0.5 });
    expect(findings).toHaveLength(1);
  });
  test('a range up to 4 % and a finding when it has none', () => {
    const { range, ...unranged } = base;
    const { points, findings } = bindPoints([{ ...unranged, locationType: 'T1' }], catalogue);
    expect([range, points[0]?.range]).toEqual([
      [0, 4],
      [0, 4],
    ]);
    expect(findings).toMatchObject([
      { rule: 'DEF-01', point: 'A', en: expect.stringContaining('no range') as string },
    ]);
  });
  test('limits in its own unit', () => {
    expect(bindOne({ locationType: 'T1', unit: 'ppm' }).point.limits).toMatchObject({
      alarmHigh: 10_000,
      highValue: 20_000,
    });
    expect(bindOne({ measurand: 'CO', unit: '%', locationType: 'T1' }).point.limits).toEqual({
      alarmHigh: 0.0024,
      clearHigh: 0.0024,
    });
  });
});

test('carbon monoxide is guarded anywhere, with a finding only where the location is not known', () => {
  const known = bindOne({ measurand: 'CO', unit: 'ppm', locationType: 'T1', range: [0, 500] });
  const unknown = bindOne({ measurand: 'CO', unit: 'ppm', range: [0, 500] });
  expect([known.point.limits['alarmHigh'], known.findings.length]).toEqual([24, 0]);
  expect([unknown.point.limits['alarmHigh'], unknown.findings.length]).toEqual([24, 1]);
});

test('a gas in a unit that cannot be converted is refused, for no limit could be trusted', () => {
  const { problems: refused } = bindOne({ unit: 'mg/m3' });
  expect(refused).toMatchObject([{ code: 'UNIT_UNKNOWN', path: 'points[0].unit' }]);
});

test('other points pass through untouched, and the rest of the documents stays', () => {
  const wind: Point = { ...base, id: 'W', measurand: 'windSpeed', unit: 'm/s' };
  const { documents } = bindSite({ points: [wind], rules: ['kept'] }, catalogue);
  expect(documents).toEqual({ points: [wind], rules: ['kept'] });
  expect(documents.points[0]).toBe(wind);
});

test('the strictest limits are those of all types, limit by limit', () => {
  expect(strictestLimits(catalogue, 'CH4')).toEqual({ alarmHigh: 0.5, cutHigh: 0.5, restoreHigh: 0.5 });
});

test('a catalogue with a fault says so', () => {
  const faulty = parseGasCatalogue({ gases: { CH4: { units: { '%': 0 } } }, types: [{ id: 'T' }], more: 1 });
  expect(faulty.problems.map(({ path }) => path).toSorted()).toEqual([
    'gases.CH4.rangeHigh',
    'gases.CH4.units.%',
    'more',
    'types[0].limits',
    'types[0].name',
  ]);
});
