// The embedded history: every accepted reading once, late ones beside it, readings of unknown points in quarantine
// until the point is registered. Written by the projector only. All of a group of journal batches and the cursor
// behind it is one transaction: after a crash the group comes again and no row is there twice. The result does not
// depend on how the batches were grouped. An accepted (point, t) is never replaced.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { statusBit } from '#alarms/kernel/quality.ts';
import { openDatabase, limitPages, rollback, syncedCommit, transaction } from './database.ts';
import { HistoryQuarantine, type QuarantinedReading } from './history-quarantine.ts';
import { chunkMs, chunkOf, historyMark, historyMigrations } from './history-schema.ts';
import { RowBuffer, rowsMax } from './row-buffer.ts';

export interface StoreCursor {
  /** Position in the journal behind the last projected batch. */
  readonly position: number;
  /** Number of the last projected input. */
  readonly inputSequence: number;
}

/** The columns of a readings frame that history keeps. `outcomes`: 0 accepted, 1 duplicate, 2 late. */
export interface HistoryFrame {
  readonly source: number;
  readonly count: number;
  readonly slots: Uint32Array;
  readonly times: Float64Array;
  /** NaN = a sample without a number, stored as NULL. */
  readonly values: Float64Array;
  readonly status: Uint16Array;
  readonly outcomes: Uint8Array;
}

export interface HistoryPoint {
  readonly id: string;
  readonly mine: string;
  readonly range?: readonly [number, number];
}

/** Since this object was opened; only what was committed is counted. */
export interface HistoryCounts {
  stored: number;
  late: number;
  /** Equal (point, t, value, status) that was there already, and readings the core called duplicates. */
  duplicate: number;
  /** Readings whose slot no document names (after lost segments): not stored. */
  unplaced: number;
  quarantined: number;
  quarantineDropped: number;
  /** Rows of the quarantine that became history, and those that another mine's source had sent. */
  requalified: number;
  quarantineForeign: number;
}

export interface HistoryStoreOptions {
  readonly quarantineRowsMax?: number;
  readonly pagesMax?: number;
}

/** Rows of one INSERT; more gain nothing measurable. */
const rowsPerInsert = 100;
const rowColumns = 7;
/** 16 MiB of page cache hold the hot chunk of 10 000 points; 16 MiB of write-ahead log between copy-backs. */
const database = { cacheKiB: 16_384, walPages: 4_096 };
/** Readings of unknown points kept for registration: some 100 MB, a day of 12 points at one a second. */
export const quarantineRowsMaxDefault = 1_000_000;
const deleteSlice = 10_000;
const outcomeDuplicate = 1;
const outcomeLate = 2;

const noCounts = (): HistoryCounts => ({
  stored: 0,
  late: 0,
  duplicate: 0,
  unplaced: 0,
  quarantined: 0,
  quarantineDropped: 0,
  requalified: 0,
  quarantineForeign: 0,
});

export class HistoryStore {
  readonly counts: HistoryCounts = noCounts();
  private readonly db: DatabaseSync;
  private readonly statements: ReturnType<typeof prepare>;
  private readonly quarantine: HistoryQuarantine;
  private readonly rows = new RowBuffer();
  private pending = noCounts();
  private numbers = new Map<string, number>();
  private slots = new Uint32Array(0);
  private cursor_: StoreCursor = { position: 0, inputSequence: 0 };
  private readonly parameters: (number | null)[] = [];

  constructor(path: string, options: HistoryStoreOptions = {}) {
    const { pagesMax } = options;
    this.db = openDatabase(path, historyMigrations, {
      ...database,
      ...(pagesMax === undefined ? {} : { pagesMax }),
    });
    this.statements = prepare(this.db);
    this.quarantine = new HistoryQuarantine(this.db, options.quarantineRowsMax ?? quarantineRowsMaxDefault);
    this.load();
  }

  /** Where the next transaction begins. */
  get cursor(): StoreCursor {
    return this.cursor_;
  }

  get rowsPending(): number {
    return this.rows.count;
  }

  get quarantineRows(): number {
    return this.quarantine.rows;
  }

  /** Bound of the file in pages of 4 KiB: a full disk for tests. */
  limitPages(pages: number): void {
    limitPages(this.db, pages);
  }

  /** The documents from here on: slot = index. Quarantined readings of points that are known now become history. */
  configure(points: readonly HistoryPoint[]): void {
    this.begin();
    this.flush();
    for (const point of points) {
      if (!this.numbers.has(point.id)) this.addPoint(point);
    }
    this.slots = Uint32Array.from(points, (point) => this.numbers.get(point.id)!);
    this.statements.setMeta.run('slots', JSON.stringify([...this.slots]));
    this.requalify(points);
  }

  sourceSeen(n: number, name: { mine: string; system: string; source: string }): void {
    this.begin();
    this.statements.setSource.run(n, name.mine, name.system, name.source);
  }

