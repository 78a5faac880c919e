import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentsAt } from '../adapters/sqlite/documents.ts';
import { EventsStore } from '../adapters/sqlite/events-store.ts';
import { HistoryStore } from '../adapters/sqlite/history-store.ts';
import { openHistoryQueries } from '../adapters/sqlite/history-queries.ts';
import { openQueries } from '../adapters/sqlite/queries.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { historyContents } from '../adapters/sqlite/test/history-contents.ts';
import { JournalReader } from '../journal/reader.ts';
import { segmentsOf } from '../journal/segment-name.ts';
import { EventsWork } from './events-lane.ts';
import { HistoryWork } from './history-lane.ts';
import { Lane, type LaneEvents } from './lane.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import { catchUp, rebuild } from './rebuild.ts';
import {
  caseOpened,
  documentsOf,
  JournalMaker,
  raised,
  returned,
  type Sample,
} from './test/journal-maker.ts';

let folder: string;
let files: NodeFiles;
let journal: JournalMaker;
const t0 = 1_700_000_000_000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanes-'));
  files = new NodeFiles(join(folder, 'journal'));
  journal = new JournalMaker(files);
});
afterEach(() => rmSync(folder, { recursive: true }));

function begin(points: readonly string[] = ['a', 'b']): void {
  journal
    .input({ kind: 'configured', now: t0, documents: documentsOf(points) })
    .input({ kind: 'started', now: t0, blindFrom: null })
    .event(t0, { type: 'GatewayStarted', mine: 'm1', data: { blindFrom: null, to: t0 } })
    .input({ kind: 'sourceSeen', now: t0, source: 0, name: { mine: 'm1', system: 'safety', source: 'kj' } })
    .batch();
}

function readings(count: number, from = 0): void {
  for (let i = from; i < from + count; i += 1) {
    const samples: Sample[] = [
      { slot: 0, t: t0 + i * 1_000, v: 0.4 + (i % 5) / 10 },
      { slot: 1, t: t0 + i * 1_000, v: null, s: 128 },
    ];
    journal.readings(t0 + i * 1_000 + 20, 0, samples).batch();
  }
}

function story(): void {
  begin();
  readings(20);
  journal
    .readings(t0 + 20_100, 0, [{ slot: 0, t: t0 + 20_000, v: 1.2 }])
    .event(t0 + 20_100, raised('m1', 'GAS-01/a#1', t0 + 20_000))
    .event(t0 + 20_100, caseOpened('m1', 'm1/C1', 'GAS-01/a#1'))
    .batch();
  readings(20, 30);
  journal
    .readings(t0 + 60_000, 0, [
      { slot: 0, t: t0 + 3_000, v: 3.3, made: 'late' },
      { slot: 0, t: t0 + 49_000, v: 0.8, made: 'duplicate' },
      { slot: 0, t: t0 + 60_000, v: 0.2 },
    ])
    .event(t0 + 60_000, returned('m1', 'GAS-01/a#1', 'm1/C1', t0 + 60_000))
    .batch();
}

function dump(file: string, tables: readonly string[]): Record<string, unknown[]> {
  const db = new DatabaseSync(join(folder, file), { readOnly: true });
  const all = Object.fromEntries(
    tables.map((table) => [
      table,
      db
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => JSON.stringify(row)),
    ]),
  );
  db.close();
  return all;
}

const dumpAll = () => ({
  ...dump('events.db', ['events', 'alarms', 'cases', 'documents']),
  ...dump('history.db', ['quarantine', 'points', 'sources', 'lost']),
  ...historyContents(join(folder, 'history.db')),
});

interface Heard extends LaneEvents {
  readonly lines: string[];
}

function listener(): Heard {
  const lines: string[] = [];
  return {
    lines,
    failed: (lane, message) => lines.push(`${lane} failed: ${message}`),
    recovered: (lane, attempts) => lines.push(`${lane} recovered after ${attempts}`),
    lost: (lane, from, to) => lines.push(`${lane} lost ${from}-${to}`),
  };
}

