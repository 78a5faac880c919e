// The log against the faulty disk: power lost, or the process killed, inside every single operation of a run.

import { describe, expect, test } from 'vitest';
import { BatchEncoder } from '#gateway/journal/entry.ts';
import { readHeader } from '#gateway/journal/record.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { journalStart, segmentsOf } from '#gateway/journal/segment-name.ts';
import { FaultyDisk, ProcessEnded, RefusedOperation } from '#gateway/test/faults/faulty-files.ts';
import { SeededRandom } from '#gateway/test/faults/random.ts';
import { SegmentLog } from './segment-log.ts';

const options = { segmentBytes: 4096, reserveSegments: 2, zeroChunkBytes: 2048 };

/** What a run knows for certain: batches whose write returned, and the one that may or may not be there. */
interface Ledger {
  readonly durable: { readonly position: number; readonly detail: string }[];
  doubtful: { readonly position: number; readonly detail: string } | null;
  released: number;
}

function newLedger(): Ledger {
  return { durable: [], doubtful: null, released: 0 };
}

function makeBatch(log: SegmentLog, details: readonly string[]) {
  const encoder = new BatchEncoder(new ArrayBuffer(512));
  for (const detail of details) encoder.appendInput({ kind: 'recoveryDiffered', now: 1, detail });
  return { columns: encoder.finish(log.position, log.nextSequence), length: encoder.length };
}

/** Appends batches until the plan ends the process; small and larger than a segment, released now and then. */
function run(disk: FaultyDisk, ledger: Ledger, random: SeededRandom, batches: number): 'finished' | 'ended' {
  try {
    const log = new SegmentLog(disk.files(), options);
    settle(ledger, log);
    for (let index = 0; index < batches; index += 1) {
      const size = random.isLikely(0.05) ? 6000 : random.below(900);
      const detail = `${log.position}:${'x'.repeat(size)}`;
      const { columns, length } = makeBatch(log, [detail]);
      ledger.doubtful = { position: log.position, detail };
      expect(log.write(columns, length)).toBe('written');
      ledger.durable.push(ledger.doubtful);
      ledger.doubtful = null;
      if (random.isLikely(0.3)) {
        ledger.released = Math.max(ledger.released, log.position - random.below(8000));
        log.release(ledger.released);
      }
      for (let step = random.below(4); step > 0 && log.idleStep(); step -= 1);
    }
    log.close();
    return 'finished';
  } catch (error) {
    if (error instanceof ProcessEnded) return 'ended';
    throw error;
  }
}

/** After recovery the batch in doubt is either whole and last, or not there. */
function settle(ledger: Ledger, log: SegmentLog): void {
  const { doubtful } = ledger;
  if (doubtful !== null && log.position > doubtful.position) ledger.durable.push(doubtful);
  ledger.doubtful = null;
  expect(log.recovery.damage).toEqual([]);
}

function readAll(disk: FaultyDisk): { position: number; sequence: number; detail: string }[] {
  const files = disk.files();
  const reader = new JournalReader(files, journalStart(files));
  const found = [];
  for (;;) {
    const result = reader.next();
    if (result.kind === 'end') break;
    if (result.kind === 'gap') throw new Error(`gap ${result.reason} ${result.from} to ${result.to}`);
    for (const entry of result.batch.entries('inputs')) {
      if (entry.kind !== 'input' || entry.input.kind !== 'recoveryDiffered')
        throw new Error('not written by this test');
      found.push({
        position: result.batch.position,
        sequence: entry.sequence,
        detail: entry.input.detail,
      });
    }
  }
  reader.close();
  return found;
}

