// Opens one SQLite file the way every store here wants it: WAL, synchronous NORMAL (the journal is the truth, so a
// store may fall back a little after a power cut), bounded memory, and its schema brought up to date by a list of
// migrations. Not a query layer. A file written by a newer release is refused, never guessed at.

import { DatabaseSync } from 'node:sqlite';

/** One step of a schema: SQL or work that runs once, in a transaction with the new `user_version`. Never edited, only added. */
export type Migration = string | ((db: DatabaseSync) => void);

export interface DatabaseOptions {
  /** Page cache. */
  readonly cacheKiB: number;
  /** Pages in the write-ahead log before SQLite copies them back (4 KiB each). */
  readonly walPages: number;
  /** Bound of the file, for tests of a full disk. */
  readonly pagesMax?: number;
}

/** How long a statement waits for another connection's lock; only a backup or a checkpoint ever holds one. */
const busyTimeoutMs = 2_000;

export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew';
}

export function openDatabase(
  path: string,
  migrations: readonly Migration[],
  options: DatabaseOptions,
): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec('PRAGMA trusted_schema = OFF');
    db.exec(`PRAGMA cache_size = ${-options.cacheKiB}`);
    db.exec(`PRAGMA wal_autocheckpoint = ${options.walPages}`);
    db.exec(`PRAGMA journal_size_limit = ${options.walPages * 4096}`);
    migrate(db, path, migrations);
    if (options.pagesMax !== undefined) limitPages(db, options.pagesMax);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Read-only, and fails when the file is not there: a reader never makes an empty store. */
export function openReadOnly(path: string, migrations: readonly Migration[]): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
  try {
    const version = userVersion(db);
    if (version > migrations.length) throw tooNew(path, version, migrations.length);
    if (version < migrations.length) throw new Error(`${path} is not set up yet (schema ${version})`);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

export function limitPages(db: DatabaseSync, pages: number): void {
  db.exec(`PRAGMA max_page_count = ${pages}`);
}

/**
 * Everything committed so far is on disk when this returns: with synchronous FULL a commit syncs the whole
 * write-ahead log. `touch` must write at least one row.
 */
export function syncedCommit(db: DatabaseSync, touch: () => void): void {
  db.exec('PRAGMA synchronous = FULL');
  try {
    transaction(db, touch);
  } finally {
    db.exec('PRAGMA synchronous = NORMAL');
  }
}

export function transaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    rollback(db);
    throw error;
  }
}

/** After some errors (a full disk) SQLite has rolled back by itself. */
export function rollback(db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK');
}

function migrate(db: DatabaseSync, path: string, migrations: readonly Migration[]): void {
  const version = userVersion(db);
  if (version > migrations.length) throw tooNew(path, version, migrations.length);
  for (let i = version; i < migrations.length; i += 1) {
    transaction(db, () => {
      const migration = migrations[i]!;
      if (typeof migration === 'string') db.exec(migration);
      else migration(db);
      db.exec(`PRAGMA user_version = ${i + 1}`);
    });
  }
}

function userVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

function tooNew(path: string, version: number, known: number): SchemaTooNew {
  return new SchemaTooNew(`${path} has schema ${version}, this release knows ${known}`);
}
