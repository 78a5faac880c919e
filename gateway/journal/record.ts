// The journal on disk. A log position is a byte offset in one endless log; batches follow one another without holes.
//
//   segment  `journal-<start position>-<first input sequence>.seg`, 16 digits each: preallocated, zero-filled or
//            recycled (then old records lie behind the end). No header of its own. A record never crosses segments:
//            when it does not fit, the next segment begins at the position where the last record ended.
//   record   one batch = one write: 40 bytes of header, then entries; length a multiple of 8; little-endian.
//              0 u32 magic "FSJ1"       4 u32 CRC-32C of everything after it
//              8 u64 position          16 u64 first input sequence
//             24 u32 length            28 u32 entry count     32 u32 input count     36 u32 zero
//   entry    u8 code, u8 flags, u16 zero, u32 payload length, payload padded with zeros to 8 bytes (entry.ts).
//
// The position is inside the checksum and is compared with where the record lies, so that an old record of a
// recycled segment never passes for a new one. Inputs are numbered 1, 2, 3 … over the whole log.

import { endianness } from 'node:os';
import { invariant } from '#alarms/kernel/result.ts';
import { crc32cWords } from './crc32c.ts';

/** Views of the same memory. Column access goes by these: no views are made per record or frame. */
export interface Columns {
  readonly bytes: Uint8Array;
  readonly text: Buffer;
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u16: Uint16Array;
}

export function columnsOver(memory: ArrayBuffer | SharedArrayBuffer): Columns {
  invariant(endianness() === 'LE', 'the journal is little-endian and so must the machine be');
  invariant(memory.byteLength % 8 === 0, 'memory of a batch is a multiple of eight bytes');
  return {
    bytes: new Uint8Array(memory),
    text: Buffer.from(memory),
    f64: new Float64Array(memory),
    u32: new Uint32Array(memory),
    i32: new Int32Array(memory),
    u16: new Uint16Array(memory),
  };
}

export const recordHeaderBytes = 40;
export const entryHeaderBytes = 8;
/** Bound of one record: beyond any batch the core makes, below what a u32 length and one buffer can hold. */
export const recordBytesMax = 512 * 1024 * 1024;

const magic = 0x314a5346; // "FSJ1"
const twoTo32 = 2 ** 32;

export interface RecordHeader {
  readonly position: number;
  readonly firstSequence: number;
  readonly length: number;
  readonly entryCount: number;
  readonly inputCount: number;
}

/** Writes the header at `offset`; the checksum stays open until `sealRecord`. */
export function writeHeader(columns: Columns, offset: number, header: RecordHeader): void {
  const word = offset >>> 2;
  const { u32 } = columns;
  u32[word] = magic;
  u32[word + 1] = 0;
  u32[word + 2] = header.position % twoTo32;
  u32[word + 3] = Math.floor(header.position / twoTo32);
  u32[word + 4] = header.firstSequence % twoTo32;
  u32[word + 5] = Math.floor(header.firstSequence / twoTo32);
  u32[word + 6] = header.length;
  u32[word + 7] = header.entryCount;
  u32[word + 8] = header.inputCount;
  u32[word + 9] = 0;
}

export function readHeader(columns: Columns, offset: number): RecordHeader {
  const word = offset >>> 2;
  const { u32 } = columns;
  return {
    position: u32[word + 2]! + u32[word + 3]! * twoTo32,
    firstSequence: u32[word + 4]! + u32[word + 5]! * twoTo32,
    length: u32[word + 6]!,
    entryCount: u32[word + 7]!,
    inputCount: u32[word + 8]!,
  };
}

export function sealRecord(columns: Columns, offset: number, length: number): void {
  columns.u32[(offset >>> 2) + 1] = checksum(columns, offset, length);
}

/** Length that a header at `offset` claims, when it looks like the record of this position; 0 otherwise. */
export function claimedLength(columns: Columns, offset: number, position: number): number {
  const word = offset >>> 2;
  const { u32 } = columns;
  if (u32[word] !== magic) return 0;
  if (u32[word + 2]! + u32[word + 3]! * twoTo32 !== position) return 0;
  const length = u32[word + 6]!;
  const isPlausible = length >= recordHeaderBytes && length % 8 === 0 && length <= recordBytesMax;
  return isPlausible ? length : 0;
}

export function isIntact(columns: Columns, offset: number, length: number): boolean {
  return columns.u32[(offset >>> 2) + 1] === checksum(columns, offset, length);
}

/** Byte offset of the next place at or after `offset` where a record could begin, or -1 before `end`. */
export function findMagic(columns: Columns, offset: number, end: number): number {
  const { u32 } = columns;
  const last = (end >>> 2) - 1;
  for (let word = offset >>> 2; word <= last; word += 2) if (u32[word] === magic) return word * 4;
  return -1;
}

export function paddedTo8(length: number): number {
  return (length + 7) & ~7;
}

function checksum(columns: Columns, offset: number, length: number): number {
  return crc32cWords(columns.u32, (offset + 8) >>> 2, (offset + length) >>> 2);
}
