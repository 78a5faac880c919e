// When to take a checkpoint, and which segments of the journal may go after it. Everything that is projected and in
// both kept checkpoints may go; it stays for the configured time all the same, unless it grows beyond its bound.

import type { Engine } from '#alarms/engine/engine.ts';
import type { Log } from '../observability/log.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { ProjectorProgress } from '../journal/projection-progress.ts';
import type { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import type { JournalWriter } from './journal/writer.ts';
import type { CoreLoop } from './loop.ts';

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
  private lastAt = 0;
  /** Positions of the two newest checkpoints on disk: recovery may need the older one. */
  private positions: [number, number] = [0, 0];
  /** (time, position): what was durable when, for keeping segments a while. */
  private oldEnough = 0;
  private readonly marks: { at: number; position: number }[] = [];

  constructor(parts: CheckpointParts, now: number) {
    this.parts = parts;
    this.lastAt = now;
  }

  /** Once before going live: makes the memory that the first copy would otherwise wait for. */
  prepare(): void {
    const { arrays, json } = this.parts.engine().snapshot();
    this.parts.store.prepare({ meta: json, arrays, position: 0, sequence: 0 });
  }

  /** To be called about once a second. */
  maybe(now: number): void {
    if (now - this.lastAt >= this.parts.everyMs && !this.parts.store.isBusy) void this.take(now);
    this.release(now);
  }

  /** Takes one now; resolves when it is on disk, given up, or not needed. */
  async take(now: number): Promise<void> {
    const { loop, journal, store, counters, log } = this.parts;
    const sequence = loop.lastSequence;
    this.lastAt = now;
    if (store.isBusy || sequence === this.lastSequence) return;
    const { position } = journal;
    const snapshot = this.parts.engine().snapshot();
    const durable = new Promise<void>((resolve) => loop.whenDurable(resolve));
    const result = await store.write(
      { meta: snapshot.json, arrays: snapshot.arrays, position, sequence },
      durable,
    );
    counters.set('checkpointPauseUs', Math.round(store.pauseMs * 1000));
    if (result.ok) {
      counters.add('checkpoints');
      this.lastSequence = sequence;
      this.positions = [this.positions[1], position];
      this.marks.push({ at: now, position });
    } else {
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
