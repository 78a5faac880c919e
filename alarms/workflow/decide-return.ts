// Ways back and the hazard's decision: ReturnCase 退回, ReopenCase 重开, DecideHazard 认定. A new attempt keeps the
// measures and asks for new actions, 消警 and 核查.

import { isHandler, refuse } from './guards.ts';
import { accept, type CommandOf, type Decision, type Matter } from './matter.ts';

export function returnCase({ state, envelope }: Matter, { payload }: CommandOf<'ReturnCase'>): Decision {
  const data = { from: state.stage, text: payload.text, attempt: state.attempt + 1 };
  return accept({ type: 'CaseReturned', ...envelope, data });
}

export function reopenCase(matter: Matter, { payload }: CommandOf<'ReopenCase'>): Decision {
  const { context, state, envelope } = matter;
  const archivedAt = state.archived?.at ?? state.changedAt;
  if (context.now - archivedAt > context.documents.times.reopenMs) return refuse('REOPEN_TOO_LATE');
  const data = { text: payload.text, attempt: state.attempt + 1 };
  return accept({ type: 'CaseReopened', ...envelope, data });
}

/** Whoever handled it may confirm a hazard, never talk it away. */
export function decideHazard(matter: Matter, { payload }: CommandOf<'DecideHazard'>): Decision {
  const { state, actor, envelope } = matter;
  if (state.hazard !== 'candidate') return refuse('NO_HAZARD_CANDIDATE');
  const { decision, text } = payload;
  if (decision === 'rejected' && isHandler(state, actor.id)) return refuse('SAME_PERSON', state.handlers);
  return accept({ type: 'HazardDecided', ...envelope, data: { decision, text } });
}
