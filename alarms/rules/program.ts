// What compile.ts makes of points and rules: flat arrays that the engine runs over. An *instance* is one (rule version,
// scope); instances over one point lie together by point, base rules before rules built on them, so that one reading
// walks one run of memory; instances over groups (occurrences) follow. A program never changes.

import type { Point } from '../registry/site.ts';
import type { Operator, Rule, RuleKind } from './rule.ts';
import type { WindowSpec } from './windows.ts';

export const kindCode: Record<RuleKind, number> = {
  threshold: 0,
  window: 1,
  sustained: 2,
  status: 3,
  silence: 4,
  occurrences: 5,
};

export const operatorCode: Record<Operator, number> = { '>=': 0, '>': 1, '<=': 2, '<': 3 };
const negated: Record<Operator, Operator> = { '>=': '<', '>': '<=', '<=': '>', '<': '>=' };

export function negate(operator: Operator): Operator {
  return negated[operator];
}

export function compare(operator: number, quantity: number, limit: number): boolean {
  switch (operator) {
    case 0:
      return quantity >= limit;
    case 1:
      return quantity > limit;
    case 2:
      return quantity <= limit;
    default:
      return quantity < limit;
  }
}

export type NotArmedReason =
  /** The point has no limit of the name the rule compares with. */
  | 'limitMissing'
  /** A higher rung names a limit the point has not; the rule guards with the others. */
  | 'rungLimitMissing'
  /** The base rule does not hold on the point. */
  | 'baseNotArmed';

export interface NotArmed {
  readonly rule: string;
  readonly point: string;
  readonly reason: NotArmedReason;
  readonly limit: string | null;
}

/** One version of a rule; in force for from <= t < to. */
export interface Version {
  readonly rule: Rule;
  readonly from: number;
  readonly to: number;
  /** What ends its alarms at `to`. */
  readonly endReason: 'ruleChanged' | 'withdrawn';
}

export interface Program {
  readonly points: readonly Point[];
  readonly versions: readonly Version[];
  readonly notArmed: readonly NotArmed[];
  /** Per version. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly samples: Float64Array;
  readonly onDelayMs: Float64Array;
  readonly clearSamples: Float64Array;
  readonly offDelayMs: Float64Array;
  /** Instances of slot s: first[s] … first[s + 1] - 1; all of them < pointInstances. */
  readonly first: Uint32Array;
  readonly pointInstances: number;
  readonly instances: number;
  /** Per instance. */
  readonly scope: readonly string[];
  readonly mine: readonly string[];
  readonly place: readonly string[];
  readonly version: Uint32Array;
  readonly kind: Uint8Array;
  /** -1 for a group. */
  readonly slot: Int32Array;
  readonly operator: Uint8Array;
  /** Limit of the lowest rung. */
  readonly limit: Float64Array;
  readonly clearOperator: Uint8Array;
  readonly clearLimit: Float64Array;
  readonly gapMs: Float64Array;
  /** Samples a window needs to be covered. */
  readonly covered: Float64Array;
  /** Number of the window in `windows`. */
  readonly window: Int32Array;
  /** 1: the peak is the greatest, -1: the least, 0: none. */
  readonly direction: Int8Array;
  /** Rungs of instance i: rungFirst[i] … rungFirst[i + 1] - 1, lowest first; a rule without ladder has one. */
  readonly rungFirst: Uint32Array;
  readonly rungLimit: Float64Array;
  readonly rungLevel: Uint8Array;
  /** Number of the (rule id, scope) that counts raises; shared by the versions of a rule. */
  readonly counter: Uint32Array;
  readonly counterKeys: readonly string[];
  /** Base instances of a sustained instance, on its point. */
  readonly bases: readonly (readonly number[])[];
  /** The instances that hear of an instance's alarms: sustained, occurrences. */
  readonly dependents: readonly (readonly number[])[];
  /** Occurrences: what the base alarms of a scope are merged by. */
  readonly mergeKeys: readonly (ReadonlyMap<number, string> | null)[];
  readonly windows: readonly WindowSpec[];
}

export function counterKey(rule: string, scope: string): string {
  return `${rule}\u0000${scope}`;
}
