// `accounts.db`: people, their grants, their sessions, and the tokens of sources. Synchronous SQLite, so it lives on the
// accounts thread, in the command line and in tests, never on the serving thread. WAL and a busy timeout: `fengsui user
// reset` works beside a running gateway. No password and no token is ever in it in clear.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { RoleName } from '#alarms/log/event.ts';
import type { Grant } from '#alarms/workflow/command.ts';
import { SourceTokenTable, sourceTokensSchema } from './source-tokens.ts';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly mustChangePassword: boolean;
}

export interface NewPerson extends Person {
  readonly passwordHash: string;
  /** Whether a password that was set for the person must be changed at the next login. */
  readonly forcesChange: boolean;
}

export interface Session {
  readonly person: Person;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A shift and a half without a sign of life; a screen that is connected gives one. */
export const sessionIdleMs = 12 * 3_600_000;
export const sessionAbsoluteMs = 7 * 86_400_000;
/** Sessions per person: a desk, a wall, a telephone … the oldest goes. */
const sessionsMax = 20;
/** A sign of life is written at most so often: a read must not cost a write each time. */
const seenGrainMs = 60_000;

/** Version 2 has sourceTokens; a file of version 1 is given the table when it is opened. */
const schema = `
  CREATE TABLE IF NOT EXISTS people (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, passwordHash TEXT NOT NULL,
    mustChange INTEGER NOT NULL, forcesChange INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS grants (
    person TEXT NOT NULL REFERENCES people(id) ON DELETE CASCADE, role TEXT NOT NULL, site TEXT NOT NULL,
    PRIMARY KEY (person, role, site)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    tokenHash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
    createdAt INTEGER NOT NULL, seenAt INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessionsOfPerson ON sessions (person, seenAt);
  ${sourceTokensSchema}
  PRAGMA user_version = 2;
`;

/** Every role there is; what the command line takes and the file may hold. */
export const roleNames: readonly RoleName[] = [
  'dispatcher',
  'safetyOfficer',
  'leader',
  'verifier',
  'supervisor',
  'auditor',
  'administrator',
  'wall',
];

export class AccountStore {
  readonly sourceTokens: SourceTokenTable;
  private readonly database: DatabaseSync;

  constructor(dataFolder: string) {
    const path = join(dataFolder, 'accounts.db');
    this.database = new DatabaseSync(path, { timeout: 5_000 });
    // FULL: a session or a new password that was answered must outlive a power cut.
    this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    this.database.exec(schema);
    this.sourceTokens = new SourceTokenTable(this.database);
    chmodSync(path, 0o600);
  }

  hasPeople(): boolean {
    return this.database.prepare('SELECT 1 FROM people LIMIT 1').get() !== undefined;
  }

  /** All or none; false when somebody is already there (two starts at once). */
  addFirst(people: readonly NewPerson[]): boolean {
    return this.inTransaction(() => {
      if (this.hasPeople()) return false;
      for (const person of people) this.add(person);
      return true;
    });
  }

  /** False when there is somebody of this id: nothing is changed then. */
  addPerson(person: NewPerson): boolean {
    return this.inTransaction(() => {
      if (this.person(person.id) !== null) return false;
      this.add(person);
      return true;
    });
  }

  /** Sites on which somebody is a supervisor. */
  supervisorSites(): string[] {
    return this.database
      .prepare("SELECT DISTINCT site FROM grants WHERE role = 'supervisor' ORDER BY site")
      .all()
      .map((row) => text(row['site']));
  }

  /** Everybody, by id. */
  people(): readonly Person[] {
    return this.database
      .prepare('SELECT id FROM people ORDER BY id')
      .all()
      .map((row) => this.person(text(row['id'])))
      .filter((person) => person !== null);
  }

  passwordHash(id: string): string | null {
    const row = this.database.prepare('SELECT passwordHash FROM people WHERE id = ?').get(id);
    return row === undefined ? null : text(row['passwordHash']);
  }

