// What the mark of an alarm looks like, which comes first, and how many there are. Pure; used by strip and screens.

import { levelRank } from '#alarms/kernel/level.ts';
import type { AlarmState, Level } from '../stream/contract.ts';

/** 'un' filled and moving, 'ack' outline, 'rtn' dashed, 'none' grey: the fourth code of a level. */
export type MarkState = 'un' | 'ack' | 'rtn' | 'none';

export const levelsDown: readonly Level[] = ['red', 'orange', 'yellow', 'blue'];

export function markState(alarm: AlarmState): MarkState {
  switch (alarm.base) {
    case 'unacknowledged':
    case 'latchedUnacknowledged':
      return 'un';
    case 'returned':
      return 'rtn';
    case 'acknowledged':
    case 'latchedAcknowledged':
      return 'ack';
    case 'normal':
      return 'none';
  }
}

/** Somebody still has to acknowledge it. */
export function isOwed(alarm: AlarmState): boolean {
  const state = markState(alarm);
  return state === 'un' || state === 'rtn';
}

/** The condition still holds (as far as known). */
export function isActive(alarm: AlarmState): boolean {
  return alarm.base === 'unacknowledged' || alarm.base === 'acknowledged';
}

/** Unacknowledged first, then the higher level, then the active before the returned, then the oldest. */
export function compareAlarms(a: AlarmState, b: AlarmState): number {
  return (
    Number(isOwed(b)) - Number(isOwed(a)) ||
    levelRank(b.level) - levelRank(a.level) ||
    Number(isActive(b)) - Number(isActive(a)) ||
    a.since - b.since ||
    a.seqRaised - b.seqRaised
  );
}

export interface LevelCount {
  readonly level: Level;
  readonly total: number;
  readonly owed: number;
  readonly mark: MarkState;
}

export function countLevels(alarms: Iterable<AlarmState>): readonly LevelCount[] {
  const list = [...alarms];
  return levelsDown.map((level) => {
    const own = list.filter((alarm) => alarm.level === level);
    return { level, total: own.length, owed: own.filter(isOwed).length, mark: strongestMark(own) };
  });
}

export function strongestMark(alarms: readonly AlarmState[]): MarkState {
  const states = new Set(alarms.map(markState));
  return states.has('un') ? 'un' : states.has('rtn') ? 'rtn' : states.has('ack') ? 'ack' : 'none';
}

export function oldestOwed(alarms: Iterable<AlarmState>): AlarmState | null {
  let oldest: AlarmState | null = null;
  for (const alarm of alarms) {
    if (isOwed(alarm) && (oldest === null || alarm.at < oldest.at)) oldest = alarm;
  }
  return oldest;
}

/** The highest alarm of a list, and the highest that nobody has acknowledged when it is another level. */
export function marksOf(alarms: readonly AlarmState[]): readonly { level: Level; mark: MarkState }[] {
  const counts = countLevels(alarms).filter((count) => count.total > 0);
  const [highest] = counts;
  if (highest === undefined) return [];
  const owed = counts.find((count) => count.owed > 0);
  const marks = [{ level: highest.level, mark: highest.mark }];
  if (owed !== undefined && owed.level !== highest.level)
    marks.unshift({ level: owed.level, mark: owed.mark });
  return marks;
}