  addFrame(frame: HistoryFrame): void {
    this.begin();
    for (let i = 0; i < frame.count; i += 1) {
      const point = this.slots[frame.slots[i]!];
      if (point === undefined) this.pending.unplaced += 1;
      else if (frame.outcomes[i] === outcomeDuplicate) this.pending.duplicate += 1;
      else if (frame.outcomes[i] === outcomeLate) {
        // In the order of arrival, so that "the accepted one was there first" does not depend on the grouping.
        this.flush();
        this.insertLate(
          point,
          frame.times[i]!,
          frame.values[i]!,
          frame.status[i]!,
          frame.source,
          historyMark.live,
        );
      } else {
        this.rows.add(point, frame.times[i]!, frame.values[i]!, frame.status[i]!, frame.source);
        if (this.rows.count === rowsMax) this.flush();
      }
    }
  }

  addQuarantined(source: number, received: number, readings: readonly QuarantinedReading[]): void {
    this.begin();
    for (const reading of readings) {
      const kept = this.quarantine.add(source, received, reading);
      if (kept === 'kept') this.pending.quarantined += 1;
      else if (kept === 'full') this.pending.quarantineDropped += 1;
      else this.pending.duplicate += 1;
    }
  }

  /** Segments that were given up before they came here: the range stays on record. */
  addLost(from: number, to: number, at: number): void {
    this.begin();
    this.statements.addLost.run(from, to, at);
  }

  commit(cursor: StoreCursor): void {
    this.begin();
    this.flush();
    this.setCursor(cursor);
    this.db.exec('COMMIT');
    this.cursor_ = cursor;
    for (const name of Object.keys(this.pending) as (keyof HistoryCounts)[]) {
      this.counts[name] += this.pending[name];
    }
    this.pending = noCounts();
  }

  /** Back to the last commit, as if the object had just been opened. */
  abandon(): void {
    rollback(this.db);
    this.rows.clear();
    this.pending = noCounts();
    this.load();
  }

  /** Everything committed is on disk when this returns. */
  sync(): void {
    syncedCommit(this.db, () => this.setCursor(this.cursor_));
  }

  /** Source time of the newest chunk; null while there is none. */
  newestTime(): number | null {
    const newest = this.statements.newestChunk.get()?.['chunk'];
    return typeof newest === 'number' ? newest * chunkMs : null;
  }

  /**
   * Deletes at most `chunksMax` of the oldest chunks before `cutoff`, each in a transaction; how many it deleted.
   * Nothing while a group is open.
   */
  retain(cutoff: number, chunksMax: number): number {
    if (this.db.isTransaction) return 0;
    const { oldestChunk, deleteChunk, deleteLate, deleteQuarantined } = this.statements;
    let deleted = 0;
    while (deleted < chunksMax) {
      const oldest = oldestChunk.get()?.['chunk'];
      if (typeof oldest !== 'number' || oldest >= chunkOf(cutoff)) break;
      transaction(this.db, () => deleteChunk.run(oldest));
      deleted += 1;
    }
    transaction(this.db, () => {
      deleteLate.run(cutoff, deleteSlice);
      if (Number(deleteQuarantined.run(cutoff, deleteSlice).changes) > 0) this.quarantine.load();
    });
    return deleted;
  }

  close(): void {
    rollback(this.db);
    this.db.close();
  }

  private load(): void {
    const meta = new Map<string, string>();
    for (const row of this.db.prepare('SELECT key, value FROM meta').all()) {
      meta.set(String(row['key']), String(row['value']));
    }
    this.cursor_ = {
      position: Number(meta.get('position') ?? 0),
      inputSequence: Number(meta.get('inputSequence') ?? 0),
    };
    this.slots = Uint32Array.from(JSON.parse(meta.get('slots') ?? '[]') as number[]);
    this.numbers = new Map();
    for (const row of this.db.prepare('SELECT n, id FROM points').iterate()) {
      this.numbers.set(String(row['id']), Number(row['n']));
    }
    this.quarantine.load();
  }

  private begin(): void {
    if (!this.db.isTransaction) this.db.exec('BEGIN IMMEDIATE');
  }

  private setCursor(cursor: StoreCursor): void {
    this.statements.setMeta.run('position', String(cursor.position));
    this.statements.setMeta.run('inputSequence', String(cursor.inputSequence));
  }

  private addPoint(point: HistoryPoint): void {
    const { lastInsertRowid } = this.statements.addPoint.run(point.id, point.mine);
    this.numbers.set(point.id, Number(lastInsertRowid));
  }

  private flush(): void {
    if (this.rows.count === 0) return;
    const order = this.rows.sorted();
    for (let from = 0; from < order.length; from += rowsPerInsert) {
      this.insertSome(order.subarray(from, from + rowsPerInsert));
    }
    this.rows.clear();
  }

