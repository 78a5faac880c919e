// Kind `sustained`: how long the alarm of the base rule on the same point has been active, clearing included, gaps not.
// Evaluated at usable samples after the base; one alarm whose level climbs the ladder; ends with the base.

import { type Core, isUp, markBit } from '../core.ts';
import type { Kind } from '../kind.ts';
import { begin, clear, climb, type Dependents, observe, raise, retire } from '../machine.ts';

export const sustained: Kind = {
  usable(core: Core, dependents: Dependents, instance: number): void {
    const { program, state } = core;
    const base = activeBase(core, instance);
    if (base === -1) {
      if (!Number.isNaN(state.activeUntil[instance]!)) state.activeUntil[instance] = NaN;
      if (isUp(core, instance)) {
        observe(core, instance);
        clear(core, dependents, instance, core.time, 'cleared', true);
      }
      return;
    }
    // The base does not know: for this rule too the sample is as good as unusable.
    if (state.broken[base] === 1) return;
    accumulate(core, instance);
    const version = program.version[instance]!;
    if (core.time < program.from[version]!) return;
    if (core.time >= program.to[version]!) {
      retire(core, dependents, instance);
      return;
    }
    const activeS = state.activeMs[instance]! / 1000;
    if (isUp(core, instance)) {
      observe(core, instance);
      climb(core, instance, activeS);
    } else if (activeS >= program.limit[instance]!) {
      rise(core, dependents, instance, base, activeS);
    }
  },

  /** A base that ends between samples (new version, silence, timer) takes its dependents along at once. */
  baseCleared(core, dependents, instance, _base, clearedAt, isAtSample): void {
    if (isAtSample && core.isUsable) return;
    core.state.activeUntil[instance] = NaN;
    if (isUp(core, instance)) clear(core, dependents, instance, clearedAt, 'cleared', isAtSample);
  },
};

function activeBase(core: Core, instance: number): number {
  for (const base of core.program.bases[instance]!) if (isUp(core, base)) return base;
  return -1;
}

function accumulate(core: Core, instance: number): void {
  const { state, program } = core;
  const until = state.activeUntil[instance]!;
  if (Number.isNaN(until)) {
    state.activeMs[instance] = 0;
  } else {
    const sinceMs = core.time - until;
    // A clock set back gives a negative difference: nobody saw how long that was.
    if (sinceMs > 0 && sinceMs <= program.gapMs[instance]!) state.activeMs[instance]! += sinceMs;
  }
  state.activeUntil[instance] = core.time;
}

function rise(core: Core, dependents: Dependents, instance: number, base: number, activeS: number): void {
  const { state } = core;
  begin(core, instance, core.time);
  observe(core, instance);
  // Base's marks and its own; the delay is the greater of both.
  state.marks[instance]! |= state.marks[base]! & ~markBit.ruleChanged;
  state.delayedMs[instance] = Math.max(state.delayedMs[instance]!, state.delayedMs[base]!);
  raise(core, dependents, instance, core.time, activeS);
}
