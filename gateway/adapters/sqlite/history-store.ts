// The embedded history: every accepted reading once, late ones beside it, readings of unknown points in quarantine
// until the point is registered. Written by the projector only. All of a group of journal batches and the cursor
// behind it is one transaction: after a crash the group comes again and no row is there twice. The result does not
// depend on how the batches were grouped. An accepted (point, t) is never replaced. Beside the samples: their digests
// (history-digests.ts), what other systems report, and the changes of switches.

import type { DatabaseSync } from 'node:sqlite';
import { statusBit } from '#alarms/kernel/quality.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import { SwitchStates } from '../switch-states.ts';
import { openDatabase, limitPages, rollback, syncedCommit } from './database.ts';
import { asideMax, HistoryAside, type Settlement } from './history-aside.ts';
import { HistoryBlocks } from './history-blocks.ts';
import { HistoryQuarantine, type QuarantinedReading } from './history-quarantine.ts';
import { HistoryReports } from './history-reports.ts';
import { HistoryRetention, type HistoryCutoffs } from './history-retention.ts';
import { chunkMs, chunkOf, historyMark, historyMigrations } from './history-schema.ts';
import { decodeTail, HotSamples } from './hot-samples.ts';

export interface StoreCursor {
  /** Position in the journal behind the last projected batch. */
  readonly position: number;
  /** Number of the last projected input. */
  readonly inputSequence: number;
}

/** The columns of a readings frame that history keeps. `outcomes`: 0 accepted, 1 duplicate, 2 late. */
export interface HistoryFrame {
  /** When it arrived; never falls. */
  readonly received: number;
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
  /** Its values are states: changes are kept beside its samples. */
  readonly isSwitch?: boolean;
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
  /** Positions, switch changes, upstream alarms and statistics that were reported. */
  reported: number;
}

/** Takes the samples of a history whose file keeps all the rest. */
export interface SamplesElsewhere {
  /** Points by slot from here on. */
  configure(ids: readonly string[]): void;
  addFrame(frame: HistoryFrame): void;
  /** Out of the quarantine. NaN = without a number. */
  add(id: string, time: number, value: number, status: number): void;
  /** What was given since the last commit is forgotten. */
  abandon(): void;
}

export interface SettledElsewhere {
  readonly stored: number;
  readonly late: number;
  readonly duplicate: number;
  readonly unplaced: number;
  readonly requalified: number;
}

export interface HistoryStoreOptions {
  /** Absent: samples lie in the file. */
  readonly samples?: SamplesElsewhere;
  readonly quarantineRowsMax?: number;
  readonly pagesMax?: number;
}

/** Samples go into blocks a little after the end of their minute, most of what is on its way then being there ... */
const blocksAfterMs = 5_000;
/** ... or at once when there are many and the blocks would be long anyway: then they are never written to the tail. */
const manySamples = 100_000;
const longBlock = 8;
/** Pages are written once and in order, so few are wanted again; 16 MiB of write-ahead log between copy-backs. */
const database = { cacheKiB: 4_096, walPages: 4_096 };
/** Readings of unknown points kept for registration: some 100 MB, a day of 12 points at one a second. */
export const quarantineRowsMaxDefault = 1_000_000;
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
  reported: 0,
});

export class HistoryStore {
  readonly counts: HistoryCounts = noCounts();
  private readonly db: DatabaseSync;
  private readonly statements: ReturnType<typeof prepare>;
  private readonly quarantine: HistoryQuarantine;
  private readonly blocks: HistoryBlocks;
  private readonly hot = new HotSamples();
  private readonly aside: HistoryAside;
  private readonly reports: HistoryReports;
  private readonly retention: HistoryRetention;
  private readonly switches = new SwitchStates();
  private readonly elsewhere: SamplesElsewhere | null;
  /** By number: the mine of a source. */
  private sourceMines = new Map<number, string>();
  private rowsReported = 0;
  /** By point number: no stored or hot sample of it is younger. */
  private newest = new Float64Array(0);
  /** So many of the hot samples are in the tail. */
  private tailed = 0;
  private blocksBelow = Number.NEGATIVE_INFINITY;
  private received = Number.NEGATIVE_INFINITY;
  private pending = noCounts();
  private numbers = new Map<string, number>();
  private slots = new Uint32Array(0);
  private switchSlots: number[] = [];
  private cursor_: StoreCursor = { position: 0, inputSequence: 0 };

