// Definitions beside site files: who is heard on what, what is made, what is refused, and that nothing is lost.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindSite } from '../catalogue/bind.ts';
import type { GasCatalogue } from '../catalogue/location-types.ts';
import { define, madePoints, merge, rebase, type DefinedDocuments } from './define.ts';
import type { Definition, PointDefinition } from './definition.ts';
import { emptyRegistry, type DefinedRegistry } from './registered.ts';
import type { Point } from './site.ts';

const gas: GasCatalogue = {
  gases: {
    CH4: {
      units: { '%CH4': 1, ppm: 10_000 },
      rangeHigh: 4,
      fixed: { highValue: 2, extremeValue: 3 },
    },
  },
  types: [
    {
      id: 'T1',
      name: { zh: '采煤工作面', en: 'face' },
      limits: { CH4: { alarmHigh: 1, cutHigh: 1.5, restoreHigh: 1 } },
      area: { zh: '', en: '' },
      mark: 'C',
    },
    {
      id: 'T9',
      name: { zh: '进风', en: 'intake' },
      limits: { CH4: { alarmHigh: 0.5, cutHigh: 0.5, restoreHigh: 0.5 } },
      area: { zh: '', en: '' },
      mark: 'C',
    },
  ],
};

function sitePoint(id: string, fields: Partial<Point> = {}): Point {
  const usual = { measurand: 'CH4', unit: '%CH4', periodS: 20, place: 'a.face', mine: 'a', limits: {} };
  return { id, ...usual, ...fields };
}

function siteOf(points: readonly Point[]): DefinedDocuments {
  const raw = {
    sites: [
      { id: 'a', name: '甲矿', kind: 'mine' as const },
      { id: 'b', name: '乙矿', kind: 'mine' as const },
    ],
    places: [
      { id: 'a.face', name: '1201 工作面', mine: 'a' },
      { id: 'b.face', name: '3305 工作面', mine: 'b' },
    ],
    points,
  };
  const { documents, findings } = bindSite(raw, gas);
  return {
    ...documents,
    findings: findings.map(({ rule, point }) => ({ rule, point })),
    stated: points.filter((point, i) => point !== documents.points[i]),
    gas,
  };
}

function point(id: string, fields: Partial<PointDefinition> = {}): PointDefinition {
  return {
    kind: 'point',
    id,
    measurand: 'CH4',
    unit: '%CH4',
    valueKind: 'analog',
    station: null,
    place: null,
    range: null,
    limits: {},
    states: null,
    x: null,
    y: null,
    z: null,
    relations: null,
    ...fields,
  };
}

class World {
  registry: DefinedRegistry = emptyRegistry;
  documents: DefinedDocuments;
  private readonly site: DefinedDocuments;

  constructor(site: DefinedDocuments) {
    this.site = site;
    this.documents = site;
  }

  define(definitions: readonly Definition[], mine = 'a', source = 0) {
    const result = define(this.site, this.registry, this.documents, { mine, source }, definitions);
    const isNew = result.registry !== this.registry;
    this.registry = result.registry;
    this.documents = result.documents;
    return { ...result, isNew };
  }

  point(id: string): Point {
    return this.documents.points.find((one) => one.id === id)!;
  }
}

