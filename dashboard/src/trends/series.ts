// From stored samples to what a chart draws: gaps stay gaps, never bridged; the live tail is put behind the record;
// numbers over the window. Pure. Times in ms.

export interface Samples {
  readonly t: readonly number[];
  /** Null = a sample without a number. */
  readonly v: readonly (number | null)[];
  /** 0 = every sample; else minimum and maximum per bucket of this width. */
  readonly bucketMs: number;
}

export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface Line {
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
  readonly gaps: readonly Gap[];
}

/** Parts the line where more than `gapMs` passed between two numbers, and at the edges of the window. */
export function lineOf(samples: Samples, gapMs: number, from: number, to: number): Line {
  // Thinned samples stand up to two buckets apart without anything missing.
  const allowed = Math.max(gapMs, 2 * samples.bucketMs);
  const t: number[] = [];
  const v: (number | null)[] = [];
  const gaps: Gap[] = [];
  let last: number | null = null;
  for (let i = 0; i < samples.t.length; i++) {
    const time = samples.t[i];
    const value = samples.v[i];
    if (time === undefined || value === undefined || value === null || time < from || time > to) continue;
    const before: number = last ?? from;
    if (time - before > allowed) {
      gaps.push({ from: before, to: time });
      if (last !== null) {
        t.push(last + 1);
        v.push(null);
      }
    }
    t.push(time);
    v.push(value);
    last = time;
  }
  const end = last ?? from;
  if (to - end > allowed) gaps.push({ from: end, to });
  return { t, v, gaps };
}

/** Live samples behind the recorded ones, each time once, ascending. */
export function appendTail(samples: Samples, tail: Pick<Samples, 't' | 'v'>): Samples {
  const lastRecorded = samples.t.at(-1) ?? Number.NEGATIVE_INFINITY;
  const t = [...samples.t];
  const v = [...samples.v];
  for (let i = 0; i < tail.t.length; i++) {
    const time = tail.t[i];
    if (time === undefined || time <= (t.at(-1) ?? lastRecorded)) continue;
    t.push(time);
    v.push(tail.v[i] ?? null);
  }
  return { t, v, bucketMs: samples.bucketMs };
}

export interface Statistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Share of the window with data, 0 … 1. */
  readonly valid: number;
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
  return { min, max, mean: count === 0 ? null : sum / count, valid: count === 0 ? 0 : valid };
}

/** The value at the cursor: of the newest sample not after it, if it is near enough to speak for it. */
export function valueAt(line: Line, time: number, gapMs: number): number | null {
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
  return at === undefined || time - at > gapMs ? null : (line.v[found] ?? null);
}

export interface Joined {
  readonly x: number[];
  /** Null parts the line, undefined only means: no sample of this series at that time. */
  readonly columns: (number | null | undefined)[][];
}

/** One time axis for several lines. */
export function joinLines(lines: readonly Line[]): Joined {
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
