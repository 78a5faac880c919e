// Checkpoints as the core sees them: the state is copied aside at once, written by another thread, and gets its name
// only when the journal is durable up to it. One at a time. A checkpoint that fails costs nothing but a longer
// recovery: the failure is told and counted by the caller, the older checkpoints stay.

import { invariant } from '#alarms/kernel/result.ts';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { InlineCheckpointDriver, ThreadCheckpointDriver } from './checkpoint-driver.ts';
import type { CheckpointDriver } from './checkpoint-driver.ts';
import { CheckpointImage } from './checkpoint-file.ts';
import type { CheckpointContent } from './checkpoint-file.ts';
import { checkpointName, readNewestCheckpoint } from './checkpoint-filer.ts';
import type { FoundCheckpoint } from './checkpoint-filer.ts';

export type CheckpointResult =
  | { readonly ok: true; readonly position: number; readonly sequence: number; readonly bytes: number }
  | { readonly ok: false; readonly error: Error };

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

  /** How long the last copy held the core up. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Makes the memory for checkpoints of this size and warms the way, before the core goes live: fresh pages cost
   * the first copy ten times the time of a later one. */
  prepare(content: CheckpointContent): void {
    invariant(!this.#isBusy, 'one checkpoint at a time');
    this.#image.fill(content, this.#layoutVersion);
  }

  /**
   * Copies `content` before it returns (its arrays may change right after). `durable` resolves when the journal is on
   * disk up to the last input in it; when it rejects, the checkpoint is given up.
   */
  write(content: CheckpointContent, durable: Promise<unknown>): Promise<CheckpointResult> {
    invariant(!this.#isBusy, 'one checkpoint at a time');
    const began = performance.now();
    this.#image.fill(content, this.#layoutVersion);
    this.#pauseMs = performance.now() - began;
    this.#isBusy = true;
    return this.#file(content.sequence, content.position, durable);
  }

  /** The newest good checkpoint; an older one when the newest is damaged; names of those passed over. */
  readNewest(): FoundCheckpoint {
    return readNewestCheckpoint(this.#files, this.#layoutVersion);
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  async #file(sequence: number, position: number, durable: Promise<unknown>): Promise<CheckpointResult> {
    const bytes = this.#image.length;
    // Caught at once: it may reject while the image is still being written, and that must end first.
    const reached = durable.then(() => null, toError);
    try {
      await this.#driver.stage(this.#image.memory, bytes);
      const failure = await reached;
      if (failure !== null) {
        await this.#driver.abandon();
        return { ok: false, error: failure };
      }
      await this.#driver.publish(checkpointName(sequence, position));
      return { ok: true, position, sequence, bytes };
    } catch (error) {
      return { ok: false, error: toError(error) };
    } finally {
      this.#isBusy = false;
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
