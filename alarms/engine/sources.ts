// What the core knows of each source's frames: numbers in sequence, gaps, restarts, and the last frames, so that a
// repeated frame is dropped whole. Part of the checkpoint: a restart of the gateway must still know them.

import { invariant } from '../kernel/result.ts';
import type { SourceName } from './input.ts';

/** Frames remembered per source (DESIGN: a frame with (source, seq, t) among its last 1,024 is a duplicate). */
export const framesRemembered = 1024;
/** More sources than any mine group has; a publisher that invents names cannot fill the memory (16 kB each). */
export const sourcesMax = 20_000;

export interface SourceCounts {
  readonly name: SourceName;
  readonly frames: number;
  readonly readings: number;
  readonly sequenceGaps: number;
  readonly restarts: number;
  readonly lastSequence: number;
  readonly lastReceived: number;
}

interface SourceRecord {
  name: SourceName;
  frames: number;
  readings: number;
  sequenceGaps: number;
  restarts: number;
  lastSequence: number;
  lastReceived: number;
  head: number;
  remembered: Float64Array; // pairs (sequence, base), oldest overwritten
}

export class SourceTable {
  private readonly records: SourceRecord[] = [];
  private readonly numbers = new Map<string, number>();

  get size(): number {
    return this.records.length;
  }

  /** Number of a source, or -1 when it was not seen before. */
  numberOf(name: SourceName): number {
    return this.numbers.get(keyOf(name)) ?? -1;
  }

  counts(source: number): SourceCounts {
    return this.record(source);
  }

  add(source: number, name: SourceName): void {
    invariant(source === this.records.length, 'sources are numbered as they come');
    this.numbers.set(keyOf(name), source);
    this.records.push({
      name,
      frames: 0,
      readings: 0,
      sequenceGaps: 0,
      restarts: 0,
      lastSequence: -1,
      lastReceived: 0,
      head: 0,
      remembered: new Float64Array(2 * framesRemembered).fill(-1),
    });
  }

  isDuplicateFrame(source: number, sequence: number, base: number): boolean {
    if (sequence < 0) return false;
    const record = this.record(source);
    if (sequence > record.lastSequence && record.restarts === 0) return false;
    const { remembered } = record;
    for (let i = 0; i < remembered.length; i += 2) {
      if (remembered[i] === sequence && remembered[i + 1] === base) return true;
    }
    return false;
  }

  frameAccepted(source: number, sequence: number, base: number, readings: number, received: number): void {
    const record = this.record(source);
    record.frames += 1;
    record.readings += readings;
    record.lastReceived = received;
    if (sequence < 0) return;
    if (record.lastSequence >= 0) {
      if (sequence > record.lastSequence + 1) record.sequenceGaps += sequence - record.lastSequence - 1;
      else if (sequence <= record.lastSequence) record.restarts += 1;
    }
    record.lastSequence = sequence;
    record.remembered[record.head] = sequence;
    record.remembered[record.head + 1] = base;
    record.head = (record.head + 2) % record.remembered.length;
  }

  snapshot(): { arrays: Record<string, Float64Array>; json: unknown } {
    const remembered = new Float64Array(this.records.length * 2 * framesRemembered);
    this.records.forEach((record, i) => remembered.set(record.remembered, i * 2 * framesRemembered));
    const json = this.records.map((record) => ({ ...record, remembered: undefined }));
    return { arrays: { sourceFrames: remembered }, json };
  }

  restore(arrays: Readonly<Record<string, ArrayLike<number> | undefined>>, json: unknown): void {
    const stored = arrays['sourceFrames'];
    invariant(stored !== undefined && Array.isArray(json), 'checkpoint holds the sources');
    const remembered = Float64Array.from(stored);
    this.records.length = 0;
    this.numbers.clear();
    (json as Omit<SourceRecord, 'remembered'>[]).forEach((rest, i) => {
      const from = i * 2 * framesRemembered;
      this.records.push({ ...rest, remembered: remembered.slice(from, from + 2 * framesRemembered) });
      this.numbers.set(keyOf(rest.name), i);
    });
  }

  private record(source: number): SourceRecord {
    const record = this.records[source];
    invariant(record !== undefined, `source ${source} is known`);
    return record;
  }
}

function keyOf(name: SourceName): string {
  return `${name.mine}/${name.system}/${name.source}`;
}
