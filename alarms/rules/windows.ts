// Sliding windows over usable samples: one ring of (time, value) per point, as long as its longest window needs, and
// running aggregates per distinct (point, function, length). Nothing here knows a limit or a rule. All of it is mutable
// typed arrays (hot path); windows.test.ts holds it against plain lists.
//
// Sums are Neumaier-compensated, so that a spike that has left takes nothing with it; sd runs about a shift near
// the mean, so that an offset of 1e6 costs no digits. Least and greatest are remembered and sought anew only when they
// leave (worst case, a long ramp away from the extreme: one scan of the window per sample).
//
// All rings lie in one arena, so that a checkpoint copies one array; a ring that grows moves to a block twice as long and
// leaves its old block to the next ring of that size.

import { assertNever } from '../kernel/result.ts';
import type { WindowFunction } from './rule.ts';

/**
 * Most samples kept per point: 65,536 (1 MiB), or four times what the longest window holds at the registered period.
 * A source that floods a window beyond that loses the oldest of it, counted in `overflowed`.
 */
const ringFloor = 65_536;
const firstRoom = 8;

export interface WindowLayout {
  readonly used: number;
  readonly overflowed: number;
  readonly free: readonly { readonly length: number; readonly places: readonly number[] }[];
}

export interface WindowSpec {
  readonly slot: number;
  readonly fn: WindowFunction;
  readonly lengthMs: number;
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

export class Windows {
  /** Samples that left a full ring before their time. */
  overflowed = 0;
  readonly arrays: {
    /** Absolute number of the next sample of a point, and of the oldest sample of a window. */
    readonly head: Float64Array;
    /** Where the ring of a point begins in the arena, and for how many samples it has room (0 or a power of two). */
    readonly place: Uint32Array;
    readonly room: Uint32Array;
    readonly tail: Float64Array;
    readonly sum: Float64Array;
    readonly sumRest: Float64Array;
    readonly squares: Float64Array;
    readonly squaresRest: Float64Array;
    readonly shift: Float64Array;
    readonly least: Float64Array;
    readonly leastAt: Float64Array;
    readonly greatest: Float64Array;
    readonly greatestAt: Float64Array;
    /** No |value| in the window is larger (an upper bound; exact after a scan). */
    readonly bound: Float64Array;
  };
  readonly #fn: Uint8Array;
  readonly #lengthMs: Float64Array;
  readonly #windowSlot: Uint32Array;
  /** Windows of slot s: #first[s] … #first[s + 1] - 1. */
  readonly #first: Uint32Array;
  readonly #longestMs: Float64Array;
  readonly #ringLimit: Float64Array;
  /** Two numbers per sample: time, value. */
  #arena = new Float64Array(0);
  #arenaUsed = 0;
  /** Free blocks by length. */
  #free = new Map<number, number[]>();
  readonly #sorted: (Float64Array | null)[];

