// Accept: what a reading of a registered point is before any rule sees it (docs/rules.md §1): accepted, duplicate
// or late; normalised; usable or not. It raises nothing itself: clock set back and late over-limits are told by fields
// that rules/intrinsic.ts turns into DQ-08 and DQ-12. Mutable typed arrays by slot: this is the hot path.

import { statusBit, unusableMask } from '../kernel/quality.ts';
import type { CalibrationWindow, Point } from '../registry/site.ts';
import { outcome, type Outcome } from './frame.ts';

/** A clock is believed to be set back after this many late samples over this long (docs/rules.md §1). */
const setBackSamples = 10;
const setBackSpanMs = 30_000;
const setBackSlack = 0.2;

export interface Newest {
  readonly time: number;
  readonly value: number;
  readonly status: number;
}

export class Accept {
  /**
   * The reading to be judged, written here before; after `judge`, value and status are as normalised. Fields, not
   * arguments: a double that is passed to a function that is not inlined costs an allocation.
   */
  time = NaN;
  value = NaN;
  status = 0;
  received = NaN;
  /** Of the reading last judged: the newest accepted time before it, and whether it set the clock back. */
  previousTime = NaN;
  wasSetBack = false;

  readonly arrays: {
    readonly newestTime: Float64Array;
    readonly newestValue: Float64Array;
    readonly newestStatus: Uint16Array;
    /** The run of late samples now going on: count, received and source time of the first, source time of the last. */
    readonly lateCount: Uint32Array;
    readonly lateFirstAt: Float64Array;
    readonly lateFirstTime: Float64Array;
    readonly lateLastTime: Float64Array;
  };
  readonly #rangeHigh: Float64Array;
  readonly #calibration: readonly (readonly CalibrationWindow[] | null)[];
  readonly #isLive: boolean;

  constructor(points: readonly Point[], isLive: boolean) {
    const slots = points.length;
    this.arrays = {
      newestTime: new Float64Array(slots).fill(-Infinity),
      newestValue: new Float64Array(slots).fill(NaN),
      newestStatus: new Uint16Array(slots),
      lateCount: new Uint32Array(slots),
      lateFirstAt: new Float64Array(slots),
      lateFirstTime: new Float64Array(slots),
      lateLastTime: new Float64Array(slots),
    };
    this.#rangeHigh = Float64Array.from(points, (point) => point.range?.[1] ?? NaN);
    this.#calibration = points.map(declaredBeforehand);
    this.#isLive = isLive;
  }

  /** Judges the reading at hand. */
  judge(slot: number): Outcome {
    if (!Number.isFinite(this.value)) this.#normalise(slot);
    const { time } = this;
    const { newestTime, newestValue, newestStatus, lateCount } = this.arrays;
    const newest = newestTime[slot]!;
    this.previousTime = newest;
    this.wasSetBack = false;
    if (time <= newest) {
      const isSame = time === newest && this.status === newestStatus[slot]!;
      if (isSame && isSameValue(this.value, newestValue[slot]!)) return outcome.duplicate;
      if (!this.#isLive || !this.#isSetBack(slot)) return outcome.late;
      this.wasSetBack = true;
    }
    newestTime[slot] = time;
    newestValue[slot] = this.value;
    newestStatus[slot] = this.status;
    lateCount[slot] = 0;
    return outcome.accepted;
  }

  /** Of the reading at hand, after `judge`. */
  isUsable(slot: number): boolean {
    const { status, time } = this;
    if ((status & unusableMask) !== 0) return false;
    if ((status & statusBit.calibration) === 0) return true;
    const windows = this.#calibration[slot];
    if (windows === null || windows === undefined) return true;
    return !windows.some((window) => window.from <= time && time < window.to);
  }

  newest(slot: number): Newest | null {
    const time = this.arrays.newestTime[slot];
    if (time === undefined || time === -Infinity) return null;
    return { time, value: this.arrays.newestValue[slot]!, status: this.arrays.newestStatus[slot]! };
  }

  /** A reading without a finite number. */
  #normalise(slot: number): void {
    const rangeHigh = this.#rangeHigh[slot]!;
    // Too much gas to measure is not "no gas": over-range without a number is the most the sensor can show.
    if ((this.status & statusBit.overRange) !== 0 && Number.isFinite(rangeHigh)) {
      this.value = rangeHigh;
    } else {
      this.value = NaN;
      this.status |= statusBit.sensorFault;
    }
  }

  /**
   * A late sample more. The run begins anew when its times do not rise, and when it is long enough but advances unlike
   * the received time: a re-sent block is no clock, and must not hide a clock that is set back right after it.
   */
  #isSetBack(slot: number): boolean {
    const { time, received } = this;
    const { lateCount, lateFirstAt, lateFirstTime, lateLastTime } = this.arrays;
    const count = lateCount[slot]!;
    const last = lateLastTime[slot]!;
    lateLastTime[slot] = time;
    if (count === 0 || time <= last) {
      this.#beginRun(slot, time, received);
      return false;
    }
    lateCount[slot] = count + 1;
    const spanMs = received - lateFirstAt[slot]!;
    if (count + 1 < setBackSamples || spanMs < setBackSpanMs) return false;
    const advanceMs = time - lateFirstTime[slot]!;
    if (Math.abs(advanceMs - spanMs) <= setBackSlack * spanMs) return true;
    this.#beginRun(slot, time, received);
    return false;
  }

  #beginRun(slot: number, time: number, received: number): void {
    this.arrays.lateCount[slot] = 1;
    this.arrays.lateFirstAt[slot] = received;
    this.arrays.lateFirstTime[slot] = time;
  }
}

/** Two samples without a number are equal. */
function isSameValue(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** A window declared after its beginning excuses nothing. */
function declaredBeforehand(point: Point): readonly CalibrationWindow[] | null {
  const windows = (point.calibration ?? []).filter((window) => window.declaredAt <= window.from);
  return windows.length === 0 ? null : windows;
}