/** Everything that was acknowledged and not released is there, in order, byte-equal, numbered without a hole. */
function expectKept(disk: FaultyDisk, ledger: Ledger): void {
  const found = readAll(disk);
  const first = found[0]?.position ?? Number.POSITIVE_INFINITY;
  expect(ledger.durable.filter(({ position }) => position >= first)).toEqual(
    found.map(({ position, detail }) => ({ position, detail })),
  );
  const oldestDue = ledger.durable.find(({ position }) => position >= ledger.released)?.position;
  expect(first).toBeLessThanOrEqual(oldestDue ?? first);
  const numbers = found.map(({ sequence }) => sequence);
  expect(numbers).toEqual(numbers.map((_, index) => ledger.durable.length - numbers.length + 1 + index));
}

function countOperations(seed: number, batches: number): number {
  const disk = new FaultyDisk({ seed });
  expect(run(disk, newLedger(), new SeededRandom(seed), batches)).toBe('finished');
  return disk.operations;
}

describe.each(['power loss', 'kill'] as const)('the log after a %s', (manner) => {
  test.each([1, 2, 3])('inside any operation of a run keeps every acknowledged batch (seed %i)', (seed) => {
    const operations = countOperations(seed, 24);
    expect(operations).toBeGreaterThan(50);
    for (let endAt = 1; endAt <= operations; endAt += 1) {
      const disk = new FaultyDisk({ seed: seed * 1000 + endAt });
      const ledger = newLedger();
      const random = new SeededRandom(seed);
      disk.endAt = endAt;
      run(disk, ledger, random, 24);
      // Three more generations, each ended somewhere, also inside recovery, mixed with kills.
      for (let generation = 0; generation < 3; generation += 1) {
        if (manner === 'power loss' && generation !== 1) disk.restartAfterPowerLoss();
        else disk.restartAfterKill();
        disk.endAt = disk.operations + 1 + disk.random.below(generation === 0 ? 6 : 60);
        run(disk, ledger, disk.random, 12);
      }
      disk.restartAfterPowerLoss();
      expect(run(disk, ledger, random, 5)).toBe('finished');
      expectKept(disk, ledger);
    }
  });
});

describe('a recycled segment', () => {
  test('never brings back the records of its former life', () => {
    const disk = new FaultyDisk({ seed: 5 });
    const ledger = newLedger();
    let recycled = 0;
    for (let round = 0; round < 40; round += 1) {
      disk.endAt = disk.operations + 5 + disk.random.below(40);
      run(disk, ledger, disk.random, 30);
      disk.restartAfterPowerLoss();
      const spares = disk
        .files()
        .list()
        .filter(({ name }) => name.startsWith('spare-'));
      recycled += spares.filter(({ name }) => disk.contentOf(name).some((byte) => byte !== 0)).length;
    }
    expect(run(disk, ledger, disk.random, 5)).toBe('finished');
    expectKept(disk, ledger);
    expect(recycled).toBeGreaterThan(10);
  });
});

describe('a write that the disk refuses', () => {
  test('is thrown, and what the cache pretends is made true or cut at the next start', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const disk = new FaultyDisk({ seed });
      const ledger = newLedger();
      const log = new SegmentLog(disk.files(), options);
      while (log.idleStep());
      const first = makeBatch(log, ['first']);
      log.write(first.columns, first.length);
      ledger.durable.push({ position: 0, detail: 'first' });
      const detail = 'y'.repeat(1500);
      const second = makeBatch(log, [detail]);
      ledger.doubtful = { position: log.position, detail };
      disk.refuseAt.set(disk.operations + 1, 'EIO');
      expect(() => log.write(second.columns, second.length)).toThrow(RefusedOperation);
      disk.restartAfterKill();
      run(disk, ledger, disk.random, 2);
      disk.restartAfterPowerLoss();
      expect(run(disk, ledger, disk.random, 1)).toBe('finished');
      expectKept(disk, ledger);
    }
  });
});

