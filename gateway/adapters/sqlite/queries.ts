// The read side of events.db for the query thread: implements serving's port of the record on a connection that cannot
// write. Synchronous; every answer is bounded by its filter.

import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { RegistryChangeView } from '../../protocol/registry-api.ts';
import type {
  AlarmFilter,
  CaseFilter,
  EventFilter,
  EventQueries,
  Page,
  RegistryChangesFilter,
} from '../../serving/query/port.ts';
import { openReadOnly } from './database.ts';
import { eventsMigrations } from './events-schema.ts';
import { parseCursor, Where } from './where.ts';

export const eventsFile = 'events.db';
export const historyFile = 'history.db';

/** Throws while events.db has not been made (the projector does that at its first start). */
export function openQueries(folder: string): EventQueries {
  return new SqliteQueries(folder);
}

class SqliteQueries implements EventQueries {
  private readonly db: DatabaseSync;

  constructor(folder: string) {
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

  registryChanges(filter: RegistryChangesFilter): Page<RegistryChangeView> {
    const where = new Where();
    where.among('c.mine', filter.mines);
    where.equal('c.what', filter.what);
    where.equal('c.id', filter.id);
    where.range('c.at', filter.from, filter.to);
    if (filter.cursor !== undefined) {
      const after = parseCursor(filter.cursor);
      if (after === null) return { items: [], cursor: null };
      where.and('(c.at, c.n) < (?, ?)', ...after);
    }
    const rows = this.db
      .prepare(
        `SELECT c.n, c.at, c.mine, c.what, c.id, c.before, c.after, s.system, s.source
         FROM registry_changes c LEFT JOIN sources s ON s.n = c.source WHERE ${where.text}
         ORDER BY c.at DESC, c.n DESC LIMIT ?`,
      )
      .all(...where.values, filter.limit + 1);
    const shown = rows.slice(0, filter.limit);
    const last = rows.length > filter.limit ? shown.at(-1) : undefined;
    return {
      items: shown.map(changeOf),
      cursor: last === undefined ? null : `${Number(last['at'])}.${Number(last['n'])}`,
    };
  }

  close(): void {
    this.db.close();
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

/** Written by the events store from changes of the registry. */
function changeOf(row: Record<string, SQLOutputValue>): RegistryChangeView {
  const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
  return {
    at: Number(row['at']),
    mine: String(row['mine']),
    system: String(row['system'] ?? ''),
    source: String(row['source'] ?? ''),
    what: String(row['what']) as RegistryChangeView['what'],
    id: String(row['id']),
    before: row['before'] === null ? null : json(String(row['before'])),
    after: json(String(row['after'])),
  };
}
