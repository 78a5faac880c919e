// The table of docs/rules.md §2 for one instance: clear -> pending -> active -> clearing -> clear, at most one transition
// and its check per sample, timers that do not run through what nobody saw. Kinds say what R and C are; this file
// says what follows, keeps peak, samples and marks, and tells the sink.

import { levelOfRank } from '../kernel/level.ts';
import { statusBit } from '../kernel/quality.ts';
import type { ConditionCleared, ConditionRaised } from './condition.ts';
import {
  type Core,
  delayedSOf,
  isUp,
  levelOf,
  limitReached,
  markBit,
  marksOf,
  peakOf,
  phase,
  raisesOf,
  ruleIdOf,
} from './core.ts';
import { compare } from './program.ts';

/** Least delay that is marked, however short the gap. */
const delayedFloorMs = 60_000;

/** Who depends on alarms of other rules hears of them here; set by kinds.ts, which knows the kinds. */
export interface Dependents {
  raised(core: Core, dependent: number, base: number, raisedAt: number): void;
  cleared(core: Core, dependent: number, base: number, clearedAt: number, isAtSample: boolean): void;
}

/** One sample whose R and C are known. `restarts`: a gap or an unusable sample lies before it. */
export function step(
  core: Core,
  dependents: Dependents,
  instance: number,
  raises: boolean,
  clears: boolean,
  quantity: number,
  restarts: boolean,
): void {
  const { state, program } = core;
  const version = program.version[instance]!;
  const { time } = core;
  if (time < program.from[version]!) return;
  if (time >= program.to[version]!) {
    retire(core, dependents, instance);
    return;
  }
  state.broken[instance] = 0;
  const before = state.phase[instance]!;
  if (before <= phase.pending) {
    if (!raises) {
      state.phase[instance] = phase.clear;
      return;
    }
    if (before === phase.clear || restarts) begin(core, instance, time);
    else state.count[instance]! += 1;
    observe(core, instance);
    reach(core, instance, quantity);
    const isDue =
      state.count[instance]! >= program.samples[version]! &&
      time - state.since[instance]! >= program.onDelayMs[version]!;
    if (isDue) raise(core, dependents, instance, time, quantity);
    return;
  }
  observe(core, instance);
  climb(core, instance, quantity);
  if (!clears) {
    state.phase[instance] = phase.active;
    return;
  }
  if (before === phase.active || restarts) {
    state.phase[instance] = phase.clearing;
    state.count[instance] = 1;
    state.clearingSince[instance] = time;
  } else {
    state.count[instance]! += 1;
  }
  const isDue =
    state.count[instance]! >= program.clearSamples[version]! &&
    time - state.clearingSince[instance]! >= program.offDelayMs[version]!;
  if (isDue) clear(core, dependents, instance, time, 'cleared', true);
}

/** Since = time: everything that belongs to one alarm begins here. */
export function begin(core: Core, instance: number, time: number): void {
  const { state } = core;
  state.phase[instance] = phase.pending;
  state.since[instance] = time;
  state.count[instance] = 1;
  state.rung[instance] = 0;
  state.marks[instance] = 0;
  state.samples[instance] = 0;
  state.delayedMs[instance] = 0;
  state.broken[instance] = 0;
}

/** A usable sample from `since` on: peak, samples, and while pending the marks. */
export function observe(core: Core, instance: number): void {
  const { state } = core;
  state.knownAt[instance] = core.clock;
  if (state.unknown[instance] === 1) regain(core, instance);
  const direction = state.direction[instance]!;
  if (direction === 0) return;
  const { value } = core;
  const isFirst = state.samples[instance] === 0;
  state.samples[instance]! += 1;
  if (isFirst || (direction > 0 ? value > state.peak[instance]! : value < state.peak[instance]!)) {
    state.peak[instance] = value;
    state.peakAt[instance] = core.time;
  }
  if (state.phase[instance] === phase.pending) mark(core, instance);
}

function mark(core: Core, instance: number): void {
  const { state, program } = core;
  let bits = state.marks[instance]!;
  if ((core.status & statusBit.calibration) !== 0) bits |= markBit.calibrating;
  if ((core.status & statusBit.overRange) !== 0) bits |= markBit.overRange;
  const delayMs = core.clock - core.time;
  if (delayMs > Math.max(program.gapMs[instance]!, delayedFloorMs)) {
    bits |= markBit.delayed;
    state.delayedMs[instance] = Math.max(state.delayedMs[instance]!, delayMs);
  }
  state.marks[instance] = bits;
}

/** Notes the highest rung that the quantity reaches; true when that is a new one. */
function reach(core: Core, instance: number, quantity: number): boolean {
  const { rungFirst, rungLimit, operator } = core.program;
  const lowest = rungFirst[instance]!;
  const reached = core.state.rung[instance]!;
  for (let rung = rungFirst[instance + 1]! - 1 - lowest; rung > reached; rung -= 1) {
    if (compare(operator[instance]!, quantity, rungLimit[lowest + rung]!)) {
      core.state.rung[instance] = rung;
      return true;
    }
  }
  return false;
}

