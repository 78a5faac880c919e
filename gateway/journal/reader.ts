// Reads batches of a journal directory from a position on: recovery, the projector (live, up to the durable
// position it is given), back-tests. It never writes and never skips: what cannot be read is reported as a gap,
// and only the caller's `seek` goes past it. A torn last record is the end, not damage.

import { EntryDecoder } from './entry.ts';
import type { JournalEntry, Wanted } from './entry.ts';
import type { JournalFile, JournalFiles } from './file-port.ts';
import { readHeader } from './record.ts';
import type { Columns } from './record.ts';
import { segmentsOf } from './segment-name.ts';
import type { Segment } from './segment-name.ts';
import { SegmentWindow } from './segment-window.ts';

/** One batch; its memory is reused: valid until the reader's next call. */
export interface JournalBatch {
  readonly position: number;
  /** Position after it: the cursor to store once its effects are stored. */
  readonly end: number;
  readonly firstSequence: number;
  readonly inputCount: number;
  readonly entryCount: number;
  entries(wanted?: Wanted): Iterable<JournalEntry>;
}

export type ReadResult =
  | { readonly kind: 'batch'; readonly batch: JournalBatch }
  /** Nothing further for now. */
  | { readonly kind: 'end' }
  /** released: the segment is gone (projected or sacrificed). damaged: durable bytes that do not check. */
  | {
      readonly kind: 'gap';
      readonly reason: 'released' | 'damaged';
      readonly from: number;
      readonly to: number;
    };

const end: ReadResult = { kind: 'end' };

export class JournalReader {
  readonly #files: JournalFiles;
  readonly #decoder = new EntryDecoder();
  #window: SegmentWindow | null = null;
  #memory: Columns | undefined;
  #position: number;

  constructor(files: JournalFiles, position: number) {
    this.#files = files;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** Goes on at another position: past a gap, or back. */
  seek(position: number): void {
    this.#position = position;
    this.#leave();
  }

  close(): void {
    this.#leave();
  }

  /** The batch at the position, and moves behind it. `durable`: what the journal thread has on disk, when it runs. */
  next(durable = Number.POSITIVE_INFINITY): ReadResult {
    if (this.#position >= durable) return end;
    const here = this.#window;
    if (here !== null) {
      const length = here.recordAt(this.#position, durable);
      if (length > 0) return this.#take(here, length);
    }
    return this.#lookAround(durable);
  }

  /** Nothing in the window: the segment may have ended, been released, or not been opened yet. */
  #lookAround(durable: number): ReadResult {
    const segments = segmentsOf(this.#files.list());
    const index = segments.findLastIndex(({ start }) => start <= this.#position);
    const segment = segments[index];
    const following = segments[index + 1];
    if (segment === undefined) {
      this.#leave();
      return following === undefined ? end : this.#gap('released', following.start);
    }
    const window = this.#enter(segment);
    if (window === null) return this.#lookAround(durable); // Gone since it was listed: the new list shows it.
    const length = window.recordAt(this.#position, durable);
    if (length > 0) return this.#take(window, length);
    return this.#nothingAt(window, following, durable);
  }

  #nothingAt(window: SegmentWindow, following: Segment | undefined, durable: number): ReadResult {
    const next = window.nextRecordAfter(this.#position, durable);
    // Recycled while it was read: what lies there now is another segment's; the new list says where to go on.
    if (!this.#isStillThere(window.segment)) return this.#lookAround(durable);
    if (next !== null) return this.#gap('damaged', next);
    if (following !== undefined) {
      const isBeyond = this.#position >= window.end;
      return this.#gap(isBeyond ? 'released' : 'damaged', following.start);
    }
    return durable === Number.POSITIVE_INFINITY ? end : this.#gap('damaged', durable);
  }

  #isStillThere(segment: Segment): boolean {
    return this.#files.list().some(({ name }) => name === segment.name);
  }

  #take(window: SegmentWindow, length: number): ReadResult {
    const offset = window.offsetOf(this.#position);
    const { columns } = window;
    const decoder = this.#decoder;
    const header = readHeader(columns, offset);
    this.#position += length;
    const batch: JournalBatch = {
      position: header.position,
      end: this.#position,
      firstSequence: header.firstSequence,
      inputCount: header.inputCount,
      entryCount: header.entryCount,
      entries: (wanted = 'all') => decoder.entries(columns, offset, length, wanted),
    };
    return { kind: 'batch', batch };
  }

  #gap(reason: 'released' | 'damaged', to: number): ReadResult {
    return { kind: 'gap', reason, from: this.#position, to };
  }

  #enter(segment: Segment): SegmentWindow | null {
    this.#leave();
    const file = this.#openFile(segment.name);
    if (file === null) return null;
    this.#window = new SegmentWindow(file, segment, this.#memory);
    return this.#window;
  }

  #openFile(name: string): JournalFile | null {
    try {
      return this.#files.open(name, 'read');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  #leave(): void {
    if (this.#window === null) return;
    this.#memory = this.#window.columns;
    this.#window.close();
    this.#window = null;
  }
}
