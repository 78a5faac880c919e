// A frame of readings inside the gateway: columns, decoded and addressed by slot (the dense number of a point).
// Reused scratch memory: nobody may keep a reference past the call it was passed to.

/** What accept (telemetry/accept.ts) made of a reading; written back into the frame and journalled with it. */
export const outcome = { accepted: 0, duplicate: 1, late: 2 } as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

export interface ReadingsFrame {
  /** Received time, ms; never falls from one input to the next. */
  received: number;
  /** Number of the source in the journal's source table. */
  source: number;
  /** `seq` of the sender's frame, or -1. */
  sequence: number;
  /** Base time of the sender's frame, ms. */
  base: number;
  /** Stamps moved by this much because they lay ahead (raw = time + shift); 0 otherwise. Bit clockAhead is set. */
  shift: number;
  count: number;
  slots: Uint32Array;
  times: Float64Array;
  /** NaN = a sample without a number. */
  values: Float64Array;
  status: Uint16Array;
  outcomes: Uint8Array;
}