  /** The person's own change: ends all other sessions, since a change may mean that somebody else knew the old one. */
  changePassword(id: string, hash: string, keepTokenHash: string): void {
    this.inTransaction(() => {
      this.database.prepare('UPDATE people SET passwordHash = ?, mustChange = 0 WHERE id = ?').run(hash, id);
      this.database
        .prepare('DELETE FROM sessions WHERE person = ? AND tokenHash <> ?')
        .run(id, keepTokenHash);
    });
  }

  /** A password set by an administrator: all sessions end. False when there is no such person. */
  resetPassword(id: string, hash: string): boolean {
    return this.inTransaction(() => {
      const { changes } = this.database
        .prepare('UPDATE people SET passwordHash = ?, mustChange = forcesChange WHERE id = ?')
        .run(hash, id);
      this.database.prepare('DELETE FROM sessions WHERE person = ?').run(id);
      return changes === 1;
    });
  }

  /** Only if the hash that was checked is still the person's: a reset that came meanwhile wins. */
  openSession(id: string, checkedHash: string, tokenHash: string, now: number): Session | null {
    return this.inTransaction(() => {
      if (this.passwordHash(id) !== checkedHash) return null;
      this.deleteExpired(now);
      this.database
        .prepare(
          `DELETE FROM sessions WHERE tokenHash IN
           (SELECT tokenHash FROM sessions WHERE person = ? ORDER BY seenAt DESC LIMIT -1 OFFSET ?)`,
        )
        .run(id, sessionsMax - 1);
      this.database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?)').run(tokenHash, id, now, now);
      return this.session(tokenHash, now);
    });
  }

  session(tokenHash: string, now: number): Session | null {
    const row = this.database
      .prepare('SELECT person, createdAt, seenAt FROM sessions WHERE tokenHash = ?')
      .get(tokenHash);
    if (row === undefined) return null;
    const createdAt = integer(row['createdAt']);
    const seenAt = integer(row['seenAt']);
    if (now >= seenAt + sessionIdleMs || now >= createdAt + sessionAbsoluteMs) return null;
    const person = this.person(text(row['person']));
    if (person === null) return null;
    if (now - seenAt >= seenGrainMs) {
      this.database.prepare('UPDATE sessions SET seenAt = ? WHERE tokenHash = ?').run(now, tokenHash);
    }
    return {
      person,
      createdAt,
      expiresAt: Math.min(Math.max(seenAt, now) + sessionIdleMs, createdAt + sessionAbsoluteMs),
    };
  }

  closeSession(tokenHash: string): void {
    this.database.prepare('DELETE FROM sessions WHERE tokenHash = ?').run(tokenHash);
  }

  person(id: string): Person | null {
    const row = this.database.prepare('SELECT id, name, mustChange FROM people WHERE id = ?').get(id);
    if (row === undefined) return null;
    const grants = this.database
      .prepare('SELECT role, site FROM grants WHERE person = ? ORDER BY role, site')
      .all(id)
      .map((grant) => ({ role: roleOf(text(grant['role'])), site: text(grant['site']) }));
    return {
      id: text(row['id']),
      name: text(row['name']),
      grants,
      mustChangePassword: integer(row['mustChange']) === 1,
    };
  }

  close(): void {
    this.database.close();
  }

  private add(person: NewPerson): void {
    this.database
      .prepare('INSERT INTO people VALUES (?, ?, ?, ?, ?)')
      .run(
        person.id,
        person.name,
        person.passwordHash,
        person.mustChangePassword ? 1 : 0,
        person.forcesChange ? 1 : 0,
      );
    for (const grant of person.grants) {
      this.database.prepare('INSERT INTO grants VALUES (?, ?, ?)').run(person.id, grant.role, grant.site);
    }
  }

  private deleteExpired(now: number): void {
    this.database
      .prepare('DELETE FROM sessions WHERE seenAt <= ? OR createdAt <= ?')
      .run(now - sessionIdleMs, now - sessionAbsoluteMs);
  }

  private inTransaction<T>(work: () => T): T {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
  }
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('accounts.db holds something else than text here');
  return value;
}

function integer(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('accounts.db holds something else than a number here');
  return value;
}

function roleOf(name: string): RoleName {
  const role = roleNames.find((known) => known === name);
  if (role === undefined) throw new TypeError(`accounts.db holds an unknown role ${name}`);
  return role;
}
