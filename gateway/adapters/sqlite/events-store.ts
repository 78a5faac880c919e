// events.db as the projector writes it: events by number, alarms and cases as their fold, the documents in force.
// One transaction per group of journal batches, the cursor in it; an event that is there already (same id) changes
// nothing. It never decides anything: the fold of alarms/log does. Not for reading by serving (queries.ts).

import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { canonicalEvent } from '#alarms/log/chain.ts';
import { LogFold, type LogFoldJson } from '#alarms/log/fold.ts';
import type { RegistryChange } from '#alarms/registry/define.ts';
import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import { openDatabase, rollback, syncedCommit } from './database.ts';
import { documentsKept, eventsMigrations } from './events-schema.ts';
import type { StoreCursor } from './history-store.ts';

const database = { cacheKiB: 8_192, walPages: 1_000 };
/** Events between two snapshots of the fold: what an opening applies anew, some 10 ms. */
const foldSnapshotEvery = 2_000;

export interface EventsCounts {
  events: number;
  /** Events that were there already: a replay after a crash, never more than one group of batches. */
  known: number;
}

export class EventsStore {
  readonly counts: EventsCounts = { events: 0, known: 0 };
  private readonly db: DatabaseSync;
  private readonly statements: ReturnType<typeof prepare>;
  private fold = new LogFold({ sha256: sha256Hex });
  private foldStoredSeq = 0;
  private cursor_: StoreCursor = { position: 0, inputSequence: 0 };
  private readonly minesTouched = new Set<string>();
  /** States that changed since the last commit: written once then, however often an event touched them. */
  private readonly alarmsTouched = new Map<string, AlarmState>();
  private readonly casesTouched = new Map<string, CaseState>();
  private pending: EventsCounts = { events: 0, known: 0 };

  constructor(path: string, options: { readonly pagesMax?: number } = {}) {
    const { pagesMax } = options;
    this.db = openDatabase(path, eventsMigrations, {
      ...database,
      ...(pagesMax === undefined ? {} : { pagesMax }),
    });
    this.statements = prepare(this.db);
    this.load();
  }

  get cursor(): StoreCursor {
    return this.cursor_;
  }

  get lastSeq(): number {
    return this.fold.lastSeq;
  }

  addEvent(event: Event): void {
    this.begin();
    if (event.seq <= this.fold.lastSeq) {
      if (this.statements.idOf.get(event.seq)?.['id'] !== event.id) {
        throw new Error(`event ${event.seq} of the journal is not the one in events.db (${event.id})`);
      }
      this.pending.known += 1;
      return;
    }
    const { alarm, case: state } = this.fold.apply(event);
    const { seq, id, mine, type, at } = event;
    this.statements.addEvent.run(
      seq,
      id,
      mine,
      type,
      at,
      event.alarm ?? null,
      event.case ?? null,
      canonicalEvent(event),
    );
    if (alarm !== undefined) this.alarmsTouched.set(alarm.id, alarm);
    if (state !== undefined) this.casesTouched.set(state.id, state);
    // The alarms that a case is opened with get its id without an event of their own.
    if (event.type === 'CaseOpened') this.touchAlarms(event.data.alarms);
    this.minesTouched.add(mine);
    this.pending.events += 1;
  }

  /** The documents that the input `inputSequence`, in the batch that ends at `position`, put in force. */
  addDocuments(inputSequence: number, position: number, at: number, json: string, reopenMs: number): void {
    this.begin();
    this.statements.addDocuments.run(inputSequence, position, at, json);
    this.statements.dropDocuments.run(documentsKept);
    // A day more than the core remembers: a case is never forgotten here that may still be reopened there.
    this.fold.keepArchivedMs = reopenMs + 86_400_000;
    this.statements.setMeta.run('keepArchivedMs', String(this.fold.keepArchivedMs));
  }

  sourceSeen(n: number, name: { mine: string; system: string; source: string }): void {
    this.begin();
    this.statements.setSource.run(n, name.mine, name.system, name.source);
  }

  /** One row each; the same input again (after a crash) changes nothing. */
  addRegistryChanges(
    inputSequence: number,
    position: number,
    at: number,
    source: number,
    changes: readonly RegistryChange[],
  ): void {
    this.begin();
    const mine = String(this.statements.mineOfSource.get(source)?.['mine'] ?? '');
    for (const [ordinal, { what, id, before, after }] of changes.entries()) {
      const was = before === null ? null : JSON.stringify(before);
      const now = JSON.stringify(after);
      this.statements.addChange.run(inputSequence, ordinal, position, at, mine, source, what, id, was, now);
    }
  }

  commit(cursor: StoreCursor): void {
    this.begin();
    this.setCursor(cursor);
    for (const alarm of this.alarmsTouched.values()) this.putAlarm(alarm);
    for (const state of this.casesTouched.values()) this.putCase(state);
    for (const mine of this.minesTouched) this.statements.setMeta.run(`head ${mine}`, this.fold.head(mine));
    if (this.fold.lastSeq >= this.foldStoredSeq + foldSnapshotEvery) this.storeFold();
    this.db.exec('COMMIT');
    this.cursor_ = cursor;
    this.counts.events += this.pending.events;
    this.counts.known += this.pending.known;
    this.clearTouched();
    this.pending = { events: 0, known: 0 };
  }