function eventsLane(events: LaneEvents, progress = new ProjectorProgress()) {
  const store = new EventsStore(join(folder, 'events.db'));
  return {
    store,
    progress,
    lane: new Lane(new EventsWork(store, progress), new JournalReader(files, 0), events),
  };
}

function historyLane(events: LaneEvents, progress = new ProjectorProgress(), pagesMax?: number) {
  const store = new HistoryStore(join(folder, 'history.db'), pagesMax === undefined ? {} : { pagesMax });
  const work = new HistoryWork({
    store,
    progress,
    documentsAt: (position) => documentsAt(join(folder, 'events.db'), position),
    rawDays: 90,
    rollupDays: 1_826,
    clock: () => t0,
  });
  return { store, progress, work, lane: new Lane(work, new JournalReader(files, 0), events) };
}

/** Advances with a clock that jumps, so that commits are due and back-offs over. */
function settle(lane: Lane, durable = journal.position): void {
  for (let now = 0; now < 60_000; now += 20_000) {
    while (lane.advance(durable, now) === 'more');
  }
}

describe('the projections of a journal', () => {
  it('hold its events, alarms, cases and readings', () => {
    story();
    rebuild(folder, files);
    const queries = openQueries(folder);
    expect(queries.projectedSeq()).toBe(4);
    expect(queries.events({ mines: ['m1'], afterSeq: 0, limit: 10 })).toEqual(journal.events);
    expect(queries.alarm('GAS-01/a#1')).toMatchObject({
      base: 'returned',
      case: 'm1/C1',
      clearedAt: t0 + 60_000,
      seqRaised: 2,
      seq: 4,
    });
    expect(queries.case('m1/C1')).toMatchObject({ stage: 'opened', version: 2, lastReturnAt: t0 + 60_000 });
    expect(queries.caseEvents('m1/C1', 10).map(({ type }) => type)).toEqual([
      'AlarmRaised',
      'CaseOpened',
      'AlarmReturned',
    ]);
    const [a, b, none] = openHistoryQueries(folder).history({
      points: ['a', 'b', 'none'].map((id) => ({ id, gapMs: 10_500 })),
      from: t0,
      to: t0 + 100_000,
      maxSamples: 1_000,
    });
    expect(a!.t).toHaveLength(20 + 1 + 20 + 2);
    // 49 s to 60 s is further than the gap allows: a break stands there.
    const at = a!.t.indexOf(t0 + 49_000 + 10_500);
    expect([a!.v[at], a!.s[at], a!.t[at + 1]]).toEqual([null, 0, t0 + 60_000]);
    expect(a!.v[3]).toBeCloseTo(0.7);
    expect(b!.v.every((value) => value === null)).toBe(true);
    expect(b!.s.filter((bits) => bits === 0)).toHaveLength(1); // its one break; no number is status 128
    expect(none).toEqual({ point: 'none', bucketMs: 0, t: [], v: [], s: [] });
    queries.close();
    expect(dump('history.db', ['readings_late'])['readings_late']).toHaveLength(1);
  });

  it('change in no row when they are made again, or when every batch comes twice', () => {
    story();
    rebuild(folder, files);
    const before = dumpAll();
    for (const file of ['events.db', 'history.db']) {
      const db = new DatabaseSync(join(folder, file));
      db.exec("UPDATE meta SET value = '0' WHERE key = 'position'");
      db.close();
    }
    catchUp(folder, files);
    expect(dumpAll()).toEqual(before);
    rebuild(folder, files);
    expect(dumpAll()).toEqual(before);
  });

  it('go on where they were after a crash between any two transactions, without double rows', () => {
    story();
    rebuild(folder, files);
    const whole = dumpAll();
    rmSync(join(folder, 'events.db'));
    rmSync(join(folder, 'history.db'));
    // Reads a little further each time, sometimes commits, then drops the objects as a crash would.
    for (let life = 1; life <= 12; life += 1) {
      const reach = Math.floor((journal.position * life) / 12);
      const events = eventsLane(listener());
      const history = historyLane(listener());
      for (const { lane } of [events, history]) lane.advance(boundary(reach), 10_000);
      if (life % 3 === 0) {
        events.lane.finish(0);
        history.lane.finish(0);
      }
      events.store.close();
      history.store.close();
    }
    catchUp(folder, files);
    expect(dumpAll()).toEqual(whole);
  });

  /** The end of the last batch that lies wholly before `position`. */
  function boundary(position: number): number {
    const reader = new JournalReader(files, 0);
    let end = 0;
    for (;;) {
      const read = reader.next();
      if (read.kind !== 'batch' || read.batch.end > position) break;
      end = read.batch.end;
    }
    reader.close();
    return end;
  }
});

