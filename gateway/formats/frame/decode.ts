// Columnar frame v1: {"v":1,"seq":n,"t":ms,"p":["id",…],"d":[Δms…],"x":[values],"s":[status bits]}; with "pv":k beside "p"
// the list of names gets the number k, and "pv":k alone stands for it.
// Bytes in, columns or a refusal out; knows no points, no sources, no clock. Never throws.
// A bad reading refuses itself; a frame is refused whole only when its columns cannot be told apart.
// The hot path: columns are reused typed arrays (a property test holds it against a plain twin).

import { parseTime } from '#alarms/kernel/time.ts';
import { wireStatusMask } from '#alarms/kernel/quality.ts';
import type { BoundLists, DecodedBatch, DecodeResult } from '#gateway/formats/batch.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import {
  decodeUtf8,
  isPointId,
  messageBytesMax,
  parseJson,
  parseText,
  readingsMax,
  refuse,
} from '../decoding.ts';
import { locateHead, type Head } from './head.ts';
import type { PointMemory } from './point-memory.ts';

interface RawFrame {
  readonly v?: unknown;
  readonly seq?: unknown;
  readonly t?: unknown;
  readonly p?: unknown;
  readonly pv?: unknown;
  readonly d?: unknown;
  readonly x?: unknown;
  readonly s?: unknown;
}

interface Columns {
  readonly sequence: number;
  readonly base: number;
  readonly p: readonly unknown[];
  /** The number that `p` gets; null when it gets none or has it already. */
  readonly binds: number | null;
  readonly d: readonly unknown[] | null;
  readonly x: readonly unknown[];
  readonly s: readonly unknown[] | null;
}

export class FrameDecoder {
  /**
   * With the `memory` of the frame's source, `batch.points` is one and the same array object whenever that source
   * sends the same names (and none is refused): the caller may keep what it looked up, in a WeakMap by that array.
   */
  decode(bytes: Uint8Array, into: DecodedBatch, memory?: PointMemory, lists?: BoundLists): DecodeResult {
    into.binds = null;
    if (memory !== undefined) {
      const known = this.decodeKnownList(bytes, into, memory);
      if (known !== null) return known;
    }
    const parsed = parseJson(bytes);
    return parsed.ok ? this.read(parsed.value, bytes, into, memory, lists) : parsed;
  }

  /** `value`: the parsed message, of which it is only known that it is JSON. */
  read(
    value: unknown,
    bytes: Uint8Array,
    into: DecodedBatch,
    memory?: PointMemory,
    lists?: BoundLists,
  ): DecodeResult {
    const columns = readColumns(value, lists);
    if ('ok' in columns) return columns;
    fill(columns, true, into);
    if (columns.binds !== null) into.binds = { list: columns.binds, points: boundNames(columns.p) };
    if (memory !== undefined && into.refused.length === 0) {
      const head = locateHead(bytes);
      if (head !== null) into.points = memory.remember(into.points, bytes, head.listAt);
    }
    return { ok: true, batch: into };
  }

  /** The list of names is byte by byte one of the last frames': only what follows is parsed. Null: the long way. */
  decodeKnownList(bytes: Uint8Array, into: DecodedBatch, memory: PointMemory): DecodeResult | null {
    if (bytes.length > messageBytesMax) return null;
    const head = locateHead(bytes);
    const list = head === null ? null : memory.find(bytes, head.listAt);
    if (head === null || list === null) return null;
    const tail = parseTail(bytes, head.listAt + list.text.length);
    const columns = tail === null ? null : columnsOfKnownList(head, tail, list.points);
    if (columns === null) return null;
    fill(columns, false, into);
    return { ok: true, batch: into };
  }
}

/** Keys that the head has already given: a tail that has one again would win over it, so the long way decides. */
const headKeys = ['v', 'seq', 't', 'p', 'pv'] as const;
const comma = 0x2c;

function parseTail(bytes: Uint8Array, at: number): RawFrame | null {
  if (bytes[at] !== comma) return null;
  const text = decodeUtf8(bytes.subarray(at + 1));
  // A few brackets only, or the bounds on nesting would be passed by.
  if (text === null || text.split('[', 8).length > 6) return null;
  const parsed = parseText(`{${text}`);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return null;
  const tail = parsed.value as RawFrame;
  return headKeys.some((key) => Object.hasOwn(tail, key)) ? null : tail;
}

function columnsOfKnownList(head: Head, tail: RawFrame, points: readonly string[]): Columns | null {
  const base = parseTime(head.time);
  if (base === null || !isColumn(tail.x, points.length)) return null;
  if (tail.d !== undefined && !isColumn(tail.d, points.length)) return null;
  if (tail.s !== undefined && !isColumn(tail.s, points.length)) return null;
  return {
    sequence: head.sequence,
    base,
    p: points,
    binds: null,
    x: tail.x,
    d: tail.d ?? null,
    s: tail.s ?? null,
  };
}

