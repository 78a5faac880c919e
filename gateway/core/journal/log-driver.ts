// How the writer reaches the log: through the journal thread, or in-process (tests, simulation, with any file port).
// Both answer later, never inside the call.

import { DurablePosition } from '#gateway/journal/durable.ts';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import type { Columns } from '#gateway/journal/record.ts';
import { LogService } from './log-service.ts';
import type { LogEvents, ServiceStatus } from './log-service.ts';
import type { LogRecovery } from './recover-log.ts';
import { SegmentLog } from './segment-log.ts';
import type { LogOptions } from './segment-log.ts';

export interface LogDriver {
  readonly recovery: LogRecovery;
  readonly durable: DurablePosition;
  /** Status when the log was opened. */
  readonly status: ServiceStatus;
  /** `buffer` says which of the writer's two buffers it is; its memory may differ from last time. */
  submit(buffer: number, columns: Columns, length: number): void;
  release(position: number): void;
  close(): Promise<void>;
}

export class InlineDriver implements LogDriver {
  readonly recovery: LogRecovery;
  readonly durable: DurablePosition;
  readonly status: ServiceStatus;
  readonly #service: LogService;
  readonly #events: LogEvents;
  #isClosed = false;

  constructor(files: JournalFiles, options: LogOptions, durable: DurablePosition, events: LogEvents) {
    this.#events = events;
    this.durable = durable;
    const log = new SegmentLog(files, options);
    durable.advance(log.position);
    this.recovery = log.recovery;
    this.#service = new LogService(log, {
      durable: (position) => {
        durable.advance(position);
        this.#later(() => events.durable(position));
      },
      status: (status) => this.#later(() => events.status(status)),
    });
    this.status = this.#service.status();
  }

  submit(_buffer: number, columns: Columns, length: number): void {
    this.#attempt(() => {
      this.#service.take(columns, length);
      while (this.#service.idleStep());
    });
  }

  release(position: number): void {
    this.#attempt(() => {
      this.#service.release(position);
      while (this.#service.idleStep());
    });
  }

  /** What the thread does once a second. */
  housekeep(): void {
    this.#attempt(() => {
      this.#service.housekeep();
      while (this.#service.idleStep());
    });
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#service.close();
    this.#isClosed = true;
    return Promise.resolve();
  }

  #later(call: () => void): void {
    queueMicrotask(() => {
      if (!this.#isClosed) call();
    });
  }

  #attempt(work: () => void): void {
    if (this.#isClosed) return;
    try {
      work();
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      queueMicrotask(() => this.#events.failed(failure));
      this.#isClosed = true;
    }
  }
}
