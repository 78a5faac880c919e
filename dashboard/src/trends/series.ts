// From stored samples to what a chart draws: gaps stay gaps, never bridged; simulated stretches are drawn apart, never as
// if they were measured; the live tail is put behind the record; numbers over the window. Pure. Times in ms.

import { isSimulatedSample } from '../widgets/quality.ts';

export interface Samples {
  readonly t: readonly number[];
  /** Null = a sample without a number. */
  readonly v: readonly (number | null)[];
  /** Status bits; of a bucket those of all its samples. */
  readonly s: readonly number[];
  /** 0 = every sample; else minimum and maximum per bucket of this width. */
  readonly bucketMs: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Gap = Span;

export interface Line {
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
  /** Of each entry: a simulated sample. */
  readonly isSimulated: readonly boolean[];
  readonly gaps: readonly Gap[];
  /** From the first to the last simulated sample of each run without a gap or a measured sample in it. */
  readonly simulated: readonly Span[];
}

/**
 * Parts the line where more than `partMs` passed between two numbers: nothing is drawn where nothing was measured. What
 * is longer than `gapMs` is a gap of its own name, also at the edges of the window.
 */
export function lineOf(samples: Samples, gapMs: number, from: number, to: number, partMs = gapMs): Line {
  // Thinned samples stand up to two buckets apart without anything missing.
  const allowed = Math.max(gapMs, 2 * samples.bucketMs);
  const bridged = Math.max(partMs, 2 * samples.bucketMs);
  const t: number[] = [];
  const v: (number | null)[] = [];
  const isSimulated: boolean[] = [];
  const gaps: Gap[] = [];
  let last: number | null = null;
  for (let i = 0; i < samples.t.length; i++) {
    const time = samples.t[i];
    const value = samples.v[i];
    if (time === undefined || value === undefined || value === null || time < from || time > to) continue;
    const before: number = last ?? from;
    if (time - before > allowed) gaps.push({ from: before, to: time });
    if (last !== null && time - last > bridged) {
      t.push(last + 1);
      v.push(null);
      isSimulated.push(false);
    }
    t.push(time);
    v.push(value);
    isSimulated.push(isSimulatedSample(samples.s[i] ?? 0));
    last = time;
  }
  const end = last ?? from;
  if (to - end > allowed) gaps.push({ from: end, to });
  return { t, v, isSimulated, gaps, simulated: runsOf(t, isSimulated) };
}

function runsOf(t: readonly number[], isInRun: readonly boolean[]): readonly Span[] {
  const runs: Span[] = [];
  let from: number | null = null;
  for (let i = 0; i < t.length; i++) {
    if (isInRun[i] !== true) continue;
    from ??= t[i] ?? 0;
    if (isInRun[i + 1] === true) continue;
    runs.push({ from, to: t[i] ?? from });
    from = null;
  }
  return runs;
}

/** Spans of several lines as they cover one axis: ascending, none touching another. */
export function unionOf(spans: readonly Span[]): readonly Span[] {
  const union: { from: number; to: number }[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = union.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else union.push({ from, to });
  }
  return union;
}

/** Entries with nothing on either side: a line does not show them. */
export function isolatedOf(v: readonly (number | null | undefined)[]): number[] {
  const isBare = (i: number, step: 1 | -1): boolean => {
    for (let at = i + step; at >= 0 && at < v.length; at += step) {
      // Undefined is another line's time: it neither joins nor parts.
      if (v[at] !== undefined) return v[at] === null;
    }
    return true;
  };
  return v.flatMap((value, i) => (value != null && isBare(i, -1) && isBare(i, 1) ? [i] : []));
}

export interface Stroke {
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
}

/** A line as two strokes over the same times. A segment with a simulated end is simulated: it was not measured. */
export function strokesOf(line: Line): { readonly measured: Stroke; readonly simulated: Stroke } {
  const { t, v, isSimulated } = line;
  const touches = (i: number): boolean =>
    isSimulated[i] === true || isSimulated[i - 1] === true || isSimulated[i + 1] === true;
  return {
    measured: { t, v: v.map((value, i) => (isSimulated[i] === true ? null : value)) },
    simulated: { t, v: v.map((value, i) => (touches(i) ? value : null)) },
  };
}

/** Live samples behind the recorded ones, each time once, ascending. */
export function appendTail(samples: Samples, tail: Omit<Samples, 'bucketMs'>): Samples {
  const lastRecorded = samples.t.at(-1) ?? Number.NEGATIVE_INFINITY;
  const t = [...samples.t];
  const v = [...samples.v];
  const s = [...samples.s];
  for (let i = 0; i < tail.t.length; i++) {
    const time = tail.t[i];
    if (time === undefined || time <= (t.at(-1) ?? lastRecorded)) continue;
    t.push(time);
    v.push(tail.v[i] ?? null);
    s.push(tail.s[i] ?? 0);
  }
  return { t, v, s, bucketMs: samples.bucketMs };
}

export interface Statistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Share of the window with data, 0 … 1. */
  readonly valid: number;
  /** Simulated samples are among them. */
  readonly hasSimulated: boolean;
}

export function statisticsOf(line: Line, from: number, to: number): Statistics {
  let min: number | null = null;
  let max: number | null = null;
  let sum = 0;
  let count = 0;
  for (const value of line.v) {
    if (value === null) continue;
    min = min === null || value < min ? value : min;
    max = max === null || value > max ? value : max;
    sum += value;
    count += 1;
  }
  const missing = line.gaps.reduce((total, gap) => total + (gap.to - gap.from), 0);
  const valid = to > from ? Math.max(0, 1 - missing / (to - from)) : 0;
  return {
    min,
    max,
    mean: count === 0 ? null : sum / count,
    valid: count === 0 ? 0 : valid,
    hasSimulated: line.simulated.length > 0,
  };
}

export interface SampleAt {
  readonly value: number;
  readonly isSimulated: boolean;
}

/** What the cursor reads: the newest sample not after it, if it is near enough to speak for it. */
export function sampleAt(line: Line, time: number, gapMs: number): SampleAt | null {
  let low = 0;
  let high = line.t.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if ((line.t[middle] ?? 0) <= time) {
      found = middle;
      low = middle + 1;
    } else high = middle - 1;
  }
  const at = line.t[found];
  const value = line.v[found] ?? null;
  if (at === undefined || time - at > gapMs || value === null) return null;
  return { value, isSimulated: line.isSimulated[found] ?? false };
}

export interface Joined {
  readonly x: number[];
  /** Null parts the line, undefined only means: no sample of this series at that time. */
  readonly columns: (number | null | undefined)[][];
}

/** One time axis for several lines. */
export function joinLines(lines: readonly Stroke[]): Joined {
  const x = [...new Set(lines.flatMap((line) => line.t))].toSorted((a, b) => a - b);
  const columns = lines.map((line) => {
    const column: (number | null | undefined)[] = [];
    let i = 0;
    for (const time of x) {
      if (line.t[i] === time) {
        column.push(line.v[i] ?? null);
        i += 1;
      } else column.push(undefined);
    }
    return column;
  });
  return { x, columns };
}
