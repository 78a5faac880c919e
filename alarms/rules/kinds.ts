// The registry of rule kinds by kind code (program.ts). A kind that is added later is one line here.

import type { Core } from './core.ts';
import type { Kind } from './kind.ts';
import { occurrences } from './kinds/occurrences.ts';
import { silence } from './kinds/silence.ts';
import { status } from './kinds/status.ts';
import { sustained } from './kinds/sustained.ts';
import { threshold } from './kinds/threshold.ts';
import { window } from './kinds/window.ts';
import type { Dependents } from './machine.ts';
import { kindCode } from './program.ts';
import type { RuleKind } from './rule.ts';

const kindOf: Record<RuleKind, Kind> = { threshold, window, sustained, status, silence, occurrences };

export const kinds: readonly Kind[] = Object.entries(kindOf)
  .map(([name, kind]) => ({ kind, code: kindCode[name as RuleKind] }))
  .sort((a, b) => a.code - b.code)
  .map(({ kind }) => kind);

type SampleFunction = (core: Core, dependents: Dependents, instance: number) => void;

const nothing: SampleFunction = () => undefined;

/** By kind code, without a hole, for the loop over a point's instances. */
export const atUsable: readonly SampleFunction[] = kinds.map((kind) => kind.usable ?? nothing);
export const atUnusable: readonly SampleFunction[] = kinds.map((kind) => kind.unusable ?? nothing);

export const dependents: Dependents = {
  raised(core, dependent, base, raisedAt) {
    kinds[core.program.kind[dependent]!]!.baseRaised?.(core, dependents, dependent, base, raisedAt);
  },
  cleared(core, dependent, base, clearedAt, isAtSample) {
    kinds[core.program.kind[dependent]!]!.baseCleared?.(
      core,
      dependents,
      dependent,
      base,
      clearedAt,
      isAtSample,
    );
  },
};
