// What the core knows of each source's frames: numbers in sequence, gaps, restarts, the last frames, so that a repeated
// frame is dropped whole, and the lists of names that it has given numbers. Part of the checkpoint: a restart of the
// gateway must still know them.

import { invariant } from '../kernel/result.ts';
import type { SourceName } from './input.ts';

/** Frames remembered per source (DESIGN: a frame with (source, seq, t) among its last 1,024 is a duplicate). */
export const framesRemembered = 1024;
/** More sources than any mine group has; a publisher that invents names cannot fill the memory (16 kB each). */
export const sourcesMax = 20_000;
/** Numbered lists of one source: its frames by turns, and some spare. */
export const listsPerSourceMax = 64;
/** Names in the lists of all sources together, some 50 MB: five times the points of a province. */
export const listedNamesMax = 1_000_000;

export type PointLists = ReadonlyMap<number, readonly string[]>;

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
  lists: Map<number, readonly string[]>;
}

/** As a checkpoint has it. */
type StoredRecord = Omit<SourceRecord, 'lists'> & {
  readonly lists?: readonly (readonly [number, readonly string[]])[];
};

/** Numbers per source: pairs (sequence, base), oldest overwritten. */
const rememberedLength = 2 * framesRemembered;

export class SourceTable {
  private readonly records: SourceRecord[] = [];
  private readonly numbers = new Map<string, number>();
  /** Of all sources, one after another, so that a checkpoint takes them as one; longer than needed. */
  private remembered = new Float64Array(0);
  private listedNames = 0;

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
      lists: new Map(),
    });
    this.reserve(this.records.length);
    this.remembered.fill(-1, source * rememberedLength, (source + 1) * rememberedLength);
  }

  listsOf(source: number): PointLists {
    return this.record(source).lists;
  }

  /** Whether there is room to bind a list of so many names; to be asked before the input is made. */
  mayBind(source: number, list: number, names: number): boolean {
    const { lists } = this.record(source);
    const before = lists.get(list);
    if (before === undefined && lists.size >= listsPerSourceMax) return false;
    return this.listedNames - (before?.length ?? 0) + names <= listedNamesMax;
  }

  bindList(source: number, list: number, points: readonly string[]): void {
    const { lists } = this.record(source);
    this.listedNames += points.length - (lists.get(list)?.length ?? 0);
    lists.set(list, points);
  }

  isDuplicateFrame(source: number, sequence: number, base: number): boolean {
    if (sequence < 0) return false;
    const record = this.record(source);
    if (sequence > record.lastSequence && record.restarts === 0) return false;
    const { remembered } = this;
    const from = source * rememberedLength;
    for (let i = from; i < from + rememberedLength; i += 2) {
      if (remembered[i] === sequence && remembered[i + 1] === base) return true;
    }
    return false;
  }

  /** A message that holds no frame. */
  heard(source: number, received: number): void {
    this.record(source).lastReceived = received;
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
    const at = source * rememberedLength + record.head;
    this.remembered[at] = sequence;
    this.remembered[at + 1] = base;
    record.head = (record.head + 2) % rememberedLength;
  }

  /** The array by reference, to be copied before the next input. */
  snapshot(): { arrays: Record<string, Float64Array>; json: unknown } {
    const sourceFrames = this.remembered.subarray(0, this.records.length * rememberedLength);
    return { arrays: { sourceFrames }, json: this.records.map(stored) };
  }

  restore(arrays: Readonly<Record<string, ArrayLike<number> | undefined>>, json: unknown): void {
    const stored = arrays['sourceFrames'];
    invariant(stored !== undefined && Array.isArray(json), 'checkpoint holds the sources');
    this.records.length = 0;
    this.numbers.clear();
    this.listedNames = 0;
    (json as StoredRecord[]).forEach((record, i) => {
      const lists = new Map(record.lists);
      for (const points of lists.values()) this.listedNames += points.length;
      this.records.push({ ...record, lists });
      this.numbers.set(keyOf(record.name), i);
    });
    this.reserve(this.records.length);
    this.remembered.set(stored);
  }

  private reserve(sources: number): void {
    if (sources * rememberedLength <= this.remembered.length) return;
    const larger = new Float64Array(Math.max(sources * rememberedLength, 2 * this.remembered.length));
    larger.set(this.remembered);
    this.remembered = larger;
  }

  private record(source: number): SourceRecord {
    const record = this.records[source];
    invariant(record !== undefined, `source ${source} is known`);
    return record;
  }
}

/** Most sources number nothing: their checkpoint says nothing of it. Lists are replaced, never changed. */
function stored({ lists, ...record }: SourceRecord): StoredRecord {
  return lists.size === 0 ? record : { ...record, lists: [...lists] };
}

function keyOf(name: SourceName): string {
  return `${name.mine}/${name.system}/${name.source}`;
}
