// Copies the journal beside a running gateway. Segments are preallocated and written in place, so the end is found first:
// batches are written one at a time and in order, hence everything before the end of a whole batch stays as it is. Only
// that is copied; what is being written behind it is never read. A segment that goes meanwhile ends the try (SegmentGone).

import { join } from 'node:path';
import type { JournalFiles } from '../journal/file-port.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { segmentsOf, type Segment } from '../journal/segment-name.ts';
import { copyBytes } from './files.ts';
import type { BackupFile, BackupJournal, Stretch } from './manifest.ts';

/** The gateway has released a segment while it was copied: begin anew. */
export class SegmentGone extends Error {
  override readonly name = 'SegmentGone';
}

export interface CopiedJournal {
  readonly journal: BackupJournal;
  readonly files: readonly BackupFile[];
}

/** Into the new folder `<target>/journal`. */
export function copyJournal(source: JournalFiles, target: string): CopiedJournal {
  const end = endOf(source);
  const all = segmentsOf(source.list());
  // One that holds nothing yet stays when it is the only one: its name says where the log goes on.
  const segments = all.length === 1 ? all : all.filter(({ start }) => start < end);
  const files: BackupFile[] = [];
  segments.forEach((segment, i) => {
    const bytes = (segments[i + 1]?.start ?? end) - segment.start;
    const path = `journal/${segment.name}`;
    const copied = copySegment(source, segment, join(target, path), bytes);
    if (copied.bytes !== bytes) throw new SegmentGone(`${segment.name} is shorter than it was`);
    files.push({ path, ...copied });
  });
  // Recycled while it was read: what was copied may be another segment's bytes.
  const names = new Set(source.list().map(({ name }) => name));
  const gone = segments.find(({ name }) => !names.has(name));
  if (gone !== undefined) throw new SegmentGone(`${gone.name} was released while it was copied`);
  return { journal: inspect(join(target, 'journal'), end), files };
}

/** Reads every batch of a journal folder that nobody writes to; `end`: where it must end. */
export function inspect(folder: string, end: number): BackupJournal {
  const files = new NodeFiles(folder);
  const segments = segmentsOf(files.list());
  const start = segments[0]?.start ?? 0;
  // A folder of one empty segment has no batch: the name says what would come first.
  let lastSequence = (segments[0]?.firstSequence ?? 1) - 1;
  const damage: Stretch[] = [];
  const reader = new JournalReader(files, start);
  try {
    for (let read = reader.next(end); read.kind !== 'end'; read = reader.next(end)) {
      if (read.kind === 'batch') {
        lastSequence = read.batch.firstSequence + read.batch.inputCount - 1;
        continue;
      }
      damage.push({ from: read.from, to: read.to });
      reader.seek(read.to);
    }
  } finally {
    reader.close();
  }
  return { start, end, lastSequence, damage };
}

/** Behind the last whole batch, as of now. */
export function endOf(source: JournalFiles): number {
  const last = segmentsOf(source.list()).at(-1);
  if (last === undefined) return 0;
  const reader = new JournalReader(source, last.start);
  try {
    let hesitated: number | null = null;
    for (;;) {
      const read = reader.next();
      if (read.kind === 'end') return reader.position;
      if (read.kind === 'batch') continue;
      // A batch that was being written when it was looked at, and whole a moment later, looks like damage: look again.
      if (hesitated === read.from) {
        reader.seek(read.to);
        continue;
      }
      hesitated = read.from;
      reader.seek(read.from);
    }
  } finally {
    reader.close();
  }
}

function copySegment(source: JournalFiles, segment: Segment, to: string, bytes: number) {
  const file = openSegment(source, segment);
  try {
    return copyBytes((into, at) => file.read(into, at), to, bytes);
  } finally {
    file.close();
  }
}

function openSegment(source: JournalFiles, { name }: Segment) {
  try {
    return source.open(name, 'read');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new SegmentGone(`${name} was released before it was copied`);
    throw error;
  }
}
