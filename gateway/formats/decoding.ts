// What all decoders share: bounds, the reusable batch, bytes → JSON value. Not a decoder itself.
// Always holds: nothing here throws, whatever the bytes are, and no message costs more than its bound allows.

import type { DecodedBatch, DecodeResult } from '#gateway/formats/batch.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

/** A frame of 10,000 readings with ids is about 250 kB; more than 1 MiB is a mistake or an attack. */
export const messageBytesMax = 1024 * 1024;
/** The largest mine has 3,000 points; a backlog belongs into several frames. */
export const readingsMax = 10_000;
export const pointIdCharsMax = 64;

/** Frames have four arrays, plain JSON one; beyond this the nesting is looked at before parsing. */
const openBracketsUnsuspicious = 64;
const nestingMax = 8;

type Refused = Extract<DecodeResult, { ok: false }>;
export type ParseResult = { readonly ok: true; readonly value: unknown } | Refused;

/** A batch to decode into, again and again; nobody may keep a reference past the next decode. */
export function emptyBatch(capacity = readingsMax): DecodedBatch {
  return {
    base: 0,
    sequence: -1,
    count: 0,
    points: [],
    times: new Float64Array(capacity),
    values: new Float64Array(capacity),
    status: new Uint16Array(capacity),
    units: null,
    binds: null,
    refused: [],
  };
}

export function refuse(reason: IntakeRefusal, detail: string): Refused {
  return { ok: false, reason, detail };
}

/** Non-empty, at most 64 chars, no blanks or control characters, no half surrogates. */
export function isPointId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= pointIdCharsMax && pointId.test(id) && id.isWellFormed();
}

// eslint-disable-next-line no-control-regex -- control characters are what it keeps out
const pointId = /^[^\u0000-\u0020\u007f-\u00a0\u2028\u2029]+$/;

/** JSON value of the bytes. Duplicate keys: the last counts, as JSON.parse does. */
export function parseJson(bytes: Uint8Array): ParseResult {
  const outOfBounds = checkBounds(bytes);
  if (outOfBounds !== null) return outOfBounds;
  const text = decodeUtf8(bytes);
  if (text === null) return refuse('JSON_INVALID', 'not valid UTF-8');
  return parseText(text);
}

/** Null when the bytes are within the bounds on size and nesting. */
function checkBounds(bytes: Uint8Array): Refused | null {
  if (bytes.length > messageBytesMax) return refuse('FRAME_TOO_LARGE', `${bytes.length} bytes`);
  if (bytes.length === 0) return refuse('EMPTY', 'no bytes');
  if (isMoreThan(bytes, openBracket, openBracketsUnsuspicious) && isNestedTooDeep(bytes)) {
    // A megabyte of "[" costs JSON.parse a quarter of a second, which every other source would wait for.
    return refuse('JSON_INVALID', `nested deeper than ${nestingMax}`);
  }
  if (isMoreThan(bytes, openBrace, readingsMax)) {
    return refuse('TOO_MANY_READINGS', `more than ${readingsMax} objects`);
  }
  return null;
}

const openBracket = 0x5b;
const openBrace = 0x7b;
const quote = 0x22;
const backslash = 0x5c;

function isMoreThan(bytes: Uint8Array, byte: number, bound: number): boolean {
  let found = 0;
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) {
    found += 1;
    if (found > bound) return true;
  }
  return false;
}

function isNestedTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === openBracket || byte === openBrace) depth += 1;
    // "]" and "}" lie two above their openers.
    else if (byte === openBracket + 2 || byte === openBrace + 2) depth -= 1;
    if (depth > nestingMax) return true;
  }
  return false;
}

function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Null when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function parseText(text: string): ParseResult {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return parseLeniently(text, error);
  }
}

/**
 * Many senders (Python's json among them) write NaN and Infinity bare. One such value must refuse itself, not its
 * frame: it becomes a text, which is refused as BAD_VALUE. Everything else that is not JSON stays refused.
 */
function parseLeniently(text: string, first: unknown): ParseResult {
  const detail = first instanceof Error ? first.message.slice(0, 120) : 'not JSON';
  if (!text.includes('NaN') && !text.includes('Infinity')) return refuse('JSON_INVALID', detail);
  try {
    return { ok: true, value: JSON.parse(quoteBareNumbers(text)) };
  } catch {
    return refuse('JSON_INVALID', detail);
  }
}

const bareNumber = /-?(?:NaN|Infinity)/g;

/** Every second piece between unescaped quotes is a string and stays; the others get their bare words quoted. */
function quoteBareNumbers(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf('"', from);
    const outside = open === -1 ? text.slice(from) : text.slice(from, open);
    pieces.push(outside.replace(bareNumber, '"$&"'));
    if (open === -1) break;
    from = endOfText(text, open);
    pieces.push(text.slice(open, from));
  }
  return pieces.join('');
}

function endOfText(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at + 1;
  }
  return text.length;
}
