// Reports in history.db: positions, switch changes, upstream alarms, statistics. Works inside the transaction of its
// caller. A report of a key that is there replaces it, but an alarm never one that was reported later: so what is here
// depends on what was reported, not on how it was grouped. Times are whole milliseconds.

import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Report, SwitchChangeReport } from '#alarms/telemetry/report.ts';
import type { SwitchState } from '../switch-states.ts';
import {
  longReportTables,
  positionsTable,
  rawReportTables,
  statisticsTable,
  switchChangesTable,
  upstreamAlarmsTable,
  type ReportTable,
} from './report-tables.ts';

export class HistoryReports {
  private readonly positions: Writer<NonNullable<Report['positions']>[number]>;
  private readonly switchChanges: Writer<SwitchChangeReport>;
  private readonly upstreamAlarms: Writer<NonNullable<Report['upstreamAlarms']>[number]>;
  private readonly statistics: Writer<NonNullable<Report['statistics']>[number]>;
  private readonly newestChange: StatementSync;
  private readonly removals: { readonly raw: StatementSync[]; readonly long: StatementSync[] };

  constructor(db: DatabaseSync) {
    this.positions = new Writer(db, positionsTable);
    this.switchChanges = new Writer(db, switchChangesTable);
    this.upstreamAlarms = new Writer(db, upstreamAlarmsTable);
    this.statistics = new Writer(db, statisticsTable);
    this.newestChange = db.prepare(
      'SELECT t, state FROM switch_changes WHERE point = ? ORDER BY t DESC LIMIT 1',
    );
    this.removals = {
      raw: rawReportTables.map((table) => removal(db, table)),
      long: longReportTables.map((table) => removal(db, table)),
    };
  }

  add(mine: string, report: Report): number {
    let rows = 0;
    for (const position of report.positions ?? []) rows += this.positions.put(mine, position);
    for (const change of report.switchChanges ?? []) rows += this.switchChanges.put(mine, change);
    for (const alarm of report.upstreamAlarms ?? []) rows += this.upstreamAlarms.put(mine, alarm);
    for (const statistic of report.statistics ?? []) rows += this.statistics.put(mine, statistic);
    return rows;
  }

  addSwitchChange(mine: string, change: SwitchChangeReport): void {
    this.switchChanges.put(mine, change);
  }

  switchState(point: string): SwitchState | null {
    const row = this.newestChange.get(point);
    return row === undefined ? null : { time: Number(row['t']), state: Number(row['state']) };
  }

  /** Of each table what is older than the cutoff of its class, at most `spanMs` from its oldest row on. */
  retain(cutoffs: { readonly raw: number; readonly rollups: number }, spanMs: number): void {
    for (const remove of this.removals.raw) remove.run(cutoffs.raw, spanMs);
    for (const remove of this.removals.long) remove.run(cutoffs.rollups, spanMs);
  }
}

/**
 * By time from the oldest row on: a clock that jumped removes no faster than time passes for it. The state a switch is
 * in stays, however long ago it took it.
 */
function removal(db: DatabaseSync, table: string): StatementSync {
  const isStill = '(SELECT max(t) FROM switch_changes AS newer WHERE newer.point = switch_changes.point)';
  const except = table === switchChangesTable.name ? `AND t < ${isStill}` : '';
  return db.prepare(`DELETE FROM ${table} WHERE t < min(?1, (SELECT t FROM ${table}
    WHERE true ${except} ORDER BY t LIMIT 1) + ?2) ${except}`);
}

class Writer<T extends object> {
  private readonly table: ReportTable<T>;
  private readonly insert: StatementSync;

  constructor(db: DatabaseSync, table: ReportTable<T>) {
    this.table = table;
    const columns = table.columns.map(([, column]) => column);
    const others = columns.filter((column) => !table.keyColumns.includes(column));
    if (!table.keyColumns.includes('mine')) others.push('mine');
    this.insert = db.prepare(`INSERT INTO ${table.name} (mine, ${columns.join(', ')})
      VALUES (?${', ?'.repeat(columns.length)})
      ON CONFLICT (${table.keyColumns.join(', ')}) DO UPDATE SET
      ${others.map((column) => `${column} = excluded.${column}`).join(', ')} ${table.replaces}`);
  }

  put(mine: string, report: T): number {
    const values = this.table.columns.map(([field, , kind]) => bound(report[field], kind));
    this.insert.run(mine, ...values);
    return 1;
  }
}

function bound(value: unknown, kind: string): SQLInputValue {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return null;
  return kind === 'time' ? Math.round(value) : value;
}
