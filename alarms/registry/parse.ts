// Registry documents (points, sites, places) from JSON into the types of site.ts. All problems come at once; a
// document with any is refused whole, so its result must not be used. Nothing is guessed and nothing is repaired.

import { type Fields, fieldsOf, listOf, present } from './fields.ts';
import { type Problem, ProblemList } from './problem.ts';
import type { CalibrationWindow, PlaceDocument, Point, SiteNode, WorkflowTimes } from './site.ts';
import { defaultWorkflowTimes } from './site.ts';

/** Bounds: ten times the largest site of the size table (200 k points over 1,000 mines), so that no file is endless. */
const pointsMax = 200_000;
const sitesMax = 20_000;
const placesMax = 100_000;
/** Declared calibrations of one point: one per day over five years. */
const calibrationsMax = 2_000;
const limitsMax = 32;
/** Simulators of one demo mine: one for each of its systems, and room. */
const simulatedSourcesMax = 32;
/** One per dialect that a mine uploads in, and room. */
const codesMax = 16;
const daySeconds = 86_400;

export function parsePoints(json: unknown): { points: Point[]; problems: Problem[] } {
  const problems = new ProblemList();
  const entries = listOf(json, 'points', pointsMax, problems);
  const points = entries.map(readPoint).filter((point) => point !== undefined);
  refuseDuplicates(entries, problems);
  return { points, problems: problems.all() };
}

export function parseSites(json: unknown): { sites: SiteNode[]; problems: Problem[] } {
  const problems = new ProblemList();
  const entries = listOf(json, 'sites', sitesMax, problems);
  const sites = entries.map(readSite).filter((site) => site !== undefined);
  refuseDuplicates(entries, problems);
  refuseBrokenTree(sites, problems);
  refuseSharedCodes(sites, problems);
  return { sites, problems: problems.all() };
}

export function parsePlaces(json: unknown): { places: PlaceDocument[]; problems: Problem[] } {
  const problems = new ProblemList();
  const entries = listOf(json, 'places', placesMax, problems);
  const places = entries.map(readPlace).filter((place) => place !== undefined);
  refuseDuplicates(entries, problems);
  return { places, problems: problems.all() };
}

/** Times of the workflow; what is not given keeps its default. */
export function parseWorkflowTimes(json: unknown): { times: WorkflowTimes; problems: Problem[] } {
  const problems = new ProblemList();
  const fields = fieldsOf(json ?? {}, 'times', problems);
  const read = (name: keyof WorkflowTimes) =>
    fields?.number(name, { min: 0, integer: true, max: 400 * daySeconds * 1000 });
  const given = present({ calmMs: read('calmMs'), regroupMs: read('regroupMs'), reopenMs: read('reopenMs') });
  fields?.refuseUnknown();
  return { times: { ...defaultWorkflowTimes, ...given }, problems: problems.all() };
}

/** What no document can see alone: places and points must stand in the tree they name. */
export function checkRelations(
  sites: readonly SiteNode[],
  places: readonly PlaceDocument[],
  points: readonly Point[],
): Problem[] {
  const problems = new ProblemList();
  refuseSharedIds(sites, places, points, problems);
  const mines = new Set(sites.filter((site) => site.kind === 'mine').map((site) => site.id));
  const mineOfPlace = new Map(places.map((place) => [place.id, place.mine]));
  for (const [index, place] of places.entries()) {
    if (!mines.has(place.mine)) unknownReference(problems, `places[${index}].mine`, place.mine, '矿', 'mine');
  }
  for (const [index, point] of points.entries()) {
    if (!mines.has(point.mine)) unknownReference(problems, `points[${index}].mine`, point.mine, '矿', 'mine');
    const mine = mineOfPlace.get(point.place);
    if (mine === undefined)
      unknownReference(problems, `points[${index}].place`, point.place, '地点', 'place');
    else if (mine !== point.mine)
      problems.add(
        'REFERENCE_UNKNOWN',
        `points[${index}].place`,
        `地点 ${point.place} 属于 ${mine}，不属于 ${point.mine}`,
        `place ${point.place} belongs to ${mine}, not to ${point.mine}`,
      );
  }
  return problems.all();
}

