// From 消警 to 归档: DismissCase, VerifyCase, FeedBackCase, ArchiveCase. Data recovery alone closes nothing: each of
// these is a person's act, and 核查 is done by somebody who handled nothing.

import type { Level } from '../kernel/level.ts';
import type { RoleName } from '../log/event.ts';
import type { CommandRefusal, Grant } from './command.ts';
import {
  isHandler,
  isOnSiteRequired,
  missingMeasures,
  rankOfSupervisor,
  rankToArchive,
  refuse,
  whyNotCalm,
  whyNotClean,
} from './guards.ts';
import { accept, type CommandOf, type Decision, type Matter } from './matter.ts';

export function dismissCase(matter: Matter, { payload }: CommandOf<'DismissCase'>): Decision {
  const { envelope } = matter;
  const { disposition, text, evidence = [] } = payload;
  const unclean = notClean(matter);
  if (unclean !== null) return unclean;
  if (disposition === 'falseAlarm' && evidence.length === 0) return refuse('EVIDENCE_MISSING');
  return accept({ type: 'CaseDismissed', ...envelope, data: { disposition, text, evidence } });
}

export function verifyCase(matter: Matter, { payload }: CommandOf<'VerifyCase'>): Decision {
  const { state, actor, envelope } = matter;
  if (isHandler(state, actor.id)) return refuse('SAME_PERSON', state.handlers);
  const { mode, place = state.place, text = '', evidence = [] } = payload;
  const data = { mode, place, text, evidence };
  if (payload.result === 'fail')
    return accept({ type: 'VerificationFailed', ...envelope, data: { ...data, attempt: state.attempt + 1 } });
  const hindrance = whyNotVerified(matter, mode, evidence);
  return hindrance ?? accept({ type: 'CaseVerified', ...envelope, data });
}

function whyNotVerified(
  matter: Matter,
  mode: 'online' | 'onSite',
  evidence: readonly string[],
): CommandRefusal | null {
  const { context, state } = matter;
  if (mode === 'online' && isOnSiteRequired(state)) return refuse('ON_SITE_REQUIRED');
  if (mode === 'onSite' && evidence.length === 0) return refuse('EVIDENCE_MISSING');
  const unclean = notClean(matter) ?? whyNotCalm(state, context.documents.times.calmMs, context.now);
  if (unclean !== null) return unclean;
  const measures = missingMeasures(state, 3);
  return measures.length > 0 ? refuse('MEASURE_MISSING', measures) : null;
}

export function feedBackCase({ envelope }: Matter, { payload }: CommandOf<'FeedBackCase'>): Decision {
  const { text, to = [], evidence = [] } = payload;
  return accept({ type: 'CaseFedBack', ...envelope, data: { text, to, evidence } });
}

/** Orange and red go to the supervisors above the mine; a supervisor has no part in blue and yellow. */
export function whoArchives(level: Level): readonly RoleName[] {
  const ofMine: readonly RoleName[] = ['leader', 'safetyOfficer'];
  return level === 'blue' || level === 'yellow' ? ofMine : ['supervisor', ...ofMine];
}

export function archiveCase(matter: Matter, { payload, by }: CommandOf<'ArchiveCase'>): Decision {
  const { state, envelope } = matter;
  if (!isHighEnough(matter, by.grants)) return refuse('LEVEL_TOO_LOW', [state.level]);
  const unclean = notClean(matter);
  if (unclean !== null) return unclean;
  const measures = missingMeasures(state, 4);
  if (measures.length > 0) return refuse('MEASURE_MISSING', measures);
  if (state.hazard === 'candidate') return refuse('HAZARD_UNDECIDED');
  return accept({ type: 'CaseArchived', ...envelope, data: { text: payload.text ?? '' } });
}

/** Blue: the safety officer; yellow: the leader; above: a supervisor of rank, or the leader where there is none. */
function isHighEnough({ context, state, actor }: Matter, grants: readonly Grant[]): boolean {
  const { level, mine } = state;
  const needed = rankToArchive(level, context.highestSupervisor(mine));
  if (needed !== null) return rankOfSupervisor(grants, mine, context.documents) >= needed;
  return level === 'blue' || actor.role !== 'safetyOfficer';
}

function notClean({ context, state }: Matter): CommandRefusal | null {
  return whyNotClean(context.fold, state, context.isUnknownNow);
}
