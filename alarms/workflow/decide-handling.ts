// From 接报 to the end of 处置: ReceiveCase, RecordAction, RecordMeasure, CompleteHandling.

import { invariant } from '../kernel/result.ts';
import { transition } from '../lifecycle/transition.ts';
import { owedAlarms, missingMeasures, refuse } from './guards.ts';
import { accept, acknowledgedDraft, type CommandOf, type Decision, type Matter } from './matter.ts';

/** Receives the case and acknowledges all that is owed; again later, when new alarms have joined. */
export function receiveCase(matter: Matter, { payload }: CommandOf<'ReceiveCase'>): Decision {
  const { context, state, actor, envelope } = matter;
  const owed = owedAlarms(context.fold, state);
  if (state.stage !== 'opened' && owed.length === 0) return refuse('NOTHING_TO_RECEIVE');
  const remark = payload.remark ?? '';
  const acknowledgements = owed.map((alarm) => {
    const next = transition(alarm.base, { kind: 'acknowledge' });
    invariant(next.kind === 'goes', `${alarm.id} owes an acknowledgement while ${alarm.base}`);
    return acknowledgedDraft(alarm, next.to, remark, actor, payload.commandId);
  });
  const acknowledged = owed.map((alarm) => alarm.id);
  return accept({ type: 'CaseReceived', ...envelope, data: { acknowledged, remark } }, ...acknowledgements);
}

export function recordAction(matter: Matter, { payload }: CommandOf<'RecordAction'>): Decision {
  const { context, state, envelope } = matter;
  return accept({
    type: 'ActionRecorded',
    ...envelope,
    data: {
      kind: payload.kind,
      attempt: state.attempt,
      at: payload.at ?? context.now,
      place: payload.place ?? state.place,
      n: payload.n ?? null,
      of: payload.of ?? null,
      text: payload.text ?? '',
      evidence: payload.evidence ?? [],
    },
  });
}

export function recordMeasure(matter: Matter, { payload }: CommandOf<'RecordMeasure'>): Decision {
  const { state, envelope } = matter;
  const { kind, text, person, evidence = [] } = payload;
  if (state.measures.some((measure) => measure.kind === kind))
    return refuse('MEASURE_ALREADY_RECORDED', [kind]);
  const data = { kind, attempt: state.attempt, text, person, evidence };
  return accept({ type: 'MeasureRecorded', ...envelope, data });
}

export function completeHandling(matter: Matter, { payload }: CommandOf<'CompleteHandling'>): Decision {
  const { context, state, envelope } = matter;
  if (state.actions.length === 0) return refuse('ACTION_MISSING');
  const owed = owedAlarms(context.fold, state).map((alarm) => alarm.id);
  if (owed.length > 0) return refuse('ALARM_UNACKNOWLEDGED', owed);
  const isEvacuated = state.actions.some((action) => action.kind === 'evacuate');
  if (context.fold.needsEvacuation(state.id) && !isEvacuated) return refuse('EVACUATION_MISSING');
  const measures = missingMeasures(state, 2);
  if (measures.length > 0) return refuse('MEASURE_MISSING', measures);
  const { cause, text, evidence = [] } = payload;
  return accept({ type: 'HandlingCompleted', ...envelope, data: { cause, text, evidence } });
}
