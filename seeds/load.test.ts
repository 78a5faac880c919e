// Site folders: the demo's is sound, and a faulty one is refused with all faults of all its files.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '#gateway/config.ts';
import { catalogueRules, demoFolder, loadGasCatalogue, loadSite } from './load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'site-'));
  for (const file of ['site.json', 'places.json', 'points.json', 'rules.json'])
    cpSync(join(demoFolder, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (file: string) =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>[];
const write = (file: string, json: unknown) => writeFileSync(join(folder, file), JSON.stringify(json));

function problemsOf(): readonly string[] {
  try {
    loadSite(folder);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('the demo is one mine below four upper levels, 28 points, the whole catalogue, calm of a minute, no finding', () => {
  const { documents, findings, warnings } = loadSite(demoFolder);
  expect(documents.sites.map(({ kind }) => kind)).toEqual(['province', 'city', 'county', 'group', 'mine']);
  expect(documents.sites.at(-1)).toMatchObject({ id: 'demo', name: '演示矿', demo: true });
  expect(documents.points).toHaveLength(28);
  expect(documents.rules.map(({ id }) => id)).toEqual(catalogueRules().map((rule) => rule['id']));
  expect(documents.times.calmMs).toBe(60_000);
  expect([findings, warnings]).toEqual([[], []]);
});

test('the table of location types is sound, and every methane type has an alarm limit of at most 2.5 %', () => {
  const { catalogue, problems } = loadGasCatalogue();
  expect(problems).toEqual([]);
  expect(catalogue.types.length).toBeGreaterThanOrEqual(24);
  expect(new Set(catalogue.types.map(({ id }) => id)).size).toBe(catalogue.types.length);
  for (const { limits } of catalogue.types) {
    const { alarmHigh, cutHigh, restoreHigh } = { ...limits['CH4'] };
    if (alarmHigh === undefined) continue;
    expect(alarmHigh).toBeLessThanOrEqual(2.5);
    expect(cutHigh ?? alarmHigh).toBeGreaterThanOrEqual(alarmHigh);
    expect(restoreHigh ?? 0).toBeLessThanOrEqual(cutHigh ?? 0);
  }
});

test('the catalogue parses over every location type of the table', () => {
  const { catalogue } = loadGasCatalogue();
  const types = catalogue.types.map(({ id }, index) => ({
    ...read('points.json')[0],
    id: `X${index}`,
    limits: {},
    locationType: id,
  }));
  write('points.json', types);
  const { documents, findings } = loadSite(folder);
  expect(documents.points.every(({ limits }) => (limits['alarmHigh'] ?? 0) > 0)).toBe(true);
  // Types of CO alone say nothing of methane: guarded by the strictest, and told.
  expect(findings.map(({ point }) => point)).toEqual(types.slice(-2).map(({ id }) => id));
});

test('a gas point without limits, location type and range is loaded, guarded, and found', () => {
  const [first, ...others] = read('points.json');
  const { id, measurand, unit, periodS, place, mine } = first ?? {};
  write('points.json', [{ id, measurand, unit, periodS, place, mine }, ...others]);
  const { documents, findings } = loadSite(folder);
  expect(documents.points[0]).toMatchObject({ limits: { alarmHigh: 0.5, cutHigh: 0.5 }, range: [0, 4] });
  expect(findings.map(({ rule, point }) => [rule, point])).toEqual([
    ['DEF-01', 'MM261'],
    ['DEF-01', 'MM261'],
  ]);
});

describe('rules.json', () => {
  const ids = () => loadSite(folder).documents.rules.map((rule) => rule.id);
  const own = { id: 'GAS-01', kind: 'threshold', level: 'R', op: '>=', limit: 0.1 };
  test('that is missing means the whole catalogue', () => {
    rmSync(join(folder, 'rules.json'));
    expect(ids()).toHaveLength(11);
  });
  test('that is a list means exactly these rules', () => {
    write('rules.json', [own]);
    expect(ids()).toEqual(['GAS-01']);
  });
  test('takes part of the catalogue and puts an own rule in the place of one', () => {
    write('rules.json', { catalogue: ['GAS-01', 'GAS-02'], rules: [own] });
    expect(ids()).toEqual(['GAS-02', 'GAS-01']);
    expect(loadSite(folder).documents.rules.at(-1)?.level).toBe('red');
  });
  test('is refused for a rule that the catalogue has not, and for a base that was left out', () => {
    write('rules.json', { catalogue: ['GAS-05', 'GAS-99'] });
    expect(problemsOf()).toEqual([
      expect.stringMatching(/rules\.json: catalogue: .*GAS-99/),
      expect.stringMatching(/rules\.json: rules\[0\]\.base: .*GAS-01/),
    ]);
  });
});

test('all faults of all files come at once', () => {
  write('site.json', { sites: [{ id: 'demo', name: '矿', kind: 'pit' }], time: {} });
  writeFileSync(join(folder, 'places.json'), '[');
  write('points.json', [{ ...read('points.json')[0], periodS: 0 }]);
  write('rules.json', [{ id: 'R', kind: 'threshold', level: 'Y', op: '>=' }]);
  expect(problemsOf()).toEqual([
    expect.stringMatching(/places\.json: 不是合法 JSON/),
    expect.stringMatching(/site\.json: time: 未知字段/),
    expect.stringMatching(/site\.json: sites\[0\]\.kind/),
    expect.stringMatching(/points\.json: points\[0\]\.periodS/),
    expect.stringMatching(/rules\.json: rules\[0\]\.limit/),
  ]);
});

test('a point at a place of another mine is refused', () => {
  const [place, ...places] = read('places.json');
  write('places.json', [{ ...place, mine: 'elsewhere' }, ...places]);
  expect(problemsOf()).toEqual([
    expect.stringMatching(/places\[0\]\.mine: 矿 elsewhere 不存在/),
    expect.stringMatching(/points\[0\]\.place: 地点 upper-corner 属于 elsewhere/),
  ]);
});

test('a folder that is none names each file that is missing', () => {
  rmSync(folder, { recursive: true });
  const problems = problemsOf();
  expect(problems.filter((line) => line.includes('无法读取')).map((line) => line.split(':')[0])).toEqual(
    ['site.json', 'places.json', 'points.json'].map((file) => join(folder, file)),
  );
});
