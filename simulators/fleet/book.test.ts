// The book against a plain set, in any order of acknowledgement; and its verifier: it finds each reading that is
// missing, doubled, changed or foreign, and nothing where nothing is wrong.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { statusBit } from '#alarms/kernel/quality.ts';
import { Book } from './book.ts';
import { FrameWriter } from './frame-writer.ts';
import { planDefaults, stationsOf, type FleetPlan } from './plan.ts';
import { verifyBook, type HistoryReading, type ReadHistory } from './verify.ts';

test('whatever the order and repetitions, the runs are the frames acknowledged, and their digests the sum', () => {
  const digestOf = (frame: number) => Math.imul(frame + 1, 0x9e37_79b9) >>> 0;
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 120 }), (frames) => {
      const book = new Book();
      for (const frame of frames) {
        book.noteSent(3, frame);
        book.noteAcknowledged(3, frame, digestOf(frame));
      }
      const runs = book.pages()[0]?.runs ?? [];
      const wanted = [...new Set(frames)].sort((a, b) => a - b);
      expect(runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, n) => first + n))).toEqual(
        wanted,
      );
      for (const [n, { first, count, digest }] of runs.entries()) {
        if (n > 0) expect(first).toBeGreaterThan(runs[n - 1]!.first + runs[n - 1]!.count);
        const sum = Array.from({ length: count }, (_, i) => digestOf(first + i)).reduce(
          (a, b) => (a + b) >>> 0,
          0,
        );
        expect(digest).toBe(sum);
      }
      expect(book.pages()[0]?.sent ?? 0).toBe(frames.length === 0 ? 0 : Math.max(...frames) + 1);
    }),
  );
});

test('acknowledged in order, a run is all that is kept, however long', () => {
  const book = new Book();
  for (let frame = 0; frame < 100_000; frame += 1) book.noteAcknowledged(0, frame, 1);
  book.noteSent(0, 99_999);
  expect(book.pages()).toEqual([
    { station: 0, sent: 100_000, runs: [{ first: 0, count: 100_000, digest: 100_000 }] },
  ]);
});

test('a book that would need too many runs says so', () => {
  const book = new Book();
  const fill = () => {
    for (let frame = 0; ; frame += 2) book.noteAcknowledged(0, frame, 1);
  };
  expect(fill).toThrow('more than 10000 runs');
});

const plan: FleetPlan = {
  ...planDefaults,
  mines: 2,
  points: 20,
  perFrame: 7,
  startMs: 1_767_000_000_000,
  absentShare: 0.5,
};
const frames = 100;

/** Everything sent; frames 30 to 39 of each station without a PUBACK. */
function sendAll() {
  const book = new Book();
  const history: HistoryReading[] = [];
  for (const station of stationsOf(plan)) {
    const writer = new FrameWriter(plan, station);
    for (let frame = 0; frame < frames; frame += 1) {
      const { digest } = writer.next();
      book.noteSent(station.index, frame);
      if (frame < 30 || frame >= 40) book.noteAcknowledged(station.index, frame, digest);
      writer.points.forEach((point, n) => {
        const value = writer.values[n]!;
        history.push({
          point: writer.pointIds[point]!,
          time: writer.times[n]!,
          value: Number.isNaN(value) ? null : value,
          status: writer.statuses[n]! | statusBit.simulated,
        });
      });
    }
  }
  return { pages: book.pages(), history };
}

const reader =
  (history: readonly HistoryReading[]): ReadHistory =>
  (points, from, to) =>
    history.filter(({ point, time }) => points.includes(point) && time >= from && time < to);

const { pages, history } = sendAll();
const acknowledged = 2 * 90 * 7;
/** Of a frame that was acknowledged, in the middle. */
const at = 423;
const victim = history[at]!;
const unacknowledgedAt = 32 * 7;
const windows = [7, 100, 200_000];

test.each(windows)('nothing is wrong where nothing is wrong, in windows of %i readings', (windowReadings) => {
  const result = verifyBook(plan, pages, reader(history), { windowReadings });
  expect(result.findings).toEqual([]);
  expect(result).toMatchObject({ expected: acknowledged, found: acknowledged, unacknowledged: 2 * 10 * 7 });
});

const place = { point: victim.point, time: victim.time };
const damages: readonly (readonly [string, HistoryReading[], object])[] = [
  ['a dropped reading', history.toSpliced(at, 1), { fault: 'missing', ...place }],
  ['a doubled reading', [...history, victim], { fault: 'doubled', ...place }],
  [
    'a changed value',
    history.with(at, { ...victim, value: (victim.value ?? 0) + 0.01 }),
    { fault: 'changed', ...place },
  ],
  [
    'a number lost',
    history.with(at, { ...victim, value: victim.value === null ? 0 : null }),
    { fault: 'changed', ...place },
  ],
  [
    'a changed status',
    history.with(at, { ...victim, status: victim.status ^ 1 }),
    { fault: 'changed', ...place },
  ],
  [
    'a reading nobody sent',
    [...history, { ...victim, time: victim.time + 1 }],
    { fault: 'foreign', point: victim.point, time: victim.time + 1 },
  ],
  [
    'one from after the end',
    [...history, { ...victim, time: victim.time + 1e9 }],
    { fault: 'foreign', point: victim.point, time: victim.time + 1e9 },
  ],
];

test.each(damages)('%s is found, and it alone', (_, damaged, finding) => {
  for (const windowReadings of windows)
    expect(verifyBook(plan, pages, reader(damaged), { windowReadings }).findings).toEqual([finding]);
});

test('a moved reading is one missing and one foreign', () => {
  const moved = history.with(at, { ...victim, time: victim.time + 1 });
  expect(verifyBook(plan, pages, reader(moved)).faults).toMatchObject({ missing: 1, foreign: 1 });
});

test('what was not acknowledged may be missing, and may not be doubled or changed', () => {
  const faultsOf = (damaged: HistoryReading[]) =>
    verifyBook(plan, pages, reader(damaged)).findings.map(({ fault }) => fault);
  const one = history[unacknowledgedAt]!;
  expect(faultsOf(history.toSpliced(unacknowledgedAt, 1))).toEqual([]);
  expect(faultsOf([...history, one])).toEqual(['doubled']);
  expect(faultsOf(history.with(unacknowledgedAt, { ...one, status: one.status ^ 4 }))).toEqual(['changed']);
});

test('a book of another seed is no book of this fleet', () => {
  expect(verifyBook({ ...plan, seed: 2 }, pages, reader([])).faults.digest).toBe(4);
});
