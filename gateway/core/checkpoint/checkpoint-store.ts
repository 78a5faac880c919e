// Checkpoints as the core sees them: what may change with the next input is copied aside at once, the rest in pieces
// between inputs; written by another thread, named only when the journal is durable up to it. One at a time. A checkpoint that fails costs nothing but a longer
// recovery: the failure is told and counted by the caller, the older checkpoints stay.

import { invariant } from '#alarms/kernel/result.ts';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { InlineCheckpointDriver, ThreadCheckpointDriver } from './checkpoint-driver.ts';
import type { CheckpointDriver } from './checkpoint-driver.ts';
import { CheckpointImage } from './checkpoint-file.ts';
import type { CheckpointSource } from './checkpoint-file.ts';
import { checkpointName, readNewestCheckpoint } from './checkpoint-filer.ts';
import type { FoundCheckpoint } from './checkpoint-filer.ts';

export type CheckpointResult =
  | { readonly ok: true; readonly position: number; readonly sequence: number; readonly bytes: number }
  | { readonly ok: false; readonly error: Error };

/** The state had moved on before all of it was copied: nothing is wrong, the next one is to be copied at once. */
export class StateMovedOn extends Error {
  override readonly name = 'StateMovedOn';
}

export class CheckpointStore {
  readonly #files: JournalFiles;
  readonly #driver: CheckpointDriver;
  readonly #layoutVersion: number;
  readonly #image = new CheckpointImage();
  #isBusy = false;
  #pauseMs = 0;

  /** `layoutVersion`: of the state; checkpoints of another layout are not read. */
  static open(directory: string, layoutVersion: number): CheckpointStore {
    const files = new NodeFiles(directory);
    return new CheckpointStore(files, new ThreadCheckpointDriver(directory), layoutVersion);
  }

  /** Without a thread, over any file port. */
  static openInline(files: JournalFiles, layoutVersion: number): CheckpointStore {
    return new CheckpointStore(files, new InlineCheckpointDriver(files), layoutVersion);
  }

  private constructor(files: JournalFiles, driver: CheckpointDriver, layoutVersion: number) {
    this.#files = files;
    this.#driver = driver;
    this.#layoutVersion = layoutVersion;
  }

  /** A checkpoint is being written; `write` has to wait. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** How long the copying of the last one held the core up in one piece, at most. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /**
   * Makes the memory for checkpoints of this size before the core goes live; the other thread makes its pages real, for
   * they cost the first copy ten times the time of a later one.
   */
  async prepare(source: CheckpointSource): Promise<void> {
    invariant(!this.#isBusy, 'one checkpoint at a time');
    this.#isBusy = true;
    try {
      this.#image.prepare(source);
      await this.#driver.warm(this.#image.memory);
    } catch {
      // It has not been warmed: the first copy takes longer, and tells what is wrong with the thread.
    } finally {
      this.#isBusy = false;
    }
  }

  /**
   * Copies the arrays before it returns (they may change right after), and the rest piece by piece, one in each turn
   * of the event loop. `durable` resolves when the journal is on disk up to the last input in it; when it rejects, the
   * checkpoint is given up.
   */
  write(source: CheckpointSource, durable: Promise<unknown>): Promise<CheckpointResult> {
    return this.#write(source, durable, () => {
      this.#image.begin(source, this.#layoutVersion);
      return this.#copyRest();
    });
  }

  /** The same, all of it copied before it returns. */
  writeAtOnce(source: CheckpointSource, durable: Promise<unknown>): Promise<CheckpointResult> {
    return this.#write(source, durable, () => {
      this.#image.fill(source, this.#layoutVersion);
      return true;
    });
  }

  /** The newest good checkpoint; an older one when the newest is damaged; names of those passed over. */
  readNewest(): FoundCheckpoint {
    return readNewestCheckpoint(this.#files, this.#layoutVersion, (constant, text) =>
      this.#image.remember(constant, text),
    );
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  async #write(
    { sequence, position }: CheckpointSource,
    durable: Promise<unknown>,
    copy: () => boolean | Promise<boolean>,
  ): Promise<CheckpointResult> {
    invariant(!this.#isBusy, 'one checkpoint at a time');
    this.#isBusy = true;
    this.#pauseMs = 0;
    // Caught at once: it may reject while the image is still being written, and that must end first.
    const reached = durable.then(() => null, toError);
    try {
      const copied = this.#timed(copy);
      if (!(typeof copied === 'boolean' ? copied : await copied))
        return { ok: false, error: new StateMovedOn('the state moved on before it was copied') };
      const bytes = this.#image.length;
      await this.#driver.stage(this.#image.memory, bytes);
      const failure = await reached;
      if (failure !== null) {
        await this.#driver.abandon();
        return { ok: false, error: failure };
      }
      await this.#driver.publish(checkpointName(sequence, position));
      if (this.#image.growAhead()) await this.#driver.warm(this.#image.memory);
      return { ok: true, position, sequence, bytes };
    } catch (error) {
      return { ok: false, error: toError(error) };
    } finally {
      this.#isBusy = false;
    }
  }

  /** What fits one piece is copied at once. */
  #copyRest(): boolean | Promise<boolean> {
    const state = this.#image.goOn();
    return state === 'more' ? this.#copyLater() : state === 'done';
  }

  async #copyLater(): Promise<boolean> {
    for (;;) {
      await nextTurn();
      const state = this.#timed(() => this.#image.goOn());
      if (state !== 'more') return state === 'done';
    }
  }

  #timed<T>(work: () => T): T {
    const began = performance.now();
    const result = work();
    this.#pauseMs = Math.max(this.#pauseMs, performance.now() - began);
    return result;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
