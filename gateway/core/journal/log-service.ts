// What the journal thread does, without the thread: takes one batch at a time, writes it or holds it until there is
// room, tells when it is durable, and uses the time between for spares and released segments. The thread
// (thread.ts) and the in-process driver of the tests are thin shells around it.

import { invariant } from '#alarms/kernel/result.ts';
import type { Columns } from '#gateway/journal/record.ts';
import type { LogStatus, SegmentLog } from './segment-log.ts';

/** Upper bounds of the buckets of write times, ms; one more bucket holds what took longer. */
export const writeMsBounds: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250];

export interface WriteTimes {
  readonly writes: number;
  readonly bytes: number;
  readonly writeMsTotal: number;
  readonly writeMsMax: number;
  /** Counts by `writeMsBounds`, not cumulative. */
  readonly writeMsBuckets: readonly number[];
}

export interface ServiceStatus extends LogStatus {
  readonly times: WriteTimes;
}

export interface LogEvents {
  durable(position: number): void;
  failed(error: Error): void;
  status(status: ServiceStatus): void;
}

export class LogService {
  readonly #log: SegmentLog;
  readonly #events: Pick<LogEvents, 'durable' | 'status'>;
  readonly #buckets = writeMsBounds.map(() => 0).concat(0);
  #pending: { readonly columns: Columns; readonly length: number } | null = null;
  #isHeld = false;
  #writes = 0;
  #bytes = 0;
  #writeMsTotal = 0;
  #writeMsMax = 0;

  constructor(log: SegmentLog, events: Pick<LogEvents, 'durable' | 'status'>) {
    this.#log = log;
    this.#events = events;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  take(columns: Columns, length: number): void {
    invariant(this.#pending === null, 'a batch was submitted while another is on its way');
    this.#pending = { columns, length };
    this.#writePending();
  }

  release(position: number): void {
    this.#log.release(position);
  }

  /** One bounded step of what can wait; false when there is nothing to do. A held batch goes before new spares. */
  idleStep(): boolean {
    const hasWorked = this.#log.idleStep();
    if (this.#isHeld && this.#log.status().spareSegments > 0) this.#writePending();
    return hasWorked;
  }

  /** Once a second: free space, a held batch tried again, the status told. */
  housekeep(): void {
    this.#log.refresh();
    if (this.#isHeld) this.#writePending();
    this.#events.status(this.status());
  }

  status(): ServiceStatus {
    const times: WriteTimes = {
      writes: this.#writes,
      bytes: this.#bytes,
      writeMsTotal: this.#writeMsTotal,
      writeMsMax: this.#writeMsMax,
      writeMsBuckets: [...this.#buckets],
    };
    return { ...this.#log.status(), times };
  }

  close(): void {
    this.#log.close();
  }

  #writePending(): void {
    if (this.#pending === null) return;
    const { columns, length } = this.#pending;
    const began = performance.now();
    const isWritten = this.#log.write(columns, length) === 'written';
    const wasHeld = this.#isHeld;
    this.#isHeld = !isWritten;
    if (isWritten) {
      this.#pending = null;
      this.#count(performance.now() - began, length);
      this.#events.durable(this.#log.position);
    }
    if (wasHeld !== this.#isHeld) this.#events.status(this.status());
  }

  #count(tookMs: number, length: number): void {
    this.#writes += 1;
    this.#bytes += length;
    this.#writeMsTotal += tookMs;
    this.#writeMsMax = Math.max(this.#writeMsMax, tookMs);
    const found = writeMsBounds.findIndex((bound) => tookMs <= bound);
    const bucket = found === -1 ? writeMsBounds.length : found;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }
}
