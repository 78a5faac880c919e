// Readings of points that nobody has registered, inside history.db: kept in the order of arrival until the point is
// registered, bounded in rows (in all, and per source, so that one sender cannot take the room of the others).
// Works inside the transaction of its caller; never judges a reading.

import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface QuarantinedReading {
  readonly point: string;
  readonly time: number;
  readonly value: number | null;
  readonly status: number;
}

export class HistoryQuarantine {
  private readonly rowsMax: number;
  private readonly rowsPerSourceMax: number;
  private readonly insert: StatementSync;
  private readonly select: StatementSync;
  private readonly remove: StatementSync;
  private readonly distinct: StatementSync;
  private readonly perSourceRows: StatementSync;
  private readonly source: StatementSync;
  private perSource = new Map<number, number>();
  private total = 0;

  constructor(db: DatabaseSync, rowsMax: number) {
    this.rowsMax = rowsMax;
    this.rowsPerSourceMax = Math.ceil(rowsMax / 4);
    this.insert = db.prepare(`INSERT INTO quarantine (point, t, value, status, source, received)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.select = db.prepare('SELECT t, value, status, source FROM quarantine WHERE point = ? ORDER BY n');
    this.remove = db.prepare('DELETE FROM quarantine WHERE point = ?');
    this.distinct = db.prepare('SELECT DISTINCT point FROM quarantine');
    this.perSourceRows = db.prepare('SELECT source, count(*) AS rows FROM quarantine GROUP BY source');
    this.source = db.prepare('SELECT mine FROM sources WHERE n = ?');
  }

  get rows(): number {
    return this.total;
  }

  /** Counts anew what is stored: after opening, a rollback, or a deletion. */
  load(): void {
    this.perSource = new Map();
    this.total = 0;
    for (const row of this.perSourceRows.all()) {
      const rows = Number(row['rows']);
      this.perSource.set(Number(row['source']), rows);
      this.total += rows;
    }
  }

  add(source: number, received: number, reading: QuarantinedReading): 'kept' | 'known' | 'full' {
    const ofSource = this.perSource.get(source) ?? 0;
    if (this.total >= this.rowsMax || ofSource >= this.rowsPerSourceMax) return 'full';
    const { point, time, value, status } = reading;
    if (this.insert.run(point, time, value, status, source, received).changes === 0) return 'known';
    this.perSource.set(source, ofSource + 1);
    this.total += 1;
    return 'kept';
  }

  pointIds(): readonly string[] {
    return this.total === 0 ? [] : this.distinct.all().map((row) => String(row['point']));
  }

  /** Removes the readings of `point`; those that a source of another mine sent are counted, not given. */
  take(point: string, mine: string): { rows: (QuarantinedReading & { source: number })[]; foreign: number } {
    const rows: (QuarantinedReading & { source: number })[] = [];
    let foreign = 0;
    for (const row of this.select.all(point)) {
      const source = Number(row['source']);
      if (this.mineOf(source) !== mine) {
        foreign += 1;
        continue;
      }
      const value = row['value'];
      rows.push({
        point,
        time: Number(row['t']),
        value: typeof value === 'number' ? value : null,
        status: Number(row['status']),
        source,
      });
    }
    this.remove.run(point);
    this.load();
    return { rows, foreign };
  }

  private mineOf(source: number): string | undefined {
    const mine = this.source.get(source)?.['mine'];
    return typeof mine === 'string' ? mine : undefined;
  }
}
