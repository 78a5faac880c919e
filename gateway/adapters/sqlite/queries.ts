// The read side of events.db and history.db for the query thread: implements serving's Queries port on connections
// that cannot write. Synchronous; every answer is bounded by its filter. The history file may be missing or in
// trouble: then only `history` fails.

import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type {
  AlarmFilter,
  CaseFilter,
  EventFilter,
  HistoryQuery,
  HistorySeries,
  Page,
  Queries,
} from '../../serving/query/port.ts';
import { openReadOnly } from './database.ts';
import { eventsMigrations } from './events-schema.ts';
import { readHistory } from './history-reader.ts';
import { historyMigrations } from './history-schema.ts';

export const eventsFile = 'events.db';
export const historyFile = 'history.db';

/** Throws while events.db has not been made (the projector does that at its first start). */
export function openQueries(folder: string): Queries {
  return new SqliteQueries(folder);
}

class SqliteQueries implements Queries {
  private readonly folder: string;
  private readonly db: DatabaseSync;
  private historyDb: DatabaseSync | null = null;

  constructor(folder: string) {
    this.folder = folder;
    this.db = openReadOnly(join(folder, eventsFile), eventsMigrations);
  }

  projectedSeq(): number {
    return Number(this.db.prepare('SELECT max(seq) AS seq FROM events').get()?.['seq'] ?? 0);
  }

  alarm(id: string): AlarmState | null {
    return this.list<AlarmState>('SELECT json FROM alarms WHERE id = ?', [id])[0] ?? null;
  }

  alarms(filter: AlarmFilter): Page<AlarmState> {
    const where = new Where();
    where.among('mine', filter.mines);
    if (filter.state !== undefined) where.and(filter.state === 'live' ? 'live = 1' : 'live = 0');
    where.equal('level', filter.level);
    where.equal('scope', filter.scope);
    where.equal('rule', filter.rule);
    where.equal('case_id', filter.case);
    where.range('raised_at', filter.from, filter.to);
    return this.page<AlarmState>('alarms', 'raised_at', 'seq_raised', where, filter);
  }

  case(id: string): CaseState | null {
    return this.list<CaseState>('SELECT json FROM cases WHERE id = ?', [id])[0] ?? null;
  }

  cases(filter: CaseFilter): Page<CaseState> {
    const where = new Where();
    where.among('mine', filter.mines);
    if (filter.state !== undefined) where.and(filter.state === 'open' ? 'open = 1' : 'open = 0');
    where.equal('level', filter.level);
    where.range('opened_at', filter.from, filter.to);
    return this.page<CaseState>('cases', 'opened_at', 'n', where, filter);
  }

  alarmEvents(id: string, limit: number): readonly Event[] {
    return this.list<Event>('SELECT json FROM events WHERE alarm_id = ? ORDER BY seq LIMIT ?', [id, limit]);
  }

  caseEvents(id: string, limit: number): readonly Event[] {
    return this.list<Event>(
      `SELECT json FROM (
         SELECT seq, json FROM events WHERE case_id = ?1
         UNION
         SELECT e.seq, e.json FROM alarms a JOIN events e ON e.alarm_id = a.id WHERE a.case_id = ?1
       ) ORDER BY seq LIMIT ?2`,
      [id, limit],
    );
  }

  events(filter: EventFilter): readonly Event[] {
    const where = new Where();
    where.among('mine', filter.mines);
    where.and('seq > ?', filter.afterSeq);
    return this.list<Event>(`SELECT json FROM events WHERE ${where.text} ORDER BY seq LIMIT ?`, [
      ...where.values,
      filter.limit,
    ]);
  }

  history(query: HistoryQuery): readonly HistorySeries[] {
    const db = this.openHistory();
    return readHistory(db, query);
  }

  close(): void {
    this.historyDb?.close();
    this.db.close();
  }

  private openHistory(): DatabaseSync {
    try {
      this.historyDb ??= openReadOnly(join(this.folder, historyFile), historyMigrations);
    } catch (cause) {
      // The projector makes it in its first second: to be asked again, not a failure.
      throw Object.assign(new Error('history is not there', { cause }), { name: 'StoreMissing' });
    }
    return this.historyDb;
  }

  /** Rows hold what the projector wrote from the same type. */
  private list<T>(sql: string, values: readonly SQLInputValue[]): T[] {
    return this.db
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row['json'])) as T);
  }

  /** Newest first by (time, number); the cursor names the last row given. */
  private page<T>(
    table: string,
    time: string,
    number: string,
    where: Where,
    filter: { readonly limit: number; readonly cursor?: string },
  ): Page<T> {
    if (filter.cursor !== undefined) {
      const after = parseCursor(filter.cursor);
      if (after === null) return { items: [], cursor: null };
      where.and(`(${time}, ${number}) < (?, ?)`, ...after);
    }
    const rows = this.db
      .prepare(
        `SELECT ${time} AS time, ${number} AS number, json FROM ${table} WHERE ${where.text}
         ORDER BY ${time} DESC, ${number} DESC LIMIT ?`,
      )
      .all(...where.values, filter.limit + 1);
    const shown = rows.slice(0, filter.limit);
    const last = rows.length > filter.limit ? shown.at(-1) : undefined;
    return {
      items: shown.map((row) => JSON.parse(String(row['json'])) as T),
      cursor: last === undefined ? null : `${Number(last['time'])}.${Number(last['number'])}`,
    };
  }
}

class Where {
  private readonly parts: string[] = [];
  readonly values: SQLInputValue[] = [];

  get text(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' AND ');
  }

  and(condition: string, ...values: readonly SQLInputValue[]): void {
    this.parts.push(condition);
    this.values.push(...values);
  }

  equal(column: string, value: string | undefined): void {
    if (value !== undefined) this.and(`${column} = ?`, value);
  }

  /** One parameter whatever their number: a province sees a thousand mines. */
  among(column: string, values: readonly string[]): void {
    this.and(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }

  range(column: string, from: number | undefined, to: number | undefined): void {
    if (from !== undefined) this.and(`${column} >= ?`, from);
    if (to !== undefined) this.and(`${column} < ?`, to);
  }
}

function parseCursor(cursor: string): [number, number] | null {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(cursor);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