describe('what a site file states', () => {
  test('is never overwritten; what it leaves open is filled', () => {
    const world = new World(
      siteOf([sitePoint('P', { limits: { alarmHigh: 0.8 }, range: [0, 10], name: '上隅角' })]),
    );
    const said = { limits: { alarmHigh: 1.2, clearHigh: 1.1, cutHigh: 1.5, restoreHigh: 1 }, station: 'F1' };
    world.define([point('P', { ...said, range: [0, 4], place: '别处' })]);
    expect(world.point('P')).toMatchObject({
      name: '上隅角',
      place: 'a.face',
      range: [0, 10],
      station: 'F1',
      limits: { alarmHigh: 0.8, clearHigh: 0.8, cutHigh: 1.5, restoreHigh: 1 },
    });
  });

  test('includes the limits of the location type that it states', () => {
    const world = new World(siteOf([sitePoint('P', { locationType: 'T9' })]));
    const before = world.point('P').limits;
    world.define([point('P', { limits: { alarmHigh: 1.5, cutHigh: 2 } })]);
    expect(world.point('P').limits).toEqual(before);
    expect(before).toMatchObject({ alarmHigh: 0.5, cutHigh: 0.5 });
  });

  test('a limit in another unit, or of another measurand, is not heard', () => {
    const world = new World(siteOf([sitePoint('P')]));
    const strict = world.point('P').limits;
    world.define([point('P', { unit: 'ppm', limits: { alarmHigh: 2 } })]);
    world.define([point('P', { measurand: 'CO', limits: { alarmHigh: 2 } })], 'a', 1);
    expect(world.point('P').limits).toEqual(strict);
  });

  test('a limit that a definition gives takes the place of the strictest, and the finding goes', () => {
    const world = new World(siteOf([sitePoint('P')]));
    expect(world.documents.findings).toEqual([
      { rule: 'DEF-01', point: 'P' },
      { rule: 'DEF-01', point: 'P' },
    ]);
    world.define([point('P', { limits: { alarmHigh: 1 }, range: [0, 4] })]);
    expect(world.point('P').limits['alarmHigh']).toBe(1);
    expect(world.documents.findings).toEqual([]);
  });
});

describe('what no site file names', () => {
  test('is made: point, place, station, area, person, equipment, behind all slots that were', () => {
    const world = new World(siteOf([sitePoint('P')]));
    const { changes } = world.define([
      point('Q', { place: '1202 回风', limits: { alarmHigh: 1 }, range: [0, 4] }),
      point('R', { place: '1201 工作面', measurand: 'windSpeed', unit: 'm/s' }),
      { kind: 'station', id: 'F1', place: '1203 切眼', area: null, x: null, y: null, z: null },
      { kind: 'area', id: 'Z1', name: '限制区', areaType: '限制区域', headcountMax: 9 },
      {
        kind: 'person',
        id: 'K1',
        name: '张三',
        trade: null,
        duty: null,
        team: null,
        isLeader: false,
        isSpecial: true,
      },
      { kind: 'equipment', id: 'E1', name: '主扇', fields: { 型号: 'FBCDZ' } },
    ]);
    expect(world.documents.points.map(({ id }) => id)).toEqual(['P', 'Q', 'R']);
    expect(world.point('Q')).toMatchObject({ place: '1202-回风', mine: 'a', limits: { alarmHigh: 1 } });
    expect(world.point('R').place).toBe('a.face');
    expect(world.documents.places).toContainEqual({ id: '1202-回风', name: '1202 回风', mine: 'a' });
    expect(changes.map(({ what, id, before }) => [what, id, before])).toEqual([
      ['point', 'Q', null],
      ['point', 'R', null],
      ['station', 'F1', null],
      ['area', 'Z1', null],
      ['person', 'K1', null],
      ['equipment', 'E1', null],
    ]);
    expect(madePoints(changes).map(({ id }) => id)).toEqual(['Q', 'R']);
  });

  test('a gas point without limits or range has the strictest and a finding; so has one whose limit is no limit', () => {
    for (const limits of [{}, { alarmHigh: 0 }, { alarmHigh: 99 }, { alarmHigh: Number.NaN }]) {
      const world = new World(siteOf([]));
      world.define([point('Q', { limits, range: [0, 4] })]);
      expect(world.point('Q').limits).toMatchObject({ alarmHigh: 0.5, clearHigh: 0.5 });
      expect(world.documents.findings).toContainEqual({ rule: 'DEF-01', point: 'Q' });
    }
  });

  test('a clear limit above its alarm limit is not taken', () => {
    const world = new World(siteOf([]));
    world.define([point('Q', { limits: { alarmHigh: 1, clearHigh: 1.2 }, range: [0, 4] })]);
    expect(world.point('Q').limits).toMatchObject({ alarmHigh: 1, clearHigh: 1 });
  });

  test('stands where its station does when nobody says where, else at a place of its own', () => {
    const world = new World(siteOf([]));
    world.define([point('Q', { station: 'F1' }), point('R')]);
    expect([world.point('Q').place, world.point('R').place]).toEqual(['Q.place', 'R.place']);
    world.define([{ kind: 'station', id: 'F1', place: '1203 切眼', area: null, x: null, y: null, z: null }]);
    expect([world.point('Q').place, world.point('R').place]).toEqual(['1203-切眼', 'R.place']);
  });
});

