// The bar of stages 监测预警 → 接报 → 处置 → 消警 → 核查 → 反馈 → 归档 as seen from the state of a case, and which command
// comes next. Pure.

import { assertNever } from '#alarms/kernel/result.ts';
import { isStageOpen } from '../desk/permission.ts';
import type { TextKey } from '../language/texts.ts';
import type { AlarmState, CaseStage, CaseState } from '../stream/contract.ts';
import { isActive } from '../widgets/alarm-order.ts';
import { doneCount, stageNames, type StageName } from '../widgets/case-stage.ts';
import type { CaseCommand } from './forms.ts';
import { lacksOf } from './lacks.ts';

export interface StageStep {
  readonly name: StageName;
  readonly state: 'done' | 'now' | 'todo';
  readonly at: number | null;
  readonly by: string;
  readonly hint: TextKey | null;
}

export function stageSteps(
  one: CaseState,
  alarms: readonly AlarmState[],
  receivedBy: { at: number; by: string } | null,
): readonly StageStep[] {
  const done = doneCount(one.stage);
  return stageNames.map((name, index) => {
    const state = index < done ? 'done' : index === done ? 'now' : 'todo';
    const who = state === 'done' ? entryOf(one, name, receivedBy) : null;
    const hint = state === 'done' || name === 'opened' ? null : hintOf(name, one.stage, alarms);
    return { name, state, at: who?.at ?? null, by: who?.by ?? '', hint };
  });
}

function hintOf(
  name: Exclude<StageName, 'opened'>,
  stage: CaseStage,
  alarms: readonly AlarmState[],
): TextKey {
  if (name === 'handling' && stage === 'handling') return 'stages.hint.completing';
  if (name === 'dismissed' && stage === 'handled') {
    return alarms.some(isActive) ? 'stages.hint.recovering' : 'stages.hint.dismissing';
  }
  return `stages.hint.${name}`;
}

function entryOf(
  one: CaseState,
  name: StageName,
  receivedBy: { at: number; by: string } | null,
): { readonly at: number; readonly by: string } | null {
  switch (name) {
    case 'opened':
      return { at: one.openedAt, by: '' };
    case 'received':
      return receivedBy;
    case 'handling':
      return named(one.completed);
    case 'dismissed':
      return named(one.dismissed);
    case 'verified':
      return named(one.verified);
    case 'fedBack':
      return named(one.fedBack);
    case 'archived':
      return named(one.archived);
    default:
      return assertNever(name, 'stage');
  }
}

function named(
  entry: { readonly at: number; readonly by: { readonly name: string } } | null,
): { readonly at: number; readonly by: string } | null {
  return entry === null ? null : { at: entry.at, by: entry.by.name };
}

/** What the step that moves the case on lacks, and which command supplies it. */
const remedies: Readonly<Partial<Record<TextKey, CaseCommand>>> = {
  'lack.action': 'RecordAction',
  'lack.evacuation': 'RecordAction',
  'lack.unacknowledged': 'ReceiveCase',
  'lack.measure': 'RecordMeasure',
  'lack.hazard': 'DecideHazard',
};

/** What is to be done next: what the next step lacks, else the step; null when nothing is. */
export function nextCommand(one: CaseState, alarms: readonly AlarmState[]): CaseCommand | null {
  const step = stepOf(one.stage);
  if (step === null) return null;
  const form = { evidenceCount: 1, mode: 'onSite', now: 0, calmMs: 0 } as const;
  for (const lack of lacksOf(step, one, alarms, '', form)) {
    const remedy = remedies[lack.key];
    if (remedy !== undefined && isStageOpen(remedy, one.stage, remedy === 'RecordMeasure')) return remedy;
  }
  return step;
}

function stepOf(stage: CaseStage): CaseCommand | null {
  switch (stage) {
    case 'opened':
      return 'ReceiveCase';
    case 'received':
      return 'RecordAction';
    case 'handling':
      return 'CompleteHandling';
    case 'handled':
      return 'DismissCase';
    case 'dismissed':
      return 'VerifyCase';
    case 'verified':
      return 'FeedBackCase';
    case 'fedBack':
      return 'ArchiveCase';
    case 'archived':
    case 'merged':
      return null;
    default:
      return assertNever(stage, 'stage');
  }
}
