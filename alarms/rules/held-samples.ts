// The samples that the windows of all points still need, as of one moment, point after point: what a checkpoint keeps
// of the rings. They may be copied piece by piece while the engine goes on, for a ring only appends: what was there
// stays until the ring comes round. Where it has come round the copy says so, and is good for nothing.

import type { Windows } from './windows.ts';

/** lost: a sample of that moment was overwritten or forgotten before its turn came. */
export type Copied = 'more' | 'done' | 'lost';

export class HeldSamples {
  /** Numbers in all: time, value, time, value … */
  readonly length: number;
  readonly #windows: Windows;
  /** Per point: absolute numbers of the oldest sample and of the one after the newest. */
  readonly #from: Float64Array;
  readonly #to: Float64Array;
  #slot = 0;
  #copied = 0;

  constructor(windows: Windows) {
    const { head } = windows.rings.arrays;
    this.#windows = windows;
    this.#to = head.slice();
    this.#from = new Float64Array(head.length);
    let samples = 0;
    for (let slot = 0; slot < head.length; slot += 1) {
      const oldest = windows.oldest(slot);
      this.#from[slot] = oldest;
      samples += head[slot]! - oldest;
    }
    this.length = 2 * samples;
  }

  /** Goes on where it stopped, by some `numbers` (whole points). */
  copyOn(target: Float64Array, numbers: number): Copied {
    const { rings } = this.#windows;
    const enough = this.#copied + numbers;
    for (; this.#slot < this.#to.length; this.#slot += 1) {
      const from = this.#from[this.#slot]!;
      const to = this.#to[this.#slot]!;
      if (from === to) continue;
      if (this.#copied >= enough) return 'more';
      if (!rings.copy(this.#slot, from, to, target, this.#copied)) return 'lost';
      this.#copied += 2 * (to - from);
    }
    return 'done';
  }
}
