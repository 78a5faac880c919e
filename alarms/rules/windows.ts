// Sliding windows over usable samples: running aggregates per distinct (point, function, length) over the point's ring.
// Nothing here knows a limit or a rule. Mutable typed arrays (hot path); windows.test.ts holds it against plain lists.
//
// Sums are Neumaier-compensated, so that a spike that has left takes nothing with it; sd runs about a shift near
// the mean, so that an offset of 1e6 costs no digits. Least and greatest are remembered and sought anew only when they
// leave (worst case, a long ramp away from the extreme: one scan of the window per sample).

import { invariant } from '../kernel/result.ts';
import { Rings, type HeldSample, type RingLayout } from './rings.ts';
import type { WindowFunction } from './rule.ts';

export interface WindowSpec {
  readonly slot: number;
  readonly fn: WindowFunction;
  readonly lengthMs: number;
}

export interface WindowLayout {
  readonly rings: RingLayout;
  readonly overflowed: number;
}

const fnCode: Record<WindowFunction, number> = {
  mean: 0,
  min: 1,
  max: 2,
  range: 3,
  sd: 4,
  median: 5,
  count: 6,
};

/**
 * Numbers per window: one cache line. Sums and extremes share their places, for no function needs both; an extreme whose
 * place is -1 is to be sought. `bound`: no |value| in the window is larger (exact after a scan).
 */
const stride = 8;
const tailAt = 0;
const boundAt = 1;
const sumAt = 2;
const squaresAt = 4;
const shiftAt = 6;
const leastAt = 2;
const greatestAt = 4;

export class Windows {
  /** Samples that left a window before their time, because the ring was full. */
  overflowed = 0;
  /** The sample to admit, and the answer of `evaluate`: fields, because doubles passed along cost allocations. */
  time = NaN;
  value = NaN;
  result = NaN;
  /** The value that leaves a window now, and the one that a sum takes. */
  #leaving = NaN;
  #part = NaN;
  readonly cells: Float64Array;
  readonly rings: Rings;
  readonly #fn: Uint8Array;
  readonly #lengthMs: Float64Array;
  readonly #slot: Uint32Array;
  /** Windows of slot s: #first[s] … #first[s + 1] - 1. */
  readonly #first: Uint32Array;
  readonly #sorted: (Float64Array | null)[];

  /** `specs` in order of slot. */
  constructor(periodsMs: readonly number[], specs: readonly WindowSpec[]) {
    const slots = periodsMs.length;
    this.cells = new Float64Array(stride * specs.length);
    this.#fn = Uint8Array.from(specs, (spec) => fnCode[spec.fn]);
    this.#lengthMs = Float64Array.from(specs, (spec) => spec.lengthMs);
    this.#slot = Uint32Array.from(specs, (spec) => spec.slot);
    this.#first = new Uint32Array(slots + 1);
    const longestMs = new Float64Array(slots);
    for (const { slot, lengthMs } of specs) {
      this.#first[slot + 1]! += 1;
      longestMs[slot] = Math.max(longestMs[slot]!, lengthMs);
    }
    for (let slot = 0; slot < slots; slot += 1) this.#first[slot + 1]! += this.#first[slot]!;
    this.rings = new Rings(periodsMs, longestMs);
    this.#sorted = specs.map((spec) => (spec.fn === 'median' ? new Float64Array(16) : null));
  }

  has(slot: number): boolean {
    return this.#first[slot + 1]! > this.#first[slot]!;
  }

  get arrays() {
    return { cells: this.cells, ...this.rings.arrays };
  }

  layout(): WindowLayout {
    return { rings: this.rings.layout(), overflowed: this.overflowed };
  }

  /** After `arrays` were restored; `held` as HeldSamples copied it. */
  restore(held: ArrayLike<number>, layout: WindowLayout): void {
    const { rings } = this;
    const { head } = rings.arrays;
    rings.restore(layout.rings);
    let index = 0;
    for (let slot = 0; slot < head.length; slot += 1) {
      const oldest = this.oldest(slot);
      rings.put(slot, oldest, head[slot]!, held, index);
      index += 2 * (head[slot]! - oldest);
    }
    invariant(index === held.length, 'windows: the samples held fit the rings');
    this.overflowed = layout.overflowed;
    for (const [window, sorted] of this.#sorted.entries()) {
      if (sorted !== null) this.#sortAnew(window);
    }
  }

  /** Absolute number of the oldest sample that a window of the point still needs. */
  oldest(slot: number): number {
    const end = this.#first[slot + 1]!;
    let oldest = this.rings.arrays.head[slot]!;
    for (let window = this.#first[slot]!; window < end; window += 1) {
      oldest = Math.min(oldest, this.cells[window * stride + tailAt]!);
    }
    return oldest;
  }

  /** What the windows of a point still need, oldest first; never more, so that a restart changes nothing. */
  held(slot: number): HeldSample[] {
    return this.rings.held(slot, this.oldest(slot));
  }

