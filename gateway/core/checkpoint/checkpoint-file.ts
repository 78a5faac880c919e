// A checkpoint as a file: everything needed to go on from one input, in one piece, protected by a CRC-32C.
//   0 u32 magic "FSCP"    4 u32 CRC-32C of everything after it    8 u32 layout version   12 u32 bytes of JSON
//  16 f64 journal position   24 f64 sequence of the last input in it   32 f64 length (the file may be longer)
//  40 f64 where the JSON begins
//  48 the arrays, then the constant's JSON, then JSON {meta, arrays: [{name, type, length}], constantBytes}; each
//     padded to 8 bytes. Little-endian.

import { invariant } from '#alarms/kernel/result.ts';
import { crc32cWords } from '#gateway/journal/crc32c.ts';
import { paddedTo8 } from '#gateway/journal/record.ts';

export type CheckpointArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export interface CheckpointContent {
  /** JSON-able, and never changed in place. */
  readonly meta: unknown;
  /** The same, large, and mostly the very object of the checkpoint before: its text is made once. */
  readonly constant?: object | undefined;
  readonly arrays: Readonly<Record<string, CheckpointArray>>;
  /** Journal position at or before the input after `sequence`: where re-stepping begins to read. */
  readonly position: number;
  /** Last input that the state has seen. */
  readonly sequence: number;
}

/** Numbers that are copied after the moment they belong to, a piece at a time. */
export interface LateNumbers {
  readonly length: number;
  /** lost: they were changed before their turn came, and the checkpoint is none. */
  copyOn(target: Float64Array, numbers: number): 'more' | 'done' | 'lost';
}

/** What a checkpoint is made of. */
export interface CheckpointSource extends CheckpointContent {
  readonly late?: Readonly<Record<string, LateNumbers>>;
}

const magic = 0x50435346; // "FSCP"
const headerBytes = 48;
/** What one piece copies: some tenths of a millisecond. Counted, not timed, so that a test runs the same every time. */
const pieceBytes = 512 * 1024;
/** A byte of JSON takes as long as so many that are only copied. */
const jsonCost = 12;
/** Room for the first JSON; later ones are taken to be like the one before. */
const jsonBytesFirst = 64 * 1024;
/** The next checkpoint may be longer by as much as this, or by its arrays if that is less, without new memory. */
const growthBytesMost = 12 * 1024 * 1024;

const types = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
} as const;
type TypeName = keyof typeof types;

interface ArrayEntry {
  readonly name: string;
  readonly type: TypeName;
  readonly length: number;
}

interface Document {
  readonly meta: unknown;
  readonly arrays: readonly ArrayEntry[];
  readonly constantBytes: number;
}

/** Memory for one checkpoint image, kept from one to the next. */
export class CheckpointImage {
  #memory = new SharedArrayBuffer(0);
  #bytes = Buffer.from(this.#memory);
  #length = 0;
  #arrayBytes = 0;
  #jsonRoom = jsonBytesFirst;
  /** What is still to be copied. */
  #work: Generator<number, boolean> | null = null;
  readonly #constants = new WeakMap<object, Uint8Array>();

  get memory(): SharedArrayBuffer {
    return this.#memory;
  }

  get length(): number {
    return this.#length;
  }

  /** Whole, at once. */
  fill(source: CheckpointSource, layoutVersion: number): void {
    this.begin(source, layoutVersion);
    let state = this.goOn();
    while (state === 'more') state = this.goOn();
    invariant(state === 'done', 'nothing changes while a checkpoint is filled at once');
  }

