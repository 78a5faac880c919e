// The samples that are not in blocks yet: columns in the order of arrival, and a chain per point through them. They
// ascend strictly per point (the store sees to it). What of them is committed is in `tail`, in the layout below.
// Mutable and reused: this is the hot path of the history lane.

import { invariant } from '#alarms/kernel/result.ts';

/** Some 14 MB when full: half a minute of a large mine, ten seconds of 50 k readings/s. */
export const hotSamplesMax = 450_000;
const capacityFirst = 4_096;
const nothing = -1;
/** Of a blob of `tail`: u32 count, u32 zero; times f64[], values f64[], points u32[], sources u32[], status u16[]. */
const tailHeadBytes = 8;
const tailSampleBytes = 26;

export class HotSamples {
  count = 0;
  /** Points that have samples here. */
  pointCount = 0;
  times = new Float64Array(capacityFirst);
  values = new Float64Array(capacityFirst);
  points = new Uint32Array(capacityFirst);
  sources = new Uint32Array(capacityFirst);
  status = new Uint16Array(capacityFirst);
  /** The sample of the same point before this one, or -1. */
  private previous = new Int32Array(capacityFirst);
  /** By point: its newest sample here, or -1. */
  private newest = new Int32Array(0);

  get isFull(): boolean {
    return this.count === hotSamplesMax;
  }

  /** Room for points with numbers below `points`. */
  reservePoints(points: number): void {
    if (points <= this.newest.length) return;
    const grown = new Int32Array(Math.max(64, 2 ** Math.ceil(Math.log2(points)))).fill(nothing);
    grown.set(this.newest);
    this.newest = grown;
  }

  add(point: number, time: number, value: number, status: number, source: number): void {
    const i = this.count;
    if (i === this.times.length) this.grow();
    this.times[i] = time;
    this.values[i] = value;
    this.points[i] = point;
    this.sources[i] = source;
    this.status[i] = status;
    const before = this.newest[point]!;
    if (before === nothing) this.pointCount += 1;
    this.previous[i] = before;
    this.newest[point] = i;
    this.count = i + 1;
  }

  /** Indexes of the samples of `point`, newest first, into `into`; how many. */
  chain(point: number, into: Int32Array): number {
    let length = 0;
    for (let i = this.newest[point] ?? nothing; i !== nothing; i = this.previous[i]!) into[length++] = i;
    return length;
  }

  clear(): void {
    for (let i = 0; i < this.count; i += 1) this.newest[this.points[i]!] = nothing;
    this.count = 0;
    this.pointCount = 0;
  }

  /** Keeps the samples for which `isKept`, in their order. */
  keep(isKept: (index: number) => boolean): void {
    const { count } = this;
    this.clear();
    for (let i = 0; i < count; i += 1) {
      if (isKept(i))
        this.add(this.points[i]!, this.times[i]!, this.values[i]!, this.status[i]!, this.sources[i]!);
    }
  }

  /** The samples from index `from` on, as a blob of `tail`. */
  encode(from: number): Uint8Array {
    const { count } = this;
    const length = count - from;
    const { buffer, head, times, values, points, sources, status } = tailColumns(
      new ArrayBuffer(tailHeadBytes + length * tailSampleBytes),
      0,
      length,
    );
    head[0] = length;
    times.set(this.times.subarray(from, count));
    values.set(this.values.subarray(from, count));
    points.set(this.points.subarray(from, count));
    sources.set(this.sources.subarray(from, count));
    status.set(this.status.subarray(from, count));
    return new Uint8Array(buffer);
  }

  private grow(): void {
    const capacity = Math.min(hotSamplesMax, this.times.length * 2);
    const grown = <T extends Float64Array | Uint32Array | Uint16Array | Int32Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.times = grown(new Float64Array(capacity), this.times);
    this.values = grown(new Float64Array(capacity), this.values);
    this.points = grown(new Uint32Array(capacity), this.points);
    this.sources = grown(new Uint32Array(capacity), this.sources);
    this.status = grown(new Uint16Array(capacity), this.status);
    this.previous = grown(new Int32Array(capacity), this.previous);
  }
}

export interface TailSamples {
  readonly count: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly points: Uint32Array;
  readonly sources: Uint32Array;
  readonly status: Uint16Array;
}

/** Throws InvariantViolation when `blob` is not one of `tail`. */
export function decodeTail(blob: Uint8Array): TailSamples {
  const isAligned = blob.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? blob : blob.slice();
  invariant(blob.length >= tailHeadBytes, 'a blob of the tail is too short');
  const count = new Uint32Array(buffer, byteOffset, 1)[0]!;
  invariant(blob.length === tailHeadBytes + count * tailSampleBytes, 'a blob of the tail has a wrong length');
  return { count, ...tailColumns(buffer, byteOffset, count) };
}

function tailColumns<B extends ArrayBufferLike>(buffer: B, start: number, count: number) {
  const times = start + tailHeadBytes;
  const points = times + 16 * count;
  return {
    buffer,
    head: new Uint32Array(buffer, start, 2),
    times: new Float64Array(buffer, times, count),
    values: new Float64Array(buffer, times + 8 * count, count),
    points: new Uint32Array(buffer, points, count),
    sources: new Uint32Array(buffer, points + 4 * count, count),
    status: new Uint16Array(buffer, points + 8 * count, count),
  };
}
