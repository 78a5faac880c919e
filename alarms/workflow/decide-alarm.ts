// AcknowledgeAlarm 确认 and SilenceAlarm 消音: commands about one alarm. What an acknowledgement does to the base is
// the table of lifecycle/transition.ts; silencing stops the sound only and moves nothing.

import { assertNever } from '../kernel/result.ts';
import { parseAlarmId } from '../lifecycle/alarm-id.ts';
import { transition } from '../lifecycle/transition.ts';
import type { Actor } from '../log/event.ts';
import type { AlarmState } from '../log/state.ts';
import { commandTable } from './command-table.ts';
import { actingRole, refuse } from './guards.ts';
import {
  accept,
  acknowledgedDraft,
  type AlarmCommand,
  type CommandOf,
  type Decision,
  type DecisionContext,
} from './matter.ts';
import { silenceMinutesMax } from './payload.ts';

export function decideOnAlarm(context: DecisionContext, command: AlarmCommand): Decision {
  const { alarm: id, version, commandId } = command.payload;
  const { fold, documents } = context;
  const alarm = fold.alarms.get(id);
  const mine = alarm?.mine ?? mineOfEnded(context, id);
  if (mine === null) return refuse('NO_SUCH_ALARM', [id]);
  const acting = actingRole(command, commandTable[command.name].who, mine, documents);
  if (acting.refused) return acting;
  const state = alarm?.case == null ? undefined : fold.cases.get(alarm.case);
  if (version !== undefined && state !== undefined && version !== state.version)
    return refuse('STALE_VERSION', [String(state.version)]);
  if (isOlder(context, id)) return refuse('ALARM_SUPERSEDED', [id]);
  if (alarm === undefined) return refuse('NOT_IN_ALARM', [id]);
  const actor: Actor = { id: command.by.id, name: command.by.name, role: acting.role };
  switch (command.name) {
    case 'AcknowledgeAlarm':
      return acknowledge(alarm, command, actor);
    case 'SilenceAlarm':
      return silence(context, alarm, command.payload.minutes, actor, commandId);
    default:
      return assertNever(command, 'command');
  }
}

/** An alarm that ended and was forgotten: its number was given out before. */
function mineOfEnded({ fold, documents }: DecisionContext, id: string): string | null {
  const parts = parseAlarmId(id);
  if (parts === null || parts.n > fold.lastAlarmNumber(parts.rule, parts.scope)) return null;
  return documents.mineOf(parts.scope) ?? null;
}

function isOlder({ fold }: DecisionContext, id: string): boolean {
  const parts = parseAlarmId(id);
  return parts !== null && parts.n < fold.lastAlarmNumber(parts.rule, parts.scope);
}

function acknowledge(alarm: AlarmState, command: CommandOf<'AcknowledgeAlarm'>, actor: Actor): Decision {
  const { phrase = '', commandId } = command.payload;
  const next = transition(alarm.base, { kind: 'acknowledge' });
  switch (next.kind) {
    case 'goes':
      return accept(acknowledgedDraft(alarm, next.to, phrase, actor, commandId));
    case 'refused':
      return refuse(next.code === 'NOT_LATCHED' ? 'NOT_IN_ALARM' : next.code, [alarm.id]);
    case 'nothing':
    case 'impossible':
      return refuse('NOT_IN_ALARM', [alarm.id]);
    default:
      return assertNever(next, 'transition');
  }
}

function silence(
  { now }: DecisionContext,
  alarm: AlarmState,
  minutes: number,
  by: Actor,
  commandId: string,
): Decision {
  const { id, mine, level } = alarm;
  if (alarm.base === 'normal') return refuse('NOT_IN_ALARM', [id]);
  if (level === 'orange' || level === 'red') return refuse('SILENCE_FORBIDDEN', [level]);
  if (minutes > silenceMinutesMax[level]) return refuse('INVALID_PAYLOAD', ['minutes']);
  const place = alarm.case === null ? { mine } : { mine, case: alarm.case };
  const data = { until: now + minutes * 60_000, level };
  return accept({ type: 'AlarmSilenced', ...place, alarm: id, by, commandId, data });
}
