// The whole journal of a stopped gateway, read as recovery reads it: its events, and what accept made of each reading.
// No segment may have been released.

import { join } from 'node:path';
import type { Event } from '#alarms/log/event.ts';
import { outcome } from '#alarms/telemetry/frame.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import type { HistoryRow } from '../support/history-rows.ts';

export interface JournalContent {
  readonly events: readonly Event[];
  readonly accepted: readonly HistoryRow[];
  /** Readings that came again, although their frame was not known as a repeated one. */
  readonly repeated: number;
  readonly late: number;
}

/** `points`: ids by slot. */
export function journalContent(dataFolder: string, points: readonly string[]): JournalContent {
  const events: Event[] = [];
  const accepted: HistoryRow[] = [];
  let repeated = 0;
  let late = 0;
  const reader = new JournalReader(new NodeFiles(join(dataFolder, 'journal')), 0);
  for (let read = reader.next(); read.kind !== 'end'; read = reader.next()) {
    if (read.kind === 'gap') throw new Error(`gap in the journal: ${read.reason} ${read.from} to ${read.to}`);
    for (const entry of read.batch.entries()) {
      if (entry.kind === 'event') {
        events.push(entry.event);
        continue;
      }
      if (entry.input.kind !== 'readings') continue;
      const { frame } = entry.input;
      for (let i = 0; i < frame.count; i += 1) {
        const value = frame.values[i]!;
        if (frame.outcomes[i] === outcome.accepted)
          accepted.push({
            point: points[frame.slots[i]!] ?? `slot ${frame.slots[i]}`,
            time: frame.times[i]!,
            value: Number.isNaN(value) ? null : value,
            status: frame.status[i]!,
          });
        else if (frame.outcomes[i] === outcome.late) late += 1;
        else repeated += 1;
      }
    }
  }
  reader.close();
  return { events, accepted, repeated, late };
}
