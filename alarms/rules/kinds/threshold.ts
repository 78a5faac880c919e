// Kind `threshold`: v op limit, at every usable sample.

import { type Core, phase } from '../core.ts';
import type { Kind } from '../kind.ts';
import { type Dependents, step } from '../machine.ts';
import { compare } from '../program.ts';

export const threshold: Kind = {
  usable(core: Core, dependents: Dependents, instance: number): void {
    const { program, state, value } = core;
    const raises = compare(program.operator[instance]!, value, program.limit[instance]!);
    if (!raises && state.phase[instance] === phase.clear) return;
    const clears = compare(program.clearOperator[instance]!, value, program.clearLimit[instance]!);
    const restarts =
      core.interrupted || core.sinceUsableMs > program.gapMs[instance]! || state.broken[instance] === 1;
    step(core, dependents, instance, raises, clears, value, restarts);
  },
};
