// What a decoder gives: columns of readings by point name, and what it refused. Pure: bytes in, batch or refusal out.
// One bad reading refuses itself, never its frame; a frame is refused whole only when it cannot be read.

import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

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
  /** Readings refused inside an accepted frame; at most `refusedDetailMax` of them with detail, all counted. */
  refused: { reason: IntakeRefusal; index: number }[];
}

export type DecodeResult =
  | { readonly ok: true; readonly batch: DecodedBatch }
  | { readonly ok: false; readonly reason: IntakeRefusal; readonly detail: string };
