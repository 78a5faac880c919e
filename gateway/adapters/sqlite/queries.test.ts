import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chainHash, genesisHash } from '#alarms/log/chain.ts';
import type { Event, EventDraft } from '#alarms/log/event.ts';
import type { EventQueries } from '../../serving/query/port.ts';
import { caseOpened, raised } from '../../projector/test/journal-maker.ts';
import { EventsStore, sha256Hex } from './events-store.ts';
import { HistoryStore } from './history-store.ts';
import { openHistoryQueries } from './history-queries.ts';
import { openQueries } from './queries.ts';

const t0 = 1_700_000_000_000;
let folder: string;
let path: string;
let heads: Map<string, string>;
let events: Event[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queries-'));
  path = join(folder, 'events.db');
  heads = new Map();
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function next(draft: EventDraft, at: number): Event {
  const prevHash = heads.get(draft.mine) ?? genesisHash(draft.mine, sha256Hex);
  const seq = events.length + 1;
  const event = { v: 1, id: `${seq}.1`, seq, at, prevHash, ...draft } as Event;
  heads.set(draft.mine, chainHash(prevHash, event, sha256Hex));
  events.push(event);
  return event;
}

/** 30 alarms over three mines, two of each second; those of even number have ended; each fifth opened a case. */
function fill(): void {
  const store = new EventsStore(path);
  for (let i = 0; i < 30; i += 1) {
    const [mine, alarm, at] = [`m${i % 3}`, `R/p${i}#1`, t0 + Math.floor(i / 2) * 1_000];
    store.addEvent(next(raised(mine, alarm, at), at));
    if (i % 5 === 0) store.addEvent(next(caseOpened(mine, `${mine}/C${i}`, alarm), at));
    if (i % 2 === 0) {
      const data = { to: 'normal', clearedAt: at + 9, peak: null, samples: 3, reason: 'cleared' } as const;
      store.addEvent(next({ type: 'AlarmReturned', mine, alarm, data }, at + 9));
    }
  }
  store.commit({ position: 1, inputSequence: events.length });
  store.close();
}

function open<T>(use: (queries: EventQueries) => T): T {
  const queries = openQueries(folder);
  try {
    return use(queries);
  } finally {
    queries.close();
  }
}

describe('queries of the record', () => {
  it('page through alarms newest first, each once, also when two were raised in the same millisecond', () => {
    fill();
    open((queries) => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const filter = { mines: ['m0', 'm2'], limit: 7, ...(cursor === null ? {} : { cursor }) };
        const page = queries.alarms(filter);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== null);
      const expected = Array.from({ length: 30 }, (_, i) => i)
        .filter((i) => i % 3 !== 1)
        .reverse()
        .map((i) => `R/p${i}#1`);
      expect(seen).toEqual(expected);
    });
  });

  it('filter alarms by state, level, scope, rule, case and time', () => {
    fill();
    open((queries) => {
      const mines = ['m0', 'm1', 'm2'];
      const count = (filter: object): number => queries.alarms({ mines, limit: 500, ...filter }).items.length;
      expect(count({})).toBe(30);
      expect(count({ state: 'live' })).toBe(15);
      expect(count({ state: 'ended' })).toBe(15);
      expect(count({ level: 'orange' })).toBe(30);
      expect(count({ level: 'red' })).toBe(0);
      expect(count({ scope: 'p7' })).toBe(1);
      expect(count({ rule: 'other' })).toBe(0);
      expect(count({ case: 'm1/C10' })).toBe(1);
      expect(count({ from: t0 + 2_000, to: t0 + 4_000 })).toBe(4);
      expect(queries.alarms({ mines, limit: 5, cursor: 'nonsense' })).toEqual({ items: [], cursor: null });
    });
  });

  it('give cases, timelines and events of the viewer’s mines only', () => {
    fill();
    open((queries) => {
      expect(queries.projectedSeq()).toBe(events.length);
      const cases = queries.cases({ mines: ['m0', 'm1', 'm2'], state: 'open', limit: 4 });
      expect(cases.items.map(({ id }) => id)).toEqual(['m1/C25', 'm2/C20', 'm0/C15', 'm1/C10']);
      expect(queries.cases({ mines: ['m0'], limit: 10 }).items.map(({ id }) => id)).toEqual([
        'm0/C15',
        'm0/C0',
      ]);
      expect(queries.cases({ mines: ['m0'], state: 'closed', limit: 10 }).items).toEqual([]);
      expect(queries.case('m1/C10')).toMatchObject({ alarms: ['R/p10#1'], stage: 'opened' });
      expect(queries.case('m1/C11')).toBeNull();
      // The return names no case, but its alarm is one of the case's.
      expect(queries.caseEvents('m1/C10', 10)).toEqual(
        events.filter((event) => event.alarm === 'R/p10#1').sort((a, b) => a.seq - b.seq),
      );
      expect(queries.alarmEvents('R/p10#1', 1)).toHaveLength(1);
      expect(queries.events({ mines: ['m2'], afterSeq: 10, limit: 3 })).toEqual(
        events.filter(({ mine, seq }) => mine === 'm2' && seq > 10).slice(0, 3),
      );
    });
  });

  it('read an alarm in mines of any name, and cannot write', () => {
    const store = new EventsStore(path);
    const mine = `it's "m",%`;
    store.addEvent(next(raised(mine, 'R/x#1', t0), t0));
    store.commit({ position: 1, inputSequence: 1 });
    store.close();
    open((queries) => expect(queries.alarms({ mines: [mine], limit: 1 }).items).toHaveLength(1));
  });

  it('are refused while there is no record, and so are those of history, until it is there', () => {
    expect(() => openQueries(folder)).toThrow();
    fill();
    open((queries) => expect(queries.alarm('R/p1#1')).not.toBeNull());
    const history = openHistoryQueries(folder);
    const range = { points: [{ id: 'a', gapMs: 1 }], from: 0, to: 1, maxSamples: 16 };
    expect(() => history.history(range)).toThrow(expect.objectContaining({ name: 'StoreMissing' }));
    // It is looked for anew each time.
    new HistoryStore(join(folder, 'history.db')).close();
    expect(history.history(range)[0]!.t).toEqual([]);
    history.close();
  });
});

