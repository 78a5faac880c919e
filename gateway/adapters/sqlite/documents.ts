// The points that were in force at a position of the journal, from events.db: for a history that found a hole in the
// journal where its own documents were. Opened for one question: it is asked once in a blue moon.

import { openReadOnly } from './database.ts';
import { eventsMigrations } from './events-schema.ts';
import type { HistoryPoint } from './history-store.ts';

export function documentsAt(
  eventsPath: string,
  position: number,
): { readonly points: readonly HistoryPoint[] } | 'notYet' | 'none' {
  const db = openReadOnly(eventsPath, eventsMigrations);
  try {
    const cursor = db.prepare("SELECT value FROM meta WHERE key = 'position'").get()?.['value'];
    if (Number(cursor ?? 0) < position) return 'notYet';
    const row = db
      .prepare(
        'SELECT input_sequence, json FROM documents WHERE position <= ? ORDER BY input_sequence DESC LIMIT 1',
      )
      .get(position);
    if (row === undefined) return 'none';
    // Written by EventsStore from the documents of the journal, and from the changes that came since.
    const { points } = JSON.parse(String(row['json'])) as { readonly points: readonly HistoryPoint[] };
    const made = db
      .prepare(
        `SELECT after FROM registry_changes WHERE what = 'point' AND before IS NULL AND input_sequence > ?
           AND position <= ? ORDER BY input_sequence, ordinal`,
      )
      .all(row['input_sequence'] ?? 0, position);
    return { points: [...points, ...made.map((one) => JSON.parse(String(one['after'])) as HistoryPoint)] };
  } finally {
    db.close();
  }
}
