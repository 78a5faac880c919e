// Rule documents as parsed data: one closed union by kind (docs/rules.md says what each means).
// A limit is a number or the name of a point's limit, with an optional factor.

import type { Level } from '../kernel/level.ts';

export type Operator = '>=' | '>' | '<=' | '<';
export type LimitRef = number | string;

export interface Selector {
  readonly measurand?: readonly string[];
  readonly points?: readonly string[];
  readonly place?: readonly string[];
  readonly placeType?: readonly string[];
  readonly locationType?: readonly string[];
  readonly mine?: readonly string[];
}

export interface ClearLimit {
  readonly limit?: LimitRef;
  readonly factor?: number;
  readonly op?: Operator;
}

export interface LimitRung {
  readonly limit: LimitRef;
  readonly factor?: number;
  readonly level: Level;
}

export type RuleClass = 'gas' | 'trouble' | 'other';

export interface RuleCommon {
  readonly id: string;
  readonly name?: { readonly zh: string; readonly en: string };
  readonly select?: Selector;
  readonly level: Level;
  readonly enabled?: boolean;
  readonly version?: string | number;
  readonly inForceFrom?: number;
  readonly basis?: { readonly clause?: string; readonly mark?: string };
  readonly respond?: readonly string[];
  readonly samples?: number;
  readonly onDelayS?: number;
  readonly clearSamples?: number;
  readonly offDelayS?: number;
  readonly gapS?: number;
  /** Workflow attributes. */
  readonly class?: RuleClass;
  readonly overLimit?: boolean;
  readonly latching?: boolean;
  readonly neverShelve?: boolean;
  readonly suppressedBy?: readonly string[];
  readonly opensCase?: boolean;
}

export interface ThresholdRule extends RuleCommon {
  readonly kind: 'threshold';
  readonly op: Operator;
  readonly limit: LimitRef;
  readonly factor?: number;
  readonly clear?: ClearLimit;
  readonly ladder?: readonly LimitRung[];
}

export type WindowFunction = 'mean' | 'min' | 'max' | 'range' | 'sd' | 'median' | 'count';

export interface WindowRule extends RuleCommon {
  readonly kind: 'window';
  readonly fn: WindowFunction;
  readonly windowS: number;
  readonly coverage?: number;
  readonly op: Operator;
  readonly limit: LimitRef;
  readonly factor?: number;
  readonly clear?: ClearLimit;
  readonly ladder?: readonly LimitRung[];
}

export interface SustainedRule extends RuleCommon {
  readonly kind: 'sustained';
  readonly base: string;
  readonly ladder: readonly { readonly afterS: number; readonly level: Level }[];
}

export interface StatusRule extends RuleCommon {
  readonly kind: 'status';
  readonly any: number;
}

export interface SilenceRule extends RuleCommon {
  readonly kind: 'silence';
  readonly of?: 'accepted' | 'usable';
  readonly silenceS?: number;
  readonly silencePeriods?: number;
}

export interface OccurrencesRule extends RuleCommon {
  readonly kind: 'occurrences';
  readonly base: readonly string[];
  readonly groupBy: 'point' | 'place' | 'mine';
  readonly mergeBy?: 'point' | 'place' | 'mine';
  readonly separateS?: number;
  readonly n: number;
  readonly windowS?: number;
  readonly calendar?: 'week' | 'month';
  readonly ladder?: readonly { readonly n: number; readonly level: Level }[];
}

export type Rule = ThresholdRule | WindowRule | SustainedRule | StatusRule | SilenceRule | OccurrencesRule;
export type RuleKind = Rule['kind'];

/** Default of `opensCase`: all but blue trouble. */
export function opensCase(rule: RuleCommon, level: Level): boolean {
  return rule.opensCase ?? !(rule.class === 'trouble' && level === 'blue');
}
