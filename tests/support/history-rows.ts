// Every reading that history holds, read as the gateway itself reads it (the query port), so that a test sees what a
// screen or an export would and knows nothing of the layout on disk. Late readings are kept apart from the series and
// are read apart. Only for tests: everything comes into memory at once.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistoryQueries } from '#gateway/adapters/sqlite/history-queries.ts';
import { historyFile } from '#gateway/adapters/sqlite/queries.ts';

export interface HistoryRow {
  readonly point: string;
  readonly time: number;
  /** null: a sample without a number. */
  readonly value: number | null;
  readonly status: number;
}

/** Bound of points in one question of the query port. */
const pointsPerQuestion = 32;

/** The series of these points over all time, or from ≤ time < to; in the order of points, then of time. */
export function historyRows(
  dataFolder: string,
  points: readonly string[],
  range: { readonly from: number; readonly to: number } = { from: 0, to: Number.MAX_SAFE_INTEGER },
): HistoryRow[] {
  const queries = openHistoryQueries(dataFolder);
  try {
    const rows: HistoryRow[] = [];
    for (let first = 0; first < points.length; first += pointsPerQuestion) {
      const series = queries.history({
        // An endless gap: no breaks between the samples. No bound of samples: no buckets.
        points: points
          .slice(first, first + pointsPerQuestion)
          .map((id) => ({ id, gapMs: Number.POSITIVE_INFINITY })),
        ...range,
        maxSamples: Number.MAX_SAFE_INTEGER,
      });
      for (const { point, bucketMs, t, v, s } of series) {
        if (bucketMs !== 0) throw new Error(`history of ${point} came in buckets of ${bucketMs} ms`);
        t.forEach((time, i) => rows.push({ point, time, value: v[i] ?? null, status: s[i] ?? 0 }));
      }
    }
    return rows;
  } finally {
    queries.close();
  }
}

/** Readings that came after a newer one of their point: they are no part of a series. */
export function lateRows(dataFolder: string): HistoryRow[] {
  const database = new DatabaseSync(join(dataFolder, historyFile), { readOnly: true });
  try {
    const rows = database
      .prepare('SELECT id, t, value, status FROM readings_late JOIN points ON points.n = readings_late.point')
      .all();
    return rows.map(({ id, t, value, status }) => ({
      point: String(id),
      time: Number(t),
      value: typeof value === 'number' ? value : null,
      status: Number(status),
    }));
  } finally {
    database.close();
  }
}
