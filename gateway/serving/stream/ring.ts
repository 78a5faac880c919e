// The last events with the states after them, as JSON text ready to be sent: what a screen that was away for a moment
// is given. Bounded by count and by bytes; a screen that is further behind gets a whole snapshot.

import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';

export interface RingEntry {
  readonly seq: number;
  readonly mine: string;
  /** `"event":{…}[,"alarm":{…}][,"case":{…}]` — made once, shared by every client. */
  readonly body: string;
}

/** Minutes of the worst flood; hours of a normal day. */
const entriesMax = 10_000;
/** A case with many actions is large: bytes bound what count alone would not. */
const charactersMax = 12_000_000;

export class EventRing {
  private entries: RingEntry[] = [];
  /** Index of the first entry that still counts; the array is cut when half of it is dead. */
  private first = 0;
  private characters = 0;
  /** Every event after this one is in the ring. */
  private completeAfter: number;

  constructor(seq: number) {
    this.completeAfter = seq;
  }

  get size(): number {
    return this.entries.length - this.first;
  }

  push(event: Event, after: { readonly alarm?: AlarmState; readonly case?: CaseState }): RingEntry {
    const entry = { seq: event.seq, mine: event.mine, body: bodyOf(event, after) };
    this.entries.push(entry);
    this.characters += entry.body.length;
    while (this.size > entriesMax || (this.characters > charactersMax && this.size > 1)) this.dropFirst();
    if (this.first > 1_000 && this.first * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
    return entry;
  }

  /** Every event after `seq`, or null when some of them are gone. */
  after(seq: number): readonly RingEntry[] | null {
    if (seq < this.completeAfter) return null;
    return this.entries.slice(this.first).filter((entry) => entry.seq > seq);
  }

  /** Number of the newest event for which the test holds, 0 when none is here. */
  lastSeq(isOurs: (entry: RingEntry) => boolean): number {
    for (let i = this.entries.length - 1; i >= this.first; i -= 1) {
      const entry = this.entries[i]!;
      if (isOurs(entry)) return entry.seq;
    }
    return 0;
  }

  private dropFirst(): void {
    const entry = this.entries[this.first]!;
    this.characters -= entry.body.length;
    this.completeAfter = entry.seq;
    this.first += 1;
  }
}

/** One entry of a subscription; `prevSeq` differs from scope to scope, the rest is shared. */
export function entryJson(entry: RingEntry, prevSeq: number): string {
  return `{"seq":${entry.seq},"prevSeq":${prevSeq},${entry.body}}`;
}

function bodyOf(event: Event, after: { readonly alarm?: AlarmState; readonly case?: CaseState }): string {
  let body = `"event":${JSON.stringify(event)}`;
  if (after.alarm !== undefined) body += `,"alarm":${JSON.stringify(after.alarm)}`;
  if (after.case !== undefined) body += `,"case":${JSON.stringify(after.case)}`;
  return body;
}
