// What a fleet is: mines of points, each point read once a period, the points of a mine on stations (a station is a
// source with a connection of its own). Everything follows from the plan alone: names, stamps, values, frames; neither
// the rate of sending nor the number of processes is part of it.

import { formatTopic } from '#gateway/protocol/topics.ts';
import { hashUnit } from '../random.ts';
import { pointKinds, type PointKind } from './profiles.ts';

export interface FleetPlan {
  readonly mines: number;
  /** Of each mine. */
  readonly points: number;
  readonly periodMs: number;
  readonly perFrame: number;
  readonly seed: number;
  /** Stamp of the first readings, ms since 1970; a point has its own place within the period. */
  readonly startMs: number;
  /** Share of points that hang at a value now and then, and that now and then give none. */
  readonly stuckShare: number;
  readonly absentShare: number;
  /** Mean distance of shots at one heading. */
  readonly blastEveryS: number;
}

export const planDefaults = {
  periodMs: 1_000,
  perFrame: 100,
  seed: 1,
  stuckShare: 0,
  absentShare: 0,
  blastEveryS: 4 * 3_600,
} as const;

/** The registry takes 200,000 points; the wire 10,000 readings a message. */
const pointsMax = 200_000;
const perFrameMax = 10_000;
/** Stations of a mine at most, because a mine may declare as many simulators; else a hundred points on each. */
const stationsMax = 32;
const stationPointsMin = 100;

export interface Station {
  /** Number in the fleet. */
  readonly index: number;
  readonly mine: number;
  readonly first: number;
  readonly points: number;
}

/** What is wrong with the plan, or null. */
export function planFault(plan: FleetPlan): string | null {
  const { mines, points, periodMs, perFrame } = plan;
  const isCount = (value: number) => Number.isSafeInteger(value) && value > 0;
  if (![mines, points, periodMs, perFrame].every(isCount))
    return 'mines, points, period and per-frame are whole numbers above 0';
  if (mines * points > pointsMax)
    return `${mines * points} points are more than the ${pointsMax} of a registry`;
  if (perFrame > perFrameMax)
    return `${perFrame} readings per frame are more than the ${perFrameMax} of a message`;
  if (!Number.isSafeInteger(plan.seed) || !Number.isSafeInteger(plan.startMs))
    return 'seed and start are whole numbers';
  if (!isShare(plan.stuckShare) || !isShare(plan.absentShare)) return 'a share lies between 0 and 1';
  if (!(plan.blastEveryS >= 60)) return 'shots are at least a minute apart';
  return null;
}

export function stationsOf(plan: FleetPlan): Station[] {
  const size = Math.max(stationPointsMin, Math.ceil(plan.points / stationsMax));
  const perMine = Math.ceil(plan.points / size);
  return Array.from({ length: plan.mines * perMine }, (_, index) => {
    const first = (index % perMine) * size;
    return {
      index,
      mine: Math.floor(index / perMine),
      first,
      points: Math.min(size, plan.points - first),
    };
  });
}

export function mineId(mine: number): string {
  return `mine-${String(mine + 1).padStart(4, '0')}`;
}

export function stationName({ mine, first }: Station): string {
  return `${mineId(mine)}-station-${first}`;
}

export function stationTopic(station: Station): string {
  return formatTopic({
    mine: mineId(station.mine),
    system: 'safety',
    source: stationName(station),
    stream: 'data',
  });
}

export function kindOf(point: number): PointKind {
  return pointKinds[point % pointKinds.length]!;
}

/** Points of one group hang in the same face, return and heading. */
export function groupOf(point: number): number {
  return Math.floor(point / pointKinds.length);
}

export function placeId(mine: number, point: number): string {
  return `${mineId(mine)}-${kindOf(point).place}-${groupOf(point) + 1}`;
}

/** Unique over the whole tree. */
export function pointId(mine: number, point: number): string {
  return `M${mine + 1}-${kindOf(point).code}-${groupOf(point) + 1}`;
}

export function stationPointIds({ mine, first, points }: Station): string[] {
  return Array.from({ length: points }, (_, i) => pointId(mine, first + i));
}

/** Where in the period each point of the station is read: rising, so that a frame is in the order of time. */
export function stationPhasesMs(plan: FleetPlan, station: Station): number[] {
  const begin = hashUnit(plan.seed, 'phase', station.index) * 0.5;
  return Array.from({ length: station.points }, (_, i) =>
    Math.floor(plan.periodMs * (begin + (0.5 * i) / station.points)),
  );
}

export function readingsPerSecond(plan: FleetPlan): number {
  return (plan.mines * plan.points * 1_000) / plan.periodMs;
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}