  /** Back to the last commit, as if the object had just been opened. */
  abandon(): void {
    rollback(this.db);
    this.clearTouched();
    this.pending = { events: 0, known: 0 };
    this.load();
  }

  /** Everything committed, up to `cursor`, is on disk when this returns. */
  sync(): void {
    syncedCommit(this.db, () => this.setCursor(this.cursor_));
  }

  close(): void {
    rollback(this.db);
    this.db.close();
  }

  private load(): void {
    const meta = new Map<string, string>();
    for (const row of this.db.prepare('SELECT key, value FROM meta').all()) {
      meta.set(String(row['key']), String(row['value']));
    }
    this.cursor_ = {
      position: Number(meta.get('position') ?? 0),
      inputSequence: Number(meta.get('inputSequence') ?? 0),
    };
    const stored = meta.get('fold');
    // Written by storeFold of this or an older release in the same transaction as the rows.
    this.fold =
      stored === undefined
        ? new LogFold({ sha256: sha256Hex })
        : LogFold.fromJson(JSON.parse(stored) as LogFoldJson, { sha256: sha256Hex });
    this.foldStoredSeq = this.fold.lastSeq;
    this.fold.keepArchivedMs = Number(meta.get('keepArchivedMs') ?? this.fold.keepArchivedMs);
    for (const row of this.statements.eventsAfter.iterate(this.fold.lastSeq)) {
      this.fold.apply(JSON.parse(String(row['json'])) as Event);
    }
  }

  private begin(): void {
    if (!this.db.isTransaction) this.db.exec('BEGIN IMMEDIATE');
  }

  private setCursor(cursor: StoreCursor): void {
    this.statements.setMeta.run('position', String(cursor.position));
    this.statements.setMeta.run('inputSequence', String(cursor.inputSequence));
  }

  private storeFold(): void {
    this.statements.setMeta.run('fold', JSON.stringify(this.fold.toJson()));
    this.foldStoredSeq = this.fold.lastSeq;
  }

  private clearTouched(): void {
    this.minesTouched.clear();
    this.alarmsTouched.clear();
    this.casesTouched.clear();
  }

  private touchAlarms(ids: readonly string[]): void {
    for (const id of ids) {
      const alarm = this.fold.alarms.get(id);
      if (alarm !== undefined) this.alarmsTouched.set(id, alarm);
    }
  }

  private putAlarm(alarm: AlarmState): void {
    const isLive = alarm.base !== 'normal' && alarm.supersededBy === null;
    this.statements.putAlarm.run(
      alarm.seqRaised,
      alarm.id,
      alarm.mine,
      alarm.rule,
      alarm.scope,
      alarm.level,
      isLive ? 1 : 0,
      alarm.raisedAt,
      alarm.case,
      alarm.seq,
      JSON.stringify(alarm),
    );
  }

  private putCase(state: CaseState): void {
    const isOpen = state.stage !== 'archived' && state.stage !== 'merged';
    this.statements.putCase.run(
      state.id,
      state.mine,
      state.level,
      state.stage,
      isOpen ? 1 : 0,
      state.openedAt,
      state.seq,
      JSON.stringify(state),
    );
  }
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function prepare(db: DatabaseSync) {
  return {
    setMeta: db.prepare(`INSERT INTO meta (key, value) VALUES (?, ?)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`),
    idOf: db.prepare('SELECT id FROM events WHERE seq = ?'),
    eventsAfter: db.prepare('SELECT json FROM events WHERE seq > ? ORDER BY seq'),
    addEvent: db.prepare(`INSERT INTO events (seq, id, mine, type, at, alarm_id, case_id, json)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    setSource: db.prepare(`INSERT INTO sources (n, mine, system, source) VALUES (?, ?, ?, ?)
      ON CONFLICT (n) DO UPDATE SET mine = excluded.mine, system = excluded.system, source = excluded.source`),
    mineOfSource: db.prepare('SELECT mine FROM sources WHERE n = ?'),
    addChange: db.prepare(`INSERT INTO registry_changes
        (input_sequence, ordinal, position, at, mine, source, what, id, before, after)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`),
    addDocuments: db.prepare(`INSERT INTO documents (input_sequence, position, at, json) VALUES (?, ?, ?, ?)
      ON CONFLICT DO NOTHING`),
    dropDocuments: db.prepare(`DELETE FROM documents WHERE input_sequence <
      (SELECT min(input_sequence) FROM
        (SELECT input_sequence FROM documents ORDER BY input_sequence DESC LIMIT ?))`),
    putAlarm: db.prepare(`INSERT INTO alarms
        (seq_raised, id, mine, rule, scope, level, live, raised_at, case_id, seq, json)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (seq_raised) DO UPDATE SET level = excluded.level, live = excluded.live,
        case_id = excluded.case_id, seq = excluded.seq, json = excluded.json`),
    putCase: db.prepare(`INSERT INTO cases (id, mine, level, stage, open, opened_at, seq, json)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET level = excluded.level, stage = excluded.stage, open = excluded.open,
        seq = excluded.seq, json = excluded.json`),
  };
}
