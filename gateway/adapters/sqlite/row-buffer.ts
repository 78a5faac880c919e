// Accepted readings on their way into one INSERT transaction: typed columns, filled in the order of arrival, given
// back sorted by chunk and point so that neighbours go to the same page. Mutable and reused: this is the hot path of
// the projector. Rows of one (chunk, point) keep their order of arrival: the first of a (point, t) wins.

import { chunkOf } from './history-schema.ts';

/**
 * Also the modulus of the sort key: the arrival number takes its low 18 bits. 10 MB when full; memory that was never
 * written to is not there.
 */
export const rowsMax = 262_144;
/** 2^12 chunks (11 hours) × 2^22 points × 2^18 rows fill the 52 bits of a double's fraction. */
const chunkSpanMax = 4_096;
const pointsMax = 4_194_304;

export class RowBuffer {
  count = 0;
  readonly points = new Uint32Array(rowsMax);
  readonly times = new Float64Array(rowsMax);
  readonly values = new Float64Array(rowsMax);
  readonly status = new Uint16Array(rowsMax);
  readonly sources = new Uint32Array(rowsMax);
  private readonly keys = new Float64Array(rowsMax);
  private readonly order = new Uint32Array(rowsMax);

  add(point: number, time: number, value: number, status: number, source: number): void {
    const i = this.count;
    this.points[i] = point;
    this.times[i] = time;
    this.values[i] = value;
    this.status[i] = status;
    this.sources[i] = source;
    this.count = i + 1;
  }

  clear(): void {
    this.count = 0;
  }

  /** Indexes of the rows; the order is only for speed, so what cannot be sorted by one number stays as it came. */
  sorted(): Uint32Array {
    const { count, keys, order, points, times } = this;
    const { least, span, pointMost } = this.extent();
    if (span >= chunkSpanMax || pointMost >= pointsMax) {
      for (let i = 0; i < count; i += 1) order[i] = i;
      return order.subarray(0, count);
    }
    for (let i = 0; i < count; i += 1) {
      keys[i] = ((chunkOf(times[i]!) - least) * pointsMax + points[i]!) * rowsMax + i;
    }
    const sorted = keys.subarray(0, count).sort();
    for (let i = 0; i < count; i += 1) order[i] = sorted[i]! % rowsMax;
    return order.subarray(0, count);
  }

  private extent(): { least: number; span: number; pointMost: number } {
    let least = Infinity;
    let most = -Infinity;
    let pointMost = 0;
    for (let i = 0; i < this.count; i += 1) {
      const chunk = chunkOf(this.times[i]!);
      if (chunk < least) least = chunk;
      if (chunk > most) most = chunk;
      if (this.points[i]! > pointMost) pointMost = this.points[i]!;
    }
    return { least, span: most - least, pointMost };
  }
}
