// How the store reaches the files: through the checkpoint thread, or in-process (tests, with any file port).

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import { CheckpointFiler } from './checkpoint-filer.ts';
import type { CheckpointAnswer, CheckpointRequest, CheckpointThreadData } from './checkpoint-thread.ts';

export interface CheckpointDriver {
  /** Writes zeros over fresh memory, so that its pages are there. */
  warm(memory: SharedArrayBuffer): Promise<void>;
  stage(memory: SharedArrayBuffer, length: number): Promise<void>;
  publish(name: string): Promise<void>;
  abandon(): Promise<void>;
  close(): Promise<void>;
}

export class InlineCheckpointDriver implements CheckpointDriver {
  readonly #filer: CheckpointFiler;

  constructor(files: JournalFiles) {
    this.#filer = new CheckpointFiler(files);
  }

  async warm(): Promise<void> {}

  async stage(memory: SharedArrayBuffer, length: number): Promise<void> {
    this.#filer.stage(memory, length);
  }

  async publish(name: string): Promise<void> {
    this.#filer.publish(name);
  }

  async abandon(): Promise<void> {
    this.#filer.abandon();
  }

  async close(): Promise<void> {}
}

export class ThreadCheckpointDriver implements CheckpointDriver {
  readonly #worker: Worker;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  #failure: Error | null = null;

  constructor(directory: string) {
    const workerData: CheckpointThreadData = { directory };
    this.#worker = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData,
      execArgv: [],
      name: 'checkpoint',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on('message', ({ failure }: CheckpointAnswer) => {
      this.#settle(failure === null ? null : new Error(failure));
    });
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#end(new Error('the checkpoint thread ended')));
  }

  warm(memory: SharedArrayBuffer): Promise<void> {
    return this.#ask({ kind: 'warm', memory });
  }

  stage(memory: SharedArrayBuffer, length: number): Promise<void> {
    return this.#ask({ kind: 'stage', memory, length });
  }

  publish(name: string): Promise<void> {
    return this.#ask({ kind: 'publish', name });
  }

  abandon(): Promise<void> {
    return this.#ask({ kind: 'abandon' });
  }

  async close(): Promise<void> {
    if (this.#failure !== null) return;
    const ended = once(this.#worker, 'exit');
    void this.#worker.terminate();
    await ended;
  }

  #ask(request: CheckpointRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request);
    });
  }

  #settle(failure: Error | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (failure === null) waiting?.resolve();
    else waiting?.reject(failure);
  }

  #end(error: Error): void {
    this.#failure ??= error;
    this.#settle(error);
  }
}
