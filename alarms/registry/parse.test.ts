// Refused registry documents as a table, one sentence per case.

import { anything, assert, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRules } from '../rules/parse.ts';
import { checkRelations, parsePlaces, parsePoints, parseSites, parseWorkflowTimes } from './parse.ts';

const point = {
  id: 'A',
  measurand: 'CH4',
  unit: '%',
  periodS: 10,
  place: 'P1',
  mine: 'M1',
  limits: { alarmHigh: 1 },
};
const window = {
  from: '2026-01-05T00:00:00Z',
  to: '2026-01-05T00:10:00Z',
  declaredAt: '2026-01-04T00:00:00+08:00',
};
const mine = { id: 'M1', name: '一矿', kind: 'mine' };

const pointRefusals: readonly (readonly [string, unknown, string, string])[] = [
  ['a document that is no list', 'points', 'NOT_A_LIST', 'points'],
  ['a point that is no object', [[]], 'NOT_AN_OBJECT', 'points[0]'],
  ['a missing id', [{ ...point, id: null }], 'FIELD_MISSING', 'points[0].id'],
  ['a missing mine', [{ ...point, mine: undefined }], 'FIELD_MISSING', 'points[0].mine'],
  ['an id with a comma', [{ ...point, id: 'A,B' }], 'ID_INVALID', 'points[0].id'],
  ['an id of 65 characters', [{ ...point, id: 'a'.repeat(65) }], 'ID_INVALID', 'points[0].id'],
  ['a period of zero', [{ ...point, periodS: 0 }], 'FIELD_INVALID', 'points[0].periodS'],
  [
    'a limit that is text',
    [{ ...point, limits: { alarmHigh: '1.0' } }],
    'FIELD_INVALID',
    'points[0].limits.alarmHigh',
  ],
  [
    'a limit name that is none',
    [{ ...point, limits: { 'alarm high': 1 } }],
    'FIELD_INVALID',
    'points[0].limits.alarm high',
  ],
  ['a range upside down', [{ ...point, range: [4, 0] }], 'FIELD_INVALID', 'points[0].range'],
  ['a range of three', [{ ...point, range: [0, 1, 2] }], 'FIELD_INVALID', 'points[0].range'],
  ['an unknown field', [{ ...point, unti: '%' }], 'FIELD_UNKNOWN', 'points[0].unti'],
  ['the prototype as a field', [JSON.parse('{"__proto__": 1}')], 'FIELD_UNKNOWN', 'points[0].__proto__'],
  [
    'a registration time without a zone',
    [{ ...point, registeredAt: '2026-01-05T00:00:00' }],
    'FIELD_INVALID',
    'points[0].registeredAt',
  ],
  [
    'a calibration that ends before it begins',
    [{ ...point, calibration: [{ ...window, to: '2026-01-04T00:00:00Z' }] }],
    'FIELD_INVALID',
    'points[0].calibration[0].to',
  ],
  [
    'a calibration without declaration',
    [{ ...point, calibration: [{ ...window, declaredAt: undefined }] }],
    'FIELD_MISSING',
    'points[0].calibration[0].declaredAt',
  ],
  ['a name with a line break', [{ ...point, name: 'a\rb' }], 'FIELD_INVALID', 'points[0].name'],
  ['one id twice', [point, point], 'ID_DUPLICATE', 'points[1].id'],
];

describe('a points document is refused for', () => {
  test.each(pointRefusals)('%s', (_, document, code, path) => {
    const { problems } = parsePoints(document);
    expect(problems.map((problem) => [problem.code, problem.path])).toContainEqual([code, path]);
  });
});

test('a whole point parses, its times become milliseconds', () => {
  const { points, problems } = parsePoints([
    { ...point, registeredAt: '2026-01-05T08:00:00+08:00', calibration: [window], range: [0, 4] },
  ]);
  expect(problems).toEqual([]);
  expect(points[0]).toMatchObject({
    registeredAt: Date.UTC(2026, 0, 5),
    calibration: [
      { from: Date.UTC(2026, 0, 5), to: Date.UTC(2026, 0, 5, 0, 10), declaredAt: Date.UTC(2026, 0, 3, 16) },
    ],
    range: [0, 4],
    limits: { alarmHigh: 1 },
  });
});

test('all faults of a document come at once', () => {
  const { problems } = parsePoints([
    { ...point, periodS: -1, unti: 1 },
    { ...point, range: 'x' },
  ]);
  expect(problems.map(({ path }) => path).toSorted()).toEqual([
    'points[0].periodS',
    'points[0].unti',
    'points[1].id',
    'points[1].range',
  ]);
});

