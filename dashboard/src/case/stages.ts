// The bar of stages 监测预警 → 接报 → 处置 → 消警 → 核查 → 反馈 → 归档 as seen from the state of a case, and which command
// comes next. Pure.

import { assertNever } from '#alarms/kernel/result.ts';
import type { TextKey } from '../language/texts.ts';
import type { CaseStage, CaseState, CommandName } from '../stream/contract.ts';

export type StageName =
  | 'opened'
  | 'received'
  | 'handling'
  | 'dismissed'
  | 'verified'
  | 'fedBack'
  | 'archived';

export interface StageStep {
  readonly name: StageName;
  readonly state: 'done' | 'now' | 'todo';
  readonly at: number | null;
  readonly by: string;
  readonly hint: TextKey | null;
}

const names: readonly StageName[] = [
  'opened',
  'received',
  'handling',
  'dismissed',
  'verified',
  'fedBack',
  'archived',
];

/** How many of the seven are behind us. */
function doneCount(stage: CaseStage): number {
  switch (stage) {
    case 'opened':
      return 1;
    case 'received':
    case 'handling':
      return 2;
    case 'handled':
      return 3;
    case 'dismissed':
      return 4;
    case 'verified':
      return 5;
    case 'fedBack':
      return 6;
    case 'archived':
    case 'merged':
      return 7;
    default:
      return assertNever(stage, 'stage');
  }
}

export function stageSteps(
  one: CaseState,
  receivedBy: { at: number; by: string } | null,
): readonly StageStep[] {
  const done = doneCount(one.stage);
  return names.map((name, index) => {
    const state = index < done ? 'done' : index === done ? 'now' : 'todo';
    const who = state === 'done' ? entryOf(one, name, receivedBy) : null;
    const hint: TextKey | null =
      state === 'done' || name === 'opened'
        ? null
        : name === 'handling' && one.stage === 'handling'
          ? 'stages.hint.completing'
          : `stages.hint.${name}`;
    return { name, state, at: who?.at ?? null, by: who?.by ?? '', hint };
  });
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

/** The step that moves the case on; null when nothing does. */
export function nextCommand(stage: CaseStage, hasAction: boolean): CommandName | null {
  switch (stage) {
    case 'opened':
      return 'ReceiveCase';
    case 'received':
      return 'RecordAction';
    case 'handling':
      return hasAction ? 'CompleteHandling' : 'RecordAction';
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
