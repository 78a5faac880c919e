// The peak of an alarm that is still up: the record gives it when the alarm has returned; until then it is the extreme
// of the stored samples since the beginning and of what came live. As the rules do it: of usable samples only. Pure.

import { unusableMask } from '#alarms/kernel/quality.ts';
import type { AlarmState } from '../stream/contract.ts';
import { isSimulatedSample } from './quality.ts';

export interface Extreme {
  readonly value: number;
  readonly at: number;
  readonly isSimulated: boolean;
}

/** `recorded`: the alarm has returned. `soFar`: of all samples since it began. `seen`: the record was not read. */
export type PeakKnowledge = 'recorded' | 'soFar' | 'seen';

export interface Peak extends Extreme {
  readonly knowledge: PeakKnowledge;
}

interface Sample {
  readonly t: number;
  readonly v: number | null;
  readonly s: number;
}

interface Series {
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
  readonly s: readonly number[];
  /** Above 0 the status is that of all samples of a bucket, and the number already one of a usable sample. */
  readonly bucketMs: number;
}

/** Downward when the limit is a lower one; alarms without a limit have no peak. */
export function isDownward(alarm: Pick<AlarmState, 'op'>): boolean {
  return alarm.op === '<' || alarm.op === '<=';
}

export function hasPeak(alarm: Pick<AlarmState, 'ruleKind'>): boolean {
  return alarm.ruleKind === 'threshold' || alarm.ruleKind === 'window' || alarm.ruleKind === 'sustained';
}

/** The value that raised it, where that is a value of the point itself: the least that the peak can be. */
export function peakAtRaise(alarm: Pick<AlarmState, 'ruleKind' | 'quantity' | 'raisedAt'>): Extreme | null {
  return alarm.ruleKind !== 'threshold' || alarm.quantity === null
    ? null
    : { value: alarm.quantity, at: alarm.raisedAt, isSimulated: false };
}

/** The more extreme of the two; of equal ones the earlier. */
export function furtherOf(before: Extreme | null, next: Extreme | null, downward: boolean): Extreme | null {
  if (next === null) return before;
  if (before === null) return next;
  if (next.value === before.value) return next.at < before.at ? next : before;
  return next.value < before.value === downward ? next : before;
}

/** A live sample of an alarm's point, if it counts. */
export function extremeOfSample(sample: Sample, since: number): Extreme | null {
  const { t, v, s } = sample;
  if (v === null || t < since || (s & unusableMask) !== 0) return null;
  return { value: v, at: t, isSimulated: isSimulatedSample(s) };
}

export function extremeOf(series: Series, since: number, downward: boolean): Extreme | null {
  const mask = series.bucketMs > 0 ? ~unusableMask : ~0;
  let extreme: Extreme | null = null;
  for (let i = 0; i < series.t.length; i++) {
    const t = series.t[i];
    if (t === undefined) continue;
    const sample = { t, v: series.v[i] ?? null, s: (series.s[i] ?? 0) & mask };
    extreme = furtherOf(extreme, extremeOfSample(sample, since), downward);
  }
  return extreme;
}

/** Points of one request; the API takes 32. */
const pointsPerRead = 16;
/** The record is read again when what was read is so old. */
const readAgainMs = 60_000;
/** Of what was read a little is read again: history is written some seconds behind. */
const overlapMs = 15_000;
/** Further back no table reads: the peak of an alarm that is up for longer is known from here on only. */
const readBackMs = 86_400_000;

export interface PeakRead {
  readonly points: readonly string[];
  readonly from: number;
  /** Alarms it serves. */
  readonly alarms: ReadonlySet<string>;
  /** Those of which it is read from the beginning. */
  readonly whole: readonly string[];
}

/** What of the record to read next, of the alarms `readTo` says nothing or old things of; null = nothing. */
export function nextRead(
  alarms: readonly Pick<AlarmState, 'id' | 'scope' | 'since'>[],
  readTo: ReadonlyMap<string, number>,
  now: number,
): PeakRead | null {
  const due = alarms
    .flatMap(({ id, scope, since }) => {
      const before = readTo.get(id);
      if (before !== undefined && now - before < readAgainMs) return [];
      const from = before === undefined ? Math.max(since, now - readBackMs) : before - overlapMs;
      return [{ id, scope, from, isWhole: from === since }];
    })
    // Those that begin alike are read together, the newest first.
    .toSorted((a, b) => b.from - a.from);
  const points = [...new Set(due.map(({ scope }) => scope))].slice(0, pointsPerRead);
  const taken = due.filter(({ scope }) => points.includes(scope));
  if (taken.length === 0) return null;
  return {
    points,
    from: Math.min(...taken.map(({ from }) => from)),
    alarms: new Set(taken.map(({ id }) => id)),
    whole: taken.filter(({ isWhole }) => isWhole).map(({ id }) => id),
  };
}
