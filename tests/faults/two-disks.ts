// The folders of a gateway, journal and checkpoints, each a fault-injecting disk, with one count of operations over
// both: power fails in both at once, at any operation of either. The process is dead everywhere from then on.

import type { DiskSpace, JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';
import { FaultyDisk, ProcessEnded } from '#gateway/test/faults/faulty-files.ts';

export type FolderName = 'journal' | 'checkpoints';

export class TwoDisks {
  readonly journal: FaultyDisk;
  readonly checkpoints: FaultyDisk;
  /** Mutating operations on both so far; the numbers that `endAt` and `refuseAt` mean. */
  operations = 0;
  /** The operation inside which everything ends; 0: none. */
  endAt = 0;
  /** The operation that fails, and how; 0: none. */
  refuseAt = 0;
  refuseWith: 'EIO' | 'ENOSPC' = 'EIO';
  /** Where the operation that ended or was refused went. */
  faultIn: FolderName | null = null;
  private generation = 0;
  private isDead = false;
  private isFull = false;
  /** The disk does not tell that it is full: a quota, or a file system that finds out when it writes. */
  private isFullUntold = false;

  constructor(seed: number) {
    this.journal = new FaultyDisk({ seed });
    this.checkpoints = new FaultyDisk({ seed: seed + 1_000_003 });
  }

  /** The power is gone, or the process. */
  get hasEnded(): boolean {
    return this.isDead;
  }

  /** The port as the process that now runs sees it. */
  files(folder: FolderName): JournalFiles {
    return new SharedFiles(this, folder, this.generation, this[folder].files());
  }

  restart(after: 'kill' | 'power loss'): void {
    this.generation += 1;
    this.isDead = false;
    this.endAt = 0;
    this.refuseAt = 0;
    this.faultIn = null;
    for (const disk of [this.journal, this.checkpoints]) {
      if (after === 'kill') disk.restartAfterKill();
      else disk.restartAfterPowerLoss();
    }
  }

  /** The process is killed now. */
  end(): void {
    this.isDead = true;
  }

  /** From now on nothing grows by more than `leftBytes` in all: ENOSPC. */
  fill(leftBytes: number, isUntold: boolean): void {
    if (this.isFull) return;
    this.isFull = true;
    this.isFullUntold = isUntold;
    for (const disk of [this.journal, this.checkpoints]) disk.capacityBytes = disk.usedBytes + leftBytes;
  }

  makeRoom(): void {
    this.isFull = false;
    this.isFullUntold = false;
    for (const disk of [this.journal, this.checkpoints]) disk.capacityBytes = Number.POSITIVE_INFINITY;
  }

  /** @internal */
  space({ totalBytes, freeBytes }: DiskSpace): DiskSpace {
    return { totalBytes, freeBytes: this.isFullUntold ? totalBytes : freeBytes };
  }

  /** @internal */
  checkAlive(generation: number): void {
    if (this.isDead || generation !== this.generation) throw new ProcessEnded('the process has ended');
  }

  /** @internal One mutating operation of either folder. */
  mutate<T>(generation: number, folder: FolderName, work: () => T): T {
    this.checkAlive(generation);
    const disk = this[folder];
    this.operations += 1;
    if (this.operations === this.endAt) disk.endAt = disk.operations + 1;
    if (this.operations === this.refuseAt) disk.refuseAt.set(disk.operations + 1, this.refuseWith);
    if (this.operations === this.endAt || this.operations === this.refuseAt) this.faultIn = folder;
    try {
      return work();
    } catch (error) {
      if (error instanceof ProcessEnded) this.isDead = true;
      throw error;
    }
  }
}

class SharedFiles implements JournalFiles {
  private readonly disks: TwoDisks;
  private readonly folder: FolderName;
  private readonly generation: number;
  private readonly files: JournalFiles;

  constructor(disks: TwoDisks, folder: FolderName, generation: number, files: JournalFiles) {
    this.disks = disks;
    this.folder = folder;
    this.generation = generation;
    this.files = files;
  }

  list(): ReturnType<JournalFiles['list']> {
    this.disks.checkAlive(this.generation);
    return this.files.list();
  }

  create(name: string, writes: 'durable' | 'buffered'): JournalFile {
    return this.wrap(this.mutate(() => this.files.create(name, writes)));
  }

  open(name: string, mode: 'read' | 'durable'): JournalFile {
    this.disks.checkAlive(this.generation);
    return this.wrap(this.files.open(name, mode));
  }

  rename(from: string, to: string): void {
    this.mutate(() => this.files.rename(from, to));
  }

  unlink(name: string): void {
    this.mutate(() => this.files.unlink(name));
  }

  syncDirectory(): void {
    this.mutate(() => this.files.syncDirectory());
  }

  space(): DiskSpace {
    this.disks.checkAlive(this.generation);
    return this.disks.space(this.files.space());
  }

  private mutate<T>(work: () => T): T {
    return this.disks.mutate(this.generation, this.folder, work);
  }

  private wrap(file: JournalFile): JournalFile {
    return {
      write: (bytes, at) => this.mutate(() => file.write(bytes, at)),
      read: (into, at) => {
        this.disks.checkAlive(this.generation);
        return file.read(into, at);
      },
      sync: () => this.mutate(() => file.sync()),
      close: () => file.close(),
    };
  }
}
