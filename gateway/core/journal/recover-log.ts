// Finds the end of the log after any kind of stop and makes it a clean one. Only the last batch can be in doubt (one
// write at a time): it is kept when it is whole, cut when it is torn. A whole last batch may be in the page cache
// only (the process was killed, or failed, inside its write), and would be lost by a power cut after we had built
// on it; so it is written again, through, before anything else. Earlier batches were on disk before it was begun.

import type { JournalFile, JournalFiles } from '#gateway/journal/file-port.ts';
import { claimedLength, columnsOver, readHeader, recordHeaderBytes } from '#gateway/journal/record.ts';
import { isUnfinished, segmentsOf, spareNumber } from '#gateway/journal/segment-name.ts';
import type { Segment } from '#gateway/journal/segment-name.ts';
import { SegmentWindow } from '#gateway/journal/segment-window.ts';

export interface LogRecovery {
  /** Where the next batch will lie. */
  readonly position: number;
  readonly nextSequence: number;
  /** Bytes of a torn last batch that were cut; never acknowledged. */
  readonly cutBytes: number;
  /** Durable stretches of the last segment that do not check although intact batches follow. */
  readonly damage: readonly { readonly from: number; readonly to: number }[];
}

export interface RecoveredLog {
  readonly recovery: LogRecovery;
  readonly segments: Segment[];
  readonly spares: string[];
}

interface End {
  readonly position: number;
  readonly nextSequence: number;
  readonly lastRecord: { readonly position: number; readonly length: number } | null;
  readonly damage: { readonly from: number; readonly to: number }[];
}

/** What is zeroed behind the end at least: the place of the next header; further old bytes can never check. */
const cleanBytesMin = 64 * 1024;

export function recoverLog(files: JournalFiles, segmentBytes: number): RecoveredLog {
  const entries = files.list();
  const spares: string[] = [];
  for (const { name, size } of entries) {
    const isSpare = spareNumber(name) !== null;
    if (isUnfinished(name) || (isSpare && size !== segmentBytes)) files.unlink(name);
    else if (isSpare) spares.push(name);
  }
  const segments = segmentsOf(entries);
  const last = segments.at(-1);
  const recovery = last === undefined ? emptyLog() : cleanEnd(files, last);
  // A rename that this process sees may not be on disk yet, if the one before died between the two.
  files.syncDirectory();
  return { recovery, segments, spares: spares.sort() };
}

function emptyLog(): LogRecovery {
  return { position: 0, nextSequence: 1, cutBytes: 0, damage: [] };
}

function cleanEnd(files: JournalFiles, segment: Segment): LogRecovery {
  const file = files.open(segment.name, 'durable');
  try {
    const window = new SegmentWindow(file, segment);
    const end = findEnd(window, segment);
    if (end.lastRecord !== null) {
      const { position, length } = end.lastRecord;
      window.recordAt(position, Number.POSITIVE_INFINITY);
      const offset = window.offsetOf(position);
      file.write(window.columns.bytes.subarray(offset, offset + length), position - segment.start);
    }
    const cutBytes = cutTail(file, segment, end.position);
    return { position: end.position, nextSequence: end.nextSequence, cutBytes, damage: end.damage };
  } finally {
    file.close();
  }
}

function findEnd(window: SegmentWindow, segment: Segment): End {
  const limit = Number.POSITIVE_INFINITY;
  const damage: { from: number; to: number }[] = [];
  let position = segment.start;
  let nextSequence = segment.firstSequence;
  let lastRecord: End['lastRecord'] = null;
  for (;;) {
    const length = window.recordAt(position, limit);
    if (length > 0) {
      const header = readHeader(window.columns, window.offsetOf(position));
      nextSequence = header.firstSequence + header.inputCount;
      lastRecord = { position, length };
      position += length;
      continue;
    }
    const next = window.nextRecordAfter(position, limit);
    if (next === null) return { position, nextSequence, lastRecord, damage };
    damage.push({ from: position, to: next });
    position = next;
  }
}

/** Zeroes what lies behind the end; how many bytes belonged to a batch that was being written there, if known. */
function cutTail(file: JournalFile, segment: Segment, position: number): number {
  const offset = position - segment.start;
  const rest = segment.size - offset;
  if (rest < recordHeaderBytes) return 0;
  const head = columnsOver(new ArrayBuffer(recordHeaderBytes));
  file.read(head.bytes, offset);
  const torn = Math.min(claimedLength(head, 0, position), rest);
  const tail = new Uint8Array(Math.min(Math.max(torn, cleanBytesMin), rest));
  file.read(tail, offset);
  if (tail.some((byte) => byte !== 0)) file.write(tail.fill(0), offset);
  return torn;
}
