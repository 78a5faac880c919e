// Between socket and screen, in the worker: everything but values goes on at once and is never left out; values wait
// for the screen's pace, one newest reading per slot. The bound is on slots; the longest waiting go first and count.

import type { StreamMessage, ValueColumns } from '#gateway/protocol/stream.ts';

interface Waiting {
  readonly t: number;
  readonly r: number;
  readonly v: number | null;
  readonly s: number;
}

/** Twenty times the largest mine: beyond it a screen could not show them anyway. */
export const waitingMax = 60_000;

export class Mailbox {
  /** Readings left out because the bound was reached, since the start. */
  dropped = 0;
  private readonly max: number;
  private waiting = new Map<number, Waiting>();
  private serverTime = 0;

  constructor(max: number = waitingMax) {
    this.max = max;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** What must be handed on now; null: it waits. A whole picture makes waiting values of before it void. */
  push(message: StreamMessage): StreamMessage | null {
    if (message.type === 'values') {
      this.hold(message.serverTime, message.values);
      return null;
    }
    if (message.type === 'snapshot' || message.type === 'resumed') this.waiting = new Map();
    return message;
  }

  takeValues(): Extract<StreamMessage, { readonly type: 'values' }> | null {
    if (this.waiting.size === 0) return null;
    const slots: number[] = [];
    const t: number[] = [];
    const r: number[] = [];
    const v: (number | null)[] = [];
    const s: number[] = [];
    for (const [slot, reading] of this.waiting) {
      slots.push(slot);
      t.push(reading.t);
      r.push(reading.r);
      v.push(reading.v);
      s.push(reading.s);
    }
    this.waiting = new Map();
    return { type: 'values', serverTime: this.serverTime, values: { slots, t, r, v, s } };
  }

  private hold(serverTime: number, columns: ValueColumns): void {
    this.serverTime = serverTime;
    for (let i = 0; i < columns.slots.length; i++) {
      const slot = columns.slots[i];
      const t = columns.t[i];
      const r = columns.r[i];
      if (slot === undefined || t === undefined || r === undefined) continue;
      this.waiting.delete(slot);
      this.waiting.set(slot, { t, r, v: columns.v[i] ?? null, s: columns.s[i] ?? 0 });
    }
    while (this.waiting.size > this.max) {
      const [oldest] = this.waiting.keys();
      if (oldest === undefined) return;
      this.waiting.delete(oldest);
      this.dropped += 1;
    }
  }
}
