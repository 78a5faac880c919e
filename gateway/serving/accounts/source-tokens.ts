// Tokens of sources that send readings over HTTP, in accounts.db: of each only the SHA-256 is kept, with the source it
// speaks for. A source may have several, so that one can be replaced without a gap. A revoked one stays listed.
// Synchronous SQLite: used by the accounts thread and the command line.

import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { systems, type System } from '../../protocol/topics.ts';

export interface SourceName {
  readonly mine: string;
  readonly system: System;
  readonly source: string;
}

export interface SourceToken extends SourceName {
  /** Its name for people: counted up, never given again. */
  readonly number: number;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** What serving needs to know a sender. */
export interface KnownToken extends SourceName {
  readonly number: number;
  readonly tokenHash: string;
}

export interface KnownTokens {
  /** Equal as long as no token was added or revoked. */
  readonly version: string;
  readonly tokens: readonly KnownToken[];
}

export const sourceTokensSchema = `
  CREATE TABLE IF NOT EXISTS sourceTokens (
    number INTEGER PRIMARY KEY AUTOINCREMENT, tokenHash TEXT NOT NULL UNIQUE,
    mine TEXT NOT NULL, system TEXT NOT NULL, source TEXT NOT NULL,
    createdAt INTEGER NOT NULL, revokedAt INTEGER
  ) STRICT;
`;

/** So many that are not revoked: serving holds them all in memory, some 4 MB. As many as the core has sources. */
export const sourceTokensMax = 20_000;

/** Recognisable where one turns up that should not: in a repository, in a log. */
const prefix = 'fengsui_';
export const sourceTokenPattern = /^fengsui_[A-Za-z0-9_-]{43}$/;

/** 256 random bits. */
export function newSourceToken(): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** Without salt or stretching: 256 random bits cannot be guessed. */
export function sourceTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export class SourceTokenTable {
  private readonly database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** The number of the new one; null when there are too many. */
  add({ mine, system, source }: SourceName, tokenHash: string, now: number): number | null {
    // One statement, so that two command lines at once cannot both take the last place.
    const { changes, lastInsertRowid } = this.database
      .prepare(
        `INSERT INTO sourceTokens (tokenHash, mine, system, source, createdAt)
         SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM sourceTokens WHERE revokedAt IS NULL) < ?`,
      )
      .run(tokenHash, mine, system, source, now, sourceTokensMax);
    return changes === 1 ? Number(lastInsertRowid) : null;
  }

  /** False when there is no such token, or it is revoked already. */
  revoke(number: number, now: number): boolean {
    const { changes } = this.database
      .prepare('UPDATE sourceTokens SET revokedAt = ? WHERE number = ? AND revokedAt IS NULL')
      .run(now, number);
    return changes === 1;
  }

  list(): readonly SourceToken[] {
    return this.database
      .prepare(
        'SELECT number, mine, system, source, createdAt, revokedAt FROM sourceTokens ORDER BY mine, system, source, number',
      )
      .all()
      .map((row) => ({
        ...nameOf(row),
        number: Number(row['number']),
        createdAt: Number(row['createdAt']),
        revokedAt: row['revokedAt'] === null ? null : Number(row['revokedAt']),
      }));
  }

  /** All that are not revoked; null when nothing has changed since `version`. */
  knownSince(version: string | null): KnownTokens | null {
    const now = this.version();
    if (now === version) return null;
    const tokens = this.database
      .prepare('SELECT number, tokenHash, mine, system, source FROM sourceTokens WHERE revokedAt IS NULL')
      .all()
      .map((row) => ({
        ...nameOf(row),
        number: Number(row['number']),
        tokenHash: String(row['tokenHash']),
      }));
    return { version: now, tokens };
  }

  /** Each token that is added raises the first number, each that is revoked the second. */
  private version(): string {
    const row = this.database
      .prepare('SELECT coalesce(max(number), 0) AS last, count(revokedAt) AS revoked FROM sourceTokens')
      .get();
    return `${String(row?.['last'])}.${String(row?.['revoked'])}`;
  }
}

function nameOf(row: Record<string, SQLOutputValue>): SourceName {
  const system = systems.find((known) => known === row['system']);
  if (system === undefined) throw new TypeError('accounts.db holds an unknown system');
  return { mine: String(row['mine']), system, source: String(row['source']) };
}
