import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistoryQueries } from './history-queries.ts';
import { chunkMs, historyMigrations } from './history-schema.ts';
import { HistoryStore, type HistoryFrame } from './history-store.ts';
import { hotSamplesMax } from './hot-samples.ts';
import { historyContents } from './test/history-contents.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  path = join(folder, 'history.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

type Made = 0 | 1 | 2;
interface Reading {
  readonly point: number;
  readonly t: number;
  readonly v: number | null;
  readonly s: number;
  readonly made: Made;
}

type Step =
  | { readonly kind: 'frame'; readonly source: number; readonly readings: readonly Reading[] }
  | { readonly kind: 'unknown'; readonly source: number; readonly reading: Reading }
  | { readonly kind: 'register'; readonly count: number };

/** Samples lie on both sides of it. */
const chunkEnd = Math.ceil(1_700_000_000_000 / chunkMs) * chunkMs;
/** Points p0 … p2 are known from the beginning, p3 and p4 come later, if at all. */
const pointNames = ['p0', 'p1', 'p2', 'p3', 'p4'];
const pointOf = (id: string) => ({ id, mine: 'm1', range: [0, 4] as const });

function frameOf(source: number, readings: readonly Reading[], received = 1_700_000_000_000): HistoryFrame {
  return {
    received,
    source,
    count: readings.length,
    slots: Uint32Array.from(readings, ({ point }) => point),
    times: Float64Array.from(readings, ({ t }) => t),
    values: Float64Array.from(readings, ({ v }) => v ?? Number.NaN),
    status: Uint16Array.from(readings, ({ s }) => s),
    outcomes: Uint8Array.from(readings, ({ made }) => made),
  };
}

function apply(store: HistoryStore, step: Step, at: number): void {
  if (step.kind === 'frame') {
    store.addFrame(frameOf(step.source, step.readings, 1_700_000_010_000 + at * 9_000));
  } else if (step.kind === 'register') store.configure(pointNames.slice(0, step.count).map(pointOf));
  else {
    const { point, t, v, s } = step.reading;
    store.addQuarantined(step.source, at, [{ point: pointNames[point]!, time: t, value: v, status: s }]);
  }
}

/** The second opinion: one reading at a time, lists and look-ups only. */
function naive(steps: readonly Step[]) {
  const samples = new Map<string, string>();
  const late = new Set<string>();
  let quarantine: { point: number; t: number; v: number | null; s: number }[] = [];
  const put = (
    point: number,
    t: number,
    v: number | null,
    s: number,
    isLate: boolean,
    mark: number,
  ): void => {
    const key = `${pointNames[point]} ${t}`;
    const there = samples.get(key)?.split(' ').slice(0, 2).join(' ');
    if (there === `${v} ${s}`) return;
    if (there === undefined && !isLate) samples.set(key, `${v} ${s} ${mark}`);
    else if (![0, 1].some((m) => late.has(`${key} ${v} ${s} ${m}`))) late.add(`${key} ${v} ${s} ${mark}`);
  };
  for (const step of steps) {
    if (step.kind === 'frame') {
      for (const { point, t, v, s, made } of step.readings)
        if (made !== 1) put(point, t, v, s, made === 2, 0);
    } else if (step.kind === 'unknown') quarantine.push(step.reading);
    else {
      for (const { point, t, v, s } of quarantine.filter(({ point }) => point < step.count)) {
        const isOver = v === null && (s & 8) !== 0;
        put(point, t, isOver ? 4 : v, v === null && !isOver ? s | 128 : s, false, 1);
      }
      quarantine = quarantine.filter(({ point }) => point >= step.count);
    }
  }
  return { samples: [...samples].map(([key, rest]) => `${key} ${rest}`).sort(), late: [...late].sort() };
}

const contents = () => historyContents(path);

const reading = (points: number): fc.Arbitrary<Reading> =>
  fc.record({
    point: fc.nat(points - 1),
    t: fc.integer({ min: 0, max: 12 }).map((n) => chunkEnd - 18 + n * 3),
    v: fc.option(fc.constantFrom(0, 0.5, 1, 1.25)),
    s: fc.constantFrom(0, 1, 8, 128),
    made: fc.constantFrom<Made>(0, 0, 0, 1, 2),
  });

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('frame' as const),
        source: fc.nat(2),
        readings: fc.array(reading(3), { maxLength: 60 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('unknown' as const),
        source: fc.nat(2),
        reading: reading(2).map((r) => ({ ...r, point: r.point + 3 })),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('register' as const), count: fc.integer({ min: 4, max: 5 }) }),
    },
  ),
  { maxLength: 30 },
);

/** Once registered, a point is registered: readings of it are quarantined no more, documents do not shrink. */
function plausible(all: readonly Step[]): Step[] {
  let known = 3;
  return all.flatMap((step): Step[] => {
    if (step.kind === 'unknown') return step.reading.point < known ? [] : [step];
    if (step.kind === 'register') known = Math.max(known, step.count);
    return step.kind === 'register' ? [{ ...step, count: known }] : [step];
  });
}

