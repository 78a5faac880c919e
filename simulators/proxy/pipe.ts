// One direction of one connection: what comes in goes out in order, after its delay, as fast as the limit lets it, and
// not at all while frozen. Holds at most its bound and then stops reading, so that the pressure reaches the sender. An
// orderly end passes in its place, behind everything before it.

import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';

/** Of one direction, for all its connections; changed at any time. */
export interface DirectionSettings {
  delayMs: number;
  /** Up to this is added to the delay, evenly spread; order is kept. */
  jitterMs: number;
  /** Null: no limit. */
  bytesPerSecond: number | null;
  isFrozen: boolean;
}

export interface DirectionCounts {
  /** Bytes read from the sender, and of them those given to the receiver. */
  taken: number;
  forwarded: number;
  /** Times that reading was stopped because the bound was reached. */
  stops: number;
}

/** What one direction of one connection holds; a delay of 100 ms at 2.5 MB/s. */
export const heldBytesMax = 256 * 1024;
/** A limit lets through at once what it grants in this time. */
const burstS = 0.1;

interface Held {
  bytes: Buffer;
  readonly dueAt: number;
}

export class Pipe {
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly settings: DirectionSettings;
  private readonly counts: DirectionCounts;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly held: Held[] = [];
  private heldBytes = 0;
  private lastDueAt = 0;
  private granted = 0;
  private grantedAt: number;
  private isStopped = false;
  private isFull = false;
  private hasEnded = false;
  private isClosed = false;
  private takeBack: (() => void) | null = null;

  constructor(
    from: Socket,
    to: Socket,
    settings: DirectionSettings,
    counts: DirectionCounts,
    clock: Clock,
    random: () => number,
  ) {
    this.from = from;
    this.to = to;
    this.settings = settings;
    this.counts = counts;
    this.clock = clock;
    this.random = random;
    this.grantedAt = clock.now();
    from.on('data', (bytes) => this.take(bytes));
    from.on('end', () => {
      this.hasEnded = true;
      this.pump();
    });
    to.on('drain', () => {
      this.isFull = false;
      this.pump();
    });
  }

  /** Looks anew at the settings. */
  pump(): void {
    this.takeBack?.();
    this.takeBack = null;
    while (!this.isClosed && !this.isFull && !this.settings.isFrozen && this.held.length > 0) {
      const waitMs = this.forwardFirst();
      if (waitMs === 0) continue;
      this.takeBack = this.clock.after(waitMs, () => this.pump());
      return;
    }
    if (this.hasEnded && this.held.length === 0 && !this.settings.isFrozen && !this.isClosed) this.to.end();
  }

  /** Drops what is held: the connection is cut. */
  close(): void {
    this.isClosed = true;
    this.held.length = 0;
    this.heldBytes = 0;
    this.takeBack?.();
    this.takeBack = null;
    this.from.resume(); // what still comes is read and thrown away, or the end would never be seen
  }

  private take(bytes: Buffer): void {
    if (this.isClosed) return;
    this.counts.taken += bytes.length;
    const { delayMs, jitterMs } = this.settings;
    const jitter = jitterMs > 0 ? jitterMs * this.random() : 0;
    this.lastDueAt = Math.max(this.lastDueAt, this.clock.now() + delayMs + jitter);
    this.held.push({ bytes, dueAt: this.lastDueAt });
    this.heldBytes += bytes.length;
    this.pump();
    if (this.heldBytes < heldBytesMax || this.isStopped) return;
    this.isStopped = true;
    this.counts.stops += 1;
    this.from.pause();
  }

  /** Gives on the first piece or a part of it; else how long to wait. */
  private forwardFirst(): number {
    const first = this.held[0]!;
    const now = this.clock.now();
    if (first.dueAt > now) return first.dueAt - now;
    const size = Math.min(first.bytes.length, this.allowance(now));
    if (size < 1) return this.untilGranted();
    const piece = first.bytes.subarray(0, size);
    if (size === first.bytes.length) this.held.shift();
    else first.bytes = first.bytes.subarray(size);
    this.granted -= size;
    this.heldBytes -= size;
    this.counts.forwarded += size;
    this.isFull = !this.to.write(piece);
    if (this.isStopped && this.heldBytes < heldBytesMax / 2) {
      this.isStopped = false;
      this.from.resume();
    }
    return 0;
  }

  /** Whole bytes that may go now. */
  private allowance(now: number): number {
    const { bytesPerSecond } = this.settings;
    const since = now - this.grantedAt;
    this.grantedAt = now;
    if (bytesPerSecond === null) {
      this.granted = 0;
      return Number.POSITIVE_INFINITY;
    }
    const burst = Math.max(1, bytesPerSecond * burstS);
    this.granted = Math.min(burst, Math.max(0, this.granted) + (bytesPerSecond * since) / 1_000);
    return Math.floor(this.granted);
  }

  /** Until a tenth of the burst is granted: not a write for every byte. */
  private untilGranted(): number {
    const bytesPerSecond = this.settings.bytesPerSecond ?? Number.POSITIVE_INFINITY;
    const wanted = Math.max(1, (bytesPerSecond * burstS) / 10);
    return Math.max(1, ((wanted - this.granted) * 1_000) / bytesPerSecond);
  }
}
