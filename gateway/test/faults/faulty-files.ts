// The fault-injecting twin of the journal's file port: a disk in memory with a volatile cache. After a power loss it
// holds what a real disk may hold: unsynced sectors of 512 bytes old or new, each by itself (torn, lost, reordered),
// directory entries of unsynced creations, renames and removals there or not. After a kill of the process the cache
// is still there. Writes can be refused (EIO, ENOSPC); after EIO the cache shows data that the disk never gets,
// as Linux does. Seeded: the same seed and the same calls give the same faults.

import type { DiskSpace, FileEntry, JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';
import { SeededRandom } from './random.ts';

const sectorBytes = 512;

/** Thrown out of the operation in which the process or the power ends, and by everything after it. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

export class RefusedOperation extends Error {
  override readonly name = 'RefusedOperation';
  readonly code: string;

  constructor(code: string, what: string) {
    super(`${code}: ${what}`);
    this.code = code;
  }
}

export interface FaultyDiskOptions {
  readonly seed: number;
  /** All files together may not be larger; by default there is no bound. */
  readonly capacityBytes?: number;
}

interface Inode {
  cache: Uint8Array;
  durable: Uint8Array;
  /** Versions of a sector that the disk may hold although nobody synced them. */
  readonly pending: Map<number, Uint8Array[]>;
}

interface DirectoryChange {
  apply(entries: Map<string, Inode>): void;
}

export class FaultyDisk {
  /** Mutating operations so far; the numbers that `endAt` and `refuseAt` mean. */
  operations = 0;
  capacityBytes: number;
  readonly random: SeededRandom;
  readonly refuseAt = new Map<number, 'EIO' | 'ENOSPC'>();
  /** The operation inside which everything ends. */
  endAt = 0;
  #generation = 0;
  #hasEnded = false;
  #cached = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #changes: DirectoryChange[] = [];

