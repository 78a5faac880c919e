// What the drop folder does with the disk. Nothing here follows a symbolic link or opens anything but a plain file:
// the folder belongs to people who upload, not to us.

import type { Stats } from 'node:fs';
import { constants, type FileHandle, lstat, mkdir, open, opendir } from 'node:fs/promises';
import { compareNames, isBeingWritten, isOurs } from './names.ts';

const tailBytes = 256;

/** Null: it is gone. */
export async function look(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

export interface Listing {
  /** Oldest first. */
  readonly names: readonly string[];
  readonly hasMore: boolean;
  readonly ignored: readonly string[];
}

/** The oldest names of one folder; a folder of a million costs time, but no more memory than twice the bound. */
export async function listFiles(folder: string, namesMax: number): Promise<Listing> {
  let names: string[] = [];
  let hasMore = false;
  const ignored: string[] = [];
  for await (const entry of await opendir(folder)) {
    const { name } = entry;
    if (isOurs(name) && entry.isDirectory()) continue;
    // U+FFFD: the name is not UTF-8, so it cannot be named to the file system again.
    if (!entry.isFile() || isBeingWritten(name) || name.includes('\uFFFD')) {
      if (ignored.length < namesMax) ignored.push(name);
      continue;
    }
    names.push(name);
    if (names.length < 2 * namesMax) continue;
    names = oldest(names, namesMax);
    hasMore = true;
  }
  if (names.length > namesMax) hasMore = true;
  return { names: oldest(names, namesMax), hasMore, ignored };
}

/** Folders, and what is none; a symbolic link to a folder is none. */
export async function listFolders(
  folder: string,
  max: number,
): Promise<{ readonly folders: readonly string[]; readonly others: readonly string[] }> {
  const folders: string[] = [];
  const others: string[] = [];
  for await (const entry of await opendir(folder)) {
    const list = entry.isDirectory() ? folders : others;
    if (list.length < max) list.push(entry.name);
  }
  return { folders: folders.toSorted(), others };
}

export type FileRead =
  | { readonly kind: 'gone' }
  | { readonly kind: 'notAFile' }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly hasEnd: boolean };

export interface ReadBounds {
  readonly bytesMax: number;
  readonly endMarks: readonly string[];
  /** Read it although its end is missing. */
  readonly withoutEnd: boolean;
}

export async function readUpload(path: string, bounds: ReadBounds): Promise<FileRead> {
  let handle: FileHandle;
  try {
    // O_NONBLOCK: a pipe put here would otherwise hold a thread for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isGone(error)) return { kind: 'gone' };
    if (hasCode(error, 'ELOOP') || hasCode(error, 'ENXIO')) return { kind: 'notAFile' };
    throw error;
  }
  try {
    return await readOpened(handle, bounds);
  } finally {
    await handle.close();
  }
}

async function readOpened(handle: FileHandle, bounds: ReadBounds): Promise<FileRead> {
  const stat = await handle.stat();
  if (!stat.isFile()) return { kind: 'notAFile' };
  if (stat.size > bounds.bytesMax) return { kind: 'tooLarge' };
  // The tail alone first: a half-written file is looked at every few seconds.
  const tail = await readFully(handle, Math.max(0, stat.size - tailBytes), Math.min(tailBytes, stat.size));
  const hasEnd = endsIn(tail, bounds.endMarks);
  if (!hasEnd && !bounds.withoutEnd) return { kind: 'unfinished' };
  return { kind: 'read', bytes: await readFully(handle, 0, stat.size), hasEnd };
}

async function readFully(handle: FileHandle, from: number, length: number): Promise<Uint8Array> {
  // Memory of its own, not of the pool: the core keeps it until the journal has it.
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? bytes : bytes.slice(0, filled);
}

/** The marks are ASCII and the same bytes in UTF-8 and GB18030. */
function endsIn(tail: Uint8Array, endMarks: readonly string[]): boolean {
  const text = Buffer.from(tail).toString('latin1').trimEnd();
  return endMarks.some((mark) => text.endsWith(mark));
}

/** Makes one level; throws when a link or a file lies in its place. */
export async function ensureFolder(path: string): Promise<void> {
  const stat = await look(path);
  if (stat?.isDirectory() === true) return;
  if (stat !== null) throw new Error(`${path} is in the way: it is not a folder`);
  await mkdir(path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function isGone(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function oldest(names: readonly string[], max: number): string[] {
  return names.toSorted(compareNames).slice(0, max);
}
