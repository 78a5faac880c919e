// The points of each place, abnormal first: what is unacknowledged, then the higher level, then what is silent. Pure.

import { levelRank } from '#alarms/kernel/level.ts';
import type { AlarmState, Level, Place, Point, SiteView } from '../stream/contract.ts';
import type { Reading } from '../stream/state.ts';
import { isActive, isOwed, marksOf, type MarkState } from '../widgets/alarm-order.ts';
import { viewValue, type ValueView } from '../widgets/quality.ts';

export interface TileRow {
  readonly point: Point;
  readonly view: ValueView;
  /** The highest level now up on this very point; colours the bar. */
  readonly level: Level | null;
  readonly rank: number;
}

export interface Tile {
  readonly place: Place;
  readonly marks: readonly { readonly level: Level; readonly mark: MarkState }[];
  readonly rows: readonly TileRow[];
  readonly good: number;
  readonly unknown: number;
  readonly rank: number;
}

/** Above every level that is acknowledged. */
const owedRank = 10;
/** Silence ranks above normal and below every alarm. */
const unknownRank = 0.5;

export function buildTiles(
  site: SiteView,
  alarms: Iterable<AlarmState>,
  values: ReadonlyMap<number, Reading>,
  now: number,
): readonly Tile[] {
  const byPlace = groupBy(alarms, (alarm) => alarm.place);
  const points = new Map<string, { slot: number; point: Point }[]>();
  for (const [slot, point] of site.points.entries()) {
    if (point === null) continue;
    const list = points.get(point.place) ?? [];
    list.push({ slot, point });
    points.set(point.place, list);
  }
  return placesOf(site, points)
    .map((place) => tileOf(place, byPlace.get(place.id) ?? [], points.get(place.id) ?? [], values, now))
    .filter((tile) => tile.rows.length > 0)
    .toSorted((a, b) => b.rank - a.rank);
}

/** A point may name a place that no document describes: it is shown under that name, never left out. */
function placesOf(site: SiteView, points: ReadonlyMap<string, unknown>): readonly Place[] {
  const known = new Set(site.places.map((place) => place.id));
  const bare = [...points.keys()].filter((id) => !known.has(id)).map((id) => ({ id, name: id, mine: '' }));
  return [...site.places, ...bare];
}

function tileOf(
  place: Place,
  alarms: readonly AlarmState[],
  points: readonly { readonly slot: number; readonly point: Point }[],
  values: ReadonlyMap<number, Reading>,
  now: number,
): Tile {
  const byScope = groupBy(alarms, (alarm) => alarm.scope);
  const rows = points
    .map(({ slot, point }) =>
      rowOf(point, byScope.get(point.id) ?? [], viewValue(point, values.get(slot), now)),
    )
    .toSorted((a, b) => b.rank - a.rank || (a.point.order ?? 0) - (b.point.order ?? 0));
  const unknown = rows.filter((row) => isUnknown(row.view)).length;
  return {
    place,
    marks: marksOf(alarms),
    rows,
    good: rows.filter((row) => row.view.quality === 'good').length,
    unknown,
    rank: Math.max(0, unknown > 0 ? unknownRank : 0, ...alarms.map(rankOf)),
  };
}

function rowOf(point: Point, alarms: readonly AlarmState[], view: ValueView): TileRow {
  const up = alarms.filter(isActive).toSorted((a, b) => levelRank(b.level) - levelRank(a.level));
  const rank = Math.max(0, isUnknown(view) ? unknownRank : 0, ...alarms.map(rankOf));
  return { point, view, level: up[0]?.level ?? null, rank };
}

export function isUnknown(view: ValueView): boolean {
  return view.quality === 'stale' || view.quality === 'noData' || view.quality === 'unknown';
}

function rankOf(alarm: AlarmState): number {
  return levelRank(alarm.level) + 1 + (isOwed(alarm) ? owedRank : 0);
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
