// Samples on their way to QuestDB: a group is collected in memory, sent as one request per table, and forgotten only
// when the server has it. What is sent twice is stored once (DEDUP keys), so a group whose fate is unknown is sent
// again. An accepted (point, t) is never replaced: whatever is not simply newer than all before it is held against what
// is stored; equal is nothing new, another value is a late reading. Late readings have a table of their own, so that
// they never touch the large partitions of the others.

import { setTimeout } from 'node:timers/promises';
import { type Answer, moment, QuestdbFailure, type QuestdbHttp, quoted, type WriteAnswer } from './http.ts';
import { PointFronts, ReadingRows } from './reading-rows.ts';
import { prepareSchema, type QuestdbTables, refreshRollups, type RetentionDays } from './schema.ts';

export interface SampleFrame {
  readonly received: number;
  readonly count: number;
  readonly slots: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly status: Uint16Array;
  /** 0 accepted, 1 duplicate, 2 late. */
  readonly outcomes: Uint8Array;
}

/** What became of a group. */
export interface Settled {
  stored: number;
  late: number;
  duplicate: number;
  unplaced: number;
  /** Stored, out of the quarantine. */
  requalified: number;
  /** Rows that the server would not take; each was told by `refusedRow`. */
  refused: number;
}

export interface SamplesEvents {
  /** The server would not have this row; the rest of its request went without it. */
  refusedRow(row: string, message: string): void;
}

interface Suspect {
  readonly point: number;
  readonly time: number;
  readonly value: number;
  readonly status: number;
  readonly isLate: boolean;
  readonly isRequalified: boolean;
}

const rowsAtFirst = 25_000;
/** A question is a URL, of which the server takes 64 KiB. */
const questionCharsMax = 24_000;
const appliedWithinMs = 30_000;
/** Of one request: more is no bad row but something else. */
const badRowsMax = 1_000;
const outcomeDuplicate = 1;
const outcomeLate = 2;

const nothing = (): Settled => ({
  stored: 0,
  late: 0,
  duplicate: 0,
  unplaced: 0,
  requalified: 0,
  refused: 0,
});

export class QuestdbSamples {
  private readonly http: QuestdbHttp;
  private readonly tables: QuestdbTables;
  private readonly days: RetentionDays;
  private readonly events: SamplesEvents;
  private readonly fronts: PointFronts;
  private readonly lateFronts: PointFronts;
  private readonly rows: ReadingRows;
  private readonly lateRows: ReadingRows;
  private suspects: Suspect[] = [];
  /** Every point that was ever given has a number here, its place in the fronts; none is removed while this runs. */
  private readonly ids: string[] = [];
  private readonly numberOf = new Map<string, number>();
  private slots = new Uint32Array(0);
  /** By number: nothing that was given or stored is younger. */
  private newest = new Float64Array(0);
  private made = nothing();

  private constructor(http: QuestdbHttp, tables: QuestdbTables, days: RetentionDays, events: SamplesEvents) {
    this.http = http;
    this.tables = tables;
    this.days = days;
    this.events = events;
    this.fronts = new PointFronts(tables.samples);
    this.lateFronts = new PointFronts(tables.late);
    this.rows = new ReadingRows(this.fronts, rowsAtFirst);
    this.lateRows = new ReadingRows(this.lateFronts, 256);
  }

  /** Rejects with QuestdbFailure while the server is away. */
  static async open(
    http: QuestdbHttp,
    tables: QuestdbTables,
    days: RetentionDays,
    events: SamplesEvents,
  ): Promise<QuestdbSamples> {
    await prepareSchema(http, tables, days);
    const samples = new QuestdbSamples(http, tables, days, events);
    await samples.applied(tables.samples);
    const { rows } = await http.ask(
      `SELECT point, ts::long FROM ${tables.samples} LATEST ON ts PARTITION BY point`,
    );
    samples.number(rows.map(([point]) => String(point)));
    rows.forEach(([point, micros]) => {
      samples.newest[samples.numberOf.get(String(point))!] = Number(micros) / 1000;
    });
    return samples;
  }

  get pending(): number {
    return this.rows.count + this.lateRows.count + this.suspects.length;
  }

  /** Points by slot from here on. */
  configure(ids: readonly string[]): void {
    this.number(ids);
    this.slots = Uint32Array.from(ids, (id) => this.numberOf.get(id)!);
  }

