// Cuts the bytes of one MQTT connection into runs of whole packets, before any parser sees them.
// It reads only the fixed headers (MQTT 3.1.1 §2.2), so it knows a packet's size before it is in memory.
// Always holds: a run is whole packets; memory grows with what was received, never with what was announced.

export type FramingFault = 'packet too large' | 'no room' | 'malformed';

/** The bytes that all connections together keep of packets that are not complete. */
export class PartialBudget {
  used = 0;
  readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  take(bytes: number): boolean {
    if (this.used + bytes > this.max) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

export interface RunBounds {
  readonly packetBytesMax: number;
  readonly packetsPerReadMax: number;
  readonly bytesPerReadMax: number;
}

const headerBytesMax = 5;
const incomplete = -1;
const malformed = -2;
const empty = Buffer.alloc(0);

export class PacketFramer {
  fault: FramingFault | null = null;
  private readonly budget: PartialBudget;
  /** Received and not yet looked at; begins at the start of a packet unless `partial` is non-empty. */
  private chunk: Buffer = empty;
  /** The beginning of one packet; `partialBytes` of it are filled. */
  private partial: Buffer = empty;
  private partialBytes = 0;

  constructor(budget: PartialBudget) {
    this.budget = budget;
  }

  push(chunk: Buffer): void {
    this.chunk = chunk;
  }

  /** What was pushed and not taken; forgotten here. */
  takeRest(): Buffer {
    const rest = this.chunk;
    this.chunk = empty;
    return rest;
  }

  /** The next whole packets within the bounds (one packet always, however large), or null when there is none. */
  take(bounds: RunBounds): Buffer | null {
    if (this.fault !== null || this.chunk.length === 0) return null;
    return this.partialBytes > 0 ? this.completePartial(bounds) : this.takeRun(bounds);
  }

  release(): void {
    this.budget.give(this.partial.length);
    this.partial = empty;
    this.partialBytes = 0;
    this.chunk = empty;
  }

  private takeRun(bounds: RunBounds): Buffer | null {
    const { chunk } = this;
    let end = 0;
    for (let packets = 0; packets < bounds.packetsPerReadMax; packets += 1) {
      const size = this.sizeAt(chunk, end, chunk.length, bounds);
      if (size === null) return null;
      if (size === incomplete || end + size > chunk.length) break;
      if (end > 0 && end + size > bounds.bytesPerReadMax) break;
      end += size;
    }
    if (end === 0) {
      this.keepPartial(chunk, chunk.length);
      this.chunk = empty;
      return null;
    }
    this.chunk = chunk.subarray(end);
    return chunk.subarray(0, end);
  }

  private completePartial(bounds: RunBounds): Buffer | null {
    while (this.chunk.length > 0) {
      const size = this.sizeAt(this.partial, 0, this.partialBytes, bounds);
      if (size === null) return null;
      // Without a whole header the next byte may end the packet: one byte at a time, at most five.
      const wanted = size === incomplete ? 1 : size - this.partialBytes;
      const added = Math.min(wanted, this.chunk.length);
      if (!this.keepPartial(this.chunk, added)) return null;
      this.chunk = this.chunk.subarray(added);
      if (this.sizeAt(this.partial, 0, this.partialBytes, bounds) === this.partialBytes)
        return this.endPartial();
    }
    return null;
  }

  private endPartial(): Buffer {
    const packet = this.partial.subarray(0, this.partialBytes);
    this.budget.give(this.partial.length);
    this.partial = empty;
    this.partialBytes = 0;
    return packet;
  }

  /** Appends; the buffer doubles, so that a dribble of single bytes costs no buffer each. */
  private keepPartial(from: Buffer, bytes: number): boolean {
    const needed = this.partialBytes + bytes;
    if (needed > this.partial.length) {
      const capacity = Math.max(needed, this.partial.length * 2, 64);
      if (!this.budget.take(capacity - this.partial.length)) {
        this.fault = 'no room';
        return false;
      }
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.partial.copy(grown, 0, 0, this.partialBytes);
      this.partial = grown;
    }
    from.copy(this.partial, this.partialBytes, 0, bytes);
    this.partialBytes = needed;
    return true;
  }

  /** Size of the packet at `at`, `incomplete`, or null with `fault` set. */
  private sizeAt(bytes: Buffer, at: number, end: number, bounds: RunBounds): number | null {
    const size = packetSize(bytes, at, end);
    if (size === malformed) this.fault = 'malformed';
    else if (size > bounds.packetBytesMax) this.fault = 'packet too large';
    return this.fault === null ? size : null;
  }
}

/** Whole size of the packet at `at` by its fixed header; negative when that is incomplete or malformed. */
export function packetSize(bytes: Buffer, at: number, end: number): number {
  let remaining = 0;
  let factor = 1;
  for (let index = 1; index < headerBytesMax; index += 1) {
    if (at + index >= end) return incomplete;
    const byte = bytes[at + index] ?? 0;
    remaining += (byte & 0x7f) * factor;
    if (byte < 0x80) return 1 + index + remaining;
    factor *= 128;
  }
  return malformed;
}
