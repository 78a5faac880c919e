// A clock that stands still until the test moves it.

import type { Clock } from '../proxy/clock.ts';

export class ManualClock implements Clock {
  private time = 0;
  private readonly calls = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.time + Math.max(0, ms), call };
    this.calls.add(entry);
    return () => this.calls.delete(entry);
  }

  /** Everything due on the way is called in its order, at its time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.calls].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.calls.delete(next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = end;
  }
}
