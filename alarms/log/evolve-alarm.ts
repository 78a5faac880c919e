// How one event changes the state of its alarm. Pure and total: an event that does not touch alarms gives the state
// back. Base and level come from the event where it carries them, else from the lifecycle's table of bases.

import { higherLevel } from '../kernel/level.ts';
import { invariant } from '../kernel/result.ts';
import type { Level } from '../kernel/level.ts';
import type { Event, EventOf } from './event.ts';
import type { AlarmState } from './state.ts';

/** `peakLevel`: highest level of the alarm that this one superseded, when it did. */
export function raisedAlarm(event: EventOf<'AlarmRaised'>, peakLevel: Level): AlarmState {
  const { alarm: id } = event;
  invariant(id !== undefined, `AlarmRaised ${event.id} names no alarm`);
  return {
    ...event.data,
    id,
    mine: event.mine,
    base: 'unacknowledged',
    unknown: false,
    peakLevel: higherLevel(event.data.level, peakLevel),
    case: null,
    clearedAt: null,
    peak: null,
    samples: null,
    acknowledgedBy: null,
    acknowledgedAt: null,
    silencedUntil: null,
    supersededBy: null,
    at: event.at,
    changedAt: event.at,
    seqRaised: event.seq,
    seq: event.seq,
  };
}

export function evolveAlarm(before: AlarmState, event: Event): AlarmState {
  const alarm: AlarmState = { ...before, changedAt: event.at, seq: event.seq };
  switch (event.type) {
    case 'AlarmSuperseded':
      return { ...alarm, base: 'normal', supersededBy: event.data.by };
    case 'AlarmReturned': {
      const { to, clearedAt, peak, samples } = event.data;
      return { ...alarm, base: to, clearedAt, peak, samples, unknown: alarm.unknown && to !== 'normal' };
    }
    case 'AlarmWithdrawn':
      return { ...alarm, base: 'normal', unknown: false };
    case 'AlarmLevelRaised': {
      const { to } = event.data;
      return {
        ...alarm,
        base: 'unacknowledged',
        level: to,
        peakLevel: higherLevel(alarm.peakLevel, to),
        silencedUntil: null, // a higher level sounds anew
      };
    }
    case 'AlarmLevelLowered':
      return { ...alarm, level: event.data.to };
    case 'AlarmAcknowledged': {
      const { to } = event.data;
      const acknowledged = { acknowledgedBy: event.by ?? null, acknowledgedAt: event.at };
      return { ...alarm, ...acknowledged, base: to, unknown: alarm.unknown && to !== 'normal' };
    }
    case 'AlarmReset':
      return { ...alarm, base: event.data.to, unknown: false };
    case 'AlarmConditionLost':
      return { ...alarm, unknown: true };
    case 'AlarmConditionRegained':
      return { ...alarm, unknown: false };
    case 'AlarmReannounced':
      return { ...alarm, base: alarm.base === 'acknowledged' ? 'unacknowledged' : alarm.base };
    case 'AlarmSilenced':
      return { ...alarm, silencedUntil: event.data.until };
    case 'CaseOpened':
    case 'AlarmJoinedCase':
      invariant(event.case !== undefined, `${event.type} ${event.id} names no case`);
      return { ...alarm, case: event.case };
    default:
      // Events of the case that merely name one of its alarms.
      return before;
  }
}
