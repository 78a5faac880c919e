// How far a lane is behind, in milliseconds: how long ago the oldest position that it has not committed was seen on
// disk (so a quiet minute is no lag, and neither is the wait for a group to fill hidden). A backlog of before the
// start has no such time: until it is worked off the age of the newest input read stands for it.

/** One mark in so many milliseconds is fine enough for a screen. */
const markEveryMs = 100;
/** Bound: then every second mark goes, and what is left is half as fine. A lag of an hour needs no more. */
const marksMax = 1_024;

export interface LagLook {
  readonly committed: number;
  readonly durable: number;
  /** Received time of the newest input read. */
  readonly newestInputAt: number;
  /** The wall clock, for inputs; it may jump. */
  readonly now: number;
  /** A clock that only grows. */
  readonly steady: number;
}

export class LagClock {
  private marks: { readonly at: number; readonly position: number }[] = [];
  private hasBacklog = true;

  read({ committed, durable, newestInputAt, now, steady }: LagLook): number {
    const first = this.marks[0];
    if (committed >= durable || (first !== undefined && committed >= first.position)) this.hasBacklog = false;
    const open = this.marks.findIndex(({ position }) => position > committed);
    this.marks = open === -1 ? [] : this.marks.slice(open);
    if (committed >= durable) return 0;
    this.mark(steady, durable);
    if (this.hasBacklog) return Math.max(0, now - newestInputAt);
    return steady - this.marks[0]!.at;
  }

  private mark(at: number, position: number): void {
    const last = this.marks.at(-1);
    if (last !== undefined && at - last.at < markEveryMs) return;
    this.marks.push({ at, position });
    if (this.marks.length > marksMax) this.marks = this.marks.filter((_, i) => i % 2 === 0);
  }
}
