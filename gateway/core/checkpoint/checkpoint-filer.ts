// Puts checkpoint images on disk and finds the newest good one. Synchronous: run by the checkpoint thread, or
// in-process under test. What always holds: a file with the name of a checkpoint was complete and synced before it
// got that name; the two before it stay until it is durable. The third is kept as memory for the next one, so that
// checkpoints (and with them the recycling of the journal) go on when the disk is full.

import type { JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';
import { parseImage, sealImage } from './checkpoint-file.ts';
import type { CheckpointContent } from './checkpoint-file.ts';

const unfinishedName = 'checkpoint.tmp';
const spareName = 'checkpoint.spare';
const namePattern = /^checkpoint-\d{16}-\d{16}\.ckpt$/;
/** The newest, and one to fall back to when it turns out damaged. */
const keptCount = 2;

export function checkpointName(sequence: number, position: number): string {
  return `checkpoint-${String(sequence).padStart(16, '0')}-${String(position).padStart(16, '0')}.ckpt`;
}

export class CheckpointFiler {
  readonly #files: JournalFiles;

  constructor(files: JournalFiles) {
    this.#files = files;
  }

  /** Writes and syncs the image under its temporary name. */
  stage(memory: ArrayBufferLike, length: number): void {
    sealImage(memory, length);
    const file = this.#openUnfinished();
    try {
      file.write(new Uint8Array(memory, 0, length), 0);
      file.sync();
    } catch (error) {
      // No space for a larger one: what it took is given back, the named ones stay.
      this.#remove(unfinishedName);
      throw error;
    } finally {
      file.close();
    }
  }

  /** Gives the staged file its name; the oldest of three becomes the spare. */
  publish(name: string): void {
    this.#files.rename(unfinishedName, name);
    this.#files.syncDirectory();
    const [oldest, ...others] = checkpointNames(this.#files).slice(keptCount).reverse();
    if (oldest === undefined) return;
    this.#files.rename(oldest, spareName);
    for (const other of others) this.#files.unlink(other);
    // Before it is written over, or a power loss could show its old name with the next one's bytes.
    this.#files.syncDirectory();
  }

  /** The staged image is not wanted; its file serves the next one. */
  abandon(): void {
    if (this.#has(unfinishedName)) this.#files.rename(unfinishedName, spareName);
  }

  /** A file to write over: half-made by a process that died, the spare, or a new one. */
  #openUnfinished(): JournalFile {
    if (!this.#has(unfinishedName)) {
      if (!this.#has(spareName)) return this.#files.create(unfinishedName, 'buffered');
      this.#files.rename(spareName, unfinishedName);
    }
    return this.#files.open(unfinishedName, 'durable');
  }

  #has(wanted: string): boolean {
    return this.#files.list().some(({ name }) => name === wanted);
  }

  #remove(name: string): void {
    if (this.#has(name)) this.#files.unlink(name);
  }
}

export interface FoundCheckpoint {
  readonly content: CheckpointContent | null;
  /** Newer ones that could not be used. */
  readonly rejected: readonly { readonly name: string; readonly reason: 'damaged' | 'otherLayout' }[];
}

export function readNewestCheckpoint(
  files: JournalFiles,
  layoutVersion: number,
  onConstant: (constant: object, text: Uint8Array) => void = () => {},
): FoundCheckpoint {
  const rejected: { name: string; reason: 'damaged' | 'otherLayout' }[] = [];
  for (const name of checkpointNames(files)) {
    const parsed = parseImage(readWhole(files, name), layoutVersion);
    if (parsed.ok) {
      const { content, constantText } = parsed;
      if (content.constant !== undefined) onConstant(content.constant, constantText);
      return { content, rejected };
    }
    rejected.push({ name, reason: parsed.reason });
  }
  return { content: null, rejected };
}

/** Newest first. */
function checkpointNames(files: JournalFiles): string[] {
  const names = files.list().map(({ name }) => name);
  return names
    .filter((name) => namePattern.test(name))
    .sort()
    .reverse();
}

function readWhole(files: JournalFiles, name: string): ArrayBuffer {
  const size = files.list().find((entry) => entry.name === name)?.size ?? 0;
  const image = new ArrayBuffer(size);
  const file: JournalFile = files.open(name, 'read');
  try {
    file.read(new Uint8Array(image), 0);
  } finally {
    file.close();
  }
  return image;
}
