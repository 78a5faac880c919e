// What a decoder gives: columns of readings by point name, and what it refused. Pure: bytes in, batch or refusal out.
// One bad reading refuses itself, never its frame; a frame is refused whole only when it cannot be read.

import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

/** In place of a unit: the value was a truth value, 1 or 0, and is good for a switch only. */
export const onOff = Symbol('on/off');
/** As sent, not yet looked at. */
export type StatedUnit = string | typeof onOff;

export interface BoundList {
  readonly list: number;
  /** In the order of the frame; `''` where the name was refused, so that it is refused again under this number. */
  readonly points: readonly string[];
}

/** The lists that a source has given numbers. */
export type BoundLists = ReadonlyMap<number, readonly string[]>;

export interface DecodedBatch {
  /** Base time of the frame, ms; for plain JSON the time of its first reading. */
  base: number;
  /** Sender's `seq`, or -1 when the format has none. */
  sequence: number;
  count: number;
  /** Names as sent; length ≥ count. */
  points: string[];
  times: Float64Array;
  /** NaN = null = a sample without a number. */
  values: Float64Array;
  /** 0…255 */
  status: Uint16Array;
  /**
   * What the readings say of their units; null for one that says nothing and is taken as registered, null for all where
   * none does (always so in formats without units). Whoever takes the values must heed it.
   */
  units: (StatedUnit | null)[] | null;
  /** The frame gives its list of names a number: whoever takes the frame remembers it. Null in all others. */
  binds: BoundList | null;
  /** Readings refused inside an accepted frame; at most `refusedDetailMax` of them with detail, all counted. */
  refused: { reason: IntakeRefusal; index: number }[];
}

export type DecodeResult =
  | { readonly ok: true; readonly batch: DecodedBatch }
  | { readonly ok: false; readonly reason: IntakeRefusal; readonly detail: string };
