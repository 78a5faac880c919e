// What each level sounds like, and which one sounds now. Red continuous three tones, orange two tones every 2 s,
// yellow one every 5 s, blue once; the desk's own low tone when it is cut off. Pure: no audio here.

import { levelRank } from '#alarms/kernel/level.ts';
import type { AlarmState, Level } from '../stream/contract.ts';
import { isOwed, levelsDown } from '../widgets/alarm-order.ts';

export type SoundName = Level | 'cutOff';

export interface Tone {
  readonly hz: number;
  readonly startMs: number;
  readonly lengthMs: number;
}

export interface Pattern {
  readonly tones: readonly Tone[];
  /** Again after so long; null = once. */
  readonly everyMs: number | null;
}

export const patterns: Readonly<Record<SoundName, Pattern>> = {
  red: {
    tones: [
      { hz: 988, startMs: 0, lengthMs: 180 },
      { hz: 784, startMs: 200, lengthMs: 180 },
      { hz: 988, startMs: 400, lengthMs: 180 },
    ],
    everyMs: 600,
  },
  orange: {
    tones: [
      { hz: 880, startMs: 0, lengthMs: 220 },
      { hz: 659, startMs: 260, lengthMs: 220 },
    ],
    everyMs: 2_000,
  },
  yellow: { tones: [{ hz: 659, startMs: 0, lengthMs: 300 }], everyMs: 5_000 },
  blue: { tones: [{ hz: 523, startMs: 0, lengthMs: 300 }], everyMs: null },
  cutOff: { tones: [{ hz: 165, startMs: 0, lengthMs: 700 }], everyMs: 3_000 },
};

/** Longest mute of a level in minutes; null = may not be muted. */
export const silenceMinutes: Readonly<Record<Level, number | null>> = {
  red: null,
  orange: null,
  yellow: 5,
  blue: 15,
};

/** Unacknowledged, announced, and not muted at this moment. */
export function isAudible(alarm: AlarmState, now: number): boolean {
  return isOwed(alarm) && alarm.announced && (alarm.silencedUntil === null || alarm.silencedUntil <= now);
}

/** The highest level that sounds: one sound at a time, the lower ones follow when it is acknowledged. */
export function audibleLevel(alarms: Iterable<AlarmState>, now: number): Level | null {
  let highest: Level | null = null;
  for (const alarm of alarms) {
    if (!isAudible(alarm, now)) continue;
    if (highest === null || levelRank(alarm.level) > levelRank(highest)) highest = alarm.level;
  }
  return highest;
}

/** Which alarms the button 静音 is about, highest level first. */
export function silenceable(alarms: Iterable<AlarmState>, now: number): readonly AlarmState[] {
  return [...alarms]
    .filter((alarm) => silenceMinutes[alarm.level] !== null && isAudible(alarm, now))
    .toSorted((a, b) => levelsDown.indexOf(a.level) - levelsDown.indexOf(b.level));
}
