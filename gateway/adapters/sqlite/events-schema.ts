// The schema of events.db: the record of events as text, and the alarms and cases that their fold gives. The json of
// an event is the very text that the hash chain covers (log/chain.ts). Persisted names: only added to, never edited.

import type { Migration } from './database.ts';

export const eventsMigrations: readonly Migration[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE documents (
     input_sequence INTEGER PRIMARY KEY, position INTEGER NOT NULL, at INTEGER NOT NULL, json TEXT NOT NULL
   ) STRICT;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mine TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
     alarm_id TEXT, case_id TEXT, json TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_mine ON events (mine, seq);
   CREATE INDEX events_alarm ON events (alarm_id, seq) WHERE alarm_id IS NOT NULL;
   CREATE INDEX events_case ON events (case_id, seq) WHERE case_id IS NOT NULL;
   CREATE TABLE alarms (
     seq_raised INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mine TEXT NOT NULL, rule TEXT NOT NULL,
     scope TEXT NOT NULL, level TEXT NOT NULL, live INTEGER NOT NULL, raised_at INTEGER NOT NULL, case_id TEXT,
     seq INTEGER NOT NULL, json TEXT NOT NULL
   ) STRICT;
   CREATE INDEX alarms_newest ON alarms (raised_at, seq_raised);
   CREATE INDEX alarms_live ON alarms (raised_at, seq_raised) WHERE live = 1;
   CREATE INDEX alarms_scope ON alarms (scope, raised_at, seq_raised);
   CREATE INDEX alarms_case ON alarms (case_id) WHERE case_id IS NOT NULL;
   CREATE TABLE cases (
     n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mine TEXT NOT NULL, level TEXT NOT NULL, stage TEXT NOT NULL,
     open INTEGER NOT NULL, opened_at INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL
   ) STRICT;
   CREATE INDEX cases_newest ON cases (opened_at, n);
   CREATE INDEX cases_open ON cases (opened_at, n) WHERE open = 1;`,
  `CREATE TABLE sources (n INTEGER PRIMARY KEY, mine TEXT NOT NULL, system TEXT NOT NULL, source TEXT NOT NULL) STRICT;
   CREATE TABLE registry_changes (
     n INTEGER PRIMARY KEY, input_sequence INTEGER NOT NULL, ordinal INTEGER NOT NULL, position INTEGER NOT NULL,
     at INTEGER NOT NULL, mine TEXT NOT NULL, source INTEGER NOT NULL, what TEXT NOT NULL, id TEXT NOT NULL,
     before TEXT, after TEXT NOT NULL, UNIQUE (input_sequence, ordinal)
   ) STRICT;
   CREATE INDEX registry_changes_mine ON registry_changes (mine, at, n);
   CREATE INDEX registry_changes_id ON registry_changes (id, at, n);`,
];

/** Versions of the documents kept, newest: what history needs after a gap, and who looks back at a change. */
export const documentsKept = 100;