  constructor(path: string, options: HistoryStoreOptions = {}) {
    const { pagesMax } = options;
    this.elsewhere = options.samples ?? null;
    this.db = openDatabase(path, historyMigrations, {
      ...database,
      ...(pagesMax === undefined ? {} : { pagesMax }),
    });
    this.statements = prepare(this.db);
    this.quarantine = new HistoryQuarantine(this.db, options.quarantineRowsMax ?? quarantineRowsMaxDefault);
    this.blocks = new HistoryBlocks(this.db);
    this.aside = new HistoryAside(this.db, this.blocks, this.hot);
    this.reports = new HistoryReports(this.db);
    this.retention = new HistoryRetention(this.db, this.blocks, this.reports);
    this.load();
  }

  /** Where the next transaction begins. */
  get cursor(): StoreCursor {
    return this.cursor_;
  }

  get rowsPending(): number {
    return this.hot.count - this.tailed + this.aside.count + this.rowsReported;
  }

  get quarantineRows(): number {
    return this.quarantine.rows;
  }

  /** Bound of the file in pages of 4 KiB, for tests of a full disk. */
  limitPages(pages: number): void {
    limitPages(this.db, pages);
  }

  /** The documents from here on: slot = index. Quarantined readings of points that are known now become history. */
  configure(points: readonly HistoryPoint[]): void {
    this.slots = new Uint32Array(0);
    this.switchSlots = [];
    this.append(points);
  }

  /** Points that came while running: their slots follow those that are there. */
  append(points: readonly HistoryPoint[]): void {
    this.begin();
    for (const point of points) if (!this.numbers.has(point.id)) this.addPoint(point);
    const { length } = this.slots;
    const added = points.map(({ id }) => this.numbers.get(id)!);
    this.slots = Uint32Array.from([...this.slots, ...added]);
    for (const [at, { isSwitch }] of points.entries())
      if (isSwitch === true) this.switchSlots.push(length + at);
    this.statements.setMeta.run('slots', JSON.stringify([...this.slots]));
    this.statements.setMeta.run('switches', JSON.stringify(this.switchSlots));
    this.watchSwitches();
    this.requalify(points);
  }

  sourceSeen(n: number, name: { mine: string; system: string; source: string }): void {
    this.begin();
    this.statements.setSource.run(n, name.mine, name.system, name.source);
    this.sourceMines.set(n, name.mine);
  }

  /** What a system reports besides readings. */
  addReport(source: number, _received: number, report: Report): void {
    this.begin();
    const rows = this.reports.add(this.mineOf(source), report);
    this.rowsReported += rows;
    this.pending.reported += rows;
    for (const change of report.switchChanges ?? []) this.switches.reported(change);
  }

  addFrame(frame: HistoryFrame): void {
    this.begin();
    this.received = frame.received;
    if (this.elsewhere === null) this.addSamples(frame);
    else this.elsewhere.addFrame(frame);
    this.switches.take(frame, (change) => this.reports.addSwitchChange(this.mineOf(frame.source), change));
  }

  private addSamples(frame: HistoryFrame): void {
    const { count, source, times, values, status, outcomes } = frame;
    const { hot, newest, slots, pending } = this;
    for (let i = 0; i < count; i += 1) {
      const point = slots[frame.slots[i]!];
      const made = outcomes[i]!;
      if (point === undefined) pending.unplaced += 1;
      else if (made === outcomeDuplicate) pending.duplicate += 1;
      else if (made !== outcomeLate && times[i]! > newest[point]!) {
        if (hot.isFull) this.flush(Number.POSITIVE_INFINITY);
        newest[point] = times[i]!;
        hot.add(point, times[i]!, values[i]!, status[i]!, source);
        pending.stored += 1;
      } else this.putAside(point, times[i]!, values[i]!, status[i]!, source, made === outcomeLate);
    }
  }

