// A window of memory over one segment file: finds out whether an intact record lies at a position, and where the
// next one begins after a place that holds none. Used to find the end at recovery and by every reader.

import { invariant } from '#alarms/kernel/result.ts';
import type { JournalFile } from './file-port.ts';
import { claimedLength, columnsOver, findMagic, isIntact, paddedTo8, recordHeaderBytes } from './record.ts';
import type { Columns } from './record.ts';
import type { Segment } from './segment-name.ts';

/** Bytes asked of the disk at once: large enough to stream, small enough for a reader of a few batches. */
const windowBytes = 1024 * 1024;

export class SegmentWindow {
  readonly segment: Segment;
  readonly #file: JournalFile;
  #columns: Columns;
  /** Log positions that the window now holds. */
  #from = 0;
  #to = 0;

  constructor(
    file: JournalFile,
    segment: Segment,
    columns: Columns = columnsOver(new ArrayBuffer(windowBytes)),
  ) {
    this.#file = file;
    this.segment = segment;
    this.#columns = columns;
  }

  get columns(): Columns {
    return this.#columns;
  }

  get end(): number {
    return this.segment.start + this.segment.size;
  }

  close(): void {
    this.#file.close();
  }

  /** Where in `columns` the byte of this position lies; only after `recordAt` found a record there. */
  offsetOf(position: number): number {
    return position - this.#from;
  }

  /** Length of the intact record at `position`, none of it at or beyond `limit`; 0 when there is none. */
  recordAt(position: number, limit: number): number {
    if (!this.#load(position, recordHeaderBytes, limit)) return 0;
    const length = claimedLength(this.#columns, this.offsetOf(position), position);
    if (length === 0 || !this.#load(position, length, limit)) return 0;
    return isIntact(this.#columns, this.offsetOf(position), length) ? length : 0;
  }

  /** Position of the first intact record after `position`, or null. Reads the rest of the segment. */
  nextRecordAfter(position: number, limit: number): number | null {
    let at = position + 8;
    while (this.#load(at, recordHeaderBytes, limit)) {
      const found = findMagic(this.#columns, this.offsetOf(at), this.offsetOf(this.#to));
      if (found === -1) {
        at = this.#to;
        continue;
      }
      at = this.#from + found;
      if (this.recordAt(at, limit) > 0) return at;
      at += 8;
    }
    return null;
  }

  /** Makes sure that the window holds [position, position + bytes); false when the segment or `limit` ends before. */
  #load(position: number, bytes: number, limit: number): boolean {
    const last = Math.min(this.end, limit);
    if (position + bytes > last) return false;
    if (position >= this.#from && position + bytes <= this.#to) return true;
    invariant(position % 8 === 0, 'a log position is a multiple of eight');
    if (bytes > this.#columns.bytes.length) {
      this.#columns = columnsOver(
        new ArrayBuffer(paddedTo8(Math.max(bytes, this.#columns.bytes.length * 2))),
      );
    }
    // What lies at or beyond `limit` may be in the middle of being written: it is never kept in the window.
    const want = Math.min(this.#columns.bytes.length, last - position) & ~7;
    const got = this.#file.read(this.#columns.bytes.subarray(0, want), position - this.segment.start);
    this.#from = position;
    this.#to = position + (got & ~7);
    return position + bytes <= this.#to;
  }
}
