// Names of the files in a journal directory. Only finished, synced files carry the names of segments and spares;
// whatever ends in `.tmp` was being made when the process died and is removed at the next start.

import type { FileEntry, JournalFiles } from './file-port.ts';

export interface Segment {
  readonly name: string;
  /** Log position of its first byte. */
  readonly start: number;
  /** Sequence of the first input written to it: known even when it is still empty. */
  readonly firstSequence: number;
  readonly size: number;
}

const segmentPattern = /^journal-(\d{16})-(\d{16})\.seg$/;
const sparePattern = /^spare-(\d{8,16})\.seg$/;

export function segmentName(start: number, firstSequence: number): string {
  return `journal-${digits(start)}-${digits(firstSequence)}.seg`;
}

export function spareName(number: number): string {
  return `spare-${String(number).padStart(8, '0')}.seg`;
}

export function spareNumber(name: string): number | null {
  const match = sparePattern.exec(name);
  return match === null ? null : Number(match[1]);
}

export function isUnfinished(name: string): boolean {
  return name.endsWith('.tmp');
}

/** Segments in the order of the log. */
export function segmentsOf(entries: readonly FileEntry[]): Segment[] {
  const segments: Segment[] = [];
  for (const { name, size } of entries) {
    const match = segmentPattern.exec(name);
    if (match !== null)
      segments.push({ name, size, start: Number(match[1]), firstSequence: Number(match[2]) });
  }
  return segments.sort((a, b) => a.start - b.start);
}

/** Where the oldest kept segment begins; 0 for a journal that is not there yet. */
export function journalStart(files: JournalFiles): number {
  return segmentsOf(files.list())[0]?.start ?? 0;
}

function digits(value: number): string {
  return String(value).padStart(16, '0');
}