  /** What became of samples that lie elsewhere: part of the group that is committed next. */
  settledElsewhere(made: SettledElsewhere): void {
    this.pending.stored += made.stored;
    this.pending.requalified += made.requalified;
    this.pending.late += made.late;
    this.pending.duplicate += made.duplicate;
    this.pending.unplaced += made.unplaced;
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
    this.settle();
    this.moveToBlocks();
    this.writeTail();
    this.setCursor(cursor);
    this.db.exec('COMMIT');
    this.cursor_ = cursor;
    for (const name of Object.keys(this.pending) as (keyof HistoryCounts)[]) {
      this.counts[name] += this.pending[name];
    }
    this.pending = noCounts();
    this.rowsReported = 0;
  }

  /** Back to the last commit, as if the object had just been opened. */
  abandon(): void {
    rollback(this.db);
    this.pending = noCounts();
    this.rowsReported = 0;
    this.elsewhere?.abandon();
    this.load();
  }

  /** Everything committed is on disk when this returns. */
  sync(): void {
    syncedCommit(this.db, () => this.setCursor(this.cursor_));
  }

  /** Source time of the newest chunk; null while there is none. */
  newestTime(): number | null {
    let newest = this.blocks.newestChunk;
    const { times, count } = this.hot;
    for (let i = 0; i < count; i += 1)
      newest = Math.max(newest ?? Number.NEGATIVE_INFINITY, chunkOf(times[i]!));
    return newest === null ? null : newest * chunkMs;
  }

  /**
   * Deletes what is older than the cutoff of its class, of samples and of rollups at most `chunksMax` of the oldest
   * minutes; how many chunks of samples it deleted. Nothing while a group is open.
   */
  retain(cutoffs: HistoryCutoffs, chunksMax: number): number {
    if (this.db.isTransaction) return 0;
    const { chunks, quarantined } = this.retention.retain(cutoffs, chunksMax);
    if (quarantined > 0) this.quarantine.load();
    return chunks;
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
    this.sourceMines = new Map();
    for (const row of this.db.prepare('SELECT n, mine FROM sources').iterate()) {
      this.sourceMines.set(Number(row['n']), String(row['mine']));
    }
    this.switches.clear();
    this.switchSlots = JSON.parse(meta.get('switches') ?? '[]') as number[];
    this.watchSwitches();
    this.quarantine.load();
    this.loadSamples();
  }

  /** Tells who follows the slots what they are now. */
  private watchSwitches(): void {
    const areSwitches = new Set(this.switchSlots);
    const ids = new Map([...this.numbers].map(([id, number]) => [number, id]));
    this.elsewhere?.configure(Array.from(this.slots, (number) => ids.get(number)!));
    this.switches.configure(
      Array.from(this.slots, (number, slot) => ({ id: ids.get(number)!, isSwitch: areSwitches.has(slot) })),
      (id) => this.reports.switchState(id),
    );
  }

  /** Empty when the segment that named the source is lost. */
  private mineOf(source: number): string {
    return this.sourceMines.get(source) ?? '';
  }

  private loadSamples(): void {
    const { hot, blocks } = this;
    this.aside.clear();
    hot.clear();
    this.blocksBelow = this.received = Number.NEGATIVE_INFINITY;
    // Nobody asks a block for each of 10 000 points: who has none in the newest chunk has nothing younger than its start.
    const chunk = blocks.newestChunk;
    this.newest = new Float64Array(0);
    this.reservePoints(chunk === null ? Number.NEGATIVE_INFINITY : chunk * chunkMs - 1);
    const raise = (point: number, time: number): void => {
      if (time > this.newest[point]!) this.newest[point] = time;
    };
    if (chunk !== null) blocks.lastTimes(chunk, raise);
    for (const row of this.db.prepare('SELECT samples FROM tail ORDER BY n').iterate()) {
      const { count, points, times, values, status, sources } = decodeTail(row['samples'] as Uint8Array);
      for (let i = 0; i < count; i += 1) {
        raise(points[i]!, times[i]!);
        hot.add(points[i]!, times[i]!, values[i]!, status[i]!, sources[i]!);
      }
    }
    this.tailed = hot.count;
  }

