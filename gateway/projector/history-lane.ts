// The history lane: readings into the history store, in groups that grow with the load. It may lag, fail, be paused by
// *Room*, and lose segments that *Room* gave up: then the range is put on record and it goes on behind it, with the
// documents that were in force there (slots mean nothing without them).

import { madePoints } from '#alarms/registry/define.ts';
import { assertNever } from '#alarms/kernel/result.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import type { JournalBatch } from '../journal/reader.ts';
import type { LaneCursor, LaneWork } from './lane.ts';
import type { ProjectorProgress } from '../journal/projection-progress.ts';
import type { Point } from '#alarms/registry/site.ts';
import type { DocumentsAt, HistoryPoint, HistoryStorePort } from './store-port.ts';

/** Few rows are shown soon; many wait longer: the more of a point at once, the longer its blocks and the fewer the commits. */
const fewRows = 2_000;
const fewRowsCommitMs = 200;
/** A full group: of 10 000 points 20 rows each, long enough for blocks of their own. */
const embeddedPace: HistoryPace = { rowsPerCommit: 200_000, manyRowsCommitMs: 2_000 };
/** A cursor that passed nothing to store. */
const idleCommitMs = 5_000;
/** At most so many chunks (a minute of data) per pass, one pass in three seconds: 20 × as fast as data comes; and a clock
 *  that jumped ahead for an hour cannot wipe out more than a day of the oldest data. */
const chunksPerRetention = 1;
const retentionEveryMs = 3_000;
const dayMs = 86_400_000;

export interface HistoryPace {
  readonly rowsPerCommit: number;
  readonly manyRowsCommitMs: number;
}

export interface HistoryWorkParts {
  readonly store: HistoryStorePort;
  readonly progress: ProjectorProgress;
  readonly documentsAt: DocumentsAt;
  /** Of samples, late rows, quarantine and positions. */
  readonly rawDays: number;
  /** Of rollups, switch changes, upstream alarms and statistics. */
  readonly rollupDays: number;
  /** How groups are cut; absent: as the embedded history likes them. */
  readonly pace?: HistoryPace;
  /** Time for the record of lost ranges and for retention's upper bound. */
  readonly clock: () => number;
}

export class HistoryWork implements LaneWork {
  readonly name = 'history';
  private readonly parts: HistoryWorkParts;
  private pending = 0;
  private groupSince: number | null = null;
  private committedAt = 0;
  private newest = 0;
  private retainedAt = 0;
  private lostRanges = 0;
  private lostBytes = 0;

  constructor(parts: HistoryWorkParts) {
    this.parts = parts;
  }

  get cursor(): LaneCursor {
    return this.parts.store.cursor;
  }

  get newestInputAt(): number {
    return this.newest;
  }

  project(batch: JournalBatch): void {
    const { store } = this.parts;
    for (const entry of batch.entries('inputs')) {
      if (entry.kind !== 'input') continue;
      const { input } = entry;
      switch (input.kind) {
        case 'readings':
          this.newest = input.frame.received;
          store.addFrame(input.frame);
          this.pending += input.frame.count;
          break;
        case 'configured':
          this.newest = input.now;
          store.configure([...input.documents.points, ...(input.defined ?? [])].map(historyPoint));
          this.pending += 1;
          break;
        case 'sourceSeen':
          store.sourceSeen(input.source, input.name);
          this.pending += 1;
          break;
        case 'defined': {
          this.newest = input.now;
          const made = madePoints(input.changes);
          if (made.length > 0) store.append(made.map(historyPoint));
          this.pending += 1;
          break;
        }
        case 'reported':
          this.newest = input.now;
          store.addReport(input.source, input.now, input.report);
          this.pending += reportSize(input.report);
          break;
        case 'quarantined':
          this.newest = input.now;
          store.addQuarantined(input.source, input.now, input.readings);
          this.pending += input.readings.length;
          break;
        case 'started':
        case 'listBound':
        case 'tick':
        case 'command':
        case 'roomChanged':
        case 'recoveryDiffered':
          this.newest = input.now;
          break;
        default:
          assertNever(input, 'input');
      }
    }
  }

  skip(gap: { readonly from: number; readonly to: number }): boolean {
    const { store, documentsAt, clock } = this.parts;
    const documents = documentsAt(gap.to);
    if (documents === 'notYet') return false;
    store.addLost(gap.from, gap.to, clock());
    if (documents !== 'none') store.configure(documents.points);
    this.lostRanges += 1;
    this.lostBytes += gap.to - gap.from;
    return true;
  }

  isDue(now: number): boolean {
    if (this.pending === 0) return now - this.committedAt >= idleCommitMs;
    const { rowsPerCommit, manyRowsCommitMs } = this.parts.pace ?? embeddedPace;
    if (this.pending >= rowsPerCommit) return true;
    this.groupSince ??= now;
    return now - this.groupSince >= (this.pending <= fewRows ? fewRowsCommitMs : manyRowsCommitMs);
  }

  commit(cursor: LaneCursor, now: number): void {
    this.parts.store.commit(cursor);
    this.pending = 0;
    this.groupSince = null;
    this.committedAt = now;
    this.publish();
  }

  abandon(): void {
    this.pending = 0;
    this.groupSince = null;
    this.lostRanges = this.lostBytes = 0;
    this.parts.store.abandon();
  }

  sync(): void {
    this.parts.store.sync();
  }

  /** Between groups only (no transaction is open). By source time, never past the clock's own cutoff. */
  retain(now: number): void {
    const { store, progress, rawDays, rollupDays, clock } = this.parts;
    if (this.pending > 0 || now - this.retainedAt < retentionEveryMs) return;
    this.retainedAt = now;
    const newest = store.newestTime();
    if (newest === null) return;
    const last = Math.min(newest, clock());
    const cutoffs = { raw: last - rawDays * dayMs, rollups: last - rollupDays * dayMs };
    progress.add('historyChunksRetired', store.retain(cutoffs, chunksPerRetention));
  }

  private publish(): void {
    const { progress, store } = this.parts;
    const { counts } = store;
    progress.add('historyLostRanges', this.lostRanges);
    progress.add('historyLostBytes', this.lostBytes);
    this.lostRanges = this.lostBytes = 0;
    progress.set('historyRows', counts.stored);
    progress.set('historyLate', counts.late);
    progress.set('historyDuplicates', counts.duplicate);
    progress.set('historyUnplaced', counts.unplaced);
    progress.set('quarantineRows', store.quarantineRows);
    progress.set('quarantineDropped', counts.quarantineDropped);
    progress.set('quarantineRequalified', counts.requalified);
    progress.set('quarantineForeign', counts.quarantineForeign);
  }
}

function reportSize(report: Report): number {
  return Object.values(report).reduce((sum: number, entries: readonly unknown[]) => sum + entries.length, 0);
}

/** A point without a unit has states, not amounts (doors, fans, directions): history keeps when it took another. */
export function historyPoint({ id, mine, range, unit }: Point): HistoryPoint {
  return { id, mine, ...(range === undefined ? {} : { range }), ...(unit === '' ? { isSwitch: true } : {}) };
}
