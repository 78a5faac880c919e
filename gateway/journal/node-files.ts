// The file port on node:fs. `O_DSYNC` where the platform has it; elsewhere (Windows) each write is followed by
// fdatasync. A directory can be synced on POSIX only; NTFS journals its own metadata.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DiskSpace, FileEntry, JournalFile, JournalFiles } from './file-port.ts';

const hasDsync = process.platform !== 'win32' && Number.isInteger(constants.O_DSYNC);
const dsyncFlag = hasDsync ? constants.O_DSYNC : 0;

export class NodeFiles implements JournalFiles {
  readonly #directory: string;

  /** Makes the directory when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  list(): readonly FileEntry[] {
    const entries: FileEntry[] = [];
    for (const entry of readdirSync(this.#directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      // A file may be renamed or removed by the journal thread between the listing and this look.
      const stats = statSync(join(this.#directory, entry.name), { throwIfNoEntry: false });
      if (stats !== undefined) entries.push({ name: entry.name, size: stats.size });
    }
    return entries;
  }

  create(name: string, writes: 'durable' | 'buffered'): JournalFile {
    const sync = writes === 'durable' ? dsyncFlag : 0;
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | sync;
    return new NodeFile(openSync(join(this.#directory, name), flags, 0o600), writes === 'durable');
  }

  open(name: string, mode: 'read' | 'durable'): JournalFile {
    const flags = mode === 'durable' ? constants.O_RDWR | dsyncFlag : constants.O_RDONLY;
    return new NodeFile(openSync(join(this.#directory, name), flags), mode === 'durable');
  }

  rename(from: string, to: string): void {
    renameSync(join(this.#directory, from), join(this.#directory, to));
  }

  unlink(name: string): void {
    unlinkSync(join(this.#directory, name));
  }

  syncDirectory(): void {
    if (process.platform === 'win32') return;
    const descriptor = openSync(this.#directory, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  space(): DiskSpace {
    const { bavail, blocks, bsize } = statfsSync(this.#directory);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }
}

class NodeFile implements JournalFile {
  readonly #descriptor: number;
  readonly #syncsEachWrite: boolean;

  constructor(descriptor: number, isDurable: boolean) {
    this.#descriptor = descriptor;
    this.#syncsEachWrite = isDurable && !hasDsync;
  }

  write(bytes: Uint8Array, at: number): void {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
    }
    if (this.#syncsEachWrite) fdatasyncSync(this.#descriptor);
  }

  read(into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const count = readSync(this.#descriptor, into, done, into.length - done, at + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  sync(): void {
    fdatasyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