  constructor(options: FaultyDiskOptions) {
    this.random = new SeededRandom(options.seed);
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /** The port as the process that now runs sees it; dead once that process has ended. */
  files(): JournalFiles {
    return new FaultyFiles(this, this.#generation);
  }

  /** Another process begins after the last one was killed: the cache is as it was. */
  restartAfterKill(): void {
    this.#restart();
  }

  /** Another process begins after the power was lost: only what the disk happened to hold is there. */
  restartAfterPowerLoss(): void {
    this.#loseDirectoryChanges();
    for (const inode of new Set(this.#durable.values())) this.#losePending(inode);
    this.#cached = new Map(this.#durable);
    this.#restart();
  }

  get usedBytes(): number {
    let used = 0;
    for (const inode of new Set(this.#cached.values())) used += inode.cache.length;
    return used;
  }

  /** Content of a file as a reader would see it now; for tests that look or damage. */
  contentOf(name: string): Uint8Array {
    const inode = this.#cached.get(name);
    if (inode === undefined) throw new RefusedOperation('ENOENT', name);
    return inode.cache;
  }

  /** Turns bytes over on the disk itself: what ageing media do. */
  damage(name: string, at: number, length: number): void {
    const inode = this.#cached.get(name);
    if (inode === undefined) throw new RefusedOperation('ENOENT', name);
    for (const image of [inode.cache, inode.durable]) {
      for (let index = at; index < Math.min(at + length, image.length); index += 1) image[index]! ^= 0xff;
    }
  }

  /** @internal */
  checkAlive(generation: number): void {
    if (this.#hasEnded || generation !== this.#generation) throw new ProcessEnded('the process has ended');
  }

  /** Counts a mutating operation; says whether it is the last one, throws when it is refused. */
  #begin(generation: number, what: string): boolean {
    this.checkAlive(generation);
    this.operations += 1;
    if (this.operations === this.endAt) {
      this.#hasEnded = true;
      return true;
    }
    const code = this.refuseAt.get(this.operations);
    if (code !== undefined) throw new RefusedOperation(code, what);
    return false;
  }

  #end(): never {
    throw new ProcessEnded(`ended inside operation ${this.operations}`);
  }

  list(): FileEntry[] {
    const entries = [...this.#cached].map(([name, inode]) => ({ name, size: inode.cache.length }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Inode {
    const inode = this.#cached.get(name);
    if (inode === undefined) throw new RefusedOperation('ENOENT', name);
    return inode;
  }

  create(generation: number, name: string): Inode {
    this.checkAlive(generation);
    if (this.#cached.has(name)) throw new RefusedOperation('EEXIST', name);
    const inode: Inode = { cache: new Uint8Array(), durable: new Uint8Array(), pending: new Map() };
    this.#change(generation, `create ${name}`, (entries) => entries.set(name, inode));
    return inode;
  }

  rename(generation: number, from: string, to: string): void {
    this.checkAlive(generation);
    const inode = this.find(from);
    this.#change(generation, `rename ${from}`, (entries) => {
      if (entries.get(from) === inode) entries.delete(from);
      entries.set(to, inode);
    });
  }

  unlink(generation: number, name: string): void {
    this.checkAlive(generation);
    const inode = this.find(name);
    this.#change(generation, `unlink ${name}`, (entries) => {
      if (entries.get(name) === inode) entries.delete(name);
    });
  }

  syncDirectory(generation: number): void {
    if (this.#begin(generation, 'sync of the directory')) this.#end();
    for (const change of this.#changes) change.apply(this.#durable);
    this.#changes = [];
  }

  write(generation: number, inode: Inode, bytes: Uint8Array, at: number, isDurable: boolean): void {
    const { isLast, refused } = this.#beginWrite(generation, inode, bytes.length, at);
    const isPartial = isLast && this.random.isLikely(0.5);
    const reached = isPartial ? this.random.below(bytes.length + 1) : bytes.length;
    // A process that is killed has written a part; what lay in its memory is gone. After a power loss the part
    // that was handed over is torn further by sectors.
    this.#put(inode, bytes.subarray(0, reached), at);
    if (refused !== null) {
      this.#forgetSome(inode, at, bytes.length);
      throw refused;
    }
    if (isLast) this.#end();
    if (isDurable) this.#settle(inode, at, bytes.length);
  }

  sync(generation: number, inode: Inode): void {
    if (this.#begin(generation, 'sync of a file')) this.#end();
    this.#settle(inode, 0, inode.cache.length);
  }

  #beginWrite(
    generation: number,
    inode: Inode,
    length: number,
    at: number,
  ): { readonly isLast: boolean; readonly refused: RefusedOperation | null } {
    const grows = Math.max(0, at + length - inode.cache.length);
    if (this.usedBytes + grows > this.capacityBytes) {
      this.#begin(generation, 'write');
      throw new RefusedOperation('ENOSPC', 'the disk is full');
    }
    try {
      return { isLast: this.#begin(generation, 'write'), refused: null };
    } catch (error) {
      if (error instanceof RefusedOperation && error.code === 'EIO') return { isLast: false, refused: error };
      throw error;
    }
  }

  #put(inode: Inode, bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    inode.cache = enlarged(inode.cache, at + bytes.length);
    inode.cache.set(bytes, at);
    for (const sector of sectorsOf(at, bytes.length)) {
      const versions = inode.pending.get(sector) ?? [];
      versions.push(imageOf(inode.cache, sector));
      inode.pending.set(sector, versions);
    }
  }

  #settle(inode: Inode, at: number, length: number): void {
    inode.durable = enlarged(inode.durable, Math.min(at + length, inode.cache.length));
    for (const sector of sectorsOf(at, length)) {
      if (!inode.pending.has(sector)) continue;
      inode.durable = withSector(inode.durable, sector, imageOf(inode.cache, sector));
      inode.pending.delete(sector);
    }
  }

  /** A failed write: some sectors got to the disk, the others never will, yet the cache calls them clean. */
  #forgetSome(inode: Inode, at: number, length: number): void {
    for (const sector of sectorsOf(at, length)) {
      if (this.random.isLikely(0.5)) this.#settle(inode, sector * sectorBytes, 1);
      else inode.pending.delete(sector);
    }
  }

  #losePending(inode: Inode): void {
    // Often all or nothing of a write survives, or all but one sector: mixes alone would hide those cases.
    const share = [0, 1, 0.5, 0.9][this.random.below(4)]!;
    for (const [sector, versions] of [...inode.pending].sort(([a], [b]) => a - b)) {
      if (!this.random.isLikely(share)) continue;
      const version = share === 1 ? versions.at(-1)! : versions[this.random.below(versions.length)]!;
      inode.durable = withSector(inode.durable, sector, version);
    }
    inode.pending.clear();
    inode.cache = inode.durable.slice();
  }

  #loseDirectoryChanges(): void {
    const isPrefix = this.random.isLikely(0.5);
    const kept = this.random.below(this.#changes.length + 1);
    for (const [index, change] of this.#changes.entries()) {
      if (isPrefix ? index < kept : this.random.isLikely(0.5)) change.apply(this.#durable);
    }
    this.#changes = [];
  }

  #change(generation: number, what: string, apply: (entries: Map<string, Inode>) => void): void {
    const isLast = this.#begin(generation, what);
    if (!isLast || this.random.isLikely(0.5)) {
      apply(this.#cached);
      this.#changes.push({ apply });
    }
    if (isLast) this.#end();
  }

  #restart(): void {
    this.#generation += 1;
    this.#hasEnded = false;
    this.endAt = 0;
  }
}

class FaultyFiles implements JournalFiles {
  readonly #disk: FaultyDisk;
  readonly #generation: number;

  constructor(disk: FaultyDisk, generation: number) {
    this.#disk = disk;
    this.#generation = generation;
  }

  list(): readonly FileEntry[] {
    this.#disk.checkAlive(this.#generation);
    return this.#disk.list();
  }

  create(name: string, writes: 'durable' | 'buffered'): JournalFile {
    const inode = this.#disk.create(this.#generation, name);
    return new FaultyFile(this.#disk, this.#generation, inode, writes);
  }

  open(name: string, mode: 'read' | 'durable'): JournalFile {
    this.#disk.checkAlive(this.#generation);
    return new FaultyFile(this.#disk, this.#generation, this.#disk.find(name), mode);
  }

  rename(from: string, to: string): void {
    this.#disk.rename(this.#generation, from, to);
  }

  unlink(name: string): void {
    this.#disk.unlink(this.#generation, name);
  }

  syncDirectory(): void {
    this.#disk.syncDirectory(this.#generation);
  }

  space(): DiskSpace {
    this.#disk.checkAlive(this.#generation);
    const { capacityBytes, usedBytes } = this.#disk;
    const totalBytes = Number.isFinite(capacityBytes) ? capacityBytes : Number.MAX_SAFE_INTEGER;
    return { totalBytes, freeBytes: totalBytes - usedBytes };
  }
}

class FaultyFile implements JournalFile {
  readonly #disk: FaultyDisk;
  readonly #generation: number;
  readonly #inode: Inode;
  readonly #mode: 'read' | 'durable' | 'buffered';
  #isOpen = true;

  constructor(disk: FaultyDisk, generation: number, inode: Inode, mode: 'read' | 'durable' | 'buffered') {
    this.#disk = disk;
    this.#generation = generation;
    this.#inode = inode;
    this.#mode = mode;
  }

  write(bytes: Uint8Array, at: number): void {
    this.#checkOpen();
    if (this.#mode === 'read') throw new RefusedOperation('EBADF', 'opened for reading');
    this.#disk.write(this.#generation, this.#inode, bytes, at, this.#mode === 'durable');
  }

  read(into: Uint8Array, at: number): number {
    this.#checkOpen();
    this.#disk.checkAlive(this.#generation);
    const part = this.#inode.cache.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  sync(): void {
    this.#checkOpen();
    this.#disk.sync(this.#generation, this.#inode);
  }

  close(): void {
    this.#isOpen = false;
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new RefusedOperation('EBADF', 'the file is closed');
  }
}

function sectorsOf(at: number, length: number): number[] {
  if (length === 0) return [];
  const first = Math.floor(at / sectorBytes);
  const last = Math.floor((at + length - 1) / sectorBytes);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function imageOf(content: Uint8Array, sector: number): Uint8Array {
  return content.slice(sector * sectorBytes, (sector + 1) * sectorBytes);
}

function withSector(content: Uint8Array, sector: number, image: Uint8Array): Uint8Array {
  const larger = enlarged(content, sector * sectorBytes + image.length);
  larger.set(image, sector * sectorBytes);
  return larger;
}

function enlarged(content: Uint8Array, size: number): Uint8Array {
  if (size <= content.length) return content;
  const larger = new Uint8Array(size);
  larger.set(content);
  return larger;
}
