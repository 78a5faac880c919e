// Kind `window`: a function over the usable samples in (t - W, t], op limit; unknown without coverage.

import { roundDerived } from '../../kernel/rounding.ts';
import { type Core, phase } from '../core.ts';
import type { Kind } from '../kind.ts';
import { type Dependents, step } from '../machine.ts';
import { compare } from '../program.ts';

export const window: Kind = {
  usable(core: Core, dependents: Dependents, instance: number): void {
    const { program, state, windows } = core;
    const number = program.window[instance]!;
    if (windows.count(number) < program.covered[instance]!) {
      if (state.phase[instance] !== phase.clear) state.broken[instance] = 1;
      return;
    }
    windows.evaluate(number);
    if (state.phase[instance] === phase.clear && isClearlyFalse(core, instance, number)) return;
    const quantity = rounded(core, number);
    const raises = compare(program.operator[instance]!, quantity, program.limit[instance]!);
    const clears = compare(program.clearOperator[instance]!, quantity, program.clearLimit[instance]!);
    const restarts =
      core.interrupted || core.sinceUsableMs > program.gapMs[instance]! || state.broken[instance] === 1;
    step(core, dependents, instance, raises, clears, quantity, restarts);
  },
};

/**
 * The rounding goes through a decimal string, which costs more than all else here. It moves a quantity by at most 5e-9 of
 * itself, and to 0 when below 1e-12 of the window's largest |v|: further than that from the limit it need not be done.
 */
function isClearlyFalse(core: Core, instance: number, number: number): boolean {
  const { program, windows } = core;
  const exact = windows.result;
  const margin = Math.abs(exact) * 1e-8 + windows.boundOf(number) * 1e-12;
  const limit = program.limit[instance]!;
  return program.operator[instance]! <= 1 ? exact + margin < limit : exact - margin > limit;
}

function rounded(core: Core, number: number): number {
  const { windows } = core;
  const exact = windows.result;
  const mayBeNothing = exact !== 0 && Math.abs(exact) < windows.boundOf(number) * 1e-12;
  return roundDerived(exact, mayBeNothing ? windows.scale(number) : 0);
}
