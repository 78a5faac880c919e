// A checkpoint as a file: everything needed to go on from one input, in one piece, protected by a CRC-32C.
//   0 u32 magic "FSCP"    4 u32 CRC-32C of everything after it    8 u32 layout version   12 u32 bytes of JSON
//  16 f64 journal position   24 f64 sequence of the last input in it   32 f64 length (the file may be longer)
//  40 JSON {meta, arrays: [{name, type, length}]}, then the arrays, each padded to 8 bytes. Little-endian.

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
  /** JSON-able. */
  readonly meta: unknown;
  readonly arrays: Readonly<Record<string, CheckpointArray>>;
  /** Journal position at or before the input after `sequence`: where re-stepping begins to read. */
  readonly position: number;
  /** Last input that the state has seen. */
  readonly sequence: number;
}

const magic = 0x50435346; // "FSCP"
const headerBytes = 40;

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
}

/** Memory for one checkpoint image, kept from one to the next. */
export class CheckpointImage {
  #memory = new SharedArrayBuffer(0);
  #length = 0;

  get memory(): SharedArrayBuffer {
    return this.#memory;
  }

  get length(): number {
    return this.#length;
  }

  /** Copies the content aside: the only time that the core waits. The checksum is left to `sealImage`. */
  fill(content: CheckpointContent, layoutVersion: number): void {
    const arrays = Object.entries(content.arrays);
    const document: Document = {
      meta: content.meta,
      arrays: arrays.map(([name, array]) => ({ name, type: typeName(array), length: array.length })),
    };
    const text = JSON.stringify(document);
    const jsonBytes = Buffer.byteLength(text);
    let at = headerBytes + paddedTo8(jsonBytes);
    this.#length = arrays.reduce((sum, [, array]) => sum + paddedTo8(array.byteLength), at);
    this.#reserve();
    const bytes = Buffer.from(this.#memory);
    this.#writeHeader(content, layoutVersion, jsonBytes);
    bytes.write(text, headerBytes, 'utf8');
    bytes.fill(0, headerBytes + jsonBytes, at);
    for (const [, array] of arrays) {
      bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
      const end = at + paddedTo8(array.byteLength);
      bytes.fill(0, at + array.byteLength, end);
      at = end;
    }
  }

  #reserve(): void {
    if (this.#memory.byteLength >= this.#length) return;
    // A quarter more: the state grows slowly, and fresh memory costs the core page faults.
    this.#memory = new SharedArrayBuffer(paddedTo8(Math.ceil(this.#length * 1.25)));
  }

  #writeHeader(content: CheckpointContent, layoutVersion: number, jsonBytes: number): void {
    const words = new Uint32Array(this.#memory, 0, headerBytes / 4);
    const doubles = new Float64Array(this.#memory, 0, headerBytes / 8);
    words.set([magic, 0, layoutVersion, jsonBytes]);
    doubles[2] = content.position;
    doubles[3] = content.sequence;
    doubles[4] = this.#length;
  }
}

export function sealImage(memory: ArrayBufferLike, length: number): void {
  const words = new Uint32Array(memory, 0, length / 4);
  words[1] = crc32cWords(words, 2, words.length);
}

export type ParsedCheckpoint =
  | { readonly ok: true; readonly content: CheckpointContent }
  | { readonly ok: false; readonly reason: 'damaged' | 'otherLayout' };

/** `image` begins its buffer and may be longer (a larger one lay in the file); the arrays are views of it. */
export function parseImage(image: ArrayBuffer, layoutVersion: number): ParsedCheckpoint {
  if (!isIntact(image)) return { ok: false, reason: 'damaged' };
  const words = new Uint32Array(image, 0, headerBytes / 4);
  if (words[2] !== layoutVersion) return { ok: false, reason: 'otherLayout' };
  const doubles = new Float64Array(image, 0, headerBytes / 8);
  const jsonBytes = words[3]!;
  const text = Buffer.from(image, headerBytes, jsonBytes).toString('utf8');
  // Written by `fill` and protected by the checksum.
  const document = JSON.parse(text) as Document;
  const content: CheckpointContent = {
    meta: document.meta,
    arrays: parseArrays(image, headerBytes + paddedTo8(jsonBytes), document.arrays),
    position: doubles[2]!,
    sequence: doubles[3]!,
  };
  return { ok: true, content };
}

function isIntact(image: ArrayBuffer): boolean {
  if (image.byteLength < headerBytes) return false;
  const words = new Uint32Array(image, 0, Math.floor(image.byteLength / 4));
  const length = new Float64Array(image, 0, headerBytes / 8)[4]!;
  const isPlausible = length >= headerBytes && length <= image.byteLength && length % 8 === 0;
  return words[0] === magic && isPlausible && words[1] === crc32cWords(words, 2, length / 4);
}

function parseArrays(
  image: ArrayBuffer,
  start: number,
  entries: readonly ArrayEntry[],
): Record<string, CheckpointArray> {
  const arrays: [string, CheckpointArray][] = [];
  let at = start;
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
