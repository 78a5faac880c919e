// The file port of journal and checkpoint: everything they ask of a disk, bound to one directory, synchronous
// (the callers are threads of their own, or a start). Real adapter: node-files.ts; the fault-injecting twin of the
// tests models what a disk may hold after a power loss. Any error of a write or sync is final: never retried.

/** What a failed file operation carries; `ENOSPC` and `EDQUOT` are the codes that somebody acts on. */
export interface FileFailure extends Error {
  readonly code?: string;
}

export interface JournalFile {
  /** Writes all of `bytes` at `at`. Opened or created 'durable': on disk (data and size) when it returns. */
  write(bytes: Uint8Array, at: number): void;
  /** Reads at most `into.length` bytes; how many, 0 at the end of the file. */
  read(into: Uint8Array, at: number): number;
  /** Everything written so far is on disk when it returns. */
  sync(): void;
  close(): void;
}

export interface FileEntry {
  readonly name: string;
  readonly size: number;
}

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface JournalFiles {
  list(): readonly FileEntry[];
  /** A new, empty file; the name must not exist. The entry is durable only after `syncDirectory`. */
  create(name: string, writes: 'durable' | 'buffered'): JournalFile;
  open(name: string, mode: 'read' | 'durable'): JournalFile;
  /** Atomic; replaces `to`. Durable only after `syncDirectory`. */
  rename(from: string, to: string): void;
  unlink(name: string): void;
  syncDirectory(): void;
  space(): DiskSpace;
}

export function isOutOfSpace(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ENOSPC' || error.code === 'EDQUOT';
}