describe('ids', () => {
  test('one that another mine holds gets the mine before it, and says what it was sent as', () => {
    const world = new World(siteOf([sitePoint('P')]));
    world.define([point('P'), point('Q')], 'b', 0);
    world.define([point('Q')], 'a', 1);
    expect(world.documents.points.map(({ id, mine }) => [id, mine])).toEqual([
      ['P', 'a'],
      ['b.P', 'b'],
      ['Q', 'b'],
      ['a.Q', 'a'],
    ]);
    const area: Definition = { kind: 'area', id: 'Z', name: '', areaType: '', headcountMax: null };
    world.define([area], 'a');
    world.define([area], 'b');
    expect(world.documents.areas).toMatchObject([{ id: 'Z' }, { id: 'b.Z', sentAs: 'Z' }]);
  });

  test('a point that the site registered with the mine before it is the one that the mine means', () => {
    const world = new World(siteOf([sitePoint('a.P')]));
    world.define([point('P', { station: 'F1' })]);
    expect(world.documents.points.map(({ id, station }) => [id, station])).toEqual([['a.P', 'F1']]);
  });

  test('what is wrong refuses itself and nothing else', () => {
    const world = new World(siteOf([]));
    const { refused } = world.define([
      point('has blank'),
      point('b.P'),
      point('odd', { unit: 'mg/m3' }),
      point('good'),
    ]);
    expect(refused.map(({ reason, id }) => [reason, id])).toEqual([
      ['idInvalid', 'has blank'],
      ['otherMine', 'b.P'],
      ['unitUnknown', 'odd'],
    ]);
    expect(world.documents.points.map(({ id }) => id)).toEqual(['good']);
  });
});

describe('definitions that come again', () => {
  test('say nothing new: the registry is the very same', () => {
    const world = new World(siteOf([]));
    expect(world.define([point('Q', { place: '井下' })]).isNew).toBe(true);
    const again = world.define([point('Q', { place: '井下' })]);
    expect([again.isNew, again.changes]).toEqual([false, []]);
  });

  test('replace those of the same source; another source fills what it leaves open', () => {
    const world = new World(siteOf([]));
    world.define([point('Q', { limits: { alarmHigh: 1 }, range: [0, 4] })], 'a', 0);
    world.define([point('Q', { limits: { alarmHigh: 2, cutHigh: 3 }, station: 'F9' })], 'a', 1);
    expect(world.point('Q')).toMatchObject({ station: 'F9', limits: { alarmHigh: 1, cutHigh: 3 } });
    const { changes } = world.define([point('Q', { limits: { alarmHigh: 0.9 }, range: [0, 4] })], 'a', 0);
    expect(world.point('Q').limits).toMatchObject({ alarmHigh: 0.9, cutHigh: 3 });
    expect(changes).toMatchObject([
      { what: 'point', id: 'Q', before: { limits: { alarmHigh: 1 } }, after: { limits: { alarmHigh: 0.9 } } },
    ]);
  });
});

