// Makes preallocated segments: zeros written through in chunks, so that a batch that arrives meanwhile waits for one
// chunk only, and so that later writes allocate nothing. (A sparse file would not help: its blocks are allocated
// when they are written.) The file is called `.tmp` until it is complete; a half-made one leaves nothing behind.

import { invariant } from '#alarms/kernel/result.ts';
import type { JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';

const unfinishedName = 'growing.tmp';

export class SpareMaker {
  readonly #files: JournalFiles;
  readonly #zeros: Uint8Array;
  #file: JournalFile | null = null;
  #size = 0;
  #written = 0;

  constructor(files: JournalFiles, chunkBytes: number) {
    this.#files = files;
    this.#zeros = new Uint8Array(chunkBytes);
  }

  /** Writes the next chunk of a file of `size`; true when it is complete and can be taken. */
  step(size: number): boolean {
    if (this.#file !== null && this.#size !== size) this.discard();
    if (this.#file === null) {
      this.#file = this.#files.create(unfinishedName, 'durable');
      this.#size = size;
      this.#written = 0;
    }
    const chunk = Math.min(this.#zeros.length, size - this.#written);
    this.#file.write(this.#zeros.subarray(0, chunk), this.#written);
    this.#written += chunk;
    return this.#written === size;
  }

  /** Name of the complete file, to be renamed at once. */
  take(): string {
    invariant(this.#file !== null && this.#written === this.#size, 'the spare segment is not complete');
    this.#file.close();
    this.#file = null;
    return unfinishedName;
  }

  /** Gives the complete file its name; when the disk refuses that, nothing is left of it. */
  takeAs(name: string): void {
    const unfinished = this.take();
    try {
      this.#files.rename(unfinished, name);
    } catch (error) {
      this.#files.unlink(unfinished);
      throw error;
    }
  }

  /** Makes, or completes, a whole file now: only when no spare is there. */
  make(size: number): string {
    while (!this.step(size));
    return this.take();
  }

  discard(): void {
    if (this.#file === null) return;
    this.#file.close();
    this.#file = null;
    this.#files.unlink(unfinishedName);
  }
}
