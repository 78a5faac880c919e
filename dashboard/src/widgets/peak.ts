// The peak of an alarm that is still up: the record gives it when the alarm has returned; until then it is the extreme
// of the stored samples since the beginning and of what came live. Pure.

import type { AlarmState } from '../stream/contract.ts';

export interface Extreme {
  readonly value: number;
  readonly at: number;
}

/** Downward when the limit is a lower one; alarms without a limit have no peak. */
export function isDownward(alarm: Pick<AlarmState, 'op'>): boolean {
  return alarm.op === '<' || alarm.op === '<=';
}

export function hasPeak(alarm: Pick<AlarmState, 'ruleKind'>): boolean {
  return alarm.ruleKind === 'threshold' || alarm.ruleKind === 'window' || alarm.ruleKind === 'sustained';
}

/** The more extreme of the two; of equal ones the earlier. */
export function furtherOf(
  before: Extreme | null,
  value: number | null,
  at: number,
  downward: boolean,
): Extreme | null {
  if (value === null) return before;
  if (before === null) return { value, at };
  const isFurther = downward ? value < before.value : value > before.value;
  return isFurther ? { value, at } : before;
}

export function extremeOf(
  t: readonly number[],
  v: readonly (number | null)[],
  since: number,
  downward: boolean,
): Extreme | null {
  let extreme: Extreme | null = null;
  for (let i = 0; i < t.length; i++) {
    const at = t[i];
    if (at !== undefined && at >= since) extreme = furtherOf(extreme, v[i] ?? null, at, downward);
  }
  return extreme;
}
