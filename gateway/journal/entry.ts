// Codec of the entries in a batch: readings as columns (about 19 B each), every other input and every event as JSON.
// What is decoded equals what was encoded (JSON has no -0: it comes back as 0). The decoder reuses one frame:
// nobody may keep it past the next entry.
//
//   1 readings  f64 received, base, shift, sequence; u32 source, count; values f64[]; times i32[] as distance to
//               base, or f64[] when flag 1 is set; slots u32[]; status u16[]; outcomes u8[]
//   2 input     JSON of any other Input
//   3 event     u64 sequence of the input that caused it, then JSON

import type { Input } from '#alarms/engine/input.ts';
import { InvariantViolation, invariant } from '#alarms/kernel/result.ts';
import type { Event } from '#alarms/log/event.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import {
  columnsOver,
  entryHeaderBytes,
  paddedTo8,
  recordBytesMax,
  recordHeaderBytes,
  writeHeader,
} from './record.ts';
import type { Columns } from './record.ts';

const code = { readings: 1, input: 2, event: 3 } as const;
const flagWideTimes = 1;
const frameHeaderBytes = 40;
const eventHeaderBytes = 8;
const twoTo32 = 2 ** 32;

export type JournalEntry =
  | { readonly kind: 'input'; readonly sequence: number; readonly input: Input }
  | { readonly kind: 'event'; readonly sequence: number; readonly event: Event };

/** `record`: events, and inputs but for readings, whose columns are then not even looked at. */
export type Wanted = 'all' | 'inputs' | 'events' | 'record';

/** The batch now filling: entries behind a header that is written last. Grows by `grow`; memory comes from outside. */
export class BatchEncoder {
  readonly #grow: (bytes: number) => ArrayBuffer | SharedArrayBuffer;
  #columns: Columns;
  #length = recordHeaderBytes;
  #entryCount = 0;
  #inputCount = 0;

  constructor(
    memory: ArrayBuffer | SharedArrayBuffer,
    grow: (bytes: number) => ArrayBuffer | SharedArrayBuffer = (bytes) => new ArrayBuffer(bytes),
  ) {
    this.#columns = columnsOver(memory);
    this.#grow = grow;
  }

  get length(): number {
    return this.#length;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get inputCount(): number {
    return this.#inputCount;
  }

  clear(): void {
    this.#length = recordHeaderBytes;
    this.#entryCount = 0;
    this.#inputCount = 0;
  }

  appendInput(input: Input): void {
    if (input.kind === 'readings') this.#appendReadings(input.frame);
    else this.#appendText(code.input, 0, JSON.stringify(input));
    this.#inputCount += 1;
  }

  appendEvent(sequence: number, event: Event): void {
    const start = this.#appendText(code.event, eventHeaderBytes, JSON.stringify(event));
    const word = start >>> 2;
    this.#columns.u32[word] = sequence % twoTo32;
    this.#columns.u32[word + 1] = Math.floor(sequence / twoTo32);
  }

