// Binds gas points to the catalogue: what the mine declared itself stays, the location type fills the rest, and a gas
// point of which too little is known takes the strictest limits of its kind and a finding DEF-01. After this no gas
// point is unguarded. Points of other measurands pass through untouched.

import { type Problem, ProblemList } from '../registry/problem.ts';
import type { Point } from '../registry/site.ts';
import { roundDerived } from '../kernel/rounding.ts';
import { type Gas, type GasCatalogue, type GasLimits, strictestLimits } from './location-types.ts';

export interface Finding {
  readonly rule: 'DEF-01';
  readonly point: string;
  readonly zh: string;
  readonly en: string;
}

export interface BoundPoints {
  readonly points: readonly Point[];
  readonly findings: readonly Finding[];
  /** A gas in a unit that the catalogue cannot convert: no limit could be trusted, so the document is refused. */
  readonly problems: readonly Problem[];
}

/** The documents of a site with its points bound; all else as it was. */
export function bindSite<Documents extends { readonly points: readonly Point[] }>(
  documents: Documents,
  catalogue: GasCatalogue,
): { documents: Documents; findings: readonly Finding[]; problems: readonly Problem[] } {
  const { points, findings, problems } = bindPoints(documents.points, catalogue);
  return { documents: { ...documents, points }, findings, problems };
}

export function bindPoints(points: readonly Point[], catalogue: GasCatalogue): BoundPoints {
  const findings: Finding[] = [];
  const problems = new ProblemList();
  const bound = points.map((point, index) => {
    const gas = catalogue.gases[point.measurand];
    if (gas === undefined) return point;
    const unit = gas.units[point.unit];
    if (unit === undefined) {
      refuseUnit(problems, point, index, gas);
      return point;
    }
    return bindGasPoint(point, gas, unit, catalogue, findings);
  });
  return { points: bound, findings, problems: problems.all() };
}

function bindGasPoint(
  point: Point,
  gas: Gas,
  unit: number,
  catalogue: GasCatalogue,
  findings: Finding[],
): Point {
  const type = catalogue.types.find(({ id }) => id === point.locationType);
  const placed = type?.limits[point.measurand] ?? (type === undefined ? undefined : gas.anywhere);
  const isUnguarded = placed === undefined && point.limits['alarmHigh'] === undefined;
  const source = isUnguarded ? strictestLimits(catalogue, point.measurand) : placed;
  if (isUnguarded) findings.push(unlimitedFinding(point));
  if (point.range === undefined) findings.push(unrangedFinding(point, inUnit(gas.rangeHigh, unit)));
  return {
    ...point,
    limits: mergedLimits(point.limits, source ?? {}, gas.fixed, unit),
    range: point.range ?? [0, inUnit(gas.rangeHigh, unit)],
  };
}

/** Own limits first; a clear limit that is not given never lies above the limit that it clears. */
function mergedLimits(
  own: GasLimits,
  source: GasLimits,
  fixed: GasLimits,
  unit: number,
): Record<string, number> {
  const filled: Record<string, number> = {};
  for (const [name, value] of [...Object.entries(source), ...Object.entries(fixed)])
    filled[name] = inUnit(value, unit);
  const limits = { ...filled, ...own };
  for (const [limit, clear] of pairs) {
    const value = limits[limit];
    if (value === undefined || own[clear] !== undefined) continue;
    limits[clear] = Math.min(limits[clear] ?? value, value);
  }
  return limits;
}

const pairs = [
  ['alarmHigh', 'clearHigh'],
  ['cutHigh', 'restoreHigh'],
] as const;

function inUnit(value: number, unit: number): number {
  return unit === 1 ? value : roundDerived(value * unit);
}

function unlimitedFinding(point: Point): Finding {
  const name = point.name ?? point.id;
  return {
    rule: 'DEF-01',
    point: point.id,
    zh: `${name}：未设报警限值，也无有效安装地点类型，暂按最严限值监视`,
    en: `${point.id}: no alarm limit and no known location type; guarded by the strictest limits until set`,
  };
}

function unrangedFinding(point: Point, high: number): Finding {
  const name = point.name ?? point.id;
  return {
    rule: 'DEF-01',
    point: point.id,
    zh: `${name}：未登记量程，暂按上限 ${high} ${point.unit} 处理`,
    en: `${point.id}: no range registered; ${high} ${point.unit} is taken as its high end`,
  };
}

function refuseUnit(problems: ProblemList, point: Point, index: number, gas: Gas): void {
  const known = Object.keys(gas.units).join(' ');
  const zh = `${point.measurand} 的单位 ${point.unit} 无法换算，应为 ${known} 之一`;
  const en = `unit ${point.unit} of ${point.measurand} is not one of ${known}`;
  problems.add('UNIT_UNKNOWN', `points[${index}].unit`, zh, en);
}