describe('a site tree is refused for', () => {
  const paths = (document: unknown) => parseSites(document).problems.map(({ code, path }) => [code, path]);
  test('a parent that does not exist', () => {
    expect(paths([{ ...mine, parent: 'G' }])).toEqual([['REFERENCE_UNKNOWN', 'sites[0].parent']]);
  });
  test('a cycle', () => {
    const tree = [
      { id: 'G', name: '集团', kind: 'group', parent: 'C' },
      { id: 'C', name: '县', kind: 'county', parent: 'G' },
      { ...mine, parent: 'G' },
    ];
    expect(paths(tree)).toEqual([
      ['REFERENCE_CYCLIC', 'sites[0].parent'],
      ['REFERENCE_CYCLIC', 'sites[1].parent'],
    ]);
  });
  test('a demo county', () => {
    expect(paths([{ id: 'C', name: '县', kind: 'county', demo: true }])).toEqual([
      ['FIELD_INVALID', 'sites[0].demo'],
    ]);
  });
  test.each<[string, Record<string, unknown>]>([
    ['simulators of a mine that is no demo', { simulatedSources: ['sim'] }],
    ['an empty list of simulators', { demo: true, simulatedSources: [] }],
    [
      '33 simulators',
      { demo: true, simulatedSources: Array.from({ length: 33 }, (_, index) => `sim-${index}`) },
    ],
  ])('%s', (_, declared) => {
    expect(paths([{ ...mine, ...declared }])).toEqual([['FIELD_INVALID', 'sites[0].simulatedSources']]);
  });
  test('a simulator whose name no topic can have', () => {
    expect(paths([{ ...mine, demo: true, simulatedSources: ['sim', 'a/b'] }])).toEqual([
      ['ID_INVALID', 'sites[0].simulatedSources[1]'],
    ]);
  });
  test('an unknown kind', () => {
    expect(paths([{ ...mine, kind: 'planet' }])).toEqual([['FIELD_INVALID', 'sites[0].kind']]);
  });
});

test('a demo mine may declare simulators, and no other says anything of them', () => {
  const declared = { ...mine, demo: true, simulatedSources: ['sim', 'calm.2'] };
  expect(parseSites([declared, { ...mine, id: 'M2' }])).toEqual({
    sites: [declared, { ...mine, id: 'M2' }],
    problems: [],
  });
});

test('points and places must stand where they say', () => {
  const { sites } = parseSites([mine, { id: 'M2', name: '二矿', kind: 'mine' }]);
  const { places } = parsePlaces([
    { id: 'P1', name: '工作面', mine: 'M2' },
    { id: 'P2', name: '回风巷', mine: 'M9' },
  ]);
  const { points } = parsePoints([
    point,
    { ...point, id: 'B', place: 'P8' },
    { ...point, id: 'C', mine: 'M9' },
  ]);
  expect(checkRelations(sites, places, points).map(({ path }) => path)).toEqual([
    'places[1].mine',
    'points[0].place',
    'points[1].place',
    'points[2].mine',
    'points[2].place',
  ]);
});

test('workflow times keep their default where nothing is given', () => {
  expect(parseWorkflowTimes({ calmMs: 60_000 })).toEqual({
    times: { calmMs: 60_000, regroupMs: 1_800_000, reopenMs: 7_776_000_000 },
    problems: [],
  });
  expect(parseWorkflowTimes({ calmS: 60 }).problems.map(({ code }) => code)).toEqual(['FIELD_UNKNOWN']);
});

test('a point, a place and a site must not share an id', () => {
  const { sites } = parseSites([mine]);
  const { places } = parsePlaces([
    { id: 'P1', name: '工作面', mine: 'M1' },
    { id: 'M1', name: '井口', mine: 'M1' },
  ]);
  const { points } = parsePoints([{ ...point, id: 'P1' }]);
  expect(checkRelations(sites, places, points).map(({ code, path }) => [code, path])).toEqual([
    ['ID_DUPLICATE', 'places[1].id'],
    ['ID_DUPLICATE', 'points[0].id'],
  ]);
});

test('coordinates and relations of a point are taken, for other formats carry them', () => {
  expect(parsePoints([{ ...point, coordinates: [1, 2, 3], relations: [] }]).problems).toEqual([]);
});

test('whatever JSON there is, parsing answers with problems and never throws', () => {
  const near = [point, mine, { id: 'R', kind: 'threshold', level: 'Y', op: '>=', limit: 1 }];
  assert(
    property(anything(), anything(), (one, other) => {
      const documents = [
        one,
        [one, other],
        near.map((entry) => ({ ...entry, limits: one, ladder: other, name: one })),
      ];
      for (const document of documents) {
        const parsed = [
          parsePoints(document),
          parseSites(document),
          parsePlaces(document),
          parseRules(document, []),
        ];
        expect(parsed.every(({ problems }) => Array.isArray(problems))).toBe(true);
      }
      expect(Array.isArray(parseWorkflowTimes(one).problems)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
