// One point out of what definitions say of it. Limits and ranges are numbers in a unit: a word in another unit or on
// another measurand than the point's is not heard. A limit and the one that clears it are taken together or not at
// all, so that no alarm is cleared above where it is raised.

import { strictestLimits, type GasCatalogue } from '../catalogue/location-types.ts';
import { roundDerived } from '../kernel/rounding.ts';
import type { PointDefinition } from './definition.ts';
import { present } from './fields.ts';
import type { Point } from './site.ts';

/** Nobody says how often a defined point is sent: what MT/T 1201 asks of real-time files. Its gap is three of them. */
const definedPeriodS = 30;

const pairs = [
  ['alarmHigh', 'clearHigh', 1],
  ['cutHigh', 'restoreHigh', 1],
  ['alarmLow', 'clearLow', -1],
  ['cutLow', 'restoreLow', -1],
] as const;

export function makePoint(
  id: string,
  mine: string,
  place: string,
  layers: readonly PointDefinition[],
  gas: GasCatalogue | undefined,
): Point {
  const first = layers[0]!;
  const point: Point = {
    id,
    measurand: slugOf(first.measurand) || 'other',
    unit: first.unit.slice(0, 24),
    periodS: definedPeriodS,
    place,
    mine,
    limits: {},
  };
  return fillPoint(point, layers, gas);
}

/** `point` as stated, not yet bound to the catalogue. */
export function fillPoint(
  point: Point,
  layers: readonly PointDefinition[],
  catalogue: GasCatalogue | undefined,
): Point {
  const limits: Record<string, number> = { ...placedLimits(point, catalogue), ...point.limits };
  let { range, station } = point;
  for (const layer of layers) {
    station ??= layer.station?.slice(0, 100) || undefined;
    if (slugOf(layer.measurand) !== point.measurand || layer.unit.slice(0, 24) !== point.unit) continue;
    range ??= soundRange(layer.range);
    addLimits(limits, layer.limits, gasBounds(point, range, catalogue));
  }
  return { ...point, limits, ...present({ range, station }) };
}

/** What follows from the location type that the site states, as if the site had stated it. */
function placedLimits(point: Point, catalogue: GasCatalogue | undefined): Record<string, number> {
  const factor = catalogue?.gases[point.measurand]?.units[point.unit];
  const type = catalogue?.types.find(({ id }) => id === point.locationType);
  const placed = type?.limits[point.measurand];
  if (factor === undefined || placed === undefined) return {};
  return Object.fromEntries(
    Object.entries(placed).flatMap(([name, value]) => {
      const pair = pairs.find(([, clear]) => clear === name);
      // A stated limit below the type's: the binding sets what clears it.
      if (pair !== undefined && point.limits[pair[0]] !== undefined) return [];
      return [[name, factor === 1 ? value : roundDerived(value * factor)]];
    }),
  );
}

/** A gas limit that could never be reached, or always is, is none: the strictest then guard the point. */
function gasBounds(
  point: Point,
  range: Point['range'],
  catalogue: GasCatalogue | undefined,
): readonly [above: number, upTo: number] | null {
  const gas = catalogue?.gases[point.measurand];
  const factor = gas?.units[point.unit];
  if (catalogue === undefined || gas === undefined || factor === undefined) return null;
  if (strictestLimits(catalogue, point.measurand)['alarmHigh'] === undefined) return null;
  return [0, Math.min(range?.[1] ?? Number.POSITIVE_INFINITY, gas.rangeHigh * factor)];
}

function addLimits(
  limits: Record<string, number>,
  said: Readonly<Record<string, number>>,
  bounds: readonly [above: number, upTo: number] | null,
): void {
  const isSound = (value: number | undefined): value is number =>
    value !== undefined &&
    Number.isFinite(value) &&
    (bounds === null || (value > bounds[0] && value <= bounds[1]));
  for (const [limit, clear, sign] of pairs) {
    const value = said[limit];
    // What is not set is sent as 0 by half of the field: 0 with a clear limit of 0 is no limit.
    if (value === 0 && (said[clear] ?? 0) === 0) continue;
    if (limits[limit] !== undefined || limits[clear] !== undefined || !isSound(value)) continue;
    limits[limit] = value;
    const back = said[clear];
    if (isSound(back) && (value - back) * sign >= 0) limits[clear] = back;
  }
}

function soundRange(range: PointDefinition['range']): Point['range'] {
  if (range === null || !Number.isFinite(range[0]) || !Number.isFinite(range[1])) return undefined;
  return range[0] < range[1] ? range : undefined;
}

/** Of a name what an id may hold; '' when that is nothing. */
export function slugOf(name: string): string {
  return name
    .trim()
    .replaceAll(/[^\p{L}\p{N}._:-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 64);
}
