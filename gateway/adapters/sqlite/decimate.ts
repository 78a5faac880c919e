// Thins a series of samples for a screen without hiding anything that matters: every bucket keeps its minimum and its
// maximum with their own times, and every gap keeps a break. Streams: memory is bounded by the number of samples asked
// for, not by the rows read. Pure.
//
// Usable samples with a number decide minimum and maximum when a bucket has any: the jump of a broken sensor must not
// hide the true peak beside it. The status of all samples of the bucket is or-ed, so that a screen sees the fault; only
// whether an extreme is simulated is its own.

import { statusBit, unusableMask } from '#alarms/kernel/quality.ts';

export interface Series {
  readonly bucketMs: number;
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
  readonly s: readonly number[];
}

interface Bucket {
  readonly start: number;
  status: number;
  /** 2 usable number, 1 number, 0 none: the rank of what `min` and `max` hold. */
  rank: number;
  minTime: number;
  min: number | null;
  /** The bit `simulated` of the minimum. */
  minOrigin: number;
  maxTime: number;
  max: number | null;
  maxOrigin: number;
  gaps: Gap[];
}

interface Gap {
  readonly at: number;
  readonly lengthMs: number;
}

export class Decimator {
  private readonly from: number;
  private readonly gapMs: number;
  private readonly samplesMax: number;
  private readonly bucketMs: number;
  private raw: { t: number[]; v: (number | null)[]; s: number[] } | null = { t: [], v: [], s: [] };
  private readonly buckets: Bucket[] = [];
  private previous: number | null = null;

  /** `samplesMax` bounds the entries of the answer; a quarter of it is the number of buckets. */
  constructor(range: { from: number; to: number; gapMs: number; samplesMax: number }) {
    const { from, to, gapMs, samplesMax } = range;
    this.from = from;
    this.gapMs = gapMs;
    this.samplesMax = samplesMax;
    // Two samples and, when there are many gaps, one break per bucket: 3 × a quarter stays below the bound.
    this.bucketMs = Math.max(1, Math.ceil((to - from) / Math.max(1, Math.floor(samplesMax / 4))));
  }

  /** Samples ascending in time; null = without a number. */
  add(time: number, value: number | null, status: number): void {
    const isGap = this.previous !== null && time - this.previous > this.gapMs;
    if (this.raw === null) {
      if (isGap) this.addGap(this.previous!, time);
      this.addToBucket(time, value, status);
    } else this.addRaw(this.raw, isGap, time, value, status);
    this.previous = time;
  }

  finish(): Series {
    if (this.raw !== null) return { bucketMs: 0, ...this.raw };
    return { bucketMs: this.bucketMs, ...columnsOf(this.buckets, this.samplesMax) };
  }

  private addRaw(
    raw: { t: number[]; v: (number | null)[]; s: number[] },
    isGap: boolean,
    time: number,
    value: number | null,
    status: number,
  ): void {
    if (raw.t.length + (isGap ? 2 : 1) > this.samplesMax) {
      this.toBuckets(raw);
      if (isGap) this.addGap(this.previous!, time);
      this.addToBucket(time, value, status);
      return;
    }
    if (isGap) {
      raw.t.push(this.previous! + this.gapMs);
      raw.v.push(null);
      raw.s.push(0);
    }
    raw.t.push(time);
    raw.v.push(value);
    raw.s.push(status);
  }

  /** Too many for one entry each: what is here is put into buckets, breaks recognised by their distance. */
  private toBuckets(raw: { t: number[]; v: (number | null)[]; s: number[] }): void {
    this.raw = null;
    let previous: number | null = null;
    for (let i = 0; i < raw.t.length; i += 1) {
      const time = raw.t[i]!;
      const isBreak =
        previous !== null && raw.v[i] === null && raw.s[i] === 0 && time === previous + this.gapMs;
      if (isBreak && i + 1 < raw.t.length && raw.t[i + 1]! - previous! > this.gapMs) {
        this.addGap(previous!, raw.t[i + 1]!);
        continue;
      }
      this.addToBucket(time, raw.v[i]!, raw.s[i]!);
      previous = time;
    }
  }

  private addGap(before: number, after: number): void {
    this.bucketAt(before + this.gapMs).gaps.push({ at: before + this.gapMs, lengthMs: after - before });
  }

  private addToBucket(time: number, value: number | null, status: number): void {
    const bucket = this.bucketAt(time);
    const origin = status & statusBit.simulated;
    bucket.status |= status ^ origin;
    const rank = value === null ? 0 : (status & unusableMask) === 0 ? 2 : 1;
    if (rank > bucket.rank || Number.isNaN(bucket.minTime)) {
      bucket.rank = rank;
      bucket.minTime = bucket.maxTime = time;
      bucket.min = bucket.max = value;
      bucket.minOrigin = bucket.maxOrigin = origin;
      return;
    }
    if (rank < bucket.rank || value === null) return;
    if (value < bucket.min!) [bucket.min, bucket.minTime, bucket.minOrigin] = [value, time, origin];
    if (value > bucket.max!) [bucket.max, bucket.maxTime, bucket.maxOrigin] = [value, time, origin];
  }

  private bucketAt(time: number): Bucket {
    const start = this.from + Math.floor((time - this.from) / this.bucketMs) * this.bucketMs;
    const last = this.buckets.at(-1);
    if (last !== undefined && last.start >= start) return last;
    const bucket: Bucket = {
      start,
      status: 0,
      rank: -1,
      minTime: Number.NaN,
      min: null,
      minOrigin: 0,
      maxTime: Number.NaN,
      max: null,
      maxOrigin: 0,
      gaps: [],
    };
    this.buckets.push(bucket);
    return bucket;
  }
}

function columnsOf(buckets: readonly Bucket[], samplesMax: number) {
  const all = buckets.reduce((sum, { gaps }) => sum + gaps.length, 0);
  const samples = buckets.reduce((sum, bucket) => sum + sampleCount(bucket), 0);
  const keepsAll = all + samples <= samplesMax;
  const columns = { t: [] as number[], v: [] as (number | null)[], s: [] as number[] };
  for (const bucket of buckets) putBucket(columns, bucket, keepsAll);
  return columns;
}

/** A bucket with only a break has no sample. */
function sampleCount({ minTime, maxTime }: Bucket): number {
  if (Number.isNaN(minTime)) return 0;
  return minTime === maxTime ? 1 : 2;
}

function putBucket(
  columns: { t: number[]; v: (number | null)[]; s: number[] },
  bucket: Bucket,
  keepsAll: boolean,
): void {
  const entries: [time: number, value: number | null, status: number][] = [];
  const { min, minTime, minOrigin, max, maxTime, maxOrigin, status, gaps } = bucket;
  if (!Number.isNaN(minTime)) entries.push([minTime, min, status | minOrigin]);
  if (!Number.isNaN(maxTime) && maxTime !== minTime) entries.push([maxTime, max, status | maxOrigin]);
  const longest = gaps.toSorted((a, b) => b.lengthMs - a.lengthMs)[0];
  // Hundreds of gaps in one pixel are one gap: then the longest stands for them.
  for (const gap of keepsAll || longest === undefined ? gaps : [longest]) entries.push([gap.at, null, 0]);
  entries.sort((a, b) => a[0] - b[0]);
  for (const [time, value, bits] of entries) {
    columns.t.push(time);
    columns.v.push(value);
    columns.s.push(bits);
  }
}
