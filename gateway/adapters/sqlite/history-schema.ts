// The schema of history.db and the arithmetic of its chunks. Samples lie in blocks: one row holds what one point sent
// within one minute (less when many come or the gateway restarted in between), as columns of some 3 bytes a sample
// (sample-block.ts). What is written together is a part: all its blocks are of one chunk of time, and the key of a block
// begins with the part, so that rows are only ever appended, retention removes whole parts, and reading one point seeks
// once per part. What is younger than the last block of its point lies in `tail`, a blob per commit, so that it is on
// disk and visible at once. What is in blocks is also summed up by minute and hour (rollup-row.ts) and in the newest
// reading of each point (latest-row.ts), a row for 64 points. Persisted: never changed.

import type { DatabaseSync } from 'node:sqlite';
import type { Migration } from './database.ts';
import { HistoryDigests } from './history-digests.ts';
import { reportTablesSchema } from './report-tables.ts';
import { BlockDecoder, BlockEncoder, SampleColumns } from './sample-block.ts';

export const chunkMs = 60_000;

export function chunkOf(time: number): number {
  return Math.floor(time / chunkMs);
}

/** blocks.mark and readings_late.mark: how the samples came here. */
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
  toBlocks,
  addDigestsAndReports,
];

const digestsSchema = `
  CREATE TABLE rollup_minutes (
    minute INTEGER NOT NULL, points INTEGER NOT NULL, rollups BLOB NOT NULL, PRIMARY KEY (minute, points)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE rollup_hours (
    hour INTEGER NOT NULL, points INTEGER NOT NULL, rollups BLOB NOT NULL, PRIMARY KEY (hour, points)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE latest (points INTEGER PRIMARY KEY, readings BLOB NOT NULL) STRICT;`;

/** What the blocks of an older file hold is summed up as if it had just come. */
function addDigestsAndReports(db: DatabaseSync): void {
  db.exec(digestsSchema);
  db.exec(reportTablesSchema);
  const digests = new HistoryDigests(db);
  const decoder = new BlockDecoder();
  const columns = new SampleColumns();
  const blocks = db.prepare(
    'SELECT chunk, point, samples FROM parts CROSS JOIN blocks USING (part) ORDER BY part, point',
  );
  for (const row of blocks.iterate()) {
    const chunk = Number(row['chunk']);
    columns.clear();
    decoder.decode(row['samples'] as Uint8Array, chunk * chunkMs, columns);
    digests.add(chunk, Number(row['point']), columns);
  }
  digests.flush();
}

const blocksSchema = `
  CREATE TABLE parts (part INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, mark INTEGER NOT NULL) STRICT;
  CREATE INDEX parts_by_chunk ON parts (chunk);
  CREATE TABLE blocks (
    part INTEGER NOT NULL, point INTEGER NOT NULL, samples BLOB NOT NULL, PRIMARY KEY (part, point)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tail (n INTEGER PRIMARY KEY, samples BLOB NOT NULL) STRICT;`;

const chunkMsOfRows = 10_000;

/** The first layout had a row per sample in chunks of ten seconds; each chunk and mark of it becomes a part. */
function toBlocks(db: DatabaseSync): void {
  db.exec(blocksSchema);
  const addPart = db.prepare('INSERT INTO parts (part, chunk, mark) VALUES (?, ?, ?)');
  const addBlock = db.prepare('INSERT INTO blocks (part, point, samples) VALUES (?, ?, ?)');
  const encoder = new BlockEncoder();
  const columns = new SampleColumns();
  let part = 0;
  let before = { rowsChunk: Number.NaN, point: Number.NaN, mark: Number.NaN };
  const write = (): void => {
    if (columns.count === 0) return;
    const chunk = chunkOf(columns.times[0]!);
    addBlock.run(part, before.point, encoder.encode(columns, chunk * chunkMs));
    columns.clear();
  };
  const rows = db.prepare(
    'SELECT chunk, point, mark, ms, value, status, source FROM samples ORDER BY chunk, mark, point, ms',
  );
  for (const row of rows.iterate()) {
    const now = { rowsChunk: Number(row['chunk']), point: Number(row['point']), mark: Number(row['mark']) };
    const time = now.rowsChunk * chunkMsOfRows + Number(row['ms']);
    const isNewPart = now.rowsChunk !== before.rowsChunk || now.mark !== before.mark;
    if (isNewPart || now.point !== before.point) write();
    if (isNewPart) addPart.run((part += 1), chunkOf(time), now.mark);
    before = now;
    const { value } = row;
    columns.add(
      time,
      typeof value === 'number' ? value : Number.NaN,
      Number(row['status']),
      Number(row['source']),
    );
  }
  write();
  db.exec('DROP TABLE samples');
}