test('an edited site keeps what definitions made, gives its own ids to itself and never shares one', () => {
  const world = new World(siteOf([]));
  world.define([point('Q', { place: '井下' }), point('R')], 'a');
  const edited = siteOf([sitePoint('Q', { mine: 'b', place: 'b.face' }), sitePoint('R', { name: '本矿' })]);
  const { points } = merge(edited, rebase(edited, world.registry));
  expect(points.map(({ id, mine, name }) => [id, mine, name])).toEqual([
    ['Q', 'b', undefined],
    ['R', 'a', '本矿'],
    ['a.Q', 'a', undefined],
  ]);
});

test('whatever is defined: slots never move, ids are one space, every gas point is guarded, the last word holds', () => {
  const ids = fc.constantFrom('P', 'Q', 'R', 'a.P', 'face', 'a.face', 'Q.place', 'T', 'a', 'U:1');
  const definition: fc.Arbitrary<Definition> = fc.oneof(
    fc
      .record({
        id: ids,
        measurand: fc.constantFrom('CH4', 'windSpeed'),
        unit: fc.constantFrom('%CH4', 'm/s', 'ppm'),
        place: fc.constantFrom(null, '1201 工作面', 'Q.place', 'T', '  ', '井下/东', '井下-东'),
        station: fc.constantFrom(null, 'F1'),
        range: fc.constantFrom(null, [0, 4] as const, [4, 0] as const),
        limits: fc.dictionary(
          fc.constantFrom('alarmHigh', 'clearHigh', 'cutHigh', 'alarmLow'),
          fc.double({ min: -1, max: 9 }),
        ),
      })
      .map(({ id, ...fields }) => point(id, fields)),
    fc.record({
      kind: fc.constant('station' as const),
      id: fc.constantFrom('F1', 'F2'),
      place: fc.constantFrom(null, '东翼', 'P'),
      area: fc.constant(null),
      x: fc.constant(null),
      y: fc.constant(null),
      z: fc.constant(null),
    }),
  );
  const steps = fc.array(
    fc.record({
      mine: fc.constantFrom('a', 'b'),
      source: fc.integer({ min: 0, max: 1 }),
      definitions: fc.array(definition, { maxLength: 5 }),
    }),
    { maxLength: 12 },
  );
  const seen = { made: 0, prefixed: 0, refused: 0, same: 0 };
  fc.assert(
    fc.property(steps, (story) => {
      const site = siteOf([sitePoint('P'), sitePoint('T', { mine: 'b', place: 'b.face' })]);
      const world = new World(site);
      for (const { mine, source, definitions } of story) {
        const before = world.documents.points.map(({ id }) => id);
        const { isNew, refused } = world.define(definitions, mine, mine === 'a' ? source : source + 2);
        const { points, places, sites } = world.documents;
        expect(points.slice(0, before.length).map(({ id }) => id)).toEqual(before);
        const all = [...sites, ...places, ...points].map(({ id }) => id);
        expect(new Set(all).size, `ids ${all.join(' ')}`).toBe(all.length);
        const places_ = new Map(places.map((place) => [place.id, place.mine]));
        for (const one of points) {
          expect(places_.get(one.place), `${one.id} at ${one.place}`).toBe(one.mine);
          if (one.measurand !== 'CH4') continue;
          const { alarmHigh, clearHigh } = one.limits;
          expect(alarmHigh).toBeGreaterThan(0);
          expect(clearHigh).toBeLessThanOrEqual(alarmHigh!);
          expect(one.range).toBeDefined();
        }
        expect(merge(site, world.registry)).toEqual(world.documents);
        expect(rebase(site, world.registry)).toEqual(world.registry);
        seen.made += points.length - before.length;
        seen.prefixed += points.filter(({ id, mine: owner }) => id.startsWith(`${owner}.`)).length;
        seen.refused += refused.length;
        if (!isNew) seen.same += 1;
      }
    }),
    { numRuns: 150, seed: 20_261_124 },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, `times of ${what}`).toBeGreaterThan(20);
});
