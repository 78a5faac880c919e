// What the rule engine tells: conditions confirmed by the table of docs/rules.md §2. Pure data; the alarm
// life (lifecycle/) and the case (workflow/) begin where these end. One condition = one (rule, scope, n).

import type { Level } from '../kernel/level.ts';

export type Mark = 'calibrating' | 'overRange' | 'delayed' | 'planned' | 'ruleChanged';
export const markOrder: readonly Mark[] = ['calibrating', 'overRange', 'delayed', 'planned', 'ruleChanged'];

export interface Peak {
  readonly value: number;
  readonly at: number;
}

export interface ConditionRaised {
  readonly kind: 'raised';
  readonly rule: string;
  /** Point, place or mine id. */
  readonly scope: string;
  /** 1, 2, 3 … per (rule, scope), for ever: alarm id = `<rule>/<scope>#<n>`. */
  readonly n: number;
  readonly mine: string;
  /** Place of the scope (its own id for a place, '' for a mine). */
  readonly place: string;
  readonly level: Level;
  readonly since: number;
  readonly raisedAt: number;
  readonly marks: readonly Mark[];
  readonly delayedS: number | null;
  readonly peak: Peak | null;
  readonly samples: number;
  /** What decided: the quantity compared (value, mean, count, seconds …) and the limit it met, for "why". */
  readonly quantity: number | null;
  readonly limit: number | null;
}

export interface ConditionLevelRaised {
  readonly kind: 'levelRaised';
  readonly rule: string;
  readonly scope: string;
  readonly n: number;
  readonly from: Level;
  readonly to: Level;
  readonly at: number;
  readonly quantity: number | null;
  readonly limit: number | null;
}

export interface ConditionCleared {
  readonly kind: 'cleared';
  readonly rule: string;
  readonly scope: string;
  readonly n: number;
  readonly clearedAt: number;
  readonly peak: Peak | null;
  readonly samples: number;
  readonly marks: readonly Mark[];
  readonly delayedS: number | null;
  /** 'ruleChanged': ended by a new version; 'withdrawn': rule off or point gone. */
  readonly reason: 'cleared' | 'ruleChanged' | 'withdrawn';
}

/** Live only: the point of an alarm that is up went unknown (no usable sample within gapS), or is known again. */
export interface ConditionKnown {
  readonly kind: 'unknown' | 'known';
  readonly rule: string;
  readonly scope: string;
  readonly n: number;
  readonly at: number;
}

/** A condition that is up now, as it would be told if it had not been yet. */
export interface StandingCondition {
  readonly condition: ConditionRaised;
  /** From when on it is unknown; null while it is known. */
  readonly unknownAt: number | null;
}

/** The number that the newest raise of (rule, scope) shall bear: of one that is up, or of the last that was. */
export type NumberOf = (rule: string, scope: string, isUp: boolean) => number;

export type Condition = ConditionRaised | ConditionLevelRaised | ConditionCleared | ConditionKnown;