  /** Writes the header: the record is complete but for its checksum (`sealRecord`). */
  finish(position: number, firstSequence: number): Columns {
    writeHeader(this.#columns, 0, {
      position,
      firstSequence,
      length: this.#length,
      entryCount: this.#entryCount,
      inputCount: this.#inputCount,
    });
    return this.#columns;
  }

  #appendReadings(frame: ReadingsFrame): void {
    const { count } = frame;
    const isWide = !fitsNarrow(frame);
    const start = this.#open(frameHeaderBytes + count * (isWide ? 23 : 19));
    const columns = this.#columns;
    writeFrameHeader(columns, start, frame);
    const values = (start + frameHeaderBytes) >>> 3;
    columns.f64.set(count === frame.values.length ? frame.values : frame.values.subarray(0, count), values);
    let at = start + frameHeaderBytes + count * 8;
    at = isWide ? writeWideTimes(columns.f64, at, frame) : writeNarrowTimes(columns.i32, at, frame);
    const { u32, u16, bytes } = columns;
    const { slots, status, outcomes } = frame;
    for (let index = 0, word = at >>> 2; index < count; index += 1) u32[word + index] = slots[index]!;
    at += count * 4;
    for (let index = 0, half = at >>> 1; index < count; index += 1) u16[half + index] = status[index]!;
    at += count * 2;
    for (let index = 0; index < count; index += 1) bytes[at + index] = outcomes[index]!;
    this.#close(code.readings, isWide ? flagWideTimes : 0, start, at + count - start);
  }

  #appendText(kind: number, before: number, text: string): number {
    // Three bytes per unit always suffice; long texts are measured rather than reserved threefold.
    const most = text.length > 4096 ? Buffer.byteLength(text) : text.length * 3;
    const start = this.#open(before + most);
    const written = this.#columns.text.write(text, start + before, 'utf8');
    this.#close(kind, 0, start, before + written);
    return start;
  }

  /** Makes room for a payload of at most `most` bytes; where it begins. */
  #open(most: number): number {
    const start = this.#length + entryHeaderBytes;
    const needed = paddedTo8(start + most);
    if (needed > this.#columns.bytes.length) this.#enlarge(needed);
    return start;
  }

  #enlarge(needed: number): void {
    invariant(needed <= recordBytesMax, 'a batch exceeds the bound of a journal record');
    const larger = columnsOver(this.#grow(paddedTo8(Math.max(needed, this.#columns.bytes.length * 2))));
    larger.bytes.set(this.#columns.bytes.subarray(0, this.#length));
    this.#columns = larger;
  }

  #close(kind: number, flags: number, start: number, payload: number): void {
    const word = (start - entryHeaderBytes) >>> 2;
    this.#columns.u32[word] = kind | (flags << 8);
    this.#columns.u32[word + 1] = payload;
    const end = paddedTo8(start + payload);
    // The buffer held another batch before: padding is zeroed, so that equal batches are equal bytes.
    for (let at = start + payload; at < end; at += 1) this.#columns.bytes[at] = 0;
    this.#length = end;
    this.#entryCount += 1;
  }
}

function fitsNarrow(frame: ReadingsFrame): boolean {
  const { base, times, count } = frame;
  for (let index = 0; index < count; index += 1) {
    const time = times[index]!;
    const distance = time - base;
    if (distance !== (distance | 0) || base + distance !== time) return false;
  }
  return true;
}

function writeFrameHeader(columns: Columns, start: number, frame: ReadingsFrame): void {
  const double = start >>> 3;
  columns.f64[double] = frame.received;
  columns.f64[double + 1] = frame.base;
  columns.f64[double + 2] = frame.shift;
  columns.f64[double + 3] = frame.sequence;
  columns.u32[(start >>> 2) + 8] = frame.source;
  columns.u32[(start >>> 2) + 9] = frame.count;
}

function writeNarrowTimes(i32: Int32Array, at: number, frame: ReadingsFrame): number {
  const { base, times, count } = frame;
  const word = at >>> 2;
  for (let index = 0; index < count; index += 1) i32[word + index] = times[index]! - base;
  return at + count * 4;
}

function writeWideTimes(f64: Float64Array, at: number, frame: ReadingsFrame): number {
  const double = at >>> 3;
  for (let index = 0; index < frame.count; index += 1) f64[double + index] = frame.times[index]!;
  return at + frame.count * 8;
}

/** Reads the entries of one record; reuses its frame from entry to entry. */
export class EntryDecoder {
  #frame = makeFrame(256);