/** The level of an alarm that is up follows its quantity upward, never down. */
export function climb(core: Core, instance: number, quantity: number, at = core.time): void {
  const before = core.state.rung[instance]!;
  if (!reach(core, instance, quantity)) return;
  const { rungFirst, rungLevel } = core.program;
  const from = rungLevel[rungFirst[instance]! + before]!;
  const to = rungLevel[rungFirst[instance]! + core.state.rung[instance]!]!;
  if (to <= from) return;
  core.sink({
    kind: 'levelRaised',
    rule: ruleIdOf(core, instance),
    scope: core.program.scope[instance]!,
    n: raisesOf(core, instance),
    from: levelOfRank(from),
    to: levelOfRank(to),
    at,
    quantity,
    limit: limitReached(core, instance),
  });
}

export function raise(
  core: Core,
  dependents: Dependents,
  instance: number,
  raisedAt: number,
  quantity: number | null,
): void {
  const { state, program } = core;
  state.phase[instance] = phase.active;
  state.raisedAt[instance] = raisedAt;
  state.raises[program.counter[instance]!]! += 1;
  reach(core, instance, quantity ?? NaN);
  watchUnknown(core, instance);
  core.sink(raisedCondition(core, instance, quantity));
  for (const dependent of program.dependents[instance]!) {
    dependents.raised(core, dependent, instance, raisedAt);
  }
}

/** What is told of an instance that is up. */
export function raisedCondition(core: Core, instance: number, quantity: number | null): ConditionRaised {
  const { state, program } = core;
  return {
    kind: 'raised',
    rule: ruleIdOf(core, instance),
    scope: program.scope[instance]!,
    n: raisesOf(core, instance),
    mine: program.mine[instance]!,
    place: program.place[instance]!,
    level: levelOf(core, instance),
    since: state.since[instance]!,
    raisedAt: state.raisedAt[instance]!,
    marks: marksOf(core, instance),
    delayedS: delayedSOf(core, instance),
    peak: peakOf(core, instance),
    samples: state.samples[instance]!,
    quantity,
    limit: limitReached(core, instance),
  };
}

export function clear(
  core: Core,
  dependents: Dependents,
  instance: number,
  clearedAt: number,
  reason: ConditionCleared['reason'],
  isAtSample: boolean,
): void {
  const { state, program } = core;
  if (reason === 'ruleChanged') state.marks[instance]! |= markBit.ruleChanged;
  state.phase[instance] = phase.clear;
  state.unknown[instance] = 0;
  core.timers.cancel(program.instances + instance);
  core.sink({
    kind: 'cleared',
    rule: ruleIdOf(core, instance),
    scope: program.scope[instance]!,
    n: raisesOf(core, instance),
    clearedAt,
    peak: peakOf(core, instance),
    samples: state.samples[instance]!,
    marks: marksOf(core, instance),
    delayedS: delayedSOf(core, instance),
    reason,
  });
  for (const dependent of program.dependents[instance]!) {
    dependents.cleared(core, dependent, instance, clearedAt, isAtSample);
  }
}

/** A newer version is in force: this one does nothing more, and what it has up ends at that moment. */
export function retire(core: Core, dependents: Dependents, instance: number): void {
  const { program, state } = core;
  const version = program.version[instance]!;
  if (isUp(core, instance)) {
    clear(core, dependents, instance, program.to[version]!, program.versions[version]!.endReason, false);
  }
  state.phase[instance] = phase.clear;
}

/** Live only: from the newest known sample + gap on, an alarm that is up is unknown. One deadline, moved lazily. */
function watchUnknown(core: Core, instance: number): void {
  const { program, state, timers } = core;
  if (!core.isLive || program.slot[instance] === -1 || !watchesUnknown(core, instance)) return;
  timers.set(program.instances + instance, state.knownAt[instance]! + program.gapMs[instance]!);
}

/** A silence knows by itself that nothing comes. */
function watchesUnknown(core: Core, instance: number): boolean {
  const { program } = core;
  return program.versions[program.version[instance]!]!.rule.kind !== 'silence';
}

/** The deadline has come: moved on when a sample came meanwhile. */
export function loseSight(core: Core, instance: number, due: number): void {
  const { program, state, timers } = core;
  if (!isUp(core, instance)) return;
  const deadline = state.knownAt[instance]! + program.gapMs[instance]!;
  if (deadline > due) {
    timers.set(program.instances + instance, deadline);
    return;
  }
  state.unknown[instance] = 1;
  tellKnown(core, instance, 'unknown', due);
}

function regain(core: Core, instance: number): void {
  core.state.unknown[instance] = 0;
  tellKnown(core, instance, 'known', core.clock);
  watchUnknown(core, instance);
}

function tellKnown(core: Core, instance: number, kind: 'unknown' | 'known', at: number): void {
  core.sink({
    kind,
    rule: ruleIdOf(core, instance),
    scope: core.program.scope[instance]!,
    n: raisesOf(core, instance),
    at,
  });
}
