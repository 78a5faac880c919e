// Copying for backup and restore: file by file, hashed as it goes, on disk when it returns. Knows nothing of what is in
// the files. A copy is never written over anything: every target is new.

import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface CopiedFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads at most `into.length` bytes at a place; 0 at the end. */
export type ReadAt = (into: Uint8Array, at: number) => number;

const chunkBytes = 1024 * 1024;
/** Password hashes and the whole record are in a backup: nobody else may read it. */
export const privateFile = 0o600;
export const privateFolder = 0o700;

export function copyFile(from: string, to: string): CopiedFile {
  const source = openSync(from, 'r');
  try {
    return copyBytes((into, at) => readSync(source, into, 0, into.length, at), to, Number.POSITIVE_INFINITY);
  } finally {
    closeSync(source);
  }
}

/** The first `bytes` of what `read` gives; fewer when it ends before. */
export function copyBytes(read: ReadAt, to: string, bytes: number): CopiedFile {
  mkdirSync(dirname(to), { recursive: true, mode: privateFolder });
  const target = openSync(to, 'wx', privateFile);
  try {
    const hash = createHash('sha256');
    let done = 0;
    eachChunk(read, bytes, (chunk) => {
      hash.update(chunk);
      for (let at = 0; at < chunk.length; at += writeSync(target, chunk, at, chunk.length - at));
      done += chunk.length;
    });
    fdatasyncSync(target);
    return { bytes: done, sha256: hash.digest('hex') };
  } finally {
    closeSync(target);
  }
}

/** Of a file as it lies there, synced: for those that somebody else has written. */
export function sealFile(path: string): CopiedFile {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
    const hash = createHash('sha256');
    let bytes = 0;
    eachChunk(
      (into, at) => readSync(file, into, 0, into.length, at),
      Number.POSITIVE_INFINITY,
      (chunk) => {
        hash.update(chunk);
        bytes += chunk.length;
      },
    );
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}

/** New, renamed and removed names in it are on disk; Windows has no such call and journals them itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function eachChunk(read: ReadAt, bytes: number, take: (chunk: Uint8Array) => void): void {
  const buffer = new Uint8Array(chunkBytes);
  for (let at = 0; at < bytes;) {
    const got = read(buffer.subarray(0, Math.min(chunkBytes, bytes - at)), at);
    if (got === 0) return;
    take(buffer.subarray(0, got));
    at += got;
  }
}