  /** Entries of the record at `offset` (its checksum was right), in order; inputs numbered from `firstSequence`. */
  *entries(columns: Columns, offset: number, length: number, wanted: Wanted): Generator<JournalEntry> {
    const header = offset >>> 2;
    const count = columns.u32[header + 7]!;
    let sequence = columns.u32[header + 4]! + columns.u32[header + 5]! * twoTo32;
    let at = offset + recordHeaderBytes;
    for (let entry = 0; entry < count; entry += 1) {
      const word = columns.u32[at >>> 2]!;
      const payload = columns.u32[(at >>> 2) + 1]!;
      const start = at + entryHeaderBytes;
      at = paddedTo8(start + payload);
      invariant(at <= offset + length, 'an entry reaches beyond its record');
      const kind = word & 255;
      if (kind === code.event) {
        if (wanted !== 'inputs') yield decodeEvent(columns, start, payload);
        continue;
      }
      if (wanted !== 'events' && !(wanted === 'record' && kind === code.readings)) {
        yield { kind: 'input', sequence, input: this.#decodeInput(columns, word, start, payload) };
      }
      sequence += 1;
    }
  }

  #decodeInput(columns: Columns, word: number, start: number, payload: number): Input {
    switch (word & 255) {
      case code.readings:
        return {
          kind: 'readings',
          frame: this.#decodeFrame(columns, start, ((word >>> 8) & flagWideTimes) !== 0),
        };
      case code.input:
        return parseInput(columns.text.toString('utf8', start, start + payload));
      default:
        throw new InvariantViolation(`unknown code ${word & 255} of a journal entry`);
    }
  }

  #decodeFrame(columns: Columns, start: number, isWide: boolean): ReadingsFrame {
    const count = columns.u32[(start >>> 2) + 9]!;
    if (count > this.#frame.values.length) this.#frame = makeFrame(count * 2);
    const frame = this.#frame;
    const double = start >>> 3;
    frame.received = columns.f64[double]!;
    frame.base = columns.f64[double + 1]!;
    frame.shift = columns.f64[double + 2]!;
    frame.sequence = columns.f64[double + 3]!;
    frame.source = columns.u32[(start >>> 2) + 8]!;
    frame.count = count;
    readColumns(columns, start + frameHeaderBytes, isWide, frame);
    return frame;
  }
}

function readColumns(columns: Columns, start: number, isWide: boolean, frame: ReadingsFrame): void {
  const { f64, i32, u32, u16, bytes } = columns;
  const { base, count, values, times, slots, status, outcomes } = frame;
  let at = start;
  for (let index = 0, double = at >>> 3; index < count; index += 1) values[index] = f64[double + index]!;
  at += count * 8;
  if (isWide) {
    for (let index = 0, double = at >>> 3; index < count; index += 1) times[index] = f64[double + index]!;
    at += count * 8;
  } else {
    for (let index = 0, word = at >>> 2; index < count; index += 1) times[index] = base + i32[word + index]!;
    at += count * 4;
  }
  for (let index = 0, word = at >>> 2; index < count; index += 1) slots[index] = u32[word + index]!;
  at += count * 4;
  for (let index = 0, half = at >>> 1; index < count; index += 1) status[index] = u16[half + index]!;
  at += count * 2;
  for (let index = 0; index < count; index += 1) outcomes[index] = bytes[at + index]!;
}

export function makeFrame(capacity: number): ReadingsFrame {
  return {
    received: 0,
    source: 0,
    sequence: -1,
    base: 0,
    shift: 0,
    count: 0,
    slots: new Uint32Array(capacity),
    times: new Float64Array(capacity),
    values: new Float64Array(capacity),
    status: new Uint16Array(capacity),
    outcomes: new Uint8Array(capacity),
  };
}

function decodeEvent(columns: Columns, start: number, payload: number): JournalEntry {
  const sequence = columns.u32[start >>> 2]! + columns.u32[(start >>> 2) + 1]! * twoTo32;
  const text = columns.text.toString('utf8', start + eventHeaderBytes, start + payload);
  // Written by this codec from an Event and protected by the record's checksum.
  return { kind: 'event', sequence, event: JSON.parse(text) as Event };
}

const jsonKinds: ReadonlySet<string> = new Set<Exclude<Input['kind'], 'readings'>>([
  'configured',
  'started',
  'sourceSeen',
  'listBound',
  'tick',
  'command',
  'defined',
  'reported',
  'quarantined',
  'roomChanged',
  'recoveryDiffered',
]);

function parseInput(text: string): Input {
  // Written by this codec from an Input and protected by the record's checksum; a kind of a newer release is not.
  const input = JSON.parse(text) as Input;
  invariant(jsonKinds.has(input.kind), `the journal holds an input of unknown kind ${input.kind}`);
  return input;
}