  addFrame(frame: SampleFrame): void {
    const { count, times, values, status, outcomes } = frame;
    const { newest, rows, made, slots } = this;
    for (let i = 0; i < count; i += 1) {
      const point = slots[frame.slots[i]!];
      const outcome = outcomes[i]!;
      const time = times[i]!;
      if (point === undefined) made.unplaced += 1;
      else if (outcome === outcomeDuplicate) made.duplicate += 1;
      else if (outcome !== outcomeLate && time > newest[point]!) {
        newest[point] = time;
        rows.add(point, time, values[i]!, status[i]!);
        made.stored += 1;
      } else {
        const isLate = outcome === outcomeLate;
        this.suspects.push({
          point,
          time,
          value: values[i]!,
          status: status[i]!,
          isLate,
          isRequalified: false,
        });
      }
    }
  }

  /** A reading out of the quarantine, of a point that is registered now. */
  add(id: string, time: number, value: number, status: number): void {
    const point = this.numberOf.get(id);
    if (point === undefined) this.made.unplaced += 1;
    else {
      this.suspects.push({ point, time, value, status, isLate: false, isRequalified: true });
      // What comes after it must not count as newer than all before.
      this.newest[point] = Math.max(this.newest[point]!, time);
    }
  }

  /** Everything given is with the server when it resolves. Rejects and keeps all of it otherwise: to be called again. */
  async flush(): Promise<Settled> {
    await this.send(this.rows);
    if (this.suspects.length > 0) await this.settle();
    await this.send(this.rows);
    await this.send(this.lateRows);
    const { made } = this;
    this.made = nothing();
    return made;
  }

  /** Forgets what was given and not flushed; the newest times of points are asked for anew by `open` only. */
  abandon(): void {
    this.rows.clear();
    this.lateRows.clear();
    this.suspects = [];
    this.made = nothing();
  }

  /** Rejects when the server takes rows of a table and does not apply them. */
  async check(): Promise<void> {
    for (const table of [this.tables.samples, this.tables.late]) await this.progressOf(table);
  }

  /** Starts it; the server works it off by itself. */
  async refreshRollups(): Promise<void> {
    await refreshRollups(this.http, this.tables);
  }

  /** Waits until questions find everything that was flushed, in rollups too. For tests and repairs. */
  async visible(): Promise<void> {
    const { samples, late, minutes, hours } = this.tables;
    for (const table of [samples, late]) await this.applied(table);
    for (const view of [minutes, hours]) {
      await this.http.ask(`REFRESH MATERIALIZED VIEW ${view} INCREMENTAL`);
      await this.refreshed(view);
      await this.applied(view);
    }
  }

  private async refreshed(view: string): Promise<void> {
    const until = performance.now() + appliedWithinMs;
    for (;;) {
      const { rows } = await this.http.ask(
        `SELECT view_status, refresh_base_table_txn, base_table_txn FROM materialized_views() WHERE view_name = ${quoted(view)}`,
      );
      const [status, done, base] = rows[0] ?? [];
      if (status !== 'valid' && status !== 'refreshing') {
        throw new QuestdbFailure(
          `rollup ${view} is ${String(status)}: REFRESH MATERIALIZED VIEW ${view} FULL`,
          true,
        );
      }
      if (Number(done) >= Number(base)) return;
      if (performance.now() > until) throw new QuestdbFailure(`rollup ${view} is not refreshed`, true);
      await setTimeout(10);
    }
  }

  /** Waits until what was taken is also what a question finds. */
  async applied(table: string): Promise<void> {
    const until = performance.now() + appliedWithinMs;
    for (;;) {
      const { written, sequenced } = await this.progressOf(table);
      if (written >= sequenced) return;
      if (performance.now() > until) throw new QuestdbFailure(`${table} lags behind its log`, true);
      await setTimeout(10);
    }
  }

  private async progressOf(table: string): Promise<{ written: number; sequenced: number }> {
    const { rows } = await this.http.ask(
      `SELECT writerTxn, sequencerTxn, suspended, errorTag, errorMessage FROM wal_tables() WHERE name = ${quoted(table)}`,
    );
    const row = rows[0];
    if (row === undefined) {
      await prepareSchema(this.http, this.tables, this.days);
      throw new QuestdbFailure(`table ${table} was not there and was made anew, empty`, true);
    }
    const [written, sequenced, isSuspended, tag, message] = row;
    if (isSuspended === true) {
      throw new QuestdbFailure(
        `table ${table} is suspended (${String(tag)} ${String(message)}): free space on its disk, then fengsui history resume`,
        true,
      );
    }
    return { written: Number(written), sequenced: Number(sequenced) };
  }