describe('the embedded history', () => {
  it('agrees with a naive model however the inputs are grouped and wherever it crashes', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.constantFrom('go', 'commit', 'crash', 'abandon'), { maxLength: 60 }),
        (drawn, fate) => {
          rmSync(path, { force: true });
          for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
          const all = plausible(drawn);
          let store = new HistoryStore(path);
          store.configure(pointNames.slice(0, 3).map(pointOf));
          for (let n = 0; n < 3; n += 1)
            store.sourceSeen(n, { mine: 'm1', system: 'safety', source: `s${n}` });
          store.commit({ position: 0, inputSequence: 0 });
          let turn = 0;
          for (let i = 0; i < all.length;) {
            apply(store, all[i]!, i);
            i += 1;
            const what = fate[turn++];
            if (what === 'commit') store.commit({ position: i, inputSequence: i });
            else if (what === 'abandon') store.abandon();
            else if (what === 'crash') {
              store.close();
              store = new HistoryStore(path);
            }
            if (what === 'crash' || what === 'abandon') i = store.cursor.position;
          }
          store.commit({ position: all.length, inputSequence: all.length });
          store.close();
          expect(contents()).toEqual(naive(all));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes nothing when the same inputs come again', () => {
    const store = new HistoryStore(path);
    store.configure(pointNames.map(pointOf));
    const all: Reading[] = Array.from({ length: 300 }, (_, i) => ({
      point: i % 5,
      t: 1_700_000_000_000 + Math.floor(i / 5) * 1_000,
      v: i % 7,
      s: 0,
      made: i % 50 === 49 ? 2 : 0,
    }));
    const round = (): void => {
      store.addFrame(frameOf(0, all));
      store.commit({ position: 1, inputSequence: 1 });
    };
    round();
    const before = contents();
    round();
    expect(contents()).toEqual(before);
    expect(before.samples).toHaveLength(294);
    expect(before.late).toHaveLength(6);
    expect(store.counts).toMatchObject({ stored: 294, late: 6, duplicate: 300 });
    store.close();
  });

  it('gives quarantined readings back when their point is registered, but none that another mine sent', () => {
    const store = new HistoryStore(path);
    store.sourceSeen(0, { mine: 'm1', system: 'safety', source: 'a' });
    store.sourceSeen(1, { mine: 'm2', system: 'safety', source: 'b' });
    store.addQuarantined(0, 5, [{ point: 'new', time: 1_700_000_000_000, value: 1.5, status: 1 }]);
    store.addQuarantined(0, 6, [{ point: 'new', time: 1_700_000_001_000, value: null, status: 8 }]);
    store.addQuarantined(1, 7, [{ point: 'new', time: 1_700_000_002_000, value: 9, status: 0 }]);
    store.commit({ position: 1, inputSequence: 3 });
    expect(store.quarantineRows).toBe(3);
    store.configure([pointOf('new')]);
    store.commit({ position: 2, inputSequence: 4 });
    expect(contents().samples).toEqual(['new 1700000000000 1.5 1 1', 'new 1700000001000 4 8 1']);
    expect(store.quarantineRows).toBe(0);
    expect(store.counts).toMatchObject({ quarantined: 3, requalified: 2, quarantineForeign: 1 });
    store.close();
  });

  it('bounds the quarantine per sender and in all, and counts what it did not keep', () => {
    const store = new HistoryStore(path, { quarantineRowsMax: 8 });
    const flood = (source: number, count: number): void => {
      for (let i = 0; i < count; i += 1) {
        store.addQuarantined(source, i, [{ point: `x${source}.${i}`, time: i, value: 1, status: 0 }]);
      }
    };
    flood(0, 50);
    flood(1, 1);
    expect(store.quarantineRows).toBe(3);
    for (let source = 2; source < 8; source += 1) flood(source, 2);
    store.commit({ position: 1, inputSequence: 1 });
    expect(store.quarantineRows).toBe(8);
    expect(store.counts).toMatchObject({ quarantined: 8, quarantineDropped: 48 + 7 });
    store.close();
  });

  it('deletes the oldest chunks before the cutoff and no others', () => {
    const store = new HistoryStore(path);
    store.configure([pointOf('p0')]);
    const t0 = chunkEnd;
    const readings = Array.from({ length: 100 }, (_, i): Reading => ({
      point: 0,
      t: t0 + i * 6_000,
      v: i,
      s: 0,
      made: 0,
    }));
    store.addFrame(frameOf(0, readings, t0 + 600_000));
    store.commit({ position: 1, inputSequence: 1 });
    expect(store.newestTime()).toBe(t0 + 540_000);
    const cutoffs = { raw: t0 + 270_000, rollups: t0 };
    expect(store.retain(cutoffs, 3)).toBe(3);
    expect(contents().samples).toHaveLength(70);
    expect(store.retain(cutoffs, 3)).toBe(1);
    expect(store.retain(cutoffs, 3)).toBe(0);
    expect(contents().samples).toHaveLength(60);
    store.close();
  });

  it('takes over a file of the first layout, row by row', () => {
    const db = new DatabaseSync(path);
    db.exec(String(historyMigrations[0]));
    db.exec(`PRAGMA user_version = 1;
      INSERT INTO points VALUES (1, 'p0', 'm1'), (2, 'p1', 'm1');
      INSERT INTO meta VALUES ('slots', '[1,2]'), ('position', '77'), ('inputSequence', '7');
      BEGIN`);
    const insert = db.prepare('INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)');
    const expected: string[] = [];
    for (let i = 0; i < 400; i += 1) {
      const [point, time, value, status, mark] = [
        1 + (i % 2),
        chunkEnd - 90_000 + i * 490,
        i % 9 === 0 ? null : i / 8,
        i % 3,
        i % 40 === 7 ? 1 : 0,
      ];
      insert.run(Math.floor(time / 10_000), point, time % 10_000, value, status, 1, mark);
      expected.push(`p${point - 1} ${time} ${value} ${status} ${mark}`);
    }
    db.exec('COMMIT');
    db.close();
    const store = new HistoryStore(path);
    expect(store.cursor).toEqual({ position: 77, inputSequence: 7 });
    expect(contents().samples).toEqual(expected.sort());
    // What was there is known: it comes again, and once more with another value.
    const again = { point: 1, t: chunkEnd - 90_000 + 490, v: 1 / 8, s: 1, made: 0 } as const;
    store.addFrame(frameOf(0, [again, { ...again, v: 5 }]));
    store.commit({ position: 78, inputSequence: 8 });
    expect(store.counts).toMatchObject({ stored: 0, duplicate: 1, late: 1 });
    expect(contents().samples).toEqual(expected);
    store.close();
  });

  it('sums up what a file of the second layout holds, as if it had been there from the beginning', () => {
    const fill = (store: HistoryStore): void => {
      store.configure(pointNames.map(pointOf));
      for (let i = 0; i < 300; i += 1) {
        const t = chunkEnd + i * 1_700;
        store.addFrame(
          frameOf(0, [{ point: i % 3, t, v: (i % 40) / 8, s: i % 11 === 0 ? 128 : 0, made: 0 }], t),
        );
        if (i % 20 === 0) store.commit({ position: i + 1, inputSequence: i + 1 });
      }
      store.commit({ position: 400, inputSequence: 400 });
      store.close();
    };
    const read = () => {
      const queries = openHistoryQueries(folder);
      const range = { points: pointNames, from: 0, to: chunkEnd * 2 };
      const answers = [
        queries.rollup({ ...range, step: '1m' }),
        queries.rollup({ ...range, step: '1h' }),
        queries.latest(pointNames),
      ];
      queries.close();
      return answers;
    };
    fill(new HistoryStore(path));
    const expected = read();
    const db = new DatabaseSync(path);
    for (const table of [
      'rollup_minutes',
      'rollup_hours',
      'latest',
      'positions',
      'switch_changes',
      'upstream_alarms',
      'statistics',
    ]) {
      db.exec(`DROP TABLE ${table}`);
    }
    db.exec('PRAGMA user_version = 2');
    db.close();
    new HistoryStore(path).close();
    expect(read()).toEqual(expected);
    expect(JSON.stringify(expected)).toContain('"total":[12,');
  });

  it('puts many samples into blocks at once, also when more come than it holds back, and finds them again', () => {
    const store = new HistoryStore(path);
    const points = Array.from({ length: 50 }, (_, i) => ({ id: `q${i}`, mine: 'm1' }));
    store.configure(points);
    const frameAt = (round: number) =>
      frameOf(
        0,
        points.map((_, point) => ({ point, t: chunkEnd + round * 10, v: round % 5, s: 0, made: 0 as const })),
        chunkEnd + round * 10,
      );
    const rounds = Math.ceil(hotSamplesMax / points.length) + 100;
    for (let round = 0; round < rounds; round += 1) store.addFrame(frameAt(round));
    store.commit({ position: 1, inputSequence: 1 });
    expect(store.counts.stored).toBe(rounds * points.length);
    for (let round = 0; round < 100; round += 1) store.addFrame(frameAt(round * 90));
    store.commit({ position: 2, inputSequence: 2 });
    expect(store.counts).toMatchObject({ stored: rounds * points.length, duplicate: 100 * points.length });
    expect(new Set(contents().samples).size).toBe(rounds * points.length);
    store.close();
  });

  it('refuses a file of a newer release', () => {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(() => new HistoryStore(path)).toThrow(/schema 99/);
  });
});
