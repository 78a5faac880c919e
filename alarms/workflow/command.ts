// Commands of people, as the core takes them: already parsed by schema at the edge (gateway/serving), journalled,
// then decided by step like any other input. A refusal changes nothing.

import type { ActionKind, Actor, MeasureKind, RoleName } from '../log/event.ts';

interface Common {
  readonly commandId: string;
  /** The case's version the person saw; refused with STALE_VERSION when it moved on. */
  readonly version?: number;
  readonly remark?: string;
  readonly evidence?: readonly string[];
}

export interface CommandPayloads {
  AcknowledgeAlarm: Common & { readonly alarm: string; readonly phrase?: string };
  SilenceAlarm: Common & { readonly alarm: string; readonly minutes: number };
  ReceiveCase: Common & { readonly case: string };
  RecordAction: Common & {
    readonly case: string;
    readonly kind: ActionKind;
    readonly at?: number;
    readonly place?: string;
    readonly n?: number;
    readonly of?: number;
    readonly text?: string;
  };
  RecordMeasure: Common & {
    readonly case: string;
    readonly kind: MeasureKind;
    readonly text: string;
    readonly person: string;
  };
  CompleteHandling: Common & { readonly case: string; readonly cause: string; readonly text: string };
  DismissCase: Common & {
    readonly case: string;
    readonly disposition: 'resolved' | 'falseAlarm';
    readonly text: string;
  };
  VerifyCase: Common & {
    readonly case: string;
    readonly result: 'pass' | 'fail';
    readonly mode: 'online' | 'onSite';
    readonly place?: string;
    readonly text?: string;
  };
  FeedBackCase: Common & { readonly case: string; readonly text: string; readonly to?: readonly string[] };
  ArchiveCase: Common & { readonly case: string; readonly text?: string };
  ReturnCase: Common & { readonly case: string; readonly text: string };
  ReopenCase: Common & { readonly case: string; readonly text: string };
  DecideHazard: Common & {
    readonly case: string;
    readonly decision: 'confirmed' | 'rejected';
    readonly text: string;
  };
}

export type CommandName = keyof CommandPayloads;

export interface Grant {
  readonly role: RoleName;
  /** Root of the subtree of sites on which the role holds. */
  readonly site: string;
}

export type Command = {
  [N in CommandName]: {
    readonly name: N;
    readonly by: { readonly id: string; readonly name: string; readonly grants: readonly Grant[] };
    readonly payload: CommandPayloads[N];
    /** ArchiveCase: the sites on which somebody is a supervisor, as the accounts knew it; a replay decides alike. */
    readonly supervisorSites?: readonly string[];
  };
}[CommandName];

export interface CommandRefusal {
  readonly refused: true;
  readonly code: RefusalCode;
  /** What lacks, machine-readable: alarm ids, measure kinds, roles … */
  readonly missing: readonly string[];
}

export interface CommandAcceptance {
  readonly refused: false;
  /** Version of the case after the command (its event count); 0 for commands without a case. */
  readonly version: number;
}

export type CommandAnswer = CommandRefusal | CommandAcceptance;

export type RefusalCode =
  | 'ROLE_FORBIDDEN'
  | 'OUT_OF_SCOPE'
  | 'SAME_PERSON'
  | 'LEVEL_TOO_LOW'
  | 'SILENCE_FORBIDDEN'
  | 'NO_SUCH_ALARM'
  | 'NO_SUCH_CASE'
  | 'NO_HAZARD_CANDIDATE'
  | 'STALE_VERSION'
  | 'WRONG_STAGE'
  | 'CASE_MERGED'
  | 'CASE_ARCHIVED'
  | 'NOT_RECEIVED'
  | 'NOTHING_TO_RECEIVE'
  | 'NOT_IN_ALARM'
  | 'ALREADY_ACKNOWLEDGED'
  | 'ALARM_SUPERSEDED'
  | 'ALARM_ACTIVE'
  | 'ALARM_UNACKNOWLEDGED'
  | 'ALARM_LATCHED'
  | 'CONDITION_UNKNOWN'
  | 'MEASURE_ALREADY_RECORDED'
  | 'HAZARD_UNDECIDED'
  | 'REOPEN_TOO_LATE'
  | 'NOT_CALM_YET'
  | 'INVALID_PAYLOAD'
  | 'ACTION_MISSING'
  | 'EVACUATION_MISSING'
  | 'MEASURE_MISSING'
  | 'EVIDENCE_MISSING'
  | 'MANUAL_READING_MISSING'
  | 'ON_SITE_REQUIRED';

export type { Actor };
