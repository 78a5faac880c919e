// Questions everybody asks of an alarm's state. No decision is taken here (transition.ts, workflow/guards.ts).
// A superseded alarm has base normal: it has ended, its successor carries on.

import type { AlarmBase } from '../log/event.ts';

/** From its raise until base normal (or superseded). */
export function isLiving(base: AlarmBase): boolean {
  return base !== 'normal';
}

/** The condition stands. */
export function isActive(base: AlarmBase): boolean {
  return base === 'unacknowledged' || base === 'acknowledged';
}

/** An acknowledgement is owed. Planned, suppressed and out-of-service alarms will owe none; those covers come later. */
export function isOwed(base: AlarmBase): boolean {
  return base === 'unacknowledged' || base === 'returned' || base === 'latchedUnacknowledged';
}

export function isLatched(base: AlarmBase): boolean {
  return base === 'latchedUnacknowledged' || base === 'latchedAcknowledged';
}