describe('a full disk', () => {
  test('holds the batch whole until a segment is released, then writes it', () => {
    const disk = new FaultyDisk({ seed: 1, capacityBytes: 4 * 4096 });
    const log = new SegmentLog(disk.files(), options);
    while (log.idleStep());
    const written: { position: number; detail: string }[] = [];
    let held: { columns: ReturnType<typeof makeBatch>['columns']; length: number } | null = null;
    while (held === null) {
      const detail = `${log.position}:${'z'.repeat(700)}`;
      const batch = makeBatch(log, [detail]);
      written.push({ position: log.position, detail });
      if (log.write(batch.columns, batch.length) === 'held') held = batch;
      while (log.idleStep());
    }
    expect(log.status()).toMatchObject({
      isHeld: true,
      spareSegments: 0,
      segments: 4,
      isGrowthRefused: true,
    });
    expect(readAll(disk)).toHaveLength(written.length - 1);
    const { operations } = disk;
    expect(log.write(held.columns, held.length)).toBe('held');
    expect(disk.operations).toBe(operations); // not a byte is tried on a disk that has no room for a segment
    const oldestEnd = segmentsOf(disk.files().list())[1]!.start;
    log.release(oldestEnd);
    while (log.idleStep());
    expect(log.write(held.columns, held.length)).toBe('written');
    expect(log.status().isHeld).toBe(false);
    const kept = written.filter(({ position }) => position >= oldestEnd);
    expect(readAll(disk).map(({ position, detail }) => ({ position, detail }))).toEqual(kept);
  });

  // Created, written twice, given its name.
  test.each([1, 2, 3, 4])(
    'refused at operation %i of making a spare, it leaves nothing behind and is tried again',
    (operation) => {
      const disk = new FaultyDisk({ seed: 1 });
      const log = new SegmentLog(disk.files(), options);
      disk.refuseAt.set(disk.operations + operation, 'ENOSPC');
      while (log.idleStep());
      expect(log.status()).toMatchObject({ isGrowthRefused: true, spareSegments: 0 });
      expect(disk.files().list()).toHaveLength(1);
      log.refresh();
      while (log.idleStep());
      expect(log.status()).toMatchObject({ isGrowthRefused: false, spareSegments: 2 });
    },
  );
});

describe('damage in the middle', () => {
  test('is named by recovery and by readers, and what follows it is still read', () => {
    const disk = new FaultyDisk({ seed: 1 });
    const log = new SegmentLog(disk.files(), { ...options, segmentBytes: 65_536 });
    const positions: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const batch = makeBatch(log, [`batch ${index}`, 'and more']);
      positions.push(log.position);
      log.write(batch.columns, batch.length);
    }
    const end = log.position;
    const [segment] = segmentsOf(disk.files().list());
    disk.damage(segment!.name, positions[2]! + 50, 1);
    disk.restartAfterKill();
    const again = new SegmentLog(disk.files(), { ...options, segmentBytes: 65_536 });
    expect(again.recovery).toMatchObject({
      position: end,
      nextSequence: 11,
      damage: [{ from: positions[2], to: positions[3] }],
    });
    const reader = new JournalReader(disk.files(), 0);
    expect([reader.next().kind, reader.next().kind]).toEqual(['batch', 'batch']);
    const gap = { kind: 'gap', reason: 'damaged', from: positions[2], to: positions[3] };
    expect([reader.next(), reader.next()]).toEqual([gap, gap]);
    reader.seek(positions[3]!);
    const result = reader.next();
    expect(result.kind === 'batch' && result.batch.firstSequence).toBe(7);
    expect([reader.next().kind, reader.next().kind]).toEqual(['batch', 'end']);
  });

  test('of the last durable batch is seen by a reader that knows the durable position', () => {
    const disk = new FaultyDisk({ seed: 1 });
    const log = new SegmentLog(disk.files(), options);
    const batch = makeBatch(log, ['only']);
    log.write(batch.columns, batch.length);
    expect(readHeader(batch.columns, 0).position).toBe(0);
    disk.damage(segmentsOf(disk.files().list())[0]!.name, 60, 1);
    const reader = new JournalReader(disk.files(), 0);
    expect(reader.next(log.position)).toEqual({ kind: 'gap', reason: 'damaged', from: 0, to: log.position });
    expect(reader.next().kind).toBe('end');
  });
});