describe('the events store', () => {
  it('goes on from its snapshot of the fold as if it had never been closed', () => {
    const lives = Array.from({ length: 3_000 }, (_, i) => {
      const alarm = `R/p${i % 40}#${Math.floor(i / 40) + 1}`;
      const data = { to: 'normal', clearedAt: t0, peak: null, samples: 1, reason: 'cleared' } as const;
      return [
        next(raised('m1', alarm, t0 + i), t0 + i),
        next({ type: 'AlarmReturned', mine: 'm1', alarm, data }, t0 + i),
      ];
    }).flat();
    let store = new EventsStore(path);
    for (const event of lives) {
      store.addEvent(event);
      if (event.seq % 500 === 0) store.commit({ position: event.seq, inputSequence: event.seq });
      if (event.seq % 1_700 !== 0) continue;
      store.close();
      store = new EventsStore(path);
      for (const again of lives.slice(store.cursor.position, event.seq)) store.addEvent(again);
    }
    store.commit({ position: 6_000, inputSequence: 6_000 });
    expect(store.lastSeq).toBe(6_000);
    store.close();
    open((queries) => {
      expect(queries.projectedSeq()).toBe(6_000);
      expect(queries.alarms({ mines: ['m1'], state: 'ended', limit: 500 }).items).toHaveLength(500);
      expect(queries.alarms({ mines: ['m1'], state: 'live', limit: 500 }).items).toHaveLength(0);
      expect(queries.alarm('R/p39#75')).toMatchObject({ seqRaised: 5_999, seq: 6_000, base: 'normal' });
    });
  });

  it('refuses an event that is not the one it has under that number', () => {
    fill();
    const store = new EventsStore(path);
    expect(() => store.addEvent({ ...events[3]!, id: '99.1' })).toThrow(/not the one/);
    store.addEvent(events[3]!);
    store.commit({ position: 2, inputSequence: 2 });
    expect(store.counts).toEqual({ events: 0, known: 1 });
    store.close();
  });
});