  /** `newestOfNew` holds for points that get their room now. */
  private reservePoints(newestOfNew: number): void {
    const points = this.numbers.size + 1; // numbered from 1, none is ever removed
    this.hot.reservePoints(points);
    if (points <= this.newest.length) return;
    const grown = new Float64Array(2 ** Math.ceil(Math.log2(points + 64))).fill(newestOfNew);
    grown.set(this.newest);
    this.newest = grown;
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
    const number = Number(lastInsertRowid);
    this.numbers.set(point.id, number);
    this.reservePoints(Number.NEGATIVE_INFINITY);
    this.newest[number] = Number.NEGATIVE_INFINITY;
  }

  /** Into blocks when their minute is over, or when there are many. */
  private moveToBlocks(): void {
    const { count, pointCount } = this.hot;
    if (count === 0) return;
    const below = chunkOf(this.received - blocksAfterMs);
    if (count >= manySamples && count >= longBlock * pointCount) this.flush(Number.POSITIVE_INFINITY);
    else if (below > this.blocksBelow) this.flush(below);
    else return;
    this.blocksBelow = Math.max(below, this.blocksBelow);
  }

  private flush(below: number): void {
    const { hot } = this;
    this.blocks.writeHot(hot, below, this.numbers.size + 1);
    hot.keep((i) => chunkOf(hot.times[i]!) >= below);
    if (this.tailed > 0) this.statements.clearTail.run();
    this.tailed = 0;
  }

  private writeTail(): void {
    if (this.hot.count === this.tailed) return;
    this.statements.addTail.run(this.hot.encode(this.tailed));
    this.tailed = this.hot.count;
  }

  /** A late sample that is newer than everything here is judged at once: what comes after it must not count for it. */
  private putAside(
    point: number,
    time: number,
    value: number,
    status: number,
    source: number,
    isLate: boolean,
  ): void {
    const isNewest = time > this.newest[point]!;
    this.aside.add({ point, time, value, status, source, isLate });
    if (isNewest || this.aside.count >= asideMax) this.settle();
  }

  private settle(): void {
    const { stored, late, duplicate } = this.aside.settle(historyMark.live);
    this.pending.stored += stored;
    this.pending.late += late;
    this.pending.duplicate += duplicate;
  }

  private requalify(points: readonly HistoryPoint[]): void {
    const ids = this.quarantine.pointIds();
    if (ids.length === 0) return;
    this.settle();
    const byId = new Map(points.map((point) => [point.id, point]));
    for (const id of ids) {
      const point = byId.get(id);
      if (point === undefined) continue;
      const { rows, foreign } = this.quarantine.take(id, point.mine);
      this.pending.quarantineForeign += foreign;
      for (const row of rows) this.addRequalified(point, row);
      this.countRequalified(this.aside.settle(historyMark.fromQuarantine));
    }
  }

  private countRequalified({ stored, late, duplicate }: Settlement): void {
    this.pending.requalified += stored;
    this.pending.late += late;
    this.pending.duplicate += duplicate;
  }

  /** As accept would have taken it: no number is over-range at the range's end, or a sensor fault. */
  private addRequalified(point: HistoryPoint, row: QuarantinedReading & { source: number }): void {
    const n = this.numbers.get(point.id)!;
    const hasNoNumber = row.value === null;
    const high = (row.status & statusBit.overRange) === 0 ? undefined : point.range?.[1];
    const value = row.value ?? high ?? Number.NaN;
    const status = hasNoNumber && high === undefined ? row.status | statusBit.sensorFault : row.status;
    if (this.elsewhere !== null) return this.elsewhere.add(point.id, row.time, value, status);
    this.aside.add({ point: n, time: row.time, value, status, source: row.source, isLate: false });
    this.newest[n] = Math.max(this.newest[n]!, row.time);
  }
}

function prepare(db: DatabaseSync) {
  return {
    addPoint: db.prepare('INSERT INTO points (id, mine) VALUES (?, ?)'),
    setSource: db.prepare(`INSERT INTO sources (n, mine, system, source) VALUES (?, ?, ?, ?)
      ON CONFLICT (n) DO UPDATE SET mine = excluded.mine, system = excluded.system, source = excluded.source`),
    setMeta: db.prepare(`INSERT INTO meta (key, value) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
    addTail: db.prepare('INSERT INTO tail (samples) VALUES (?)'),
    clearTail: db.prepare('DELETE FROM tail'),
    addLost: db.prepare('INSERT INTO lost (from_position, to_position, at) VALUES (?, ?, ?)'),
  };
}
