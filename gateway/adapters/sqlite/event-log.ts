// events.db as evidence: every row of the event log as it lies there, the heads that the projector wrote beside it, and
// the states of alarms and cases for comparison with their fold. Read-only, streaming, judges nothing.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openReadOnly } from './database.ts';
import { eventsMigrations } from './events-schema.ts';

export interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly mine: string;
  readonly type: string;
  readonly at: number;
  readonly alarm: string | null;
  readonly case: string | null;
  readonly json: string;
}

export class EventLog {
  private readonly db: DatabaseSync;
  private readonly byId: { readonly alarms: StatementSync; readonly cases: StatementSync };
  private readonly bySeq: StatementSync;

  constructor(path: string) {
    this.db = openReadOnly(path, eventsMigrations);
    this.byId = {
      alarms: this.db.prepare('SELECT json FROM alarms WHERE id = ?'),
      cases: this.db.prepare('SELECT json FROM cases WHERE id = ?'),
    };
    this.bySeq = this.db.prepare('SELECT json FROM events WHERE seq = ?');
  }

  /** One picture of the file, however long the reading takes beside a running gateway. */
  hold(): void {
    this.db.exec('BEGIN');
  }

  *rows(): Generator<EventRow> {
    const statement = this.db.prepare(
      'SELECT seq, id, mine, type, at, alarm_id, case_id, json FROM events ORDER BY seq',
    );
    for (const row of statement.iterate()) {
      yield {
        seq: Number(row['seq']),
        id: String(row['id']),
        mine: String(row['mine']),
        type: String(row['type']),
        at: Number(row['at']),
        alarm: textOrNull(row['alarm_id']),
        case: textOrNull(row['case_id']),
        json: String(row['json']),
      };
    }
  }

  eventText(seq: number): string | null {
    return textOrNull(this.bySeq.get(seq)?.['json']);
  }

  stateText(table: 'alarms' | 'cases', id: string): string | null {
    return textOrNull(this.byId[table].get(id)?.['json']);
  }

  stateCount(table: 'alarms' | 'cases'): number {
    return Number(this.db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  }

  heads(): ReadonlyMap<string, string> {
    const heads = new Map<string, string>();
    for (const row of this.db.prepare("SELECT key, value FROM meta WHERE key GLOB 'head *'").all()) {
      heads.set(String(row['key']).slice('head '.length), String(row['value']));
    }
    return heads;
  }

  /** How long the projector's fold remembers archived cases; null when it took the default. */
  keepArchivedMs(): number | null {
    const value = this.db.prepare("SELECT value FROM meta WHERE key = 'keepArchivedMs'").get()?.['value'];
    return value === undefined ? null : Number(value);
  }

  close(): void {
    this.db.close();
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
