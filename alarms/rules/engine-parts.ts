// What a rule engine consists of, as snapshot.ts and migrate.ts see it: they work on its parts and do not run it.

import type { Accept } from '../telemetry/accept.ts';
import type { Core } from './core.ts';
import type { Intrinsic } from './intrinsic.ts';
import type { Program } from './program.ts';

export interface EngineParts {
  readonly program: Program;
  readonly core: Core;
  readonly accept: Accept;
  readonly intrinsic: Intrinsic;
  /** Raises of (rule, scope) that the present rules do not have: numbers are never given twice. */
  retiredRaises: Map<string, number>;
  /** Sets the timers that no sample sets: silences, and the ends of rule versions from `now` on. */
  arm(now: number): void;
}