  /** `specs` in order of slot. */
  constructor(periodsMs: readonly number[], specs: readonly WindowSpec[]) {
    const slots = periodsMs.length;
    const windows = specs.length;
    const zeros = (): Float64Array => new Float64Array(windows);
    this.arrays = {
      head: new Float64Array(slots),
      place: new Uint32Array(slots),
      room: new Uint32Array(slots),
      tail: zeros(),
      sum: zeros(),
      sumRest: zeros(),
      squares: zeros(),
      squaresRest: zeros(),
      shift: zeros(),
      least: zeros(),
      leastAt: zeros().fill(-1),
      greatest: zeros(),
      greatestAt: zeros().fill(-1),
      bound: zeros(),
    };
    this.#fn = Uint8Array.from(specs, (spec) => fnCode[spec.fn]);
    this.#lengthMs = Float64Array.from(specs, (spec) => spec.lengthMs);
    this.#windowSlot = Uint32Array.from(specs, (spec) => spec.slot);
    this.#first = new Uint32Array(slots + 1);
    this.#longestMs = new Float64Array(slots);
    for (const spec of specs) {
      this.#first[spec.slot + 1]! += 1;
      this.#longestMs[spec.slot] = Math.max(this.#longestMs[spec.slot]!, spec.lengthMs);
    }
    for (let slot = 0; slot < slots; slot += 1) this.#first[slot + 1]! += this.#first[slot]!;
    this.#ringLimit = Float64Array.from(periodsMs, (periodMs, slot) =>
      Math.max(ringFloor, 2 ** Math.ceil(Math.log2((4 * this.#longestMs[slot]!) / periodMs))),
    );
    this.#sorted = specs.map((spec) => (spec.fn === 'median' ? new Float64Array(2 * firstRoom) : null));
  }

  has(slot: number): boolean {
    return this.#longestMs[slot]! > 0;
  }

  /** The arena by reference, and what else a snapshot of it needs. */
  get arena(): Float64Array {
    return this.#arena;
  }

  layout(): WindowLayout {
    return {
      used: this.#arenaUsed,
      overflowed: this.overflowed,
      free: [...this.#free].map(([length, places]) => ({ length, places: [...places] })),
    };
  }

  /** A usable sample of a point that has windows; times rise. */
  admit(slot: number, time: number, value: number): void {
    const { head, place, room } = this.arrays;
    const first = this.#first[slot]!;
    const end = this.#first[slot + 1]!;
    this.#makeRoom(slot, time);
    const arena = this.#arena;
    const start = place[slot]!;
    const mask = room[slot]! - 1;
    const at = head[slot]!;
    // Before the write: what leaves may lie where the new sample goes.
    for (let window = first; window < end; window += 1) this.#expire(window, start, mask, at, time);
    const cell = start + ((at & mask) << 1);
    arena[cell] = time;
    arena[cell + 1] = value;
    head[slot] = at + 1;
    for (let window = first; window < end; window += 1) this.#add(window, value, at);
  }

  count(window: number): number {
    return this.arrays.head[this.#windowSlot[window]!]! - this.arrays.tail[window]!;
  }

  /** The window's function now, not rounded. The window is not empty. */
  value(window: number): number {
    const { least, greatest } = this.arrays;
    switch (this.#fn[window]!) {
      case 0:
        return this.#mean(window);
      case 1:
        this.#seekExtremes(window);
        return least[window]!;
      case 2:
        this.#seekExtremes(window);
        return greatest[window]!;
      case 3:
        this.#seekExtremes(window);
        return greatest[window]! - least[window]!;
      case 4:
        return this.#deviation(window);
      case 5:
        return this.#median(window);
      case 6:
        return this.count(window);
      default:
        return assertNever(0 as never, 'window function');
    }
  }

  /** An upper bound of |v| in the window, and the exact one (a scan). */
  boundOf(window: number): number {
    return this.arrays.bound[window]!;
  }

  scale(window: number): number {
    let scale = 0;
    this.#each(window, (value) => {
      scale = Math.max(scale, Math.abs(value));
    });
    this.arrays.bound[window] = scale;
    return scale;
  }

  /** The clock of the point was set back: what lies there was measured on another clock. */
  forget(slot: number): void {
    const { head, tail, place, room } = this.arrays;
    for (let window = this.#first[slot]!; window < this.#first[slot + 1]!; window += 1) {
      tail[window] = head[slot]!;
      this.#reset(window);
    }
    this.#arena.fill(-Infinity, place[slot]!, place[slot]! + 2 * room[slot]!);
  }

  /** The samples still held of a point, oldest first. */
  held(slot: number): { readonly time: number; readonly value: number }[] {
    const room = this.arrays.room[slot]!;
    const head = this.arrays.head[slot]!;
    const samples: { time: number; value: number }[] = [];
    for (let at = Math.max(0, head - room); at < head; at += 1) {
      const cell = this.arrays.place[slot]! + ((at & (room - 1)) << 1);
      if (this.#arena[cell]! > -Infinity) {
        samples.push({ time: this.#arena[cell]!, value: this.#arena[cell + 1]! });
      }
    }
    return samples;
  }

  /** After `arrays` were restored. */
  restore(arena: Float64Array, layout: WindowLayout): void {
    this.#arena = arena.slice();
    this.#arenaUsed = layout.used;
    this.overflowed = layout.overflowed;
    this.#free = new Map(layout.free.map(({ length, places }) => [length, [...places]]));
    for (const [window, sorted] of this.#sorted.entries()) {
      if (sorted !== null) this.#sortAnew(window);
    }
  }

  #expire(window: number, start: number, mask: number, head: number, time: number): void {
    const { tail } = this.arrays;
    const arena = this.#arena;
    const horizon = time - this.#lengthMs[window]!;
    const before = tail[window]!;
    let at = before;
    while (at < head) {
      const cell = start + ((at & mask) << 1);
      const isOld = arena[cell]! <= horizon;
      if (!isOld && head - at <= mask) break;
      if (!isOld) this.overflowed += 1;
      this.#remove(window, arena[cell + 1]!, at);
      at += 1;
    }
    if (at === before) return;
    tail[window] = at;
    if (at === head) this.#reset(window);
  }

  #add(window: number, value: number, at: number): void {
    const { shift, bound, least, leastAt, greatest, greatestAt } = this.arrays;
    const magnitude = Math.abs(value);
    const isFirst = at === this.arrays.tail[window]!;
    if (isFirst || magnitude > bound[window]!) bound[window] = magnitude;
    switch (this.#fn[window]!) {
      case 0:
        this.#addToSum(window, value);
        return;
      case 4: {
        if (isFirst) shift[window] = value;
        const part = value - shift[window]!;
        this.#addToSum(window, part);
        this.#addToSquares(window, part * part);
        return;
      }
      case 5:
        this.#insertSorted(window, value, at - this.arrays.tail[window]!);
        return;
      case 6:
        return;
      default:
        if (isFirst || (leastAt[window]! >= 0 && value <= least[window]!)) {
          least[window] = value;
          leastAt[window] = at;
        }
        if (isFirst || (greatestAt[window]! >= 0 && value >= greatest[window]!)) {
          greatest[window] = value;
          greatestAt[window] = at;
        }
    }
  }

  #remove(window: number, value: number, at: number): void {
    const { shift, leastAt, greatestAt } = this.arrays;
    switch (this.#fn[window]!) {
      case 0:
        this.#addToSum(window, -value);
        return;
      case 4: {
        const part = value - shift[window]!;
        this.#addToSum(window, -part);
        this.#addToSquares(window, -part * part);
        return;
      }
      case 5:
        this.#removeSorted(window, value, this.arrays.head[this.#windowSlot[window]!]! - at);
        return;
      case 6:
        return;
      default:
        if (leastAt[window] === at) leastAt[window] = -1;
        if (greatestAt[window] === at) greatestAt[window] = -1;
    }
  }

  #reset(window: number): void {
    const { sum, sumRest, squares, squaresRest, leastAt, greatestAt, bound } = this.arrays;
    sum[window] = 0;
    sumRest[window] = 0;
    squares[window] = 0;
    squaresRest[window] = 0;
    leastAt[window] = -1;
    greatestAt[window] = -1;
    bound[window] = 0;
  }

  #addToSum(window: number, value: number): void {
    const { sum, sumRest } = this.arrays;
    const before = sum[window]!;
    const after = before + value;
    sumRest[window]! +=
      Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    sum[window] = after;
  }

