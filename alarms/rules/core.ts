// The state that all rule kinds share while a reading is evaluated: the sample at hand, the state of every instance as
// a struct of arrays, timers, windows and the sink. Mutable on purpose (hot path); only engine.ts owns one, kinds and
// machine.ts work on it. Everything in `state` is what a snapshot holds.

import type { Level } from '../kernel/level.ts';
import { levelOfRank } from '../kernel/level.ts';
import type { Accept } from '../telemetry/accept.ts';
import type { Condition, Mark, Peak } from './condition.ts';
import type { Program } from './program.ts';
import { Timers } from './timers.ts';
import { Windows } from './windows.ts';

/** States of the table of docs/rules.md §2. */
export const phase = { clear: 0, pending: 1, active: 2, clearing: 3 } as const;

export const markBit = { calibrating: 1, overRange: 2, delayed: 4, planned: 8, ruleChanged: 16 } as const;

/** One base alarm as a group of `occurrences` remembers it. */
export interface CountedAlarm {
  readonly key: string;
  readonly n: number;
  readonly merge: string;
  readonly raisedAt: number;
  /** Null while it is up. */
  end: number | null;
}

export type State = ReturnType<typeof emptyState>;

function emptyState(program: Program) {
  const { instances, pointInstances } = program;
  const slots = program.points.length;
  return {
    /** Per slot. Source times of the last usable sample; received times of the last accepted and usable one. */
    usableTime: new Float64Array(slots).fill(-Infinity),
    acceptedAt: new Float64Array(slots).fill(-Infinity),
    usableAt: new Float64Array(slots).fill(-Infinity),
    /** An unusable sample has come since the last usable one. */
    interrupted: new Uint8Array(slots),
    /** Per instance. */
    phase: new Uint8Array(instances),
    /** Highest rung reached since `since`. */
    rung: new Uint8Array(instances),
    /** The condition was unknown at the last usable sample: counts as an unusable one for this rule. */
    broken: new Uint8Array(instances),
    /** Live: told as unknown. */
    unknown: new Uint8Array(instances),
    marks: new Uint8Array(instances),
    direction: Int8Array.from(program.direction),
    /** Samples in pending or clearing. */
    count: new Float64Array(instances),
    since: new Float64Array(instances),
    raisedAt: new Float64Array(instances),
    /** Start of clearing. */
    clearingSince: new Float64Array(instances),
    peak: new Float64Array(instances),
    peakAt: new Float64Array(instances),
    samples: new Float64Array(instances),
    delayedMs: new Float64Array(instances),
    /** Received time of the last sample whose condition was known, while not clear. */
    knownAt: new Float64Array(instances),
    /** silence: from when on silence may count, whatever was heard (start of the run, or of the instance in it). */
    seededAt: new Float64Array(pointInstances).fill(-Infinity),
    /** sustained: active time so far (ms), source time up to which it counts (NaN: not begun). */
    activeMs: new Float64Array(pointInstances),
    activeUntil: new Float64Array(pointInstances).fill(NaN),
    /** Raises per (rule id, scope). */
    raises: new Float64Array(program.counterKeys.length),
  };
}

export class Core {
  readonly program: Program;
  readonly accept: Accept;
  readonly state: State;
  readonly windows: Windows;
  /** Timers: own ones of instances, then their unknown-deadlines, then the ends of versions. */
  readonly timers: Timers;
  readonly sink: (condition: Condition) => void;
  readonly isLive: boolean;
  /** Base alarms per instance of `occurrences`. */
  readonly counted = new Map<number, CountedAlarm[]>();
  /** From when an alarm of `occurrences` is judged: raised, or last lowered by an exclusion. */
  readonly judgedFrom = new Map<number, number>();
  /** Base alarms dropped because a group remembered too many. */
  countedDropped = 0;

  clock = -Infinity;
  /** The first advance or start has been. */
  hasBegun = false;

  /** The sample at hand. */
  slot = 0;
  time = 0;
  value = 0;
  status = 0;
  isUsable = false;
  /** Since the last usable and the last accepted sample of the point, source time. */
  sinceUsableMs = 0;
  sinceAcceptedMs = 0;
  /** An unusable sample lies between, or the clock was set back. */
  interrupted = false;

  constructor(program: Program, accept: Accept, sink: (condition: Condition) => void, isLive: boolean) {
    this.program = program;
    this.accept = accept;
    this.sink = sink;
    this.isLive = isLive;
    this.state = emptyState(program);
    this.timers = new Timers(2 * program.instances + program.versions.length);
    this.windows = new Windows(
      program.points.map((point) => point.periodS * 1000),
      program.windows,
    );
  }
}

export function levelOf(core: Core, instance: number): Level {
  const { rungFirst, rungLevel } = core.program;
  return levelOfRank(rungLevel[rungFirst[instance]! + core.state.rung[instance]!]!);
}

/** Null for kinds without a limit. */
export function limitReached(core: Core, instance: number): number | null {
  const { rungFirst, rungLimit } = core.program;
  const limit = rungLimit[rungFirst[instance]! + core.state.rung[instance]!]!;
  return Number.isNaN(limit) ? null : limit;
}

export function ruleIdOf(core: Core, instance: number): string {
  return core.program.versions[core.program.version[instance]!]!.rule.id;
}

export function raisesOf(core: Core, instance: number): number {
  return core.state.raises[core.program.counter[instance]!]!;
}

export function isUp(core: Core, instance: number): boolean {
  return core.state.phase[instance]! >= phase.active;
}

export function peakOf(core: Core, instance: number): Peak | null {
  const { direction, samples, peak, peakAt } = core.state;
  if (direction[instance] === 0 || samples[instance] === 0) return null;
  return { value: peak[instance]!, at: peakAt[instance]! };
}

const noMarks: readonly Mark[] = [];

/** In the order of docs/rules.md §2. */
export function marksOf(core: Core, instance: number): readonly Mark[] {
  const bits = core.state.marks[instance]!;
  if (bits === 0) return noMarks;
  const marks: Mark[] = [];
  if ((bits & markBit.calibrating) !== 0) marks.push('calibrating');
  if ((bits & markBit.overRange) !== 0) marks.push('overRange');
  if ((bits & markBit.delayed) !== 0) marks.push('delayed');
  if ((bits & markBit.planned) !== 0) marks.push('planned');
  if ((bits & markBit.ruleChanged) !== 0) marks.push('ruleChanged');
  return marks;
}

export function delayedSOf(core: Core, instance: number): number | null {
  return (core.state.marks[instance]! & markBit.delayed) === 0
    ? null
    : core.state.delayedMs[instance]! / 1000;
}
