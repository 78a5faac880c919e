// Kind `silence`: no accepted (or usable) sample for more than D of received time. The only kind over one point with
// a timer: one deadline per instance, found late and moved on when samples came meanwhile.

import { type Core, isUp } from '../core.ts';
import type { Kind } from '../kind.ts';
import { begin, clear, type Dependents, raise } from '../machine.ts';
import type { SilenceRule } from '../rule.ts';

export const silence: Kind = {
  usable: heard,
  unusable(core: Core, dependents: Dependents, instance: number): void {
    if (!isOfUsable(core, instance)) heard(core, dependents, instance);
  },
  started(core: Core, instance: number): void {
    if (!isUp(core, instance)) core.timers.set(instance, deadline(core, instance));
  },
  due(core: Core, dependents: Dependents, instance: number, due: number): void {
    const { program, timers } = core;
    if (isUp(core, instance)) return;
    if (due >= program.to[program.version[instance]!]!) return;
    const wanted = deadline(core, instance);
    if (wanted > due) {
      timers.set(instance, wanted);
      return;
    }
    begin(core, instance, due);
    raise(core, dependents, instance, due, silenceS(core, instance));
  },
};

function heard(core: Core, dependents: Dependents, instance: number): void {
  if (!isUp(core, instance)) return;
  clear(core, dependents, instance, core.clock, 'cleared', true);
  core.timers.set(instance, deadline(core, instance));
}

/** Later of the newest sample, registration, coming into force, and the (last) start of the run; + D. */
function deadline(core: Core, instance: number): number {
  const { program, state } = core;
  const slot = program.slot[instance]!;
  const newest = isOfUsable(core, instance) ? state.usableAt[slot]! : state.acceptedAt[slot]!;
  const registeredAt = program.points[slot]!.registeredAt ?? -Infinity;
  const from = program.from[program.version[instance]!]!;
  const silentSince = Math.max(newest, registeredAt, from, state.seededAt[instance]!);
  return silentSince + Math.round(silenceS(core, instance) * 1000);
}

function silenceS(core: Core, instance: number): number {
  return core.program.limit[instance]!;
}

function isOfUsable(core: Core, instance: number): boolean {
  const { program } = core;
  return (program.versions[program.version[instance]!]!.rule as SilenceRule).of === 'usable';
}
