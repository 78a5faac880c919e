// Who may give which command, and from which stage of the case, as data. The order of every decision is: payload,
// exists, role, scope, version, stage, then the checks listed here from left to right. decide.ts walks it.

import type { CaseStage, RoleName } from '../log/event.ts';
import type { CommandName, RefusalCode } from './command.ts';

export interface CommandRow {
  readonly zh: string;
  /** In the order in which a person of several roles acts. */
  readonly who: readonly RoleName[];
  /** Null: the command is about an alarm, not a case. */
  readonly from: readonly CaseStage[] | null;
  readonly to: string;
  /** After the stage, in this order. */
  readonly checks: readonly RefusalCode[];
}

const open: readonly CaseStage[] = [
  'opened',
  'received',
  'handling',
  'handled',
  'dismissed',
  'verified',
  'fedBack',
];

const clean: readonly RefusalCode[] = [
  'ALARM_ACTIVE',
  'CONDITION_UNKNOWN',
  'ALARM_UNACKNOWLEDGED',
  'ALARM_LATCHED',
];

export const commandTable: Readonly<Record<CommandName, CommandRow>> = {
  AcknowledgeAlarm: {
    zh: '确认',
    who: ['dispatcher', 'leader'],
    from: null,
    to: '–',
    checks: ['ALARM_SUPERSEDED', 'NOT_IN_ALARM', 'ALREADY_ACKNOWLEDGED'],
  },
  SilenceAlarm: {
    zh: '消音',
    who: ['dispatcher', 'leader'],
    from: null,
    to: '–',
    checks: ['ALARM_SUPERSEDED', 'NOT_IN_ALARM', 'SILENCE_FORBIDDEN', 'INVALID_PAYLOAD'],
  },
  ReceiveCase: {
    zh: '接报',
    who: ['dispatcher', 'leader'],
    from: ['opened', 'received', 'handling', 'handled'],
    to: 'opened → received; else the same',
    checks: ['NOTHING_TO_RECEIVE'],
  },
  RecordAction: {
    zh: '处置措施',
    who: ['dispatcher', 'safetyOfficer', 'leader'],
    from: ['received', 'handling'],
    to: 'handling',
    checks: [],
  },
  RecordMeasure: {
    zh: '四项措施',
    who: ['safetyOfficer', 'leader'],
    from: ['handling', 'handled', 'dismissed'],
    to: 'the same',
    checks: ['MEASURE_ALREADY_RECORDED'],
  },
  CompleteHandling: {
    zh: '处置完成',
    who: ['dispatcher', 'safetyOfficer', 'leader'],
    from: ['handling'],
    to: 'handled',
    checks: ['ACTION_MISSING', 'ALARM_UNACKNOWLEDGED', 'EVACUATION_MISSING', 'MEASURE_MISSING'],
  },
  DismissCase: {
    zh: '消警',
    who: ['dispatcher', 'leader'],
    from: ['handled'],
    to: 'dismissed',
    checks: [...clean, 'EVIDENCE_MISSING'],
  },
  VerifyCase: {
    zh: '核查',
    who: ['verifier', 'leader', 'supervisor'],
    from: ['dismissed'],
    to: 'pass: verified; fail: handling',
    checks: [
      'SAME_PERSON',
      'ON_SITE_REQUIRED',
      'EVIDENCE_MISSING',
      ...clean,
      'NOT_CALM_YET',
      'MEASURE_MISSING',
    ],
  },
  FeedBackCase: {
    zh: '反馈',
    who: ['safetyOfficer', 'leader'],
    from: ['verified'],
    to: 'fedBack',
    checks: [],
  },
  ArchiveCase: {
    zh: '归档',
    who: ['supervisor', 'leader', 'safetyOfficer'],
    from: ['fedBack'],
    to: 'archived',
    checks: ['LEVEL_TOO_LOW', ...clean, 'MEASURE_MISSING', 'HAZARD_UNDECIDED'],
  },
  ReturnCase: {
    zh: '退回',
    who: ['supervisor'],
    from: ['handled', 'dismissed', 'verified', 'fedBack'],
    to: 'handling',
    checks: [],
  },
  ReopenCase: {
    zh: '重开',
    who: ['leader', 'supervisor', 'auditor'],
    from: ['archived'],
    to: 'handling',
    checks: ['REOPEN_TOO_LATE'],
  },
  DecideHazard: {
    zh: '认定',
    who: ['leader', 'supervisor'],
    from: open,
    to: 'the same',
    checks: ['NO_HAZARD_CANDIDATE', 'SAME_PERSON'],
  },
};

/** 追究责任 takes time: it may also follow the verification. */
export const stagesOfHoldResponsible: readonly CaseStage[] = [
  'handling',
  'handled',
  'dismissed',
  'verified',
  'fedBack',
];
