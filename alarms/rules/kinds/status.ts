// Kind `status`: any of the bits, at every accepted sample, usable or not; gaps lie between accepted samples.

import { type Core, phase } from '../core.ts';
import type { Kind } from '../kind.ts';
import { type Dependents, step } from '../machine.ts';
import type { StatusRule } from '../rule.ts';

function judge(core: Core, dependents: Dependents, instance: number): void {
  const { program, state } = core;
  const { rule } = program.versions[program.version[instance]!]!;
  const bits = core.status & (rule as StatusRule).any;
  if (bits === 0 && state.phase[instance] === phase.clear) return;
  const restarts = core.sinceAcceptedMs > program.gapMs[instance]!;
  step(core, dependents, instance, bits !== 0, bits === 0, bits, restarts);
}

export const status: Kind = { usable: judge, unusable: judge };
