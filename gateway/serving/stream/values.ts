// Latest values from shared memory to columns: all of a scope for a snapshot, or only the slots that changed since the
// last look. Reads without a lock: a half-written slot differs again at the next look and is sent again.

import type { LatestValues } from '../../protocol/latest-values.ts';
import type { ValueColumns } from '../../protocol/stream.ts';

export class ChangedValues {
  private readonly latest: LatestValues;
  private readonly time: Float64Array;
  private readonly received: Float64Array;
  private readonly value: Float64Array;
  private readonly status: Uint16Array;

  constructor(latest: LatestValues) {
    this.latest = latest;
    this.time = new Float64Array(latest.capacity);
    this.received = new Float64Array(latest.capacity);
    this.value = new Float64Array(latest.capacity);
    this.status = new Uint16Array(latest.capacity);
  }

  /** Slots that differ from the last look, which this one becomes. */
  look(points: number): number[] {
    const changed: number[] = [];
    const { time, received, value, status } = this.latest;
    for (let slot = 0; slot < points; slot += 1) {
      const isSame =
        received[slot] === this.received[slot] &&
        time[slot] === this.time[slot] &&
        status[slot] === this.status[slot] &&
        Object.is(value[slot], this.value[slot]);
      if (isSame) continue;
      this.received[slot] = received[slot]!;
      this.time[slot] = time[slot]!;
      this.status[slot] = status[slot]!;
      this.value[slot] = value[slot]!;
      changed.push(slot);
    }
    return changed;
  }
}

/** Slots of which nothing was ever received are left out. */
export function columnsOf(latest: LatestValues, slots: readonly number[]): ValueColumns {
  const known = slots.filter((slot) => latest.received[slot]! > 0);
  return {
    slots: known,
    t: known.map((slot) => latest.time[slot]!),
    r: known.map((slot) => latest.received[slot]!),
    v: known.map((slot) => numberOrNull(latest.value[slot]!)),
    s: known.map((slot) => latest.status[slot]!),
  };
}

export function numberOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
