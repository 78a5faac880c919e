// Tells a message's format by its shape and decodes it: columnar frame, plain JSON, SenML, or FORMAT_UNKNOWN.
// The bytes are parsed once. Keeps no state of sources: the caller passes each source's PointMemory.

import type { BoundLists, DecodedBatch, DecodeResult } from './batch.ts';
import { parseJson, refuse } from './decoding.ts';
import { FrameDecoder } from './frame/decode.ts';
import type { PointMemory } from './frame/point-memory.ts';
import { JsonDecoder } from './json/decode.ts';
import { SenmlDecoder } from './senml/decode.ts';

export type Format = 'frame' | 'json' | 'senml' | 'empty' | 'unknown';

export class DataDecoder {
  private readonly frame = new FrameDecoder();
  private readonly json = new JsonDecoder();
  private readonly senml = new SenmlDecoder();

  /** `received`, ms: what times relative to "now" count from. `lists`: those of the source. */
  decode(
    bytes: Uint8Array,
    into: DecodedBatch,
    received: number,
    memory?: PointMemory,
    lists?: BoundLists,
  ): DecodeResult {
    into.binds = null;
    const known = memory === undefined ? null : this.frame.decodeKnownList(bytes, into, memory);
    if (known !== null) return known;
    const parsed = parseJson(bytes);
    if (!parsed.ok) return parsed;
    const format = recognise(parsed.value);
    switch (format) {
      case 'frame':
        return this.frame.read(parsed.value, bytes, into, memory, lists);
      case 'json':
        return this.json.read(parsed.value, into);
      case 'senml':
        return this.senml.read(parsed.value, into, received);
      case 'empty':
        return refuse('EMPTY', 'no reading in the array');
      case 'unknown':
        return refuse('FORMAT_UNKNOWN', 'neither a frame (p, x) nor a reading (point) nor SenML (n, bn)');
    }
  }
}

/**
 * A frame has columns, a plain reading has a `point`; an array is plain JSON when any of its elements is, else SenML
 * when any of its records is named.
 */
export function recognise(value: unknown): Format {
  if (Array.isArray(value)) {
    if (value.length === 0) return 'empty';
    if (value.some(isReading)) return 'json';
    return value.some(isNamedRecord) ? 'senml' : 'unknown';
  }
  if (isReading(value)) return 'json';
  return isFrame(value) ? 'frame' : 'unknown';
}

function isReading(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'point');
}

/** A pack without any name cannot be read as one. */
function isNamedRecord(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, 'n') || Object.hasOwn(value, 'bn');
}

function isFrame(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, 'p') || Object.hasOwn(value, 'pv') || Object.hasOwn(value, 'x');
}
