// The log itself: writes finished batches into preallocated segments, one write each, keeps a reserve of spare
// segments, and recycles what was released. Synchronous; run by the journal thread, or in-process under test.
// What always holds: one batch at a time, in order; a batch is whole on disk when `write` returns 'written'; when
// there is no room for it ('held'), nothing of it was written. Every error but "no space" is final.

import { invariant } from '#alarms/kernel/result.ts';
import { isOutOfSpace } from '#gateway/journal/file-port.ts';
import type { DiskSpace, JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';
import { paddedTo8, readHeader, sealRecord } from '#gateway/journal/record.ts';
import type { Columns } from '#gateway/journal/record.ts';
import { segmentName, spareName, spareNumber } from '#gateway/journal/segment-name.ts';
import type { Segment } from '#gateway/journal/segment-name.ts';
import { recoverLog } from './recover-log.ts';
import type { LogRecovery } from './recover-log.ts';
import { SpareMaker } from './spare-maker.ts';

export interface LogOptions {
  readonly segmentBytes: number;
  /** Spare segments kept ready: the room that is left when the disk is full. */
  readonly reserveSegments: number;
  /** Zeros written at once while a spare is made: a batch waits for one of these at most. */
  readonly zeroChunkBytes?: number;
}

export interface LogStatus extends DiskSpace {
  readonly segmentBytes: number;
  /** Spares wanted, and spares there. */
  readonly reserveSegments: number;
  readonly spareSegments: number;
  readonly activeBytesLeft: number;
  readonly segments: number;
  readonly journalBytes: number;
  /** A batch waits because no segment can be had for it. */
  readonly isHeld: boolean;
  /** The disk refused to hold another spare. */
  readonly isGrowthRefused: boolean;
  /** End position and size of the oldest segment that is not being written; null when there is none. */
  readonly oldestEnd: number | null;
  readonly oldestBytes: number;
}

const zeroChunkBytesDefault = 256 * 1024;

export class SegmentLog {
  readonly recovery: LogRecovery;
  readonly #files: JournalFiles;
  readonly #options: LogOptions;
  /** In the order of the log; the last one is written to. */
  readonly #segments: Segment[];
  readonly #spares: string[];
  readonly #maker: SpareMaker;
  #spareNext: number;
  #file: JournalFile | null = null;
  #position: number;
  #nextSequence: number;
  #released = 0;
  #isHeld = false;
  #isGrowthRefused = false;
  #space: DiskSpace;

  /** Recovers what the directory holds (recover-log.ts) and has a segment open to write to, if there is room. */
  constructor(files: JournalFiles, options: LogOptions) {
    invariant(options.segmentBytes % 8 === 0, 'the size of a segment is a multiple of eight');
    this.#files = files;
    this.#options = options;
    const found = recoverLog(files, options.segmentBytes);
    this.recovery = found.recovery;
    this.#segments = found.segments;
    this.#spares = found.spares;
    this.#spareNext = Math.max(0, ...found.spares.map((name) => spareNumber(name) ?? 0)) + 1;
    this.#position = found.recovery.position;
    this.#nextSequence = found.recovery.nextSequence;
    this.#maker = new SpareMaker(files, options.zeroChunkBytes ?? zeroChunkBytesDefault);
    this.#space = files.space();
    this.#isGrowthRefused = !this.#hasSpaceFor(options.segmentBytes);
    const active = this.#segments.at(-1);
    if (active === undefined) this.#enterSegment(0);
    else this.#file = files.open(active.name, 'durable');
  }

  get position(): number {
    return this.#position;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Writes the finished record at the start of `columns`; on disk when 'written', untouched when 'held'. */
  write(columns: Columns, length: number): 'written' | 'held' {
    const header = readHeader(columns, 0);
    invariant(header.length === length, 'the header names another length');
    invariant(header.position === this.#position, 'a batch is not at the end of the log');
    invariant(header.firstSequence === this.#nextSequence, 'inputs of a batch do not follow the last one');
    this.#isHeld = length > this.#activeBytesLeft() && !this.#enterSegment(length);
    const active = this.#segments.at(-1);
    if (this.#isHeld || this.#file === null || active === undefined) return 'held';
    sealRecord(columns, 0, length);
    this.#file.write(columns.bytes.subarray(0, length), this.#position - active.start);
    this.#position += length;
    this.#nextSequence += header.inputCount;
    return 'written';
  }

  /** Segments that lie wholly before `position` may be recycled or removed. */
  release(position: number): void {
    this.#released = Math.max(this.#released, position);
  }

  /** One bounded step of work that can wait: retire a released segment, or make a piece of a spare. False: idle. */
  idleStep(): boolean {
    if (this.#retireOne()) return true;
    if (this.#spares.length >= this.#options.reserveSegments) {
      this.#maker.discard();
      return false;
    }
    if (this.#isGrowthRefused) return false;
    this.#growReserve();
    return true;
  }

  /** Looks at the disk again; a refused growth is tried anew when it looks possible. */
  refresh(): void {
    this.#space = this.#files.space();
    this.#isGrowthRefused = !this.#hasSpaceFor(this.#options.segmentBytes);
  }

  status(): LogStatus {
    const [oldest, second] = this.#segments;
    return {
      ...this.#space,
      segmentBytes: this.#options.segmentBytes,
      reserveSegments: this.#options.reserveSegments,
      spareSegments: this.#spares.length,
      activeBytesLeft: this.#activeBytesLeft(),
      segments: this.#segments.length,
      journalBytes: this.#position - (oldest?.start ?? this.#position),
      isHeld: this.#isHeld,
      isGrowthRefused: this.#isGrowthRefused,
      oldestEnd: second?.start ?? null,
      oldestBytes: second === undefined ? 0 : (oldest?.size ?? 0),
    };
  }

  close(): void {
    this.#maker.discard();
    this.#file?.close();
    this.#file = null;
  }

  #activeBytesLeft(): number {
    const active = this.#segments.at(-1);
    return active === undefined ? 0 : active.start + active.size - this.#position;
  }

  /** Begins the segment for a record of `length`; false when there is no room for one. */
  #enterSegment(length: number): boolean {
    const made = this.#obtain(length);
    if (made === null) return false;
    const name = segmentName(this.#position, this.#nextSequence);
    this.#files.rename(made.name, name);
    this.#files.syncDirectory();
    this.#file?.close();
    this.#file = this.#files.open(name, 'durable');
    // A huge record that comes when the active segment is still empty: the rename has replaced that one.
    if (this.#segments.at(-1)?.name === name) this.#segments.pop();
    this.#segments.push({ name, start: this.#position, firstSequence: this.#nextSequence, size: made.size });
    return true;
  }

  /** A spare, or (when there is none, or the record is huge) a file made on the spot. */
  #obtain(length: number): { readonly name: string; readonly size: number } | null {
    const { segmentBytes } = this.#options;
    const isHuge = length > segmentBytes;
    const spare = isHuge ? undefined : this.#spares.shift();
    if (spare !== undefined) return { name: spare, size: segmentBytes };
    const size = isHuge ? paddedTo8(length) : segmentBytes;
    this.#space = this.#files.space();
    if (!this.#hasSpaceFor(size)) return null;
    try {
      const name = this.#maker.make(size);
      return { name, size };
    } catch (error) {
      this.#refuseGrowth(error);
      return null;
    }
  }

  /** Asked first, so that a hopeless try does not fill the disk to the brim for everybody else. */
  #hasSpaceFor(size: number): boolean {
    return this.#space.freeBytes >= size;
  }

  #growReserve(): void {
    try {
      if (!this.#maker.step(this.#options.segmentBytes)) return;
      const name = spareName(this.#spareNext);
      this.#spareNext += 1;
      this.#maker.takeAs(name);
      this.#files.syncDirectory();
      this.#spares.push(name);
    } catch (error) {
      this.#refuseGrowth(error);
    }
  }

  #refuseGrowth(error: unknown): void {
    if (!isOutOfSpace(error)) throw error;
    this.#maker.discard();
    this.#isGrowthRefused = true;
  }

  #retireOne(): boolean {
    const [oldest, second] = this.#segments;
    if (oldest === undefined || second === undefined || second.start > this.#released) return false;
    const isSpare =
      oldest.size === this.#options.segmentBytes && this.#spares.length < this.#options.reserveSegments;
    const name = spareName(this.#spareNext);
    if (isSpare) this.#files.rename(oldest.name, name);
    else this.#files.unlink(oldest.name);
    this.#files.syncDirectory();
    this.#segments.shift();
    if (isSpare) {
      this.#spareNext += 1;
      this.#spares.push(name);
    }
    return true;
  }
}
