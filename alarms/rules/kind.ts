// What a rule kind over points or groups is to the engine. A new kind is one file in kinds/ and one line in kinds.ts;
// a kind that is fed by readings implements `usable` (and `unusable`), one with deadlines `due`.

import type { Core } from './core.ts';
import type { Dependents } from './machine.ts';

export interface Kind {
  /** A usable sample of the instance's point is at hand in `core`; base rules were asked before. */
  readonly usable?: (core: Core, dependents: Dependents, instance: number) => void;
  /** An accepted sample that is not usable. */
  readonly unusable?: (core: Core, dependents: Dependents, instance: number) => void;
  /** The run begins, the gateway has started again, or the configuration is new: arm what waits for nothing. */
  started?(core: Core, instance: number): void;
  /** The instance's own timer is due. */
  due?(core: Core, dependents: Dependents, instance: number, due: number): void;
  /** An alarm of a rule it is built on was raised, or ended (`isAtSample`: at the sample at hand). */
  baseRaised?(core: Core, dependents: Dependents, instance: number, base: number, raisedAt: number): void;
  baseCleared?(
    core: Core,
    dependents: Dependents,
    instance: number,
    base: number,
    clearedAt: number,
    isAtSample: boolean,
  ): void;
}