function readPoint(fields: Fields): Point | undefined {
  for (const name of ['id', 'measurand', 'unit', 'periodS', 'place', 'mine']) fields.require(name);
  const id = fields.id('id');
  const measurand = fields.id('measurand');
  const unit = fields.text('unit', 24);
  const periodS = fields.number('periodS', { above: 0, max: 400 * daySeconds });
  const place = fields.id('place');
  const mine = fields.id('mine');
  const optional = present({
    placeType: fields.id('placeType'),
    locationType: fields.id('locationType'),
    registeredAt: fields.time('registeredAt'),
    range: readRange(fields),
    gapS: fields.number('gapS', { above: 0, max: 400 * daySeconds }),
    calibration: readCalibration(fields),
    name: fields.text('name', 100),
    nameEn: fields.text('nameEn', 100),
    station: fields.text('station', 100),
    order: fields.number('order', { integer: true, min: 0, max: 1_000_000 }),
  });
  const limits = readLimits(fields);
  // Known to the document format, not yet to any rule: taken as they are and not kept.
  for (const name of ['coordinates', 'relations']) fields.raw(name);
  fields.refuseUnknown();
  if (id === undefined || measurand === undefined || unit === undefined) return undefined;
  if (periodS === undefined || place === undefined || mine === undefined) return undefined;
  return { id, measurand, unit, periodS, place, mine, limits, ...optional };
}

function readLimits(fields: Fields): Record<string, number> {
  const limits = fields.child('limits');
  if (limits === undefined) return {};
  const names = limits.keys();
  if (names.length > limitsMax)
    fields.refuse('limits', `最多 ${limitsMax} 个限值`, `at most ${limitsMax} limits`);
  const read: Record<string, number> = {};
  for (const name of names.slice(0, limitsMax)) {
    if (!/^[A-Za-z][A-Za-z0-9]{0,31}$/.test(name)) {
      limits.refuse(
        name.slice(0, 64),
        '限值名不合规',
        'a limit name is a letter and up to 31 letters or digits',
      );
      continue;
    }
    const value = limits.number(name);
    if (value !== undefined) read[name] = value;
  }
  return read;
}

function readRange(fields: Fields): [number, number] | undefined {
  const value = fields.raw('range');
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length === 2) {
    const [low, high] = value as [unknown, unknown];
    if (Number.isFinite(low) && Number.isFinite(high) && (low as number) < (high as number))
      return [low as number, high as number];
  }
  return fields.refuse(
    'range',
    '应为 [下限, 上限]，且下限小于上限',
    'must be [low, high] with low below high',
  );
}

function readCalibration(fields: Fields): CalibrationWindow[] | undefined {
  return fields
    .list('calibration', calibrationsMax)
    ?.map(readCalibrationWindow)
    .filter((window) => window !== undefined);
}

function readCalibrationWindow(fields: Fields): CalibrationWindow | undefined {
  for (const name of ['from', 'to', 'declaredAt']) fields.require(name);
  const from = fields.time('from');
  const to = fields.time('to');
  const declaredAt = fields.time('declaredAt');
  fields.refuseUnknown();
  if (from === undefined || to === undefined || declaredAt === undefined) return undefined;
  // declaredAt after from is not a fault here: such a window just has no effect (a calibration told afterwards).
  if (to <= from) return fields.refuse('to', '结束应晚于开始', 'must be later than from');
  return { from, to, declaredAt };
}

function readSite(fields: Fields): SiteNode | undefined {
  for (const name of ['id', 'name', 'kind']) fields.require(name);
  const id = fields.id('id');
  const name = fields.text('name', 100);
  const kind = fields.oneOf('kind', ['province', 'city', 'county', 'group', 'mine']);
  const optional = present({
    parent: fields.id('parent'),
    demo: fields.boolean('demo'),
    simulatedSources: readSimulatedSources(fields),
    codes: readCodes(fields),
  });
  if (optional.demo === true && kind !== undefined && kind !== 'mine')
    fields.refuse('demo', '只有矿可标为演示', 'only a mine may be a demo');
  // The mark says "this is not real": where people work it could only cover up a value.
  if (optional.simulatedSources !== undefined && optional.demo !== true)
    fields.refuse(
      'simulatedSources',
      '只有演示矿可声明模拟数据源',
      'only a demo mine may declare simulated sources',
    );
  if (optional.codes !== undefined && kind !== undefined && kind !== 'mine')
    fields.refuse('codes', '只有矿有煤矿编码', 'only a mine has codes');
  fields.refuseUnknown();
  return id === undefined || name === undefined || kind === undefined
    ? undefined
    : { id, name, kind, ...optional };
}