  #addToSquares(window: number, value: number): void {
    const { squares, squaresRest } = this.arrays;
    const before = squares[window]!;
    const after = before + value;
    squaresRest[window]! +=
      Math.abs(before) >= Math.abs(value) ? before - after + value : value - after + before;
    squares[window] = after;
  }

  #mean(window: number): number {
    const { sum, sumRest } = this.arrays;
    const mean = (sum[window]! + sumRest[window]!) / this.count(window);
    if (Number.isFinite(mean)) return mean;
    // Values near the end of the double range: sum anew, scaled down first.
    const count = this.count(window);
    sum[window] = 0;
    sumRest[window] = 0;
    let scaled = 0;
    this.#each(window, (value) => {
      this.#addToSum(window, value);
      scaled += value / count;
    });
    return scaled;
  }

  #deviation(window: number): number {
    const { sum, sumRest, squares, squaresRest } = this.arrays;
    const count = this.count(window);
    const total = sum[window]! + sumRest[window]!;
    const totalSquares = squares[window]! + squaresRest[window]!;
    const spread = totalSquares - (total * total) / count;
    // The shift has drifted away from the mean: the difference has lost six digits. Shift to the mean of today.
    if (spread < 1e-6 * totalSquares || !Number.isFinite(spread)) return this.#deviationAnew(window, count);
    return Math.sqrt(spread / count);
  }

  #deviationAnew(window: number, count: number): number {
    const { shift, sum, sumRest, squares, squaresRest } = this.arrays;
    let mean = 0;
    let seen = 0;
    this.#each(window, (value) => {
      seen += 1;
      mean += (value - mean) / seen;
    });
    shift[window] = mean;
    sum[window] = 0;
    sumRest[window] = 0;
    squares[window] = 0;
    squaresRest[window] = 0;
    this.#each(window, (value) => {
      const part = value - mean;
      this.#addToSum(window, part);
      this.#addToSquares(window, part * part);
    });
    const total = sum[window] + sumRest[window];
    const spread = squares[window] + squaresRest[window] - (total * total) / count;
    return Math.sqrt(Math.max(0, spread) / count);
  }

  #seekExtremes(window: number): void {
    const { tail, least, leastAt, greatest, greatestAt } = this.arrays;
    if (leastAt[window]! >= 0 && greatestAt[window]! >= 0) return;
    let at = tail[window]!;
    least[window] = Infinity;
    greatest[window] = -Infinity;
    this.#each(window, (value) => {
      if (value <= least[window]!) {
        least[window] = value;
        leastAt[window] = at;
      }
      if (value >= greatest[window]!) {
        greatest[window] = value;
        greatestAt[window] = at;
      }
      at += 1;
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
    const sorted = new Float64Array(Math.max(2 * firstRoom, 2 ** Math.ceil(Math.log2(values.length + 1))));
    sorted.set(Float64Array.from(values).sort());
    this.#sorted[window] = sorted;
  }

  #each(window: number, visit: (value: number) => void): void {
    const slot = this.#windowSlot[window]!;
    const start = this.arrays.place[slot]!;
    const mask = this.arrays.room[slot]! - 1;
    const head = this.arrays.head[slot]!;
    for (let at = this.arrays.tail[window]!; at < head; at += 1) {
      visit(this.#arena[start + ((at & mask) << 1) + 1]!);
    }
  }

  /** Doubles the ring when the sample that would be overwritten is still in the point's longest window. */
  #makeRoom(slot: number, time: number): void {
    const { head, place, room } = this.arrays;
    const before = room[slot]!;
    const start = place[slot]!;
    if (before === 0) {
      room[slot] = firstRoom;
      place[slot] = this.#takeBlock(firstRoom);
      return;
    }
    const at = head[slot]!;
    const oldest = this.#arena[start + ((at & (before - 1)) << 1)]!;
    const isFull = at >= before && oldest > time - this.#longestMs[slot]!;
    if (!isFull || 2 * before > this.#ringLimit[slot]!) return;
    const after = 2 * before;
    const moved = this.#takeBlock(after);
    for (let sample = at - before; sample < at; sample += 1) {
      const from = start + ((sample & (before - 1)) << 1);
      const to = moved + ((sample & (after - 1)) << 1);
      this.#arena[to] = this.#arena[from]!;
      this.#arena[to + 1] = this.#arena[from + 1]!;
    }
    place[slot] = moved;
    room[slot] = after;
    const free = this.#free.get(before);
    if (free === undefined) this.#free.set(before, [start]);
    else free.push(start);
  }

  #takeBlock(samples: number): number {
    const freed = this.#free.get(samples)?.pop();
    const place = freed ?? this.#arenaUsed;
    if (freed === undefined) {
      this.#arenaUsed += 2 * samples;
      if (this.#arenaUsed > this.#arena.length) {
        const larger = new Float64Array(Math.max(2 * this.#arena.length, this.#arenaUsed));
        larger.set(this.#arena);
        this.#arena = larger;
      }
    }
    this.#arena.fill(-Infinity, place, place + 2 * samples);
    return place;
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