describe('the lanes', () => {
  it('keep events going while history has no room, and history catches up when there is some', () => {
    begin();
    readings(2_000);
    journal
      .readings(t0 + 4e6, 0, [])
      .event(t0 + 4e6, raised('m1', 'GAS-01/a#1', t0))
      .batch();
    const heard = listener();
    const events = eventsLane(heard);
    const history = historyLane(heard, undefined, 16);
    settle(history.lane);
    settle(events.lane);
    expect(history.lane.isFailing).toBe(true);
    expect(heard.lines[0]).toMatch(/history failed: .*full/);
    expect(heard.lines.every((line) => line.startsWith('history failed'))).toBe(true);
    expect(events.lane.committed).toBe(journal.position);
    expect(events.store.lastSeq).toBe(2);
    history.store.limitPages(1_000_000);
    settle(history.lane);
    history.lane.advance(journal.position, 1e9);
    while (history.lane.advance(journal.position, 1e9) === 'more');
    history.lane.finish(1e9);
    expect(history.lane.isFailing).toBe(false);
    expect(heard.lines.at(-1)).toMatch(/history recovered/);
    expect(historyContents(join(folder, 'history.db')).samples).toHaveLength(4_000);
    events.store.close();
    history.store.close();
  });

  it('put a sacrificed segment on record as lost for history, and read what follows by the documents in force', () => {
    begin(['a', 'b']);
    readings(5);
    journal.endSegment();
    // The slots change their meaning inside the segment that history will never see.
    journal.input({ kind: 'configured', now: t0, documents: documentsOf(['b', 'a']) });
    readings(5, 10);
    journal.endSegment();
    const lostTo = journal.position;
    journal.readings(t0 + 50_000, 0, [{ slot: 1, t: t0 + 50_000, v: 0.9 }]).batch();
    const heard = listener();
    const history = historyLane(heard);
    const [first, second] = segmentsOf(files.list());
    history.lane.advance(second!.start, 0);
    history.lane.advance(second!.start, 10_000);
    expect(history.lane.committed).toBe(second!.start);
    const events = eventsLane(heard);
    const kept = files.open(second!.name, 'read');
    const bytes = new Uint8Array(second!.size);
    kept.read(bytes, 0);
    kept.close();
    files.unlink(second!.name);
    // Events are not there yet: history waits for the documents rather than guessing.
    expect(history.lane.advance(journal.position, 20_000)).toBe('idle');
    events.lane.advance(second!.start, 0);
    events.lane.finish(0);
    events.store.close();
    expect(history.lane.advance(journal.position, 40_000)).toBe('idle');
    expect(history.lane.committed).toBe(second!.start);
    const again = files.create(second!.name, 'buffered');
    again.write(bytes, 0);
    again.close();
    const later = eventsLane(heard);
    settle(later.lane);
    later.lane.finish(0);
    later.store.close();
    files.unlink(second!.name);
    history.lane.advance(journal.position, 60_000);
    history.lane.finish(60_000);
    history.store.close();
    expect(heard.lines.filter((line) => line.includes('lost'))).toEqual([
      `history lost ${second!.start}-${lostTo}`,
    ]);
    expect(history.progress.get('historyLostBytes')).toBe(lostTo - second!.start);
    expect(dump('history.db', ['lost'])['lost']).toHaveLength(1);
    const queries = openQueries(folder);
    const [a] = openHistoryQueries(folder).history({
      points: [{ id: 'a', gapMs: 1e9 }],
      from: t0,
      to: t0 + 1e6,
      maxSamples: 100,
    });
    expect(a!.t.at(-1)).toBe(t0 + 50_000);
    expect(first!.start).toBe(0);
    queries.close();
  });

  it('never skip a hole where events may have been', () => {
    begin();
    journal.endSegment();
    journal
      .readings(t0, 0, [])
      .event(t0, raised('m1', 'GAS-01/a#1', t0))
      .endSegment();
    journal.readings(t0, 0, []).batch();
    const [, second] = segmentsOf(files.list());
    files.unlink(second!.name);
    const heard = listener();
    const { lane, store } = eventsLane(heard);
    settle(lane);
    expect(lane.isFailing).toBe(true);
    expect(heard.lines[0]).toContain('events.db cannot go on');
    expect(store.cursor.position).toBe(second!.start);
    store.close();
  });

  it('sync when asked, and say up to where', () => {
    begin();
    const { lane, store } = eventsLane(listener());
    lane.advance(journal.position, 1);
    expect(lane.syncedPosition).toBe(0);
    lane.advance(journal.position, 2, true);
    expect(lane.syncedPosition).toBe(journal.position);
    // A group that is not due yet is committed for it; by itself it comes after ten seconds.
    const history = historyLane(listener());
    readings(3);
    history.lane.advance(journal.position, 1);
    expect(history.lane.committed).toBe(0);
    history.lane.advance(journal.position, 2, true);
    expect(history.lane.syncedPosition).toBe(journal.position);
    readings(3, 3);
    history.lane.advance(journal.position, 20_000);
    expect(history.lane.syncedPosition).toBe(journal.position);
    store.close();
    history.store.close();
  });

  it('wipe out no more than a day of the oldest data when a clock jumps ahead for an hour', () => {
    const store = new HistoryStore(join(folder, 'history.db'));
    store.configure([{ id: 'a', mine: 'm1' }]);
    const minutes = 1_600;
    const one = { source: 0, count: 1, slots: new Uint32Array(1), values: new Float64Array(1) };
    const rest = { status: new Uint16Array(1), outcomes: new Uint8Array(1) };
    for (let minute = 0; minute < minutes; minute += 1) {
      const time = t0 + minute * 60_000;
      store.addFrame({ ...one, ...rest, received: time + 60_000, times: Float64Array.of(time) });
    }
    store.commit({ position: 1, inputSequence: 1 });
    store.addFrame({ ...one, ...rest, received: t0 + 1e12, times: Float64Array.of(t0 + 1e12) });
    store.commit({ position: 2, inputSequence: 2 });
    const before = historyContents(join(folder, 'history.db')).samples.length;
    const progress = new ProjectorProgress();
    const documentsAt = () => 'none' as const;
    const parts = { store, progress, documentsAt, rawDays: 1, rollupDays: 2, clock: () => t0 + 1e12 };
    const work = new HistoryWork(parts);
    for (let second = 1; second <= 3_600; second += 1) work.retain(second * 1_000);
    const wiped = before - historyContents(join(folder, 'history.db')).samples.length;
    expect(wiped).toBe(progress.get('historyChunksRetired'));
    expect(wiped).toBeGreaterThan(600); // ten times as fast as data comes, at least
    expect(wiped).toBeLessThanOrEqual(24 * 60);
    store.close();
  });

  it('refuse a journal that ends before their cursor', () => {
    begin();
    readings(3);
    rebuild(folder, files);
    const heard = listener();
    const { lane, store } = eventsLane(heard);
    expect(lane.advance(8, 0)).toBe('failed');
    expect(heard.lines[0]).toContain('before the cursor');
    store.close();
  });
});

describe('a rebuild', () => {
  it('works in a folder that is not the journal’s', () => {
    story();
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const progress = rebuild(elsewhere, files);
    expect(progress.get('eventsSeq')).toBe(4);
    expect(progress.get('historyRows')).toBe(20 * 2 + 1 + 20 * 2 + 1);
  });
});
