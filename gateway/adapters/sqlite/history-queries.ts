// The read side of history.db for the query thread: serving's port of history on a connection that cannot write.
// Synchronous; every answer is bounded by its question. Each is one read transaction: samples move from the tail into
// blocks and digests meanwhile. The file may be missing or in trouble: then reads say so, and it is looked for anew.

import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type {
  HistoryQueries,
  HistoryQuery,
  HistorySeries,
  LatestReading,
  Page,
  ReportFilter,
  Reported,
  RollupQuery,
  RollupSeries,
  UnknownPoint,
} from '../../serving/query/port.ts';
import type {
  PositionReport,
  StatisticReport,
  SwitchChangeReport,
  UpstreamAlarmReport,
} from '#alarms/telemetry/report.ts';
import { openReadOnly } from './database.ts';
import { readLatest, readRollups } from './history-digest-reader.ts';
import { readHistory } from './history-reader.ts';
import { historyMigrations } from './history-schema.ts';
import { historyFile } from './queries.ts';
import {
  positionsTable,
  statisticsTable,
  switchChangesTable,
  upstreamAlarmsTable,
  type ReportTable,
} from './report-tables.ts';
import { Where } from './where.ts';

/** Nothing is opened before the first question. */
export function openHistoryQueries(folder: string): SqliteHistoryQueries {
  return new SqliteHistoryQueries(folder);
}

/** The port, and more exactly: everything at once. */
export class SqliteHistoryQueries implements HistoryQueries {
  private readonly folder: string;
  private db: DatabaseSync | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  history(query: HistoryQuery): readonly HistorySeries[] {
    return this.reading((db) => readHistory(db, query));
  }

  latest(points: readonly string[]): readonly (LatestReading | null)[] {
    return this.reading((db) => readLatest(db, points));
  }

  rollup(query: RollupQuery): readonly RollupSeries[] {
    return this.reading((db) => readRollups(db, query));
  }

  positions(filter: ReportFilter): Page<Reported<PositionReport>> {
    return this.reading((db) => readReports(db, positionsTable, filter));
  }

  switchChanges(filter: ReportFilter): Page<Reported<SwitchChangeReport>> {
    return this.reading((db) => readReports(db, switchChangesTable, filter));
  }

  upstreamAlarms(filter: ReportFilter): Page<Reported<UpstreamAlarmReport>> {
    return this.reading((db) => readReports(db, upstreamAlarmsTable, filter));
  }

  statistics(filter: ReportFilter): Page<Reported<StatisticReport>> {
    return this.reading((db) => readReports(db, statisticsTable, filter));
  }

  unknownPoints(mines: readonly string[], limit: number): readonly UnknownPoint[] {
    const rows = this.reading((db) =>
      db
        .prepare(
          `SELECT point, mine, count(*) AS readings, min(t) AS first, max(t) AS last
           FROM quarantine JOIN sources ON sources.n = quarantine.source
           WHERE mine IN (SELECT value FROM json_each(?))
           GROUP BY point, mine ORDER BY readings DESC, point, mine LIMIT ?`,
        )
        .all(JSON.stringify(mines), limit),
    );
    return rows.map((row) => ({
      point: String(row['point']),
      mine: String(row['mine']),
      readings: Number(row['readings']),
      from: Number(row['first']),
      to: Number(row['last']),
    }));
  }

  close(): void {
    this.db?.close();
    this.db = null;
  }

  private reading<T>(read: (db: DatabaseSync) => T): T {
    const db = this.open();
    db.exec('BEGIN');
    try {
      return read(db);
    } finally {
      db.exec('COMMIT');
    }
  }

  private open(): DatabaseSync {
    try {
      this.db ??= openReadOnly(join(this.folder, historyFile), historyMigrations);
    } catch (cause) {
      // The projector makes it in its first second: to be asked again, not a failure.
      throw Object.assign(new Error('history is not there', { cause }), { name: 'StoreMissing' });
    }
    return this.db;
  }
}

/** Newest first, then by the other columns of the key; the cursor names the key of the last row given. */
function readReports<T extends object>(
  db: DatabaseSync,
  table: ReportTable<T>,
  filter: ReportFilter,
): Page<Reported<T>> {
  const where = new Where();
  where.among('mine', filter.mines);
  where.range('t', filter.from, filter.to);
  const key = table.columns.find(([field]) => field === table.key)![1];
  if (filter.keys !== undefined) where.among(key, filter.keys);
  const rest = table.keyColumns.filter((column) => column !== 't');
  if (filter.cursor !== undefined) {
    const after = parseReportCursor(filter.cursor, rest.length);
    if (after === null) return { items: [], cursor: null };
    const marks = rest.map(() => '?').join(', ');
    where.and(`(t < ? OR (t = ? AND (${rest.join(', ')}) > (${marks})))`, after[0]!, ...after);
  }
  const rows = db
    .prepare(
      `SELECT mine, ${table.columns.map(([, column]) => column).join(', ')} FROM ${table.name}
       WHERE ${where.text} ORDER BY t DESC, ${rest.join(', ')} LIMIT ?`,
    )
    .all(...where.values, filter.limit + 1);
  const shown = rows.slice(0, filter.limit);
  const last = rows.length > filter.limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => reportOf(table, row)),
    cursor: last === undefined ? null : JSON.stringify(['t', ...rest].map((column) => last[column])),
  };
}

/** The row was written from the same type by the same description. */
function reportOf<T extends object>(table: ReportTable<T>, row: Record<string, unknown>): Reported<T> {
  const fields = table.columns.map(([field, column]) => [field, row[column]]);
  return Object.fromEntries([...fields, ['mine', row['mine']]]) as Reported<T>;
}

function parseReportCursor(cursor: string, rest: number): SQLInputValue[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(cursor);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed) || parsed.length !== rest + 1) return null;
  const isTime = typeof parsed[0] === 'number';
  return isTime && parsed.slice(1).every((part) => typeof part === 'string')
    ? (parsed as SQLInputValue[])
    : null;
}
