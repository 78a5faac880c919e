// The layout of the latest values in shared memory: the core writes, serving reads at the screen's pace. Nobody locks:
// a reader may see the time of one sample with the value of the next; it then sees the difference a second later.
// Slot = index of the point in the documents. `received` 0 = nothing yet. `value` NaN = a sample without a number.

import { invariant } from '#alarms/kernel/result.ts';

/** Same shape as LatestValuesMemory of the ports, which this folder may not import. */
export interface LatestValues {
  readonly capacity: number;
  readonly time: Float64Array;
  readonly received: Float64Array;
  readonly value: Float64Array;
  readonly status: Uint16Array;
}

const bytesPerSlot = 3 * Float64Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT;
/** Rounds up, so that a memory for no points is one too. */
const slotsGrain = 64;

export function createLatestValuesMemory(points: number): SharedArrayBuffer {
  const capacity = Math.max(1, Math.ceil(points / slotsGrain)) * slotsGrain;
  return new SharedArrayBuffer(capacity * bytesPerSlot);
}

export function viewLatestValues(memory: SharedArrayBuffer): LatestValues {
  const capacity = memory.byteLength / bytesPerSlot;
  invariant(Number.isInteger(capacity), `latest values memory of ${memory.byteLength} bytes is not of ours`);
  const column = capacity * Float64Array.BYTES_PER_ELEMENT;
  return {
    capacity,
    time: new Float64Array(memory, 0, capacity),
    received: new Float64Array(memory, column, capacity),
    value: new Float64Array(memory, 2 * column, capacity),
    status: new Uint16Array(memory, 3 * column, capacity),
  };
}
