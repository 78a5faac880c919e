// The events lane: events and documents into events.db, milliseconds behind the journal. Most batches hold neither;
// their cursor is written now and then, not each time. A hole in the journal is never skipped here: the record of
// alarms would have one too. It fails loudly and waits for a person (restore the segment, or the database).

import { assertNever } from '#alarms/kernel/result.ts';
import type { JournalBatch } from '../journal/reader.ts';
import type { LaneCursor, LaneWork } from './lane.ts';
import type { ProjectorProgress } from '../journal/projection-progress.ts';
import type { EventsStorePort } from './store-port.ts';

/** Events of one transaction: some 10 ms of work. */
const eventsPerCommit = 500;
/** A cursor that passed nothing but readings. */
const idleCommitMs = 1_000;

export class EventsWork implements LaneWork {
  readonly name = 'events';
  private readonly store: EventsStorePort;
  private readonly progress: ProjectorProgress;
  private pending = 0;
  private committedAt = 0;
  private newest = 0;

  constructor(store: EventsStorePort, progress: ProjectorProgress) {
    this.store = store;
    this.progress = progress;
  }

  get cursor(): LaneCursor {
    return this.store.cursor;
  }

  /** Time of the newest event or input that is no reading. */
  get newestInputAt(): number {
    return this.newest;
  }

  project(batch: JournalBatch): void {
    for (const entry of batch.entries('record')) {
      switch (entry.kind) {
        case 'event':
          this.newest = entry.event.at;
          this.store.addEvent(entry.event);
          this.pending += 1;
          break;
        case 'input': {
          const { input, sequence } = entry;
          if (input.kind === 'readings') break;
          this.newest = input.now;
          if (input.kind === 'configured') {
            const { documents, defined = [] } = input;
            const json = JSON.stringify({ ...documents, points: [...documents.points, ...defined] });
            this.store.addDocuments(sequence, batch.end, input.now, json, documents.times.reopenMs);
            this.pending += 1;
          } else if (input.kind === 'sourceSeen') {
            this.store.sourceSeen(input.source, input.name);
            this.pending += 1;
          } else if (input.kind === 'defined') {
            const { now, source, changes } = input;
            this.store.addRegistryChanges(sequence, batch.end, now, source, changes);
            this.pending += 1;
          }
          break;
        }
        default:
          assertNever(entry, 'journal entry');
      }
    }
  }

  skip(gap: { readonly reason: string; readonly from: number; readonly to: number }): boolean {
    throw new Error(`the journal is ${gap.reason} from ${gap.from} to ${gap.to}: events.db cannot go on`);
  }

  isDue(now: number, isCaughtUp: boolean): boolean {
    if (this.pending === 0) return now - this.committedAt >= idleCommitMs;
    return isCaughtUp || this.pending >= eventsPerCommit;
  }

  /** Whether something waits for a commit that a reader would miss. */
  get hasPending(): boolean {
    return this.pending > 0;
  }

  commit(cursor: LaneCursor, now: number): void {
    this.store.commit(cursor);
    this.pending = 0;
    this.committedAt = now;
    this.progress.set('eventsSeq', this.store.lastSeq);
    this.progress.set('eventsCount', this.store.counts.events);
  }

  abandon(): void {
    this.pending = 0;
    this.store.abandon();
  }

  sync(): void {
    this.store.sync();
  }
}
