// From a condition of the rule engine to the events of its alarm, in the order of the record. The base moves as the
// table in transition.ts says; what the case does about it is workflow/grouping.ts. Nothing is recorded here.

import { assertNever, invariant } from '../kernel/result.ts';
import type { EventDraft } from '../log/event.ts';
import type { AlarmState } from '../log/state.ts';
import type {
  ConditionCleared,
  ConditionKnown,
  ConditionLevelRaised,
  ConditionRaised,
} from '../rules/condition.ts';
import { alarmId } from './alarm-id.ts';
import { raisedData, type ScopeFacts } from './raised-data.ts';
import { transition, type AlarmEventType } from './transition.ts';

/** `living`: the pair's alarm that still lives (returned or latched), if any; the raised one supersedes it. */
export function raiseEvents(
  condition: ConditionRaised,
  living: AlarmState | undefined,
  facts: ScopeFacts,
): readonly EventDraft[] {
  const id = alarmId(condition.rule, condition.scope, condition.n);
  const next = transition(living?.base ?? 'normal', { kind: 'raise' });
  invariant(next.kind === 'goes', `${id} raised while ${living?.id ?? '-'} is ${living?.base ?? '-'}`);
  return next.events.map((type) => raiseEvent(type, id, condition, living, facts));
}

function raiseEvent(
  type: AlarmEventType,
  id: string,
  condition: ConditionRaised,
  living: AlarmState | undefined,
  facts: ScopeFacts,
): EventDraft {
  if (type === 'AlarmRaised') {
    return { type, mine: condition.mine, alarm: id, data: raisedData(condition, facts) };
  }
  invariant(type === 'AlarmSuperseded' && living !== undefined, `a raise does not bring ${type}`);
  return { type, ...envelope(living), data: { by: id } };
}

export function levelRaisedEvents(condition: ConditionLevelRaised, alarm: AlarmState): readonly EventDraft[] {
  const next = transition(alarm.base, { kind: 'levelUp' });
  invariant(next.kind === 'goes', `${alarm.id} cannot rise in level while ${alarm.base}`);
  const { from, to, quantity, limit } = condition;
  return [
    { type: 'AlarmLevelRaised', ...envelope(alarm), data: { from, to, quantity, limit } },
    { type: 'AlarmReannounced', ...envelope(alarm), data: { reason: 'levelRaised' } },
  ];
}

export function clearedEvents(condition: ConditionCleared, alarm: AlarmState): readonly EventDraft[] {
  switch (condition.reason) {
    case 'withdrawn': {
      const next = transition(alarm.base, { kind: 'withdraw' });
      if (next.kind === 'nothing') return [];
      return [{ type: 'AlarmWithdrawn', ...envelope(alarm), data: { reason: condition.reason } }];
    }
    case 'cleared':
    case 'ruleChanged': {
      const next = transition(alarm.base, { kind: 'return', latching: alarm.latching, hidden: false });
      invariant(next.kind === 'goes', `${alarm.id} cannot return while ${alarm.base}`);
      const { clearedAt, peak, samples, reason } = condition;
      const data = { to: next.to, clearedAt, peak, samples, reason };
      return [{ type: 'AlarmReturned', ...envelope(alarm), data }];
    }
    default:
      return assertNever(condition.reason, 'reason of a cleared condition');
  }
}

/**
 * The record holds the alarm up and no condition does (a recovery that differed): it ends as that of a changed rule,
 * so that who has not acknowledged it still owes that, and with a reason of its own: no data has shown it return.
 */
export function unheldEvents(alarm: AlarmState, now: number): readonly EventDraft[] {
  const next = transition(alarm.base, { kind: 'return', latching: alarm.latching, hidden: false });
  invariant(next.kind === 'goes', `${alarm.id} cannot end while ${alarm.base}`);
  const data = { to: next.to, clearedAt: now, peak: null, samples: 0, reason: 'recoveryDiffered' } as const;
  return [{ type: 'AlarmReturned', ...envelope(alarm), data }];
}

/** `lastUsableAt` when it is lost, `lostAt` when it is regained. A repeated one, or one on an ended alarm: nothing. */
export function knownEvents(
  condition: ConditionKnown,
  alarm: AlarmState,
  moment: number,
): readonly EventDraft[] {
  if (alarm.unknown === (condition.kind === 'unknown')) return [];
  if (transition(alarm.base, { kind: condition.kind }).kind === 'nothing') return [];
  return condition.kind === 'unknown'
    ? [{ type: 'AlarmConditionLost', ...envelope(alarm), data: { lastUsableAt: moment } }]
    : [{ type: 'AlarmConditionRegained', ...envelope(alarm), data: { lostAt: moment } }];
}

function envelope(alarm: AlarmState): { mine: string; alarm: string; case?: string } {
  const { mine, id } = alarm;
  return alarm.case === null ? { mine, alarm: id } : { mine, case: alarm.case, alarm: id };
}