  /**
   * Reads the oldest sample of each point's first window ahead of a frame. Each lies on a cache line of its own that is
   * in no cache; asked for together they come together, asked for one by one they cost half of all time spent here.
   */
  warm(slots: Uint32Array, count: number): void {
    const { arena, arrays } = this.rings;
    const { place, room } = arrays;
    let sum = 0;
    for (let at = 0; at < count; at += 1) {
      const slot = slots[at]!;
      const first = this.#first[slot]!;
      if (first === this.#first[slot + 1]!) continue;
      const tail = this.cells[first * stride]!;
      sum += arena[place[slot]! + ((tail & (room[slot]! - 1)) << 1)] ?? 0;
    }
    this.result = sum;
  }

  /** A usable sample (`time`, `value`) of a point that has windows; times rise. */
  admit(slot: number): void {
    const { time, rings } = this;
    const first = this.#first[slot]!;
    const end = this.#first[slot + 1]!;
    rings.time = time;
    rings.makeRoom(slot);
    const { head, place, room } = rings.arrays;
    const start = place[slot]!;
    const mask = room[slot]! - 1;
    const at = head[slot]!;
    // Before the write: what leaves may lie where the new sample goes.
    for (let window = first; window < end; window += 1) this.#expire(window, start, mask, at);
    const cell = start + ((at & mask) << 1);
    rings.arena[cell] = time;
    rings.arena[cell + 1] = this.value;
    head[slot] = at + 1;
    for (let window = first; window < end; window += 1) this.#add(window, at);
  }

  count(window: number): number {
    return this.rings.arrays.head[this.#slot[window]!]! - this.cells[window * stride]!;
  }

  /** Puts the window's function now, not rounded, into `result`. The window is not empty. */
  evaluate(window: number): void {
    const { cells } = this;
    const base = window * stride;
    const fn = this.#fn[window]!;
    if (fn === 0) {
      const mean = (cells[base + sumAt]! + cells[base + sumAt + 1]!) / this.count(window);
      this.result = Number.isFinite(mean) ? mean : this.#meanAnew(window);
    } else if (fn === 4) this.result = this.#deviation(window);
    else if (fn === 5) this.result = this.#median(window);
    else if (fn === 6) this.result = this.count(window);
    else {
      this.#seekExtremes(window);
      const least = cells[base + leastAt]!;
      const greatest = cells[base + greatestAt]!;
      this.result = fn === 1 ? least : fn === 2 ? greatest : greatest - least;
    }
  }

  /** An upper bound of |v| in the window. */
  boundOf(window: number): number {
    return this.cells[window * stride + boundAt]!;
  }

  /** The largest |v| in the window, by a scan. */
  scale(window: number): number {
    let scale = 0;
    this.#each(window, (value) => {
      scale = Math.max(scale, Math.abs(value));
    });
    this.cells[window * stride + boundAt] = scale;
    return scale;
  }

  /** The clock of the point was set back: what lies there was measured on another clock. */
  forget(slot: number): void {
    const head = this.rings.arrays.head[slot]!;
    for (let window = this.#first[slot]!; window < this.#first[slot + 1]!; window += 1) {
      this.#empty(window, head);
    }
    this.rings.forget(slot);
  }

