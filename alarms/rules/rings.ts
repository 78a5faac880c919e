// One ring of (time, value) per point, in one arena. A ring grows by powers of two as
// long as its longest window needs the sample that would be overwritten; it moves to a block twice as long and leaves
// its old block to the next ring of that size. Mutable typed arrays: hot path.

/**
 * Most samples kept per point: 65,536 (1 MiB), or four times what the longest window holds at the registered period.
 * A source that floods a window beyond that loses the oldest of it, counted in windows.ts.
 */
const ringFloor = 65_536;
/** A ring begins with room for its longest window at the registered period, but with no more than this. */
const firstRoomMost = 512;
const firstRoomLeast = 8;

export interface RingLayout {
  readonly used: number;
  readonly free: readonly { readonly length: number; readonly places: readonly number[] }[];
}

export interface HeldSample {
  readonly time: number;
  readonly value: number;
}

export class Rings {
  /** Time of the sample that is to come: a field, because doubles passed along cost allocations. */
  time = NaN;
  /** Two numbers per sample: time, value. */
  arena: Float64Array<ArrayBuffer>;
  readonly arrays: {
    /** Absolute number of the next sample of a point. */
    readonly head: Float64Array;
    /** Where the ring of a point begins in the arena, and for how many samples it has room (0 or a power of two). */
    readonly place: Uint32Array;
    readonly room: Uint32Array;
  };
  readonly #longestMs: Float64Array;
  readonly #roomLimit: Float64Array;
  readonly #firstRoom: Uint32Array;
  #used = 0;
  /** Free blocks by length in samples. */
  #free = new Map<number, number[]>();

  constructor(periodsMs: readonly number[], longestMs: Float64Array) {
    const slots = periodsMs.length;
    this.arrays = {
      head: new Float64Array(slots),
      place: new Uint32Array(slots),
      room: new Uint32Array(slots),
    };
    this.#longestMs = longestMs;
    this.#roomLimit = Float64Array.from(periodsMs, (periodMs, slot) =>
      Math.max(ringFloor, 2 ** Math.ceil(Math.log2((4 * longestMs[slot]!) / periodMs))),
    );
    this.#firstRoom = Uint32Array.from(periodsMs, (periodMs, slot) => {
      const samples = longestMs[slot]! / periodMs + 1;
      return Math.min(firstRoomMost, Math.max(firstRoomLeast, 2 ** Math.ceil(Math.log2(samples))));
    });
    const samples = longestMs.reduce(
      (sum, length, slot) => sum + (length > 0 ? this.#firstRoom[slot]! : 0),
      0,
    );
    // Room for every ring's first block: the system gives pages only where something is written.
    this.arena = new Float64Array(2 * samples);
  }

  /** Doubles the ring when the sample that the next would overwrite is still in the point's longest window. */
  makeRoom(slot: number): void {
    const { head, place, room } = this.arrays;
    const before = room[slot]!;
    const start = place[slot]!;
    if (before === 0) {
      room[slot] = this.#firstRoom[slot]!;
      place[slot] = this.#takeBlock(room[slot]);
      return;
    }
    const at = head[slot]!;
    const oldest = this.arena[start + ((at & (before - 1)) << 1)]!;
    const isFull = at >= before && oldest > this.time - this.#longestMs[slot]!;
    if (isFull && 2 * before <= this.#roomLimit[slot]!) this.#grow(slot, before, start, at);
  }

  /** Visits the samples from the absolute number `from` on. */
  each(slot: number, from: number, visit: (value: number, at: number) => void): void {
    const start = this.arrays.place[slot]!;
    const mask = this.arrays.room[slot]! - 1;
    const head = this.arrays.head[slot]!;
    for (let at = from; at < head; at += 1) visit(this.arena[start + ((at & mask) << 1) + 1]!, at);
  }

  /** Nothing that lies there belongs to any window again. */
  forget(slot: number): void {
    const { place, room } = this.arrays;
    this.arena.fill(-Infinity, place[slot], place[slot]! + 2 * room[slot]!);
  }

  /** The samples of a point from the absolute number `from` on, oldest first. */
  held(slot: number, from: number): HeldSample[] {
    const { place, room, head } = this.arrays;
    const samples: HeldSample[] = [];
    for (let at = from; at < head[slot]!; at += 1) {
      const cell = place[slot]! + ((at & (room[slot]! - 1)) << 1);
      samples.push({ time: this.arena[cell]!, value: this.arena[cell + 1]! });
    }
    return samples;
  }

  /** Copies samples from … to - 1 of a point to `target[index]`; false when one of them is there no more. */
  copy(slot: number, from: number, to: number, target: Float64Array, index: number): boolean {
    const { arena } = this;
    const start = this.arrays.place[slot]!;
    const room = this.arrays.room[slot]!;
    if (from < to && this.arrays.head[slot]! - room > from) return false;
    let into = index;
    for (let at = from; at < to; at += 1) {
      const cell = start + ((at & (room - 1)) << 1);
      const time = arena[cell]!;
      // Forgotten, or not moved along when the ring grew.
      if (time === -Infinity) return false;
      target[into] = time;
      target[into + 1] = arena[cell + 1]!;
      into += 2;
    }
    return true;
  }

  layout(): RingLayout {
    const free = [...this.#free].map(([length, places]) => ({ length, places: [...places] }));
    return { used: this.#used, free };
  }

  /** After `arrays` were restored; the samples follow by `put`. */
  restore(layout: RingLayout): void {
    this.#used = layout.used;
    this.#free = new Map(layout.free.map(({ length, places }) => [length, [...places]]));
    if (layout.used > this.arena.length) this.arena = new Float64Array(layout.used);
  }

  /** The inverse of `copy`; `to` is the head. What lies before `from` in the ring is older than anything. */
  put(slot: number, from: number, to: number, source: ArrayLike<number>, index: number): void {
    const { arena } = this;
    const start = this.arrays.place[slot]!;
    const room = this.arrays.room[slot]!;
    const mask = room - 1;
    // Only where a sample was: most of a young ring is memory that nothing has touched.
    for (let at = Math.max(0, to - room); at < from; at += 1) arena[start + ((at & mask) << 1)] = -Infinity;
    let next = index;
    for (let at = from; at < to; at += 1) {
      const cell = start + ((at & mask) << 1);
      arena[cell] = source[next]!;
      arena[cell + 1] = source[next + 1]!;
      next += 2;
    }
  }

  #grow(slot: number, before: number, start: number, head: number): void {
    const after = 2 * before;
    const moved = this.#takeBlock(after);
    for (let at = head - before; at < head; at += 1) {
      const from = start + ((at & (before - 1)) << 1);
      const to = moved + ((at & (after - 1)) << 1);
      this.arena[to] = this.arena[from]!;
      this.arena[to + 1] = this.arena[from + 1]!;
    }
    this.arrays.place[slot] = moved;
    this.arrays.room[slot] = after;
    const free = this.#free.get(before);
    if (free === undefined) this.#free.set(before, [start]);
    else free.push(start);
  }

  #takeBlock(samples: number): number {
    const freed = this.#free.get(samples)?.pop();
    const place = freed ?? this.#used;
    if (freed === undefined) {
      this.#used += 2 * samples;
      if (this.#used > this.arena.length) {
        const larger = new Float64Array(Math.max(2 * this.arena.length, this.#used));
        larger.set(this.arena);
        this.arena = larger;
      }
    }
    this.arena.fill(-Infinity, place, place + 2 * samples);
    return place;
  }
}