  /** Copies the arrays aside: what may change with the next input. The checksum is left to `sealImage`. */
  begin(source: CheckpointSource, layoutVersion: number): void {
    const constant = this.#constantText(source.constant);
    const arrays = Object.entries(source.arrays);
    const late = Object.entries(source.late ?? {});
    const lateAt = arrays.reduce((sum, [, array]) => sum + paddedTo8(array.byteLength), headerBytes);
    const constantAt = late.reduce((sum, [, numbers]) => sum + numbers.length * 8, lateAt);
    const jsonAt = constantAt + paddedTo8(constant.length);
    this.#arrayBytes = lateAt - headerBytes;
    this.#reserve(jsonAt + this.#jsonRoom, 0);
    const words = new Uint32Array(this.#memory, 0, headerBytes / 4);
    words.set([magic, 0, layoutVersion]);
    new Float64Array(this.#memory, 0, headerBytes / 8).set([source.position, source.sequence, 0, jsonAt], 2);
    let at = headerBytes;
    for (const [, array] of arrays) {
      this.#bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
      const end = at + paddedTo8(array.byteLength);
      this.#bytes.fill(0, at + array.byteLength, end);
      at = end;
    }
    const document: Document = {
      meta: source.meta,
      arrays: [
        ...arrays.map(([name, array]) => ({ name, type: typeName(array), length: array.length })),
        ...late.map(([name, { length }]) => ({ name, type: 'Float64Array' as const, length })),
      ],
      constantBytes: constant.length,
    };
    this.#work = this.#rest(document, late, lateAt, constant, jsonAt);
  }

  /** One more piece after `begin`. */
  goOn(): 'more' | 'done' | 'lost' {
    invariant(this.#work !== null, 'a checkpoint has begun');
    let copied = 0;
    while (copied < pieceBytes) {
      const next = this.#work.next();
      if (next.done === true) {
        this.#work = null;
        return next.value ? 'done' : 'lost';
      }
      copied += next.value;
    }
    return 'more';
  }

  /** Does now what the first checkpoint would do besides: the text of the constant, and memory for it. */
  prepare(source: CheckpointSource): void {
    const arrays = Object.values(source.arrays).reduce((sum, array) => sum + paddedTo8(array.byteLength), 0);
    const late = Object.values(source.late ?? {}).reduce((sum, numbers) => sum + numbers.length * 8, 0);
    const constant = this.#constantText(source.constant).length;
    this.#length = headerBytes + arrays + late + constant + this.#jsonRoom;
    this.#arrayBytes = arrays;
    this.growAhead();
  }

  /** Makes room for the next, longer one; true when the memory is new. What it held is of no use any more. */
  growAhead(): boolean {
    const needed = this.#length + Math.min(growthBytesMost, this.#arrayBytes);
    if (this.#memory.byteLength >= needed) return false;
    this.#reserve(needed, 0);
    return true;
  }

  /** The text of a constant as it lay in a checkpoint that was read. */
  remember(constant: object, text: Uint8Array): void {
    this.#constants.set(constant, text.slice());
  }

  /** Gives after each part what it has cost, in bytes copied; at the end whether all was still there. */
  *#rest(
    document: Document,
    late: readonly [string, LateNumbers][],
    lateAt: number,
    constant: Uint8Array,
    jsonAt: number,
  ): Generator<number, boolean> {
    let at = lateAt;
    for (const [, numbers] of late) {
      const target = new Float64Array(this.#memory, at, numbers.length);
      let copied = numbers.copyOn(target, pieceBytes / 8);
      while (copied === 'more') {
        yield pieceBytes;
        copied = numbers.copyOn(target, pieceBytes / 8);
      }
      if (copied === 'lost') return false;
      at += numbers.length * 8;
    }
    this.#bytes.set(constant, at);
    this.#bytes.fill(0, at + constant.length, jsonAt);
    yield constant.length;
    let end = jsonAt;
    for (const text of jsonInPieces(document, jsonDepth)) {
      // Three bytes per unit always suffice.
      this.#reserve(end + text.length * 3 + 8, end);
      const written = this.#bytes.write(text, end, 'utf8');
      end += written;
      yield written * jsonCost;
    }
    this.#length = paddedTo8(end);
    this.#bytes.fill(0, end, this.#length);
    this.#jsonRoom = Math.max(this.#jsonRoom, Math.ceil((end - jsonAt) * 1.25));
    new Uint32Array(this.#memory, 0, headerBytes / 4)[3] = end - jsonAt;
    new Float64Array(this.#memory, 0, headerBytes / 8)[4] = this.#length;
    return true;
  }

  #constantText(constant: object | undefined): Uint8Array {
    if (constant === undefined) return new Uint8Array(0);
    const known = this.#constants.get(constant);
    if (known !== undefined) return known;
    const text = new Uint8Array(Buffer.from(JSON.stringify(constant)));
    this.#constants.set(constant, text);
    return text;
  }

  #reserve(length: number, kept: number): void {
    if (this.#memory.byteLength >= length) return;
    // A quarter more: the state grows slowly, and fresh memory costs the core page faults.
    const larger = new SharedArrayBuffer(paddedTo8(Math.ceil(length * 1.25)));
    const bytes = Buffer.from(larger);
    bytes.set(this.#bytes.subarray(0, kept));
    this.#memory = larger;
    this.#bytes = bytes;
  }
}

/** So deep lie the lists that may be long: states of alarms in `fold` in the meta in the document. */
const jsonDepth = 4;
const jsonItems = 16;

/** The pieces make JSON.stringify(value) together; of plain data. */
function* jsonInPieces(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += jsonItems)
      yield (at === 0 ? '[' : ',') + JSON.stringify(value.slice(at, at + jsonItems)).slice(1, -1);
    yield value.length === 0 ? '[]' : ']';
    return;
  }
  let before = '{';
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* jsonInPieces(part, depth - 1);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

export function sealImage(memory: ArrayBufferLike, length: number): void {
  const words = new Uint32Array(memory, 0, length / 4);
  words[1] = crc32cWords(words, 2, words.length);
}

export type ParsedCheckpoint =
  /** `constantText`: a view of the image. */
  | { readonly ok: true; readonly content: CheckpointContent; readonly constantText: Uint8Array }
  | { readonly ok: false; readonly reason: 'damaged' | 'otherLayout' };

/** `image` begins its buffer and may be longer (a larger one lay in the file); the arrays are views of it. */
export function parseImage(image: ArrayBuffer, layoutVersion: number): ParsedCheckpoint {
  if (!isIntact(image)) return { ok: false, reason: 'damaged' };
  const words = new Uint32Array(image, 0, headerBytes / 4);
  if (words[2] !== layoutVersion) return { ok: false, reason: 'otherLayout' };
  const doubles = new Float64Array(image, 0, headerBytes / 8);
  const jsonBytes = words[3]!;
  const jsonAt = doubles[5]!;
  // Written by CheckpointImage and protected by the checksum.
  const document = JSON.parse(textOf(image, jsonAt, jsonBytes)) as Document;
  const { constantBytes } = document;
  const content: CheckpointContent = {
    meta: document.meta,
    arrays: parseArrays(image, document.arrays),
    position: doubles[2]!,
    sequence: doubles[3]!,
  };
  const constantAt = jsonAt - paddedTo8(constantBytes);
  const constantText = new Uint8Array(image, constantAt, constantBytes);
  if (constantBytes === 0) return { ok: true, content, constantText };
  const constant = JSON.parse(textOf(image, constantAt, constantBytes)) as object;
  return { ok: true, content: { ...content, constant }, constantText };
}

function isIntact(image: ArrayBuffer): boolean {
  if (image.byteLength < headerBytes) return false;
  const words = new Uint32Array(image, 0, Math.floor(image.byteLength / 4));
  const length = new Float64Array(image, 0, headerBytes / 8)[4]!;
  const isPlausible = length >= headerBytes && length <= image.byteLength && length % 8 === 0;
  return words[0] === magic && isPlausible && words[1] === crc32cWords(words, 2, length / 4);
}

function textOf(image: ArrayBuffer, at: number, bytes: number): string {
  return Buffer.from(image, at, bytes).toString('utf8');
}

function parseArrays(image: ArrayBuffer, entries: readonly ArrayEntry[]): Record<string, CheckpointArray> {
  const arrays: [string, CheckpointArray][] = [];
  let at = headerBytes;
  for (const { name, type, length } of entries) {
    const array = new types[type](image, at, length);
    arrays.push([name, array]);
    at += paddedTo8(array.byteLength);
  }
  return Object.fromEntries(arrays);
}

function typeName(array: CheckpointArray): TypeName {
  for (const name of Object.keys(types) as TypeName[]) if (array instanceof types[name]) return name;
  invariant(false, 'a checkpoint holds plain typed arrays only');
}