  #expire(window: number, start: number, mask: number, head: number): void {
    const { arena } = this.rings;
    const horizon = this.time - this.#lengthMs[window]!;
    const before = this.cells[window * stride]!;
    let at = before;
    while (at < head) {
      const cell = start + ((at & mask) << 1);
      const isOld = arena[cell]! <= horizon;
      if (!isOld && head - at <= mask) break;
      if (!isOld) this.overflowed += 1;
      this.#leaving = arena[cell + 1]!;
      this.#remove(window, at);
      at += 1;
    }
    if (at === before) return;
    this.cells[window * stride] = at;
    if (at === head) this.#empty(window, head);
  }

  #add(window: number, at: number): void {
    const { cells, value } = this;
    const base = window * stride;
    const magnitude = Math.abs(value);
    const isFirst = at === cells[base]!;
    if (isFirst || magnitude > cells[base + boundAt]!) cells[base + boundAt] = magnitude;
    const fn = this.#fn[window]!;
    if (fn === 0) {
      this.#part = value;
      this.#addTo(base + sumAt);
    } else if (fn === 4) {
      if (isFirst) cells[base + shiftAt] = value;
      const part = value - cells[base + shiftAt]!;
      this.#part = part;
      this.#addTo(base + sumAt);
      this.#part = part * part;
      this.#addTo(base + squaresAt);
    } else if (fn === 5) this.#insertSorted(window, value, at - cells[base]!);
    else if (fn < 4) {
      if (isFirst || (cells[base + leastAt + 1]! >= 0 && value <= cells[base + leastAt]!)) {
        cells[base + leastAt] = value;
        cells[base + leastAt + 1] = at;
      }
      if (isFirst || (cells[base + greatestAt + 1]! >= 0 && value >= cells[base + greatestAt]!)) {
        cells[base + greatestAt] = value;
        cells[base + greatestAt + 1] = at;
      }
    }
  }

  #remove(window: number, at: number): void {
    const { cells } = this;
    const value = this.#leaving;
    const base = window * stride;
    const fn = this.#fn[window]!;
    if (fn === 0) {
      this.#part = -value;
      this.#addTo(base + sumAt);
    } else if (fn === 4) {
      const part = value - cells[base + shiftAt]!;
      this.#part = -part;
      this.#addTo(base + sumAt);
      this.#part = -part * part;
      this.#addTo(base + squaresAt);
    } else if (fn === 5) {
      this.#removeSorted(window, value, this.rings.arrays.head[this.#slot[window]!]! - at);
    } else if (fn < 4) {
      if (cells[base + leastAt + 1] === at) cells[base + leastAt + 1] = -1;
      if (cells[base + greatestAt + 1] === at) cells[base + greatestAt + 1] = -1;
    }
  }

  /** Neumaier's sum: cells[at] the sum, cells[at + 1] what it has lost; takes `#part`. */
  #addTo(at: number): void {
    const { cells } = this;
    const value = this.#part;
    const before = cells[at]!;
    const after = before + value;
    cells[at + 1]! += Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    cells[at] = after;
  }

  /** What rounding left in the sums goes with the last sample. */
  #empty(window: number, head: number): void {
    this.cells.fill(0, window * stride, (window + 1) * stride);
    this.cells[window * stride + tailAt] = head;
  }

  /** Values near the end of the double range: the sum overflowed, and begins anew. */
  #meanAnew(window: number): number {
    const sum = window * stride + sumAt;
    const count = this.count(window);
    this.cells.fill(0, sum, sum + 2);
    let scaled = 0;
    this.#each(window, (value) => {
      this.#part = value;
      this.#addTo(sum);
      scaled += value / count;
    });
    return scaled;
  }

  #deviation(window: number): number {
    const { cells } = this;
    const base = window * stride;
    const count = this.count(window);
    const total = cells[base + sumAt]! + cells[base + sumAt + 1]!;
    const squares = cells[base + squaresAt]! + cells[base + squaresAt + 1]!;
    const spread = squares - (total * total) / count;
    // The shift has drifted away from the mean: the difference has lost six digits. Shift to the mean of today.
    if (spread < 1e-6 * squares || !Number.isFinite(spread)) return this.#deviationAnew(window, count);
    return Math.sqrt(spread / count);
  }

  #deviationAnew(window: number, count: number): number {
    const { cells } = this;
    const base = window * stride;
    let mean = 0;
    let seen = 0;
    this.#each(window, (value) => {
      seen += 1;
      mean += (value - mean) / seen;
    });
    cells.fill(0, base + sumAt, base + squaresAt + 2);
    cells[base + shiftAt] = mean;
    this.#each(window, (value) => {
      const part = value - mean;
      this.#part = part;
      this.#addTo(base + sumAt);
      this.#part = part * part;
      this.#addTo(base + squaresAt);
    });
    const total = cells[base + sumAt]! + cells[base + sumAt + 1]!;
    const spread = cells[base + squaresAt]! + cells[base + squaresAt + 1]! - (total * total) / count;
    return Math.sqrt(Math.max(0, spread) / count);
  }

  #seekExtremes(window: number): void {
    const { cells } = this;
    const base = window * stride;
    if (cells[base + leastAt + 1]! >= 0 && cells[base + greatestAt + 1]! >= 0) return;
    cells[base + leastAt] = Infinity;
    cells[base + greatestAt] = -Infinity;
    this.#each(window, (value, at) => {
      if (value <= cells[base + leastAt]!) {
        cells[base + leastAt] = value;
        cells[base + leastAt + 1] = at;
      }
      if (value >= cells[base + greatestAt]!) {
        cells[base + greatestAt] = value;
        cells[base + greatestAt + 1] = at;
      }
    });
  }

  #median(window: number): number {
    const sorted = this.#sorted[window]!;
    const count = this.count(window);
    const half = count >> 1;
    if (count % 2 === 1) return sorted[half]!;
    // Halved before adding: two values near the end of the double range must not overflow.
    return sorted[half - 1]! / 2 + sorted[half]! / 2;
  }

  #insertSorted(window: number, value: number, count: number): void {
    let sorted = this.#sorted[window]!;
    if (count === sorted.length) {
      const larger = new Float64Array(2 * sorted.length);
      larger.set(sorted);
      this.#sorted[window] = larger;
      sorted = larger;
    }
    const place = lowerBound(sorted, count, value);
    sorted.copyWithin(place + 1, place, count);
    sorted[place] = value;
  }

  #removeSorted(window: number, value: number, count: number): void {
    const sorted = this.#sorted[window]!;
    const place = lowerBound(sorted, count, value);
    sorted.copyWithin(place, place + 1, count);
  }

  #sortAnew(window: number): void {
    const values: number[] = [];
    this.#each(window, (value) => values.push(value));
    const sorted = new Float64Array(Math.max(16, 2 ** Math.ceil(Math.log2(values.length + 1))));
    sorted.set(Float64Array.from(values).sort());
    this.#sorted[window] = sorted;
  }

  #each(window: number, visit: (value: number, at: number) => void): void {
    this.rings.each(this.#slot[window]!, this.cells[window * stride]!, visit);
  }
}

function lowerBound(sorted: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
