// What is kept of samples beside the samples: rollups by minute and hour, and the newest reading of each point. Fed with
// every sample that goes into a block, once, inside the same transaction: so they always agree with the blocks, late
// rows and replays included. Samples that are still in the tail are in no digest; readers add them.
// Rows hold 64 points, so that ten thousand points cost some 160 rows a minute.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LatestRow } from './latest-row.ts';
import { pointsPerRow, RollupBytes, RollupRow } from './rollup-row.ts';
import type { SampleColumns } from './sample-block.ts';

export const minutesPerHour = 60;
/** A row is 3 kB in memory; samples of one group in more minutes than that are written in several portions. */
const minutesMax = 128;

export class HistoryDigests {
  private readonly minutes: StepStatements;
  private readonly hours: StepStatements;
  private readonly getLatest: StatementSync;
  private readonly setLatest: StatementSync;
  private readonly bytes = new RollupBytes();
  private readonly stored = new RollupRow();
  private readonly hour = new RollupRow();
  private readonly latest = new LatestRow();
  private readonly latestStored = new LatestRow();
  private readonly spare: RollupRow[] = [];
  private group = -1;
  /** Of `group`, by minute: what was added since the last write. */
  private added = new Map<number, RollupRow>();

  constructor(db: DatabaseSync) {
    this.minutes = stepStatements(db, 'rollup_minutes', 'minute');
    this.hours = stepStatements(db, 'rollup_hours', 'hour');
    this.getLatest = db.prepare('SELECT readings FROM latest WHERE points = ?');
    this.setLatest = db.prepare(`INSERT INTO latest (points, readings) VALUES (?, ?)
      ON CONFLICT (points) DO UPDATE SET readings = excluded.readings`);
    this.latest.clear();
  }

  /** Forgets what was not written: the transaction is undone. */
  clear(): void {
    this.release();
    this.group = -1;
  }

  /**
   * Samples of `point` in `minute`, ascending, that are new in history. Neighbours best come one after the other.
   * `decimals`: with so many all of their numbers come back exactly, when that is known.
   */
  add(minute: number, point: number, columns: SampleColumns, decimals: number | null = null): void {
    const group = Math.floor(point / pointsPerRow);
    if (group !== this.group || this.added.size >= minutesMax) this.flush();
    this.group = group;
    let row = this.added.get(minute);
    if (row === undefined) {
      row = this.spare.pop() ?? new RollupRow();
      row.clear();
      this.added.set(minute, row);
    }
    const place = point % pointsPerRow;
    const last = columns.count - 1;
    if (decimals === null) row.addSamples(place, columns);
    else row.addScaled(place, columns, decimals);
    this.latest.offer(place, columns.times[last]!, columns.values[last]!, columns.status[last]!);
  }

  /** Writes what was added. */
  flush(): void {
    if (this.added.size === 0) return;
    const minutes = [...this.added].sort(([a], [b]) => a - b);
    let hour = Number.NEGATIVE_INFINITY;
    for (const [minute, row] of minutes) {
      const hourOfRow = Math.floor(minute / minutesPerHour);
      if (hourOfRow !== hour) {
        if (hour !== Number.NEGATIVE_INFINITY) this.put(this.hours, hour, this.hour);
        this.hour.clear();
        hour = hourOfRow;
      }
      this.hour.merge(row);
      this.put(this.minutes, minute, row);
    }
    this.put(this.hours, hour, this.hour);
    this.putLatest();
    this.release();
  }

  /** `row` may be changed by it. */
  private put(step: StepStatements, bucket: number, row: RollupRow): void {
    const there = step.get.get(bucket, this.group)?.['rollups'];
    if (there === undefined) {
      step.insert.run(bucket, this.group, row.encode(this.bytes));
      return;
    }

    this.stored.decode(this.bytes, there as Uint8Array);
    this.stored.merge(row);
    step.update.run(this.stored.encode(this.bytes), bucket, this.group);
  }

  private putLatest(): void {
    const there = this.getLatest.get(this.group)?.['readings'];
    if (there !== undefined) {
      this.latestStored.decode(there as Uint8Array);
      this.latestStored.merge(this.latest);
    }
    const row = there === undefined ? this.latest : this.latestStored;
    this.setLatest.run(this.group, row.encode());
  }

  private release(): void {
    for (const row of this.added.values()) this.spare.push(row);
    this.added.clear();
    this.latest.clear();
  }
}

interface StepStatements {
  readonly get: StatementSync;
  readonly insert: StatementSync;
  readonly update: StatementSync;
}

function stepStatements(db: DatabaseSync, table: string, bucket: string): StepStatements {
  return {
    get: db.prepare(`SELECT rollups FROM ${table} WHERE ${bucket} = ? AND points = ?`),
    insert: db.prepare(`INSERT INTO ${table} (${bucket}, points, rollups) VALUES (?, ?, ?)`),
    update: db.prepare(`UPDATE ${table} SET rollups = ? WHERE ${bucket} = ? AND points = ?`),
  };
}