/** 煤矿编码 as upload files have it: digits, in some dialects with letters. */
function readCodes(fields: Fields): string[] | undefined {
  const codes = fields.ids('codes');
  if (codes === undefined || codes.length <= codesMax) return codes;
  return fields.refuse('codes', `最多 ${codesMax} 个编码`, `at most ${codesMax} codes`);
}

function readSimulatedSources(fields: Fields): string[] | undefined {
  const sources = fields.ids('simulatedSources');
  if (sources === undefined || sources.length <= simulatedSourcesMax) return sources;
  return fields.refuse(
    'simulatedSources',
    `最多 ${simulatedSourcesMax} 个模拟数据源`,
    `at most ${simulatedSourcesMax} simulated sources`,
  );
}

function readPlace(fields: Fields): PlaceDocument | undefined {
  for (const name of ['id', 'name', 'mine']) fields.require(name);
  const id = fields.id('id');
  const name = fields.text('name', 100);
  const mine = fields.id('mine');
  const optional = present({ nameEn: fields.text('nameEn', 100), type: fields.id('type') });
  fields.refuseUnknown();
  return id === undefined || name === undefined || mine === undefined
    ? undefined
    : { id, name, mine, ...optional };
}

function refuseDuplicates(entries: readonly Fields[], problems: ProblemList): void {
  const seen = new Set<string>();
  for (const fields of entries) {
    const id = fields.raw('id');
    if (typeof id !== 'string') continue;
    if (seen.has(id)) problems.add('ID_DUPLICATE', fields.at('id'), `编号 ${id} 重复`, `duplicate id ${id}`);
    seen.add(id);
  }
}

/** An alarm's scope is a point, a place or a mine by id alone: no two of them may share one. */
function refuseSharedIds(
  sites: readonly SiteNode[],
  places: readonly PlaceDocument[],
  points: readonly Point[],
  problems: ProblemList,
): void {
  const seen = new Set(sites.map(({ id }) => id));
  const lists = [
    ['places', places],
    ['points', points],
  ] as const;
  for (const [list, entries] of lists) {
    for (const [index, { id }] of entries.entries()) {
      if (!seen.has(id)) continue;
      const en = `id ${id} is already that of a site or place`;
      problems.add('ID_DUPLICATE', `${list}[${index}].id`, `编号 ${id} 已用于站点或地点`, en);
    }
    for (const { id } of entries) seen.add(id);
  }
}

/** A file is its mine's by its code alone. */
function refuseSharedCodes(sites: readonly SiteNode[], problems: ProblemList): void {
  const owners = new Map<string, string>();
  for (const [index, { id, codes }] of sites.entries()) {
    for (const code of codes ?? []) {
      const owner = owners.get(code) ?? id;
      owners.set(code, owner);
      if (owner === id) continue;
      const en = `code ${code} is already that of ${owner}`;
      problems.add('ID_DUPLICATE', `sites[${index}].codes`, `编码 ${code} 已用于 ${owner}`, en);
    }
  }
}

function refuseBrokenTree(sites: readonly SiteNode[], problems: ProblemList): void {
  const parentOf = new Map(sites.map((site) => [site.id, site.parent]));
  for (const [index, site] of sites.entries()) {
    if (site.parent !== undefined && !parentOf.has(site.parent))
      unknownReference(problems, `sites[${index}].parent`, site.parent, '上级', 'parent');
    else if (isInCycle(site.id, parentOf))
      problems.add('REFERENCE_CYCLIC', `sites[${index}].parent`, '上下级成环', 'the tree has a cycle here');
  }
}

function isInCycle(id: string, parentOf: ReadonlyMap<string, string | undefined>): boolean {
  let at = parentOf.get(id);
  for (let step = 0; at !== undefined && step <= parentOf.size; step += 1) {
    if (at === id) return true;
    at = parentOf.get(at);
  }
  return false;
}

function unknownReference(problems: ProblemList, path: string, id: string, zh: string, en: string): void {
  problems.add('REFERENCE_UNKNOWN', path, `${zh} ${id} 不存在`, `${en} ${id} does not exist`);
}
