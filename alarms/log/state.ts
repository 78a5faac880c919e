// The states that a fold of the event log gives: one AlarmState per living alarm, one CaseState per case.
// Plain data, JSON-able: checkpointed by the core, sent to screens, stored by the projector. Changed only by fold.ts.

import type { Level } from '../kernel/level.ts';
import type { Peak } from '../rules/condition.ts';
import type { ActionKind, Actor, AlarmBase, AlarmRaisedData, CaseStage, MeasureKind } from './event.ts';

export interface AlarmState extends AlarmRaisedData {
  /** `<rule>/<scope>#<n>` */
  readonly id: string;
  readonly mine: string;
  readonly base: AlarmBase;
  /** Overlay: no usable data now. Base, covers and clocks stay. */
  readonly unknown: boolean;
  /** Level now; `peakLevel` the highest of this alarm and those it superseded. */
  readonly level: Level;
  readonly peakLevel: Level;
  readonly case: string | null;
  readonly clearedAt: number | null;
  readonly peak: Peak | null;
  readonly samples: number | null;
  readonly acknowledgedBy: Actor | null;
  readonly acknowledgedAt: number | null;
  readonly silencedUntil: number | null;
  readonly supersededBy: string | null;
  /** `at` of the raising event, and of the last event that touched it. */
  readonly at: number;
  readonly changedAt: number;
  /** Number of the raising event and of the last one that touched it. */
  readonly seqRaised: number;
  readonly seq: number;
}

export interface ActionEntry {
  readonly kind: ActionKind;
  readonly attempt: number;
  readonly at: number;
  readonly by: Actor;
  readonly place: string;
  readonly n: number | null;
  readonly of: number | null;
  readonly text: string;
  readonly evidence: readonly string[];
}

export interface MeasureEntry {
  readonly kind: MeasureKind;
  readonly attempt: number;
  readonly at: number;
  readonly by: Actor;
  readonly text: string;
  readonly person: string;
  readonly evidence: readonly string[];
}

export interface CaseState {
  /** `<mine>/C<n>` */
  readonly id: string;
  readonly mine: string;
  readonly stage: CaseStage;
  readonly level: Level;
  readonly place: string;
  readonly placeName: string;
  readonly causeKey: string;
  /** All alarms that ever joined, in order; first-out apart. */
  readonly alarms: readonly string[];
  readonly firstOut: string | null;
  readonly gas: boolean;
  readonly manual: boolean;
  readonly onSiteRequired: boolean;
  /** 'none', or a major-hazard candidate waits for a decision. */
  readonly hazard: 'none' | 'candidate' | 'confirmed' | 'rejected';
  readonly previous: string | null;
  readonly attempt: number;
  readonly received: boolean;
  readonly actions: readonly ActionEntry[];
  readonly measures: readonly MeasureEntry[];
  readonly completed: {
    readonly by: Actor;
    readonly at: number;
    readonly cause: string;
    readonly text: string;
    readonly evidence: readonly string[];
  } | null;
  readonly dismissed: {
    readonly by: Actor;
    readonly at: number;
    readonly disposition: 'resolved' | 'falseAlarm';
    readonly text: string;
    readonly evidence: readonly string[];
  } | null;
  readonly verified: {
    readonly by: Actor;
    readonly at: number;
    readonly mode: 'online' | 'onSite';
    readonly place: string;
    readonly text: string;
    readonly evidence: readonly string[];
  } | null;
  readonly fedBack: { readonly by: Actor; readonly at: number; readonly text: string } | null;
  readonly archived: { readonly by: Actor; readonly at: number; readonly text: string } | null;
  /** User ids of all who handled, in any attempt (four eyes: none of them verifies). */
  readonly handlers: readonly string[];
  readonly openedAt: number;
  readonly changedAt: number;
  /** Last return of any of its alarms, null while none returned. */
  readonly lastReturnAt: number | null;
  /** Count of events of the case: what `version` in a command refers to. */
  readonly version: number;
  readonly seq: number;
}
