// The rule engine: readings in arrival order in, conditions out, in the order of docs/rules.md §2 "order at one instant":
// timers due before t, the samples of t (bases before what is built on them), timers due at t once the clock moves on.
// Deterministic, no clock of its own. It knows the order of the parts; what a kind means is in kinds/, the table of
// states in machine.ts. Nothing is allocated per reading unless a condition changes.

import { invariant } from '../kernel/result.ts';
import type { Point } from '../registry/site.ts';
import { Accept, type Newest } from '../telemetry/accept.ts';
import { outcome, type Outcome, type ReadingsFrame } from '../telemetry/frame.ts';
import { statusBit } from '../kernel/quality.ts';
import { adoptNumbers, standingConditions } from './adopt.ts';
import { compile } from './compile.ts';
import type { Condition, NumberOf, Peak, StandingCondition } from './condition.ts';
import { Core, isUp, peakOf, raisesOf, ruleIdOf } from './core.ts';
import type { EngineParts } from './engine-parts.ts';
import { Intrinsic } from './intrinsic.ts';
import { atUnusable, atUsable, dependents, kinds } from './kinds.ts';
import { exclude } from './kinds/occurrences.ts';
import { loseSight, retire } from './machine.ts';
import { migrate } from './migrate.ts';
import { counterKey, type NotArmed, type Program } from './program.ts';
import type { Rule } from './rule.ts';
import {
  type EngineSnapshot,
  type EngineSnapshotInPieces,
  restoreEngine,
  snapshotEngine,
  snapshotInPieces,
  type StoredSnapshot,
} from './snapshot.ts';

export interface RuleEngineOptions {
  readonly points: readonly Point[];
  readonly rules: readonly Rule[];
  readonly sink: (condition: Condition) => void;
  /** Live: unknown deadlines, clock set back, DQ-08, DQ-12. A back-test has none of them. */
  readonly live: boolean;
}

export interface OpenAlarm {
  readonly rule: string;
  readonly scope: string;
  readonly n: number;
  readonly peak: Peak | null;
  readonly samples: number;
}

export class RuleEngine implements EngineParts {
  readonly program: Program;
  readonly core: Core;
  readonly accept: Accept;
  readonly intrinsic: Intrinsic;
  /** Raises of (rule, scope) that the present rules do not have: numbers are never given twice. */
  retiredRaises = new Map<string, number>();
  /** Instances by (rule id, scope). */
  readonly #instancesOf = new Map<string, number[]>();
  readonly #isLive: boolean;

  constructor({ points, rules, sink, live }: RuleEngineOptions) {
    this.program = compile(points, rules);
    this.accept = new Accept(points, live);
    this.core = new Core(this.program, this.accept, sink, live);
    this.intrinsic = new Intrinsic(points, sink);
    this.#isLive = live;
    for (let instance = 0; instance < this.program.instances; instance += 1) {
      const key = this.program.counterKeys[this.program.counter[instance]!]!;
      const known = this.#instancesOf.get(key);
      if (known === undefined) this.#instancesOf.set(key, [instance]);
      else known.push(instance);
    }
  }

  get clock(): number {
    return this.core.clock;
  }

  get notArmed(): readonly NotArmed[] {
    return this.program.notArmed;
  }

  /** The counters of the engine's bounds. */
  get overflows(): { readonly windowSamples: number; readonly countedAlarms: number } {
    return { windowSamples: this.core.windows.overflowed, countedAlarms: this.core.countedDropped };
  }

  /** Moves the received time on (it never falls): timers due before it fire, in due order. */
  advanceTo(clock: number): void {
    const { core } = this;
    if (clock <= core.clock) return;
    if (!core.hasBegun) this.#begin(clock);
    if (core.timers.firstDue() < clock) this.#fireBefore(clock);
    core.clock = clock;
  }

  /** All readings of one arrival. Writes `outcomes`; values and status as accept normalised them. */
  frame(frame: ReadingsFrame): void {
    this.advanceTo(frame.received);
    const { slots, times, values, status, outcomes, count } = frame;
    const { accept } = this;
    if (this.program.windows.length > 0) this.core.windows.warm(slots, count);
    for (let at = 0; at < count; at += 1) {
      accept.time = times[at]!;
      accept.value = values[at]!;
      accept.status = status[at]!;
      outcomes[at] = this.#judge(slots[at]!);
      values[at] = accept.value;
      status[at] = accept.status;
    }
  }

  /** One reading at the present clock. */
  sample(slot: number, time: number, value: number, status: number): Outcome {
    const { accept } = this;
    accept.time = time;
    accept.value = value;
    accept.status = status;
    return this.#judge(slot);
  }

  /**
   * The gateway has started: silence counts from max(newest, now). Call it instead of advanceTo(now), not after it: the
   * silences due in the blind span must have moved before the clock does.
   */
  started(now: number): void {
    this.#begin(now);
    this.advanceTo(now);
  }

  /** End of a back-test: timers due at the last clock value fire too. */
  finish(): void {
    this.#fireBefore(this.core.clock + 1);
  }

  /** The least clock value at which advanceTo has something to fire; Infinity when none. */
  nextDeadline(): number {
    // A timer due at d fires once the clock is past d; times are whole milliseconds.
    return Math.max(this.core.timers.firstDue() + 1, this.core.clock + 1);
  }

  /** Verified 误报: the alarm leaves `occurrences` from now on. */
  excludeFalseAlarm(rule: string, scope: string, n: number): void {
    exclude(this.core, dependents, counterKey(rule, scope), n);
  }

  /** After a recovery that differed: numbers are those of the record, so that no id repeats and each is found. */
  adoptNumbers(numberOf: NumberOf, recorded: Iterable<readonly [rule: string, scope: string]>): void {
    adoptNumbers(this, numberOf, recorded);
  }

