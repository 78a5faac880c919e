// The event log: append-only, versioned, one hash chain per mine. Everything about alarms and cases is a fold of
// these (log/fold.ts). A persisted name is for ever. Key order here is the order in the hashed JSON.

import type { Level } from '../kernel/level.ts';
import type { Mark, Peak } from '../rules/condition.ts';

export type AlarmBase =
  | 'normal'
  | 'unacknowledged'
  | 'acknowledged'
  | 'returned'
  | 'latchedUnacknowledged'
  | 'latchedAcknowledged';

export type CaseStage =
  | 'opened'
  | 'received'
  | 'handling'
  | 'handled'
  | 'dismissed'
  | 'verified'
  | 'fedBack'
  | 'archived'
  | 'merged';

export type RoleName =
  | 'dispatcher'
  | 'safetyOfficer'
  | 'leader'
  | 'verifier'
  | 'supervisor'
  | 'auditor'
  | 'administrator'
  | 'wall';

export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly role: RoleName;
}

export type ActionKind =
  | 'cutPower'
  | 'evacuate'
  | 'stopWork'
  | 'ventilate'
  | 'notify'
  | 'dispatchCheck'
  | 'repair'
  | 'manualReading'
  | 'other';

export type MeasureKind = 'cutAndEvacuate' | 'analyseCause' | 'stopAndRectify' | 'holdResponsible';

export interface AlarmRaisedData {
  readonly rule: string;
  readonly ruleName: { readonly zh: string; readonly en: string };
  readonly ruleVersion: string;
  readonly ruleKind: string;
  readonly ruleClass: 'gas' | 'trouble' | 'other';
  readonly overLimit: boolean;
  readonly latching: boolean;
  readonly clause: string;
  readonly mark: string;
  readonly respond: readonly string[];
  readonly scope: string;
  readonly scopeName: string;
  readonly place: string;
  readonly placeName: string;
  readonly level: Level;
  readonly since: number;
  readonly raisedAt: number;
  readonly announced: boolean;
  readonly planned: boolean;
  readonly causedBy: string | null;
  readonly marks: readonly Mark[];
  readonly delayedS: number | null;
  readonly unit: string;
  readonly quantity: number | null;
  readonly limit: number | null;
  readonly op: string | null;
  /** What in words: where the limit came from and the delays, for "why did it fire". */
  readonly limitSource: string;
  readonly onDelayS: number;
  readonly samplesNeeded: number;
}

interface ByType {
  AlarmRaised: AlarmRaisedData;
  AlarmSuperseded: { readonly by: string };
  AlarmReturned: {
    readonly to: AlarmBase;
    readonly clearedAt: number;
    readonly peak: Peak | null;
    readonly samples: number;
    /** 'recoveryDiffered': no condition stood for it after a recovery that differed from the record. */
    readonly reason: 'cleared' | 'ruleChanged' | 'withdrawn' | 'recoveryDiffered';
  };
  AlarmWithdrawn: { readonly reason: string };
  AlarmLevelRaised: {
    readonly from: Level;
    readonly to: Level;
    readonly quantity: number | null;
    readonly limit: number | null;
  };
  AlarmLevelLowered: { readonly from: Level; readonly to: Level };
  AlarmAcknowledged: { readonly to: AlarmBase; readonly phrase: string };
  AlarmReset: { readonly to: AlarmBase };
  AlarmConditionLost: { readonly lastUsableAt: number };
  AlarmConditionRegained: { readonly lostAt: number };
  AlarmReannounced: { readonly reason: 'uncovered' | 'levelRaised' | 'reAlarm' | 'planLifted' };
  AlarmSilenced: { readonly until: number; readonly level: Level };
  CaseOpened: {
    readonly level: Level;
    readonly place: string;
    readonly placeName: string;
    readonly causeKey: string;
    readonly alarms: readonly string[];
    readonly manual: boolean;
    readonly gas: boolean;
    readonly onSiteRequired: boolean;
    readonly previous: string | null;
    readonly firstOut: string | null;
  };
  AlarmJoinedCase: { readonly gas: boolean; readonly onSiteRequired: boolean };
  CaseLevelRaised: { readonly from: Level; readonly to: Level };
  CaseReceived: { readonly acknowledged: readonly string[]; readonly remark: string };
  ActionRecorded: {
    readonly kind: ActionKind;
    readonly attempt: number;
    readonly at: number;
    readonly place: string;
    readonly n: number | null;
    readonly of: number | null;
    readonly text: string;
    readonly evidence: readonly string[];
  };
  MeasureRecorded: {
    readonly kind: MeasureKind;
    readonly attempt: number;
    readonly text: string;
    readonly person: string;
    readonly evidence: readonly string[];
  };
  HandlingCompleted: { readonly cause: string; readonly text: string; readonly evidence: readonly string[] };
  CaseDismissed: {
    readonly disposition: 'resolved' | 'falseAlarm';
    readonly text: string;
    readonly evidence: readonly string[];
  };
  CaseVerified: {
    readonly mode: 'online' | 'onSite';
    readonly place: string;
    readonly text: string;
    readonly evidence: readonly string[];
  };
  VerificationFailed: {
    readonly mode: 'online' | 'onSite';
    readonly place: string;
    readonly text: string;
    readonly evidence: readonly string[];
    readonly attempt: number;
  };
  CaseFedBack: {
    readonly text: string;
    readonly to: readonly string[];
    readonly evidence: readonly string[];
  };
  CaseArchived: { readonly text: string };
  CaseFellBack: {
    readonly from: CaseStage;
    readonly reason: 'newAlarm' | 'levelRaised';
    readonly attempt: number;
  };
  CaseReturned: { readonly from: CaseStage; readonly text: string; readonly attempt: number };
  CaseReopened: { readonly text: string; readonly attempt: number };
  HazardCandidateListed: { readonly alarm: string };
  HazardDecided: { readonly decision: 'confirmed' | 'rejected'; readonly text: string };
  GatewayStarted: { readonly blindFrom: number | null; readonly to: number };
}

export type EventType = keyof ByType;

export interface EventOf<T extends EventType> {
  readonly v: 1;
  /** `<input sequence>.<ordinal>`: equal for the same journal, so that every sink can be idempotent. */
  readonly id: string;
  /** Number of the event in the whole log, 1, 2, 3 … without gaps. */
  readonly seq: number;
  readonly type: T;
  /** When it came about by the gateway's clock (received time of the input), ms. */
  readonly at: number;
  /** The deadline, when a timer brought it. */
  readonly dueAt?: number;
  readonly mine: string;
  readonly case?: string;
  readonly alarm?: string;
  readonly by?: Actor;
  readonly commandId?: string;
  readonly data: ByType[T];
  readonly prevHash: string;
}

export type Event = { [T in EventType]: EventOf<T> }[EventType];

/** An event before the engine gives it number, id and chain link. */
export type EventDraft = {
  [T in EventType]: Omit<EventOf<T>, 'v' | 'id' | 'seq' | 'prevHash' | 'at'>;
}[EventType];