function isColumn(column: unknown, length: number): column is readonly unknown[] {
  return Array.isArray(column) && column.length === length;
}

/** Numbers of lists are few and small; more would only be a mistake. */
const listNumberMax = 65_535;

function readColumns(
  value: unknown,
  lists: BoundLists | undefined,
): Columns | Extract<DecodeResult, { ok: false }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('FORMAT_UNKNOWN', 'a frame is an object');
  }
  const frame = value as RawFrame;
  if (frame.v !== 1) return refuse('VERSION_UNSUPPORTED', 'v is not 1');
  const { seq, pv, d, x, s } = frame;
  if (pv !== undefined && !isListNumber(pv)) return refuse('PV_UNKNOWN', `pv is not 0 to ${listNumberMax}`);
  const binds = pv !== undefined && frame.p !== undefined ? pv : null;
  const p = pv === undefined || binds !== null ? frame.p : lists?.get(pv);
  if (p === undefined && pv !== undefined) return refuse('PV_UNKNOWN', `no list is bound to ${pv}`);
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) {
    return refuse('SEQ_INVALID', 'seq is not a non-negative integer');
  }
  const base = typeof frame.t === 'number' ? parseTime(frame.t) : null;
  if (base === null) return refuse('TIME_INVALID', 't is not epoch ms of 2000-2100');
  if (!Array.isArray(p)) return refuse('COLUMN_INVALID', 'p is not an array');
  if (!Array.isArray(x)) return refuse('COLUMN_INVALID', 'x is not an array');
  if (d !== undefined && !Array.isArray(d)) return refuse('COLUMN_INVALID', 'd is not an array');
  if (s !== undefined && !Array.isArray(s)) return refuse('COLUMN_INVALID', 's is not an array');
  const lengths = [p, x, d ?? p, s ?? p].map((column) => column.length);
  if (Math.max(...lengths) > readingsMax)
    return refuse('TOO_MANY_READINGS', `${Math.max(...lengths)} readings`);
  if (lengths.some((length) => length !== p.length)) {
    return refuse('COLUMNS_UNEQUAL', `lengths of p, x, d, s: ${lengths.join(', ')}`);
  }
  if (p.length === 0) return refuse('EMPTY', 'no reading in the frame');
  return { sequence: seq, base, p, binds, x, d: d ?? null, s: s ?? null };
}

function isListNumber(pv: unknown): pv is number {
  return typeof pv === 'number' && Number.isInteger(pv) && pv >= 0 && pv <= listNumberMax;
}

function boundNames(p: readonly unknown[]): readonly string[] {
  return p.map((name) => (isPointId(name) ? name : ''));
}

function fill(columns: Columns, areNamesNew: boolean, into: DecodedBatch): void {
  into.sequence = columns.sequence;
  into.base = columns.base;
  into.units = null;
  if (into.refused.length > 0) into.refused = [];
  const { p, x } = columns;
  let count = 0;
  for (let index = 0; index < p.length; index += 1) {
    const reason = put(columns, index, count, areNamesNew, into, x[index]);
    if (reason === null) count += 1;
    else into.refused.push({ reason, index });
  }
  into.count = count;
  into.points = into.refused.length === 0 ? (p as string[]) : keptNames(p, into.refused);
}

/** Writes reading `index` at `to`, or says why not. */
function put(
  columns: Columns,
  index: number,
  to: number,
  isNameNew: boolean,
  into: DecodedBatch,
  value: unknown,
): IntakeRefusal | null {
  if (isNameNew && !isPointId(columns.p[index])) return 'BAD_POINT';
  if (value === null) into.values[to] = Number.NaN;
  else if (typeof value === 'number' && Number.isFinite(value)) into.values[to] = value;
  else return 'BAD_VALUE';
  const delta = columns.d === null ? 0 : columns.d[index];
  if (typeof delta !== 'number' || !isTime(columns.base + delta)) return 'BAD_TIME';
  into.times[to] = columns.base + Math.trunc(delta);
  const status = columns.s === null ? 0 : columns.s[index];
  if (typeof status !== 'number' || status !== (status & wireStatusMask)) return 'BAD_STATUS';
  into.status[to] = status;
  return null;
}

const timeMin = Date.UTC(2000, 0, 1);
const timeMax = Date.UTC(2100, 0, 1);

/** As parseTime bounds it; NaN and infinities fail both comparisons. */
function isTime(time: number): boolean {
  return time >= timeMin && time < timeMax;
}

function keptNames(p: readonly unknown[], refused: DecodedBatch['refused']): string[] {
  const isRefused = new Set(refused.map((one) => one.index));
  return p.filter((name, index): name is string => typeof name === 'string' && !isRefused.has(index));
}
