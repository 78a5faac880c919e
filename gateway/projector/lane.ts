// One lane of the projector: reads the journal on its own cursor and writes one store, a group of batches per
// transaction, the cursor in it. This is the frame that both lanes share: order, failure and back-off, syncs. It
// promises: what a store holds is exactly what the journal holds up to the store's cursor; a failure takes it back
// to the last commit and is tried again, for ever, less and less often; nothing here stops the other lane.

import type { JournalBatch, JournalReader } from '../journal/reader.ts';

export interface LaneCursor {
  readonly position: number;
  readonly inputSequence: number;
}

export type Advance =
  /** More is there: call again at once. */
  | 'more'
  /** Nothing to do until the journal grows or time passes. */
  | 'idle'
  /** Trouble: not before `retryAt`. */
  | 'failed';

/** What a lane does with batches; a store behind it. Every method may throw: then `abandon` and again. */
export interface LaneWork {
  readonly name: 'events' | 'history';
  readonly cursor: LaneCursor;
  project(batch: JournalBatch): void;
  /** The journal has a hole. True: it is on record, go on behind it. False: not possible now. */
  skip(gap: { readonly reason: 'released' | 'damaged'; readonly from: number; readonly to: number }): boolean;
  /** Whether the group should be committed now; `isCaughtUp`: there is nothing more to read. */
  isDue(now: number, isCaughtUp: boolean): boolean;
  commit(cursor: LaneCursor, now: number): void;
  abandon(): void;
  sync(): void;
}

export interface LaneEvents {
  failed(lane: string, message: string, attempt: number): void;
  recovered(lane: string, attempts: number): void;
  lost(lane: string, from: number, to: number): void;
}

const firstBackOffMs = 100;
const backOffMsMax = 10_000;
/** Batches read in one call: keeps a call short, so that a stop is heard. */
const batchesPerCall = 256;
/** How often a store is synced without being asked: bounds the segments that wait for it. */
const syncEveryMs = 10_000;

export class Lane {
  readonly work: LaneWork;
  private readonly reader: JournalReader;
  private readonly events: LaneEvents;
  /** Behind the last batch that was given to the store, committed or not. */
  private reached: LaneCursor;
  private attempts = 0;
  private retryAt = 0;
  /** How far it had read when it failed: it has recovered once that is committed. */
  private failedAt = 0;
  /** 0: what the file holds may not have been synced by whoever wrote it. */
  private synced = 0;
  /** The first one comes a second after the thread began. */
  private syncedAt = 1_000 - syncEveryMs;

  constructor(work: LaneWork, reader: JournalReader, events: LaneEvents) {
    this.work = work;
    this.reader = reader;
    this.events = events;
    this.reached = work.cursor;
    reader.seek(this.reached.position);
  }

  get committed(): number {
    return this.work.cursor.position;
  }

  get syncedPosition(): number {
    return this.synced;
  }

  get isFailing(): boolean {
    return this.attempts > 0;
  }

  get readUpTo(): number {
    return this.reached.position;
  }

  /** Reads and stores at most a slice. `durable`: how far the journal is on disk. */
  advance(durable: number, now: number, wantsSync = false): Advance {
    if (now < this.retryAt) return 'failed';
    try {
      const result = this.slice(durable, now, wantsSync);
      if (this.attempts > 0 && this.committed >= this.failedAt) this.hasRecovered();
      return result;
    } catch (error) {
      this.fail(error, now);
      return 'failed';
    }
  }

  /** Other work on the store, between two slices; its failure is the lane's. */
  between(work: () => void, now: number): void {
    try {
      work();
    } catch (error) {
      this.fail(error, now);
    }
  }

  /** Commits what was read; for an orderly stop. */
  finish(now: number): void {
    try {
      if (this.reached.position > this.committed) this.work.commit(this.reached, now);
      this.sync(now);
    } catch (error) {
      this.fail(error, now);
    }
    this.reader.close();
  }

  private slice(durable: number, now: number, wantsSync: boolean): Advance {
    if (durable > 0 && durable < this.committed) {
      throw new Error(
        `the journal ends at ${durable}, before the cursor of ${this.work.name} (${this.committed})`,
      );
    }
    let isCaughtUp = false;
    for (let i = 0; i < batchesPerCall; i += 1) {
      const read = this.reader.next(durable);
      if (read.kind === 'end') {
        isCaughtUp = true;
        break;
      }
      if (read.kind === 'gap') {
        // What lies before the hole is kept, whatever becomes of the hole.
        if (this.reached.position > this.committed) this.work.commit(this.reached, now);
        if (!this.work.skip(read)) return 'idle';
        this.reader.seek(read.to);
        this.reached = { position: read.to, inputSequence: this.reached.inputSequence };
        this.work.commit(this.reached, now);
        this.events.lost(this.work.name, read.from, read.to);
        continue;
      }
      const { batch } = read;
      this.work.project(batch);
      this.reached = { position: batch.end, inputSequence: batch.firstSequence + batch.inputCount - 1 };
      // After a failure in small steps: what comes before the bad place is kept, and a small group may find room.
      if (this.attempts > 0) this.work.commit(this.reached, now);
      else if (this.work.isDue(now, false)) break;
    }
    // A store syncs between its transactions only: what was read is committed first.
    const syncs = wantsSync || now - this.syncedAt >= syncEveryMs;
    if (this.reached.position > this.committed && (syncs || this.work.isDue(now, isCaughtUp))) {
      this.work.commit(this.reached, now);
    }
    if (syncs) this.sync(now);
    return isCaughtUp ? 'idle' : 'more';
  }

  private sync(now: number): void {
    if (this.synced !== this.committed) {
      this.work.sync();
      this.synced = this.committed;
    }
    this.syncedAt = now;
  }

  private fail(error: unknown, now: number): void {
    this.failedAt = Math.max(this.failedAt, this.reader.position);
    this.attempts += 1;
    this.retryAt = now + Math.min(firstBackOffMs * 2 ** (this.attempts - 1), backOffMsMax);
    this.events.failed(this.work.name, error instanceof Error ? error.message : String(error), this.attempts);
    try {
      this.work.abandon();
    } catch {
      // The store itself is in trouble; the next attempt says so again.
    }
    this.reached = this.work.cursor;
    this.reader.seek(this.reached.position);
  }

  private hasRecovered(): void {
    this.events.recovered(this.work.name, this.attempts);
    this.attempts = 0;
    this.failedAt = 0;
  }
}
