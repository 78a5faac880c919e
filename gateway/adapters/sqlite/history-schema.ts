// The schema of history.db and the arithmetic of its chunks. A sample's key is (chunk, point, ms): the time is cut
// into chunks of ten seconds, so that rows that arrive together lie together whatever the number of points (a key of
// (point, t) alone touched one page per point and transaction: 6 to 18 µs per row at 10 000 points, this layout 1),
// retention removes whole chunks, and reading one point seeks once per chunk (0.2 µs). Persisted: never changed.

import type { Migration } from './database.ts';

export const chunkMs = 10_000;

export function chunkOf(time: number): number {
  return Math.floor(time / chunkMs);
}

/** samples.mark and readings_late.mark: how the row came here. */
export const historyMark = { live: 0, fromQuarantine: 1 } as const;

export const historyMigrations: readonly Migration[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE points (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mine TEXT NOT NULL) STRICT;
   CREATE TABLE sources (
     n INTEGER PRIMARY KEY, mine TEXT NOT NULL, system TEXT NOT NULL, source TEXT NOT NULL
   ) STRICT;
   CREATE TABLE samples (
     chunk INTEGER NOT NULL, point INTEGER NOT NULL, ms INTEGER NOT NULL,
     value REAL, status INTEGER NOT NULL, source INTEGER NOT NULL, mark INTEGER NOT NULL,
     PRIMARY KEY (chunk, point, ms)
   ) STRICT, WITHOUT ROWID;
   CREATE VIEW readings AS
     SELECT point, chunk * ${chunkMs} + ms AS t, value, status, source, mark FROM samples;
   CREATE TABLE readings_late (
     n INTEGER PRIMARY KEY, t INTEGER NOT NULL, point INTEGER NOT NULL,
     value REAL, status INTEGER NOT NULL, source INTEGER NOT NULL, mark INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX readings_late_once ON readings_late (t, point, ifnull(value, 'none'), status);
   CREATE TABLE quarantine (
     n INTEGER PRIMARY KEY, point TEXT NOT NULL, t INTEGER NOT NULL,
     value REAL, status INTEGER NOT NULL, source INTEGER NOT NULL, received INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX quarantine_once ON quarantine (point, t, ifnull(value, 'none'), status, source);
   CREATE TABLE lost (
     n INTEGER PRIMARY KEY, from_position INTEGER NOT NULL, to_position INTEGER NOT NULL, at INTEGER NOT NULL
   ) STRICT;`,
];