  private number(ids: readonly string[]): void {
    const before = this.ids.length;
    for (const id of ids) {
      if (this.numberOf.has(id)) continue;
      this.numberOf.set(id, this.ids.length);
      this.ids.push(id);
    }
    if (this.ids.length === before) return;
    const newest = new Float64Array(this.ids.length).fill(Number.NEGATIVE_INFINITY);
    newest.set(this.newest);
    this.newest = newest;
    this.fronts.set(this.ids);
    this.lateFronts.set(this.ids);
  }

  private async send(rows: ReadingRows): Promise<void> {
    for (let bad = 0; rows.count > 0;) {
      const answer = await this.http.write(rows.body());
      if (answer.kind === 'taken') rows.clear();
      else if (answer.kind === 'row' && bad < badRowsMax && answer.line <= rows.count) {
        bad += 1;
        this.events.refusedRow(rows.row(answer.line - 1).toString('utf8'), answer.message);
        this.made.refused += 1;
        rows.remove(answer.line - 1);
      } else if (answer.kind === 'schema') {
        await prepareSchema(this.http, this.tables, this.days);
        throw new QuestdbFailure(
          `the tables were not as they should be, and were made anew: ${answer.message}`,
          true,
        );
      } else throw failureOf(answer);
    }
  }

  /** Suspects against what is stored, in the order they came. */
  private async settle(): Promise<void> {
    await this.applied(this.tables.samples);
    const there = new Map<string, { value: number; status: number }>();
    for (const question of this.questions()) remember(there, await this.http.ask(question));
    for (const { point, time, value, status, isLate, isRequalified } of this.suspects) {
      const key = `${this.ids[point]!} ${time}`;
      const known = there.get(key);
      if (known !== undefined && known.status === status && isSame(known.value, value))
        this.made.duplicate += 1;
      else if (known === undefined && !isLate) {
        there.set(key, { value, status });
        this.rows.add(point, time, value, status);
        if (isRequalified) this.made.requalified += 1;
        else this.made.stored += 1;
      } else {
        this.lateRows.add(point, time, value + 0, status);
        this.made.late += 1;
      }
    }
    this.suspects = [];
  }

  private *questions(): Generator<string> {
    const wanted = new Map<number, Set<number>>();
    for (const { point, time } of this.suspects) {
      const times = wanted.get(point) ?? new Set();
      wanted.set(point, times.add(time));
    }
    let moments = new Set<number>();
    let points: string[] = [];
    let chars = 0;
    const question = (): string =>
      `SELECT point, ts::long, value, status FROM ${this.tables.samples}
       WHERE ts IN (${[...moments].map(moment).join(',')}) AND point IN (${points.join(',')})`;
    for (const [number, times] of wanted) {
      const point = quoted(this.ids[number]!);
      for (const time of times) {
        if (chars > questionCharsMax) {
          yield question();
          [moments, points, chars] = [new Set(), [], 0];
        }
        if (points.at(-1) !== point) {
          points.push(point);
          chars += encodeURIComponent(point).length + 3;
        }
        if (!moments.has(time)) chars += 50;
        moments.add(time);
      }
    }
    if (points.length > 0) yield question();
  }
}

function remember(there: Map<string, { value: number; status: number }>, { rows }: Answer): void {
  for (const [point, micros, value, status] of rows) {
    there.set(`${String(point)} ${Number(micros) / 1000}`, {
      value: typeof value === 'number' ? value : Number.NaN,
      status: Number(status),
    });
  }
}

function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function failureOf(answer: Exclude<WriteAnswer, { kind: 'taken' }>): QuestdbFailure {
  if (answer.kind === 'diskFull') {
    return new QuestdbFailure(`the disk of QuestDB is full: ${answer.message}`, false);
  }
  const status = answer.kind === 'refused' ? `${answer.status} ` : '';
  return new QuestdbFailure(`QuestDB refuses rows: ${status}${answer.message}`, true);
}
