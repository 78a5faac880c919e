// The core's side of the journal thread (thread.ts): words and a bell on the way there, messages on the way back.
// An error in the thread, or its unexpected end, is a failure of the journal: the caller stops the process.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InvariantViolation } from '#alarms/kernel/result.ts';
import { DurablePosition } from '#gateway/journal/durable.ts';
import type { Columns } from '#gateway/journal/record.ts';
import type { LogDriver } from './log-driver.ts';
import type { LogEvents, ServiceStatus } from './log-service.ts';
import type { LogRecovery } from './recover-log.ts';
import type { LogOptions } from './segment-log.ts';
import { controlBytes, releasedWord, word } from './thread-protocol.ts';
import type { BufferMessage, ThreadData, ThreadMessage } from './thread-protocol.ts';

export class JournalThreadFailure extends Error {
  override readonly name = 'JournalThreadFailure';
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

interface Opened {
  readonly recovery: LogRecovery;
  readonly status: ServiceStatus;
}

export class ThreadDriver implements LogDriver {
  readonly recovery: LogRecovery;
  readonly durable: DurablePosition;
  readonly status: ServiceStatus;
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #released: BigInt64Array;
  readonly #sent = new Map<number, ArrayBufferLike>();

  static async open(
    directory: string,
    options: LogOptions,
    durable: DurablePosition,
    events: LogEvents,
  ): Promise<ThreadDriver> {
    const data: ThreadData = {
      directory,
      options,
      control: new SharedArrayBuffer(controlBytes),
      durable: durable.shared,
    };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: data,
      execArgv: [],
      name: 'journal',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    const opened = await untilOpened(worker, events);
    return new ThreadDriver(worker, data, durable, opened, events);
  }

  private constructor(
    worker: Worker,
    data: ThreadData,
    durable: DurablePosition,
    opened: Opened,
    events: LogEvents,
  ) {
    this.#worker = worker;
    this.#control = new Int32Array(data.control);
    this.#released = new BigInt64Array(data.control);
    this.durable = durable;
    this.recovery = opened.recovery;
    this.status = opened.status;
    worker.on('error', (error) => events.failed(toError(error)));
    worker.on('exit', () => {
      const isExpected = Atomics.load(this.#control, word.isClosing) !== 0;
      if (!isExpected) events.failed(new JournalThreadFailure('the journal thread ended'));
    });
  }

  submit(buffer: number, columns: Columns, length: number): void {
    const memory = columns.bytes.buffer;
    if (this.#sent.get(buffer) !== memory) this.#send(buffer, memory);
    Atomics.store(this.#control, word.buffer, buffer);
    Atomics.store(this.#control, word.length, length);
    Atomics.add(this.#control, word.submitted, 1);
    this.#ring();
  }

  release(position: number): void {
    Atomics.store(this.#released, releasedWord, BigInt(position));
    this.#ring();
  }

  async close(): Promise<void> {
    if (Atomics.exchange(this.#control, word.isClosing, 1) !== 0) return;
    if (this.#worker.threadId === -1) return; // it has ended by itself
    const ended = once(this.#worker, 'exit');
    this.#ring();
    await ended;
  }

  #send(buffer: number, memory: ArrayBufferLike): void {
    if (!(memory instanceof SharedArrayBuffer))
      throw new InvariantViolation('a batch must be in shared memory');
    const message: BufferMessage = { buffer, memory };
    this.#worker.postMessage(message);
    this.#sent.set(buffer, memory);
    Atomics.add(this.#control, word.buffersSent, 1);
  }

  #ring(): void {
    Atomics.add(this.#control, word.bell, 1);
    Atomics.notify(this.#control, word.bell);
  }
}

/** What recovery found, or its failure; later messages go to `events`. One listener, so that none falls between. */
function untilOpened(worker: Worker, events: LogEvents): Promise<Opened> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: ThreadMessage) => {
      if (typeof message === 'number') events.durable(message);
      else if (message.kind === 'status') events.status(message.status);
      else if (message.kind === 'opened') resolve(message);
      else {
        const failure = new JournalThreadFailure(message.message, message.code);
        reject(failure); // without effect once it is open
        events.failed(failure);
      }
    });
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
