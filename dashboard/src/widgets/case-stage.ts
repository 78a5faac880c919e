// The seven stages of a case, and the one that it waits in: the one word for it on every screen. Pure.

import { assertNever } from '#alarms/kernel/result.ts';
import type { CaseStage } from '../stream/contract.ts';

export type StageName =
  | 'opened'
  | 'received'
  | 'handling'
  | 'dismissed'
  | 'verified'
  | 'fedBack'
  | 'archived';

export const stageNames: readonly StageName[] = [
  'opened',
  'received',
  'handling',
  'dismissed',
  'verified',
  'fedBack',
  'archived',
];

/** How many of the seven are behind us. */
export function doneCount(stage: CaseStage): number {
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

/** The stage a case waits in: the first that is not done. */
export function currentStage(stage: CaseStage): StageName | 'merged' {
  return stage === 'merged' ? stage : (stageNames[doneCount(stage)] ?? 'archived');
}
