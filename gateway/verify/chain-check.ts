// Follows the event log event by event and finds the first place where it does not hold: a number missing, a link of a
// mine's chain broken, a text that is not the canonical one, a state that is not the fold of its events.

import { canonicalEvent, chainHash, genesisHash, type Digest } from '#alarms/log/chain.ts';
import type { Event } from '#alarms/log/event.ts';
import { LogFold } from '#alarms/log/fold.ts';

export interface Break {
  readonly seq: number;
  readonly mine: string;
  readonly reason: string;
}

export type Parsed =
  | { readonly ok: true; readonly event: Event }
  | { readonly ok: false; readonly broken: Break };

export class ChainCheck {
  private readonly sha256: Digest;
  /** Null: all mines. */
  private readonly mine: string | null;
  private readonly headByMine = new Map<string, string>();
  private seq = 0;

  constructor(sha256: Digest, mine: string | null) {
    this.sha256 = sha256;
    this.mine = mine;
  }

  get lastSeq(): number {
    return this.seq;
  }

  get heads(): ReadonlyMap<string, string> {
    return this.headByMine;
  }

  /** The next event of the log. Events of other mines only count. */
  take(event: Event): Break | null {
    const { seq, mine } = event;
    if (seq !== this.seq + 1) return { seq, mine, reason: `number ${seq} follows ${this.seq}` };
    this.seq = seq;
    if (this.mine !== null && mine !== this.mine) return null;
    const head = this.headByMine.get(mine) ?? genesisHash(mine, this.sha256);
    if (event.prevHash !== head) return { seq, mine, reason: 'the link to the event before is broken' };
    this.headByMine.set(mine, chainHash(head, event, this.sha256));
    return null;
  }

  /** `heads`: those kept beside the log; they catch a last event that was changed, or a log cut short. */
  compareHeads(heads: ReadonlyMap<string, string>): Break | null {
    for (const [mine, head] of heads) {
      if (this.mine !== null && mine !== this.mine) continue;
      if (this.headByMine.get(mine) === head) continue;
      return { seq: this.seq, mine, reason: 'the last event is not the one whose hash was kept' };
    }
    return null;
  }
}

/** Text → event; the text must be the one that was hashed, byte for byte. */
export function parseEvent(seq: number, mine: string, text: string): Parsed {
  try {
    const event = JSON.parse(text) as Event;
    if (canonicalEvent(event) === text) return { ok: true, event };
    return { ok: false, broken: { seq, mine, reason: 'the text is not the canonical one' } };
  } catch (error) {
    return { ok: false, broken: { seq, mine, reason: `not an event: ${messageOf(error)}` } };
  }
}

export interface StoredStates {
  stateText(table: 'alarms' | 'cases', id: string): string | null;
  stateCount(table: 'alarms' | 'cases'): number;
}

/** Alarms and cases must be the fold of the events. Compared when an event touches them: the last comparison counts. */
export class FoldCheck {
  private readonly fold: LogFold;
  private readonly stored: StoredStates;
  private readonly differing = new Map<string, Break>();
  private readonly seen = { alarms: new Set<string>(), cases: new Set<string>() };

  constructor(stored: StoredStates, keepArchivedMs: number | null) {
    this.stored = stored;
    this.fold = new LogFold(keepArchivedMs === null ? {} : { keepArchivedMs });
  }

  take(event: Event): void {
    const { alarm, case: state } = this.fold.apply(event);
    if (alarm !== undefined) this.compare('alarms', alarm.id, alarm, event);
    if (state !== undefined) this.compare('cases', state.id, state, event);
    if (event.type !== 'CaseOpened') return;
    for (const id of event.data.alarms) {
      const joined = this.fold.alarms.get(id);
      if (joined !== undefined) this.compare('alarms', id, joined, event);
    }
  }

  finish(): Break | null {
    for (const broken of this.differing.values()) return broken;
    for (const table of ['alarms', 'cases'] as const) {
      const [stored, folded] = [this.stored.stateCount(table), this.seen[table].size];
      if (stored === folded) continue;
      return {
        seq: this.fold.lastSeq,
        mine: '',
        reason: `${stored} ${table} are stored, the events give ${folded}`,
      };
    }
    return null;
  }

  private compare(table: 'alarms' | 'cases', id: string, state: object, event: Event): void {
    this.seen[table].add(id);
    const key = `${table} ${id}`;
    if (this.stored.stateText(table, id) === JSON.stringify(state)) this.differing.delete(key);
    else {
      const reason = `the stored state of ${id} is not the fold of its events`;
      this.differing.set(key, { seq: event.seq, mine: event.mine, reason });
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