  private insertSome(indexes: Uint32Array): void {
    const { rows, parameters } = this;
    parameters.length = 0;
    for (const i of indexes) {
      const time = rows.times[i]!;
      const chunk = chunkOf(time);
      parameters.push(
        chunk,
        rows.points[i]!,
        time - chunk * chunkMs,
        rows.values[i]!, // NaN is bound as NULL
        rows.status[i]!,
        rows.sources[i]!,
        historyMark.live,
      );
    }
    const statement =
      indexes.length === rowsPerInsert ? this.statements.insertMany : this.statements.insertOne;
    if (indexes.length === rowsPerInsert) {
      const stored = Number(statement.run(...parameters).changes);
      this.pending.stored += stored;
      if (stored < indexes.length) this.lookAtKept(indexes, stored);
      return;
    }
    for (let k = 0; k < indexes.length; k += 1) {
      const row = parameters.slice(k * rowColumns, (k + 1) * rowColumns);
      if (Number(statement.run(...row).changes) > 0) this.pending.stored += 1;
      else this.lookAtKept(indexes.subarray(k, k + 1), 0);
    }
  }

  /** Some (point, t) were there: rows with another value go beside them, equal ones are nothing new. */
  private lookAtKept(indexes: Uint32Array, stored: number): void {
    const { rows } = this;
    let different = 0;
    for (const i of indexes) {
      if (this.isStored(rows.points[i]!, rows.times[i]!, rows.values[i]!, rows.status[i]!)) continue;
      different += 1;
      this.insertLate(
        rows.points[i]!,
        rows.times[i]!,
        rows.values[i]!,
        rows.status[i]!,
        rows.sources[i]!,
        historyMark.live,
      );
    }
    this.pending.duplicate += indexes.length - stored - different;
  }

  private insertLate(
    point: number,
    time: number,
    value: number,
    status: number,
    source: number,
    mark: number,
  ): void {
    const isKnown = this.isStored(point, time, value, status);
    if (!isKnown && this.statements.addLate.run(time, point, value, status, source, mark).changes !== 0) {
      this.pending.late += 1;
    } else this.pending.duplicate += 1;
  }

  private isStored(point: number, time: number, value: number, status: number): boolean {
    const chunk = chunkOf(time);
    const row = this.statements.sample.get(chunk, point, time - chunk * chunkMs);
    if (row === undefined || row['status'] !== status) return false;
    return Number.isNaN(value) ? row['value'] === null : row['value'] === value;
  }

  private requalify(points: readonly HistoryPoint[]): void {
    const byId = new Map(points.map((point) => [point.id, point]));
    for (const id of this.quarantine.pointIds()) {
      const point = byId.get(id);
      if (point === undefined) continue;
      const { rows, foreign } = this.quarantine.take(id, point.mine);
      this.pending.quarantineForeign += foreign;
      for (const row of rows) this.insertRequalified(point, row);
    }
  }

  /** As accept would have taken it: no number is over-range at the range's end, or a sensor fault. */
  private insertRequalified(point: HistoryPoint, row: QuarantinedReading & { source: number }): void {
    const n = this.numbers.get(point.id)!;
    const hasNoNumber = row.value === null;
    const high = (row.status & statusBit.overRange) === 0 ? undefined : point.range?.[1];
    const value = row.value ?? high ?? Number.NaN;
    const status = hasNoNumber && high === undefined ? row.status | statusBit.sensorFault : row.status;
    const chunk = chunkOf(row.time);
    const { changes } = this.statements.insertOne.run(
      chunk,
      n,
      row.time - chunk * chunkMs,
      value,
      status,
      row.source,
      historyMark.fromQuarantine,
    );
    if (changes === 0) this.insertLate(n, row.time, value, status, row.source, historyMark.fromQuarantine);
    else this.pending.requalified += 1;
  }
}

function prepare(db: DatabaseSync) {
  const one = '(?, ?, ?, ?, ?, ?, ?)';
  const insert = (count: number): StatementSync =>
    db.prepare(`INSERT INTO samples (chunk, point, ms, value, status, source, mark)
      VALUES ${Array<string>(count).fill(one).join(', ')} ON CONFLICT DO NOTHING`);
  return {
    insertMany: insert(rowsPerInsert),
    insertOne: insert(1),
    sample: db.prepare('SELECT value, status FROM samples WHERE chunk = ? AND point = ? AND ms = ?'),
    addLate: db.prepare(`INSERT INTO readings_late (t, point, value, status, source, mark)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    addPoint: db.prepare('INSERT INTO points (id, mine) VALUES (?, ?)'),
    setSource: db.prepare(`INSERT INTO sources (n, mine, system, source) VALUES (?, ?, ?, ?)
      ON CONFLICT (n) DO UPDATE SET mine = excluded.mine, system = excluded.system, source = excluded.source`),
    setMeta: db.prepare(`INSERT INTO meta (key, value) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
    addLost: db.prepare('INSERT INTO lost (from_position, to_position, at) VALUES (?, ?, ?)'),
    oldestChunk: db.prepare('SELECT min(chunk) AS chunk FROM samples'),
    newestChunk: db.prepare('SELECT max(chunk) AS chunk FROM samples'),
    deleteChunk: db.prepare('DELETE FROM samples WHERE chunk = ?'),
    deleteLate: db.prepare(
      'DELETE FROM readings_late WHERE n IN (SELECT n FROM readings_late WHERE t < ? LIMIT ?)',
    ),
    deleteQuarantined: db.prepare(
      'DELETE FROM quarantine WHERE n IN (SELECT n FROM quarantine WHERE received < ? LIMIT ?)',
    ),
  };
}
