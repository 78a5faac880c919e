// The writer in-process over the faulty disk: what is promised to the core, and *Room* carried out.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '#alarms/log/event.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { FaultyDisk, ProcessEnded } from '#gateway/test/faults/faulty-files.ts';
import { event as anyEvent } from '#gateway/test/faults/journal-arbitraries.ts';
import { JournalWriter } from './writer.ts';
import type { Room } from './writer.ts';

const options = { segmentBytes: 4096, reserveSegments: 2, zeroChunkBytes: 2048 };
const [event] = fc.sample(anyEvent, { numRuns: 1, seed: 1 }) as [Event];

function open(disk: FaultyDisk, zeroChunkBytes = options.zeroChunkBytes) {
  const { writer, driver } = JournalWriter.openInline({ files: disk.files(), ...options, zeroChunkBytes });
  const told: string[] = [];
  writer.onDurable = (position) => told.push(`durable ${position}`);
  writer.onFailure = (error) => told.push(`failed ${error.name}`);
  return { writer, driver, told };
}

/** Lets answers of the in-process driver arrive: they come in microtasks. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

function appendText(writer: JournalWriter, detail: string): void {
  writer.append({ kind: 'recoveryDiffered', now: 1, detail });
}

function details(disk: FaultyDisk, from = 0): string[] {
  const reader = new JournalReader(disk.files(), from);
  const found: string[] = [];
  for (let read = reader.next(); read.kind === 'batch'; read = reader.next()) {
    for (const entry of read.batch.entries()) {
      const text = entry.kind === 'event' ? `event ${entry.event.id}` : JSON.stringify(entry.input);
      found.push(`${entry.sequence} ${text}`);
    }
  }
  return found;
}

describe('the journal writer', () => {
  test('numbers inputs over restarts and puts events behind their input', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const first = open(disk);
    expect(first.writer.nextSequence).toBe(1);
    first.writer.append({ kind: 'tick', now: 5 });
    first.writer.appendEvents([event, event]);
    first.writer.append({ kind: 'tick', now: 6 });
    first.writer.submit();
    await settled();
    await first.writer.close();
    const second = open(disk);
    expect(second.writer.nextSequence).toBe(3);
    second.writer.append({ kind: 'tick', now: 7 });
    second.writer.submit();
    await settled();
    expect(details(disk)).toEqual([
      '1 {"kind":"tick","now":5}',
      `1 event ${event.id}`,
      `1 event ${event.id}`,
      '2 {"kind":"tick","now":6}',
      '3 {"kind":"tick","now":7}',
    ]);
  });

  test('fills one buffer while the other is on its way, and tells each batch once, in order, later', async () => {
    const { writer, told } = open(new FaultyDisk({ seed: 1 }));
    expect([writer.pendingBytes, writer.isIdle]).toEqual([0, true]);
    appendText(writer, 'one');
    const bytes = writer.pendingBytes;
    writer.submit();
    expect([writer.pendingBytes, writer.isIdle, writer.position, told]).toEqual([0, false, 0, []]);
    appendText(writer, 'two');
    expect(() => writer.submit()).toThrow('on its way');
    await settled();
    expect([writer.isIdle, writer.position]).toEqual([true, bytes]);
    writer.submit();
    await settled();
    expect(told).toEqual([`durable ${bytes}`, `durable ${2 * bytes}`]);
    expect(writer.durable.position).toBe(2 * bytes);
    expect(() => writer.submit()).toThrow('empty');
    expect(() => writer.appendEvents([event])).toThrow('follow their input');
  });

  test('takes a batch far beyond its buffer and a segment', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const { writer, told } = open(disk, 1024 * 1024);
    const huge = '大'.repeat(700_000);
    appendText(writer, 'small');
    appendText(writer, huge);
    writer.submit();
    await settled();
    appendText(writer, 'after');
    writer.submit();
    await settled();
    expect(told).toHaveLength(2);
    expect(details(disk).map((text) => text.length)).toEqual([
      '1 {"kind":"recoveryDiffered","now":1,"detail":"small"}'.length,
      700_000 + '2 {"kind":"recoveryDiffered","now":1,"detail":""}'.length,
      '3 {"kind":"recoveryDiffered","now":1,"detail":"after"}'.length,
    ]);
  });

  test('tells a failed write once, nothing durable after it, and refuses to go on', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const { writer, told } = open(disk);
    appendText(writer, 'one');
    disk.refuseAt.set(disk.operations + 1, 'EIO');
    writer.submit();
    await settled();
    expect(told).toEqual(['failed RefusedOperation']);
    const { operations } = disk;
    appendText(writer, 'two');
    expect(() => writer.submit()).toThrow();
    await settled();
    expect([told.length, disk.operations]).toEqual([1, operations]);
  });

  test('says durable for nothing that a power loss at any moment takes away', async () => {
    for (let endAt = 1; endAt < 80; endAt += 1) {
      const disk = new FaultyDisk({ seed: endAt });
      disk.endAt = endAt;
      let durableBatches = 0;
      try {
        const { writer } = open(disk);
        writer.onDurable = () => (durableBatches += 1);
        for (let batch = 0; batch < 40 && writer.isIdle; batch += 1) {
          appendText(writer, `${batch} ${'x'.repeat(disk.random.below(1500))}`);
          writer.submit();
          await settled();
        }
      } catch (error) {
        if (!(error instanceof ProcessEnded)) throw error;
      }
      disk.restartAfterPowerLoss();
      const { writer } = open(disk);
      expect(details(disk)).toHaveLength(writer.nextSequence - 1);
      expect(writer.nextSequence - 1).toBeGreaterThanOrEqual(durableBatches);
      expect(writer.nextSequence - 1).toBeLessThanOrEqual(durableBatches + 1);
    }
  });
});

describe('room', () => {
  async function fillUntil(writer: JournalWriter, isEnough: () => boolean): Promise<number> {
    let batches = 0;
    while (!isEnough() && writer.isIdle) {
      appendText(writer, 'x'.repeat(900));
      writer.submit();
      batches += 1;
      await settled();
    }
    return batches;
  }

  test('full: the batch waits whole, and goes on by itself when a checkpoint lets segments go', async () => {
    const disk = new FaultyDisk({ seed: 1, capacityBytes: 8 * 4096 });
    const { writer, driver, told } = open(disk);
    const rooms: Room[] = [];
    writer.onRoom = (room) => rooms.push(room);
    const batches = await fillUntil(writer, () => false);
    expect(writer.isIdle).toBe(false);
    expect(writer.room()).toMatchObject({ state: 'full', spareSegments: 0, sacrificedSegments: 0 });
    expect(rooms.at(-1)?.state).toBe('full');
    expect(told).toHaveLength(batches - 1);
    driver.housekeep();
    await settled();
    expect(writer.isIdle).toBe(false);

    writer.progress(0, writer.position);
    driver.housekeep();
    await settled();
    expect(writer.isIdle).toBe(true);
    expect(told).toHaveLength(batches);
    // One for the batch that waited, one to have a spare again: before that, full does not end.
    expect(writer.room()).toMatchObject({ state: 'full', sacrificedSegments: 2, sacrificedBytes: 8192 });
    driver.housekeep();
    await settled();
    expect(writer.room()).toMatchObject({ state: 'sacrificing', spareSegments: 1 });
    expect(details(disk, writer.position)).toEqual([]);
    const reader = new JournalReader(disk.files(), 0);
    expect(reader.next()).toMatchObject({ kind: 'gap', reason: 'released', from: 0 });
  });

  test.each([
    ['and is counted when no projection had it', 0, 1],
    ['and is no loss when every projection had it', Number.MAX_SAFE_INTEGER, 0],
  ])('sacrificing: the oldest checkpointed segment goes, %s', async (_, projected, lost) => {
    const disk = new FaultyDisk({ seed: 1 });
    const { writer, driver } = open(disk);
    await fillUntil(writer, () => writer.position > 5 * 4096);
    driver.housekeep();
    await settled();
    const before = writer.room();
    expect(before.state).toBe('ok');
    disk.capacityBytes = disk.usedBytes + 1;
    driver.housekeep();
    await settled();
    // Nothing is checkpointed yet: history may pause, but nothing goes.
    expect(writer.room()).toMatchObject({
      state: 'sacrificing',
      segments: before.segments,
      sacrificedSegments: 0,
    });
    writer.progress(projected, writer.position);
    driver.housekeep();
    await settled();
    driver.housekeep();
    await settled();
    expect(writer.room()).toMatchObject({ segments: before.segments - 1, sacrificedSegments: lost });
    expect(['low', 'ok']).toContain(writer.room().state);
  });

  test('released segments become spares and the journal stops growing', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const { writer } = open(disk);
    for (let round = 0; round < 30; round += 1) {
      const target = writer.position + 4096;
      await fillUntil(writer, () => writer.position > target);
      writer.release(writer.position);
    }
    expect(disk.usedBytes).toBeLessThanOrEqual(5 * 4096);
  });
});
