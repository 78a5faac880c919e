// When to take a checkpoint (often enough that a recovery has little to step again), and which segments of the journal may go after it. Everything that is projected and in
// both kept checkpoints may go; it stays for the configured time all the same, unless it grows beyond its bound.

import type { Engine } from '#alarms/engine/engine.ts';
import type { Log } from '../observability/log.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { ProjectorProgress } from '../journal/projection-progress.ts';
import { type CheckpointStore, StateMovedOn } from './checkpoint/checkpoint-store.ts';
import { checkpointOf } from './checkpoint-content.ts';
import type { JournalWriter } from './journal/writer.ts';
import type { CoreLoop } from './loop.ts';

/** With more of the journal after the last checkpoint the next is due: some 500,000 readings, half a second to step. */
const suffixBytesMost = 12 * 1024 * 1024;
/** But not more often than this: a flood is not to be slowed by its checkpoints. */
const leastMs = 5_000;

export interface CheckpointParts {
  readonly engine: () => Engine;
  readonly journal: JournalWriter;
  readonly loop: CoreLoop;
  readonly store: CheckpointStore;
  readonly progress: ProjectorProgress;
  readonly counters: Counters<CoreCounter>;
  readonly log: Log;
  readonly everyMs: number;
  readonly keepMs: number;
  readonly keepBytes: number;
}

export class Checkpoints {
  private readonly parts: CheckpointParts;
  private lastSequence = 0;
  private lastAt: number;
  private lastPosition: number;
  /** Positions of the two newest checkpoints on disk: recovery may need the older one. */
  private positions: [number, number] = [0, 0];
  /** (time, position): what was durable when, for keeping segments a while. */
  private oldEnough = 0;
  private readonly marks: { at: number; position: number }[] = [];

  /** `position`: of the checkpoint that the recovery began with. */
  constructor(parts: CheckpointParts, now: number, position: number) {
    this.parts = parts;
    this.lastAt = now;
    this.lastPosition = position;
  }

  /** Once before going live: makes what the first copy would otherwise wait for. */
  prepare(): void {
    void this.parts.store.prepare(checkpointOf(this.parts.engine(), 0, 0));
  }

  /** To be called about once a second. */
  maybe(now: number): void {
    if (this.isDue(now) && !this.parts.store.isBusy) void this.take(now);
    this.release(now);
  }

  private isDue(now: number): boolean {
    const { everyMs, journal } = this.parts;
    const sinceMs = now - this.lastAt;
    const hasMuch = journal.position - this.lastPosition >= suffixBytesMost;
    return sinceMs >= everyMs || (hasMuch && sinceMs >= leastMs);
  }

  /** Takes one now; resolves when it is on disk, given up, or not needed. */
  async take(now: number, isAtOnce = false): Promise<void> {
    const { engine, loop, journal, store, counters, log } = this.parts;
    const sequence = loop.lastSequence;
    this.lastAt = now;
    if (store.isBusy || sequence === this.lastSequence) return;
    const { position } = journal;
    this.lastPosition = position;
    const began = performance.now();
    const content = checkpointOf(engine(), position, sequence);
    const durable = new Promise<void>((resolve) => loop.whenDurable(resolve));
    const writing = isAtOnce ? store.writeAtOnce(content, durable) : store.write(content, durable);
    const beginMs = performance.now() - began;
    const result = await writing;
    counters.set('checkpointPauseUs', Math.round(Math.max(beginMs, store.pauseMs) * 1000));
    if (result.ok) {
      counters.add('checkpoints');
      this.lastSequence = sequence;
      this.positions = [this.positions[1], position];
      this.marks.push({ at: now, position });
    } else if (result.error instanceof StateMovedOn) await this.take(now, true);
    else {
      counters.add('checkpointFailures');
      log.error('CheckpointFailed', { message: result.error.message });
    }
  }

  private release(now: number): void {
    const { journal, progress, keepMs, keepBytes } = this.parts;
    const synced = progress.synced;
    // Sacrificed is only what events.db has on disk: a hole there would stop it, history skips one.
    journal.progress(synced, Math.min(this.positions[0], progress.get('eventsSynced')));
    const free = Math.min(synced, this.positions[0]);
    const isTooLarge = journal.room().journalBytes > keepBytes;
    while (this.marks.length > 0 && this.marks[0]!.at < now - keepMs)
      this.oldEnough = this.marks.shift()!.position;
    const upTo = isTooLarge ? free : Math.min(free, this.oldEnough);
    if (upTo > 0) journal.release(upTo);
  }
}
