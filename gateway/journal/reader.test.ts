// The reader while the journal lives: tailing up to the durable position, segments that go, bytes that rot.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultyDisk } from '#gateway/test/faults/faulty-files.ts';
import { SeededRandom } from '#gateway/test/faults/random.ts';
import { DurablePosition } from './durable.ts';
import { BatchEncoder } from './entry.ts';
import type { JournalFile, JournalFiles } from './file-port.ts';
import { JournalReader } from './reader.ts';
import { sealRecord } from './record.ts';
import { segmentName, segmentsOf } from './segment-name.ts';

const segmentBytes = 4096;

/** Writes segments by hand, as the format says: the reader is tested against the format, not against the writer. */
class HandWriter {
  readonly #files: JournalFiles;
  #file: JournalFile | null = null;
  #start = 0;
  position = 0;
  sequence = 1;

  constructor(files: JournalFiles) {
    this.#files = files;
  }

  append(detail: string, inputs = 1): void {
    const encoder = new BatchEncoder(new ArrayBuffer(64));
    for (let index = 0; index < inputs; index += 1) {
      encoder.appendInput({ kind: 'recoveryDiffered', now: this.sequence + index, detail });
    }
    if (this.#file === null || this.position + encoder.length > this.#start + segmentBytes) this.begin();
    const columns = encoder.finish(this.position, this.sequence);
    sealRecord(columns, 0, encoder.length);
    this.#file!.write(columns.bytes.subarray(0, encoder.length), this.position - this.#start);
    this.position += encoder.length;
    this.sequence += inputs;
  }

  begin(): void {
    this.#start = this.position;
    this.#file = this.#files.create(segmentName(this.position, this.sequence), 'durable');
    this.#file.write(new Uint8Array(segmentBytes), 0);
  }
}

function bound(files: JournalFiles): JournalFiles {
  return {
    list: () => files.list(),
    create: (name, writes) => files.create(name, writes),
    open: (name, mode) => files.open(name, mode),
    rename: (from, to) => files.rename(from, to),
    unlink: (name) => files.unlink(name),
    syncDirectory: () => files.syncDirectory(),
    space: () => files.space(),
  };
}

/** First sequences of the batches up to the end; gaps as text; goes past gaps. */
function readOn(reader: JournalReader, durable?: number): (number | string)[] {
  const found: (number | string)[] = [];
  for (;;) {
    const read = reader.next(durable);
    if (read.kind === 'end') return found;
    if (read.kind === 'batch') found.push(read.batch.firstSequence);
    else {
      found.push(`${read.reason} ${read.from}-${read.to}`);
      reader.seek(read.to);
    }
  }
}

describe('the journal reader', () => {
  test('tails a growing journal over segments, never beyond the durable position', () => {
    const files = new FaultyDisk({ seed: 1 }).files();
    const writer = new HandWriter(files);
    const reader = new JournalReader(files, 0);
    const random = new SeededRandom(3);
    expect(reader.next().kind).toBe('end');
    for (let batch = 1; batch <= 60; batch += 1) {
      const durable = writer.position;
      writer.append('x'.repeat(random.below(1500)), 1 + random.below(3));
      expect(readOn(reader, durable)).toEqual([]);
      const first = writer.sequence;
      const read = reader.next(writer.position);
      if (read.kind !== 'batch') throw new Error(`batch ${batch} is ${read.kind}`);
      expect(read.batch.firstSequence + read.batch.inputCount).toBe(first);
      expect(read.batch.end).toBe(writer.position);
    }
    expect(segmentsOf(files.list()).length).toBeGreaterThan(5);
  });

  test('names a segment that was released, and one that is recycled while it is read', () => {
    const files = new FaultyDisk({ seed: 1 }).files();
    const writer = new HandWriter(files);
    while (segmentsOf(files.list()).length < 4) writer.append('x'.repeat(700));
    const [first, second, third] = segmentsOf(files.list());
    const reader = new JournalReader(files, 0);
    expect(reader.next(800).kind).toBe('batch');
    const { position } = reader;
    // Recycled under the open reader: renamed, and another segment's records written over it.
    files.rename(first!.name, 'spare-00000001.seg');
    files.open('spare-00000001.seg', 'durable').write(new Uint8Array(segmentBytes).fill(7), 0);
    const rest = new JournalReader(files, second!.start);
    const expected = readOn(rest);
    expect(readOn(reader)).toEqual([`released ${position}-${second!.start}`, ...expected]);
    expect(expected.length).toBeGreaterThan(5);
    files.unlink(second!.name);
    expect(readOn(new JournalReader(files, 0))[0]).toBe(`released 0-${third!.start}`);
  });

  test('does not take for damage what is recycled between its look at the directory and at the file', () => {
    const files = new FaultyDisk({ seed: 1 }).files();
    const writer = new HandWriter(files);
    while (segmentsOf(files.list()).length < 3) writer.append('x'.repeat(700));
    const [first, second] = segmentsOf(files.list());
    let isRecycled = false;
    const racing: JournalFiles = {
      ...bound(files),
      open(name, mode) {
        const file = files.open(name, mode);
        if (!isRecycled) {
          files.rename(first!.name, 'spare-00000001.seg');
          files.open('spare-00000001.seg', 'durable').write(new Uint8Array(segmentBytes).fill(7), 0);
          isRecycled = true;
        }
        return file;
      },
    };
    expect(readOn(new JournalReader(racing, 0))[0]).toBe(`released 0-${second!.start}`);
    expect(isRecycled).toBe(true);
  });

  test('reports every rotten byte as a gap and gives everything else, whatever was hit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (seed, hits) => {
        const disk = new FaultyDisk({ seed });
        const writer = new HandWriter(disk.files());
        const batches: { first: number; from: number; to: number }[] = [];
        for (let batch = 0; batch < 25; batch += 1) {
          const { sequence: first, position: from } = writer;
          writer.append('y'.repeat(disk.random.below(900)));
          batches.push({ first, from, to: writer.position });
        }
        const segments = segmentsOf(disk.files().list());
        const rotten = hits.map((hit) => hit % writer.position);
        for (const at of rotten) {
          const segment = segments.findLast(({ start }) => start <= at)!;
          disk.damage(segment.name, at - segment.start, 1);
        }
        // Hit twice at the same place is whole again.
        const isRotten = ({ from, to }: { from: number; to: number }) =>
          [...new Set(rotten)].some(
            (at) => at >= from && at < to && rotten.filter((other) => other === at).length % 2 === 1,
          );
        const expected: (number | string)[] = [];
        let gapFrom = -1;
        for (const batch of batches) {
          if (isRotten(batch)) {
            if (gapFrom < 0) gapFrom = batch.from;
            const isEndOfSegment = segments.some(({ start }) => start === batch.to);
            if (!isEndOfSegment && batch.to !== writer.position) continue;
            expected.push(`damaged ${gapFrom}-${batch.to}`);
          } else {
            if (gapFrom >= 0) expected.push(`damaged ${gapFrom}-${batch.from}`);
            expected.push(batch.first);
          }
          gapFrom = -1;
        }
        const merged = expected.filter((item, index) => item !== expected[index - 1]);
        expect(readOn(new JournalReader(disk.files(), 0), writer.position)).toEqual(merged);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the durable position', () => {
  test('is waited for until it advances, stops, or time is up', () => {
    const durable = new DurablePosition();
    expect(durable.waitBeyond(0, 5)).toBe('timeout');
    durable.advance(2 ** 45);
    expect(durable.waitBeyond(0, 20_000)).toBe('advanced');
    expect(new DurablePosition(durable.shared).position).toBe(2 ** 45);
    durable.stop();
    expect(durable.waitBeyond(2 ** 50, 20_000)).toBe('stopped');
    expect(durable.isStopped).toBe(true);
  });
});
