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
      .prepare('SELECT json FROM documents WHERE position <= ? ORDER BY input_sequence DESC LIMIT 1')
      .get(position);
    // Written by EventsStore from the documents of the journal.
    return row === undefined
      ? 'none'
      : (JSON.parse(String(row['json'])) as { readonly points: readonly HistoryPoint[] });
  } finally {
    db.close();
  }
}
