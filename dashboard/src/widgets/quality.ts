// How good a value is, in one word, and what may be shown of it. Stale looks stale; no data is never a number; what
// never came is unknown, not normal; what was made up says so beside its quality. Pure; the same questions as the rules
// ask (status bits, gap of the point).

import { statusBit } from '#alarms/kernel/quality.ts';
import type { TextKey } from '../language/texts.ts';
import type { Point } from '../stream/contract.ts';
import type { Reading } from '../stream/state.ts';

export type Quality = 'good' | 'uncertain' | 'calibrating' | 'bad' | 'stale' | 'noData' | 'unknown';

export interface ValueView {
  readonly quality: Quality;
  /** Null: no number may stand there; `word` stands instead. */
  readonly value: number | null;
  readonly word: TextKey;
  /** Age of the newest sample; null = none ever came. */
  readonly ageMs: number | null;
  /** 模拟: a declared simulator made this value up. It stands beside the quality, it is none. */
  readonly isSimulated: boolean;
  /** For 末值: the last number and its age. */
  readonly last: { readonly value: number; readonly ageMs: number; readonly isSimulated: boolean } | null;
}

export function isSimulatedSample(s: number): boolean {
  return (s & statusBit.simulated) !== 0;
}

/** The gap of a point: its own, else max(3 × period, 10 s). */
export function gapMsOf(point: Point): number {
  return (point.gapS ?? Math.max(3 * point.periodS, 10)) * 1000;
}

/** A line is not drawn over more than two samples that did not come. */
export function partMsOf(point: Point): number {
  return Math.min(gapMsOf(point), Math.max(3 * point.periodS, 3) * 1000);
}

export function viewValue(point: Point, reading: Reading | undefined, now: number): ValueView {
  if (reading === undefined) {
    return {
      quality: 'unknown',
      value: null,
      word: 'quality.never',
      ageMs: null,
      isSimulated: false,
      last: null,
    };
  }
  const ageMs = Math.max(0, now - Math.min(reading.t, reading.r));
  const last =
    reading.lastNumber === null
      ? null
      : {
          value: reading.lastNumber.v,
          ageMs: Math.max(0, now - reading.lastNumber.t),
          isSimulated: isSimulatedSample(reading.lastNumber.s),
        };
  const isSimulated = isSimulatedSample(reading.s);
  const lostWord = wordOfLost(reading);
  if (lostWord !== null) return { quality: 'noData', value: null, word: lostWord, ageMs, isSimulated, last };
  const view = { value: reading.v, ageMs, isSimulated, last };
  if (ageMs > gapMsOf(point)) return { ...view, quality: 'stale', word: 'quality.stale' };
  const [quality, word] = judge(reading.s);
  return { ...view, quality, word };
}

function wordOfLost({ s, v }: Reading): TextKey | null {
  if ((s & statusBit.stationFault) !== 0) return 'quality.stationLost';
  if ((s & statusBit.sensorFault) !== 0) return 'quality.disconnected';
  if ((s & statusBit.notPolled) !== 0) return 'quality.notPolled';
  if ((s & statusBit.paused) !== 0) return 'quality.paused';
  return v === null ? 'quality.noNumber' : null;
}

function judge(s: number): readonly [Quality, TextKey] {
  if ((s & statusBit.overRange) !== 0) return ['bad', 'quality.overRange'];
  if ((s & statusBit.calibration) !== 0) return ['calibrating', 'quality.calibrating'];
  if ((s & statusBit.clockAhead) !== 0) return ['uncertain', 'quality.clockAhead'];
  return ['good', 'quality.good'];
}

/** The range of a bar: the registered one, cut to what the limits are about; null = no bar. */
export function barOf(
  point: Point,
): { readonly low: number; readonly high: number; readonly ticks: readonly number[] } | null {
  const ticks = ['alarmHigh', 'cutHigh', 'alarmLow']
    .map((name) => point.limits[name])
    .filter((limit) => limit !== undefined);
  const highest = Math.max(...ticks);
  const low = point.range === undefined ? 0 : Math.min(point.range[0], 0);
  if (ticks.length === 0) {
    return point.range === undefined ? null : { low: point.range[0], high: point.range[1], ticks };
  }
  const wide = highest <= 0 ? 1 : (highest * 4) / 3;
  const high = point.range === undefined ? wide : Math.min(point.range[1], wide);
  return high > low ? { low, high: Math.max(high, highest), ticks } : null;
}
