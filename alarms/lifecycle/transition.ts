// The alarm machine (ISA-18.2) as one pure table: base × input → next base and event types, a refusal, nothing, or
// "impossible" (the engine never sends it: sending it is our own mistake). docs/alarm-lifecycle.md is printed from it.
// Covers (shelved, suppressed, out of service, planned) lie over a base and do not appear here.

import { assertNever } from '../kernel/result.ts';
import type { AlarmBase, EventType } from '../log/event.ts';

export type AlarmInput =
  | { readonly kind: 'raise' }
  /** `hidden`: never announced and planned or suppressed; nobody owes anything for it. */
  | { readonly kind: 'return'; readonly latching: boolean; readonly hidden: boolean }
  | { readonly kind: 'levelUp' }
  | { readonly kind: 'levelDown' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'known' }
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'reAlarmDue' }
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'reset'; readonly unknown: boolean };

export type AlarmEventType = Extract<EventType, `Alarm${string}`>;

export type LifecycleRefusal =
  | 'NOT_IN_ALARM'
  | 'ALREADY_ACKNOWLEDGED'
  | 'NOT_LATCHED'
  | 'ALARM_ACTIVE'
  | 'ALARM_UNACKNOWLEDGED'
  | 'CONDITION_UNKNOWN';

export type Transition =
  | { readonly kind: 'goes'; readonly to: AlarmBase; readonly events: readonly AlarmEventType[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly code: LifecycleRefusal }
  | { readonly kind: 'impossible' };

export const alarmBases: readonly AlarmBase[] = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned',
  'latchedUnacknowledged',
  'latchedAcknowledged',
];

export function transition(base: AlarmBase, input: AlarmInput): Transition {
  switch (input.kind) {
    case 'raise':
      return raise(base);
    case 'return':
      return giveBack(base, input.latching, input.hidden);
    case 'levelUp':
      return whileActive(base, () => goes('unacknowledged', 'AlarmLevelRaised', 'AlarmReannounced'));
    case 'levelDown':
      return whileActive(base, () => goes(base, 'AlarmLevelLowered'));
    case 'unknown':
      return whileLiving(base, () => goes(base, 'AlarmConditionLost'));
    case 'known':
      return whileLiving(base, () => goes(base, 'AlarmConditionRegained'));
    case 'withdraw':
      return whileLiving(base, () => goes('normal', 'AlarmWithdrawn'));
    case 'reAlarmDue':
      return base === 'acknowledged' ? goes('unacknowledged', 'AlarmReannounced') : nothing;
    case 'acknowledge':
      return acknowledge(base);
    case 'reset':
      return reset(base, input.unknown);
    default:
      return assertNever(input, 'alarm input');
  }
}

const nothing: Transition = { kind: 'nothing' };
const impossible: Transition = { kind: 'impossible' };

function goes(to: AlarmBase, ...events: readonly AlarmEventType[]): Transition {
  return { kind: 'goes', to, events };
}

function refused(code: LifecycleRefusal): Transition {
  return { kind: 'refused', code };
}

function raise(base: AlarmBase): Transition {
  switch (base) {
    case 'normal':
      return goes('unacknowledged', 'AlarmRaised');
    case 'unacknowledged':
    case 'acknowledged':
      return impossible;
    case 'returned':
    case 'latchedUnacknowledged':
    case 'latchedAcknowledged':
      // The base is the successor's: an alarm that returned and comes again is a new one.
      return goes('unacknowledged', 'AlarmSuperseded', 'AlarmRaised');
    default:
      return assertNever(base, 'alarm base');
  }
}

function giveBack(base: AlarmBase, latching: boolean, hidden: boolean): Transition {
  switch (base) {
    case 'unacknowledged':
      if (hidden) return goes('normal', 'AlarmReturned');
      return goes(latching ? 'latchedUnacknowledged' : 'returned', 'AlarmReturned');
    case 'acknowledged':
      if (hidden) return goes('normal', 'AlarmReturned');
      return goes(latching ? 'latchedAcknowledged' : 'normal', 'AlarmReturned');
    case 'normal':
    case 'returned':
    case 'latchedUnacknowledged':
    case 'latchedAcknowledged':
      return impossible;
    default:
      return assertNever(base, 'alarm base');
  }
}

function acknowledge(base: AlarmBase): Transition {
  switch (base) {
    case 'normal':
      return refused('NOT_IN_ALARM');
    case 'unacknowledged':
      return goes('acknowledged', 'AlarmAcknowledged');
    case 'returned':
      return goes('normal', 'AlarmAcknowledged');
    case 'latchedUnacknowledged':
      return goes('latchedAcknowledged', 'AlarmAcknowledged');
    case 'acknowledged':
    case 'latchedAcknowledged':
      return refused('ALREADY_ACKNOWLEDGED');
    default:
      return assertNever(base, 'alarm base');
  }
}

function reset(base: AlarmBase, unknown: boolean): Transition {
  switch (base) {
    case 'normal':
    case 'returned':
      return refused('NOT_LATCHED');
    case 'unacknowledged':
    case 'acknowledged':
      return refused('ALARM_ACTIVE');
    case 'latchedUnacknowledged':
      return refused('ALARM_UNACKNOWLEDGED');
    case 'latchedAcknowledged':
      return unknown ? refused('CONDITION_UNKNOWN') : goes('normal', 'AlarmReset');
    default:
      return assertNever(base, 'alarm base');
  }
}

function whileActive(base: AlarmBase, then: () => Transition): Transition {
  return base === 'unacknowledged' || base === 'acknowledged' ? then() : impossible;
}

/** A normal alarm takes these inputs without a word: the point shows 未知, the ended alarm does not move. */
function whileLiving(base: AlarmBase, then: () => Transition): Transition {
  return base === 'normal' ? nothing : then();
}