  /** Every condition that is up, in order of instances. */
  standing(now: number): StandingCondition[] {
    return standingConditions(this, now);
  }

  isUnknown(rule: string, scope: string): boolean {
    const instances = this.#instancesOf.get(counterKey(rule, scope)) ?? [];
    return instances.some((instance) => this.core.state.unknown[instance] === 1);
  }

  newest(slot: number): Newest | null {
    return this.accept.newest(slot);
  }

  /** Alarms that are up, in order of instances, with their peak and samples so far. */
  openAlarms(): OpenAlarm[] {
    const open: OpenAlarm[] = [];
    for (let instance = 0; instance < this.program.instances; instance += 1) {
      if (!isUp(this.core, instance)) continue;
      open.push({
        rule: ruleIdOf(this.core, instance),
        scope: this.program.scope[instance]!,
        n: raisesOf(this.core, instance),
        peak: peakOf(this.core, instance),
        samples: this.core.state.samples[instance]!,
      });
    }
    return open;
  }

  /** All state; arrays by reference, to be copied before the next input. */
  snapshot(): EngineSnapshot {
    return snapshotEngine(this);
  }

  snapshotInPieces(): EngineSnapshotInPieces {
    return snapshotInPieces(this);
  }

  /** Into an engine of the same points and rules. */
  restore(snapshot: StoredSnapshot): void {
    restoreEngine(this, snapshot);
  }

  /** Takes over from the engine of the configuration before; ends alarms of rules and points that are no more. */
  migrateFrom(old: RuleEngine): void {
    migrate(old, this);
  }

  #judge(slot: number): Outcome {
    const { core, accept } = this;
    accept.received = core.clock;
    const judged = accept.judge(slot);
    if (judged === outcome.accepted) this.#accepted(slot);
    else if (judged === outcome.late && this.#isLive) {
      const isUsable = accept.isUsable(slot);
      this.intrinsic.late(slot, core.clock, accept.time, accept.value, isUsable);
    }
    return judged;
  }

  #accepted(slot: number): void {
    const { core, accept } = this;
    const { state } = core;
    const { status, time } = accept;
    const isUsable = accept.isUsable(slot);
    if (accept.wasSetBack) this.#forgetClock(slot);
    core.slot = slot;
    core.time = time;
    core.value = accept.value;
    core.status = status;
    core.isUsable = isUsable;
    core.sinceAcceptedMs = accept.wasSetBack ? Infinity : time - accept.previousTime;
    state.acceptedAt[slot] = core.clock;
    if (isUsable) this.#usable(slot);
    else {
      state.interrupted[slot] = 1;
      this.#ask(atUnusable, slot);
    }
    if (this.#isLive) {
      const isAhead = (status & statusBit.clockAhead) !== 0;
      if (isAhead || accept.wasSetBack || this.intrinsic.isUp(slot)) {
        this.intrinsic.accepted(slot, core.clock, isAhead, accept.wasSetBack, isUsable);
      }
    }
  }

  #usable(slot: number): void {
    const { core } = this;
    const { state, time, windows } = core;
    core.sinceUsableMs = time - state.usableTime[slot]!;
    core.interrupted = state.interrupted[slot] === 1;
    state.interrupted[slot] = 0;
    state.usableTime[slot] = time;
    state.usableAt[slot] = core.clock;
    if (windows.has(slot)) {
      windows.time = time;
      windows.value = core.value;
      windows.admit(slot);
    }
    this.#ask(atUsable, slot);
  }

  #ask(functions: typeof atUsable, slot: number): void {
    const { first, kind } = this.program;
    const end = first[slot + 1]!;
    for (let instance = first[slot]!; instance < end; instance += 1) {
      functions[kind[instance]!]!(this.core, dependents, instance);
    }
  }

  /** The point's clock was set back: its rules go on as after a gap, its windows begin empty. */
  #forgetClock(slot: number): void {
    const { state, windows } = this.core;
    state.interrupted[slot] = 1;
    state.usableTime[slot] = -Infinity;
    windows.forget(slot);
    const { first } = this.program;
    for (let instance = first[slot]!; instance < first[slot + 1]!; instance += 1) {
      // Active time does not run from one clock to the other.
      if (!Number.isNaN(state.activeUntil[instance]!)) state.activeUntil[instance] = Infinity;
    }
  }

  #begin(now: number): void {
    this.core.state.seededAt.fill(now);
    this.arm(now);
  }

  /** Sets the timers that no sample sets: silences, and the ends of rule versions from `now` on. */
  arm(now: number): void {
    const { core, program } = this;
    core.hasBegun = true;
    for (let instance = 0; instance < program.pointInstances; instance += 1) {
      kinds[program.kind[instance]!]!.started?.(core, instance);
    }
    for (const [version, to] of program.to.entries()) {
      if (to < Infinity && to >= now) core.timers.set(2 * program.instances + version, to);
    }
  }

  #fireBefore(limit: number): void {
    const { core } = this;
    for (let due = core.timers.firstDue(); due < limit; due = core.timers.firstDue()) {
      const timer = core.timers.take();
      core.clock = Math.max(core.clock, due);
      this.#fire(timer, due);
    }
  }

  #fire(timer: number, due: number): void {
    const { core, program } = this;
    const { instances } = program;
    if (timer < instances) {
      const kind = kinds[program.kind[timer]!]!;
      invariant(kind.due !== undefined, 'rules: only kinds with deadlines set timers');
      kind.due(core, dependents, timer, due);
    } else if (timer < 2 * instances) {
      loseSight(core, timer - instances, due);
    } else {
      for (let instance = 0; instance < instances; instance += 1) {
        if (program.version[instance] === timer - 2 * instances) retire(core, dependents, instance);
      }
    }
  }
}
