// Recovery: newest good checkpoint, then the journal's suffix stepped again. The recorded events are compared with
// those that step gives now; where they differ the record wins (alarms, cases and chain go on from it) and the caller's
// next input is `recoveryDiffered`, which brings the record in line with what is up and raises an alarm of its own.
// In the journal that input is where a replay takes up the record, too. Nothing is told here.

import { Engine, type EngineSnapshot } from '#alarms/engine/engine.ts';
import { LogFold } from '#alarms/log/fold.ts';
import type { Event } from '#alarms/log/event.ts';
import type { JournalReader } from '../journal/reader.ts';

export interface RecoveredCheckpoint {
  readonly snapshot: EngineSnapshot;
  /** Last input in it, and a journal position at or before the next one. */
  readonly sequence: number;
  readonly position: number;
}

export interface Recovered {
  readonly engine: Engine;
  /** Of the checkpoint that it began with; 0 without one. */
  readonly position: number;
  readonly inputs: number;
  readonly readings: number;
  readonly events: number;
  /** First difference between the record and the replay that no `recoveryDiffered` has settled, or null. */
  readonly difference: string | null;
}

/** `reader` stands at the checkpoint's position, or at the journal's first. */
export function recover(
  checkpoint: RecoveredCheckpoint | null,
  reader: JournalReader,
  sha256: (text: string) => string,
): Recovered {
  let engine = checkpoint === null ? new Engine({ sha256 }) : Engine.restore(checkpoint.snapshot, sha256);
  const record = LogFold.fromJson(engine.fold.toJson(), { sha256 });
  let last = checkpoint?.sequence ?? 0;
  let expected: readonly Event[] = [];
  let seen = 0;
  let difference: string | null = null;
  const counts = { inputs: 0, readings: 0, events: 0 };
  const endInput = (): void => {
    if (seen !== expected.length)
      difference ??= `input ${last}: replay gives ${expected.length} events, the record has ${seen}`;
    expected = [];
    seen = 0;
  };
  for (;;) {
    const read = reader.next();
    if (read.kind === 'end') break;
    if (read.kind === 'gap') {
      difference ??= `journal ${read.reason} from ${read.from} to ${read.to}`;
      reader.seek(read.to);
      continue;
    }
    for (const entry of read.batch.entries()) {
      if (entry.sequence <= last && entry.kind === 'input') continue;
      if (entry.kind === 'input') {
        endInput();
        if (entry.input.kind === 'recoveryDiffered' && difference !== null) {
          engine = engine.withFold(record); // as the recovery that journalled it did
          difference = null;
        }
        last = entry.sequence;
        counts.inputs += 1;
        if (entry.input.kind === 'readings') counts.readings += entry.input.frame.count;
        expected = engine.step(entry.sequence, entry.input).events;
      } else if (entry.event.seq > record.lastSeq) {
        counts.events += 1;
        difference ??= compare(expected[seen], entry.event);
        seen += 1;
        record.keepArchivedMs = engine.documents.times.reopenMs; // as the desk does before each event
        record.apply(entry.event);
      }
    }
  }
  endInput();
  if (difference !== null) engine = engine.withFold(record);
  return { engine, position: checkpoint?.position ?? 0, ...counts, difference };
}

function compare(replayed: Event | undefined, recorded: Event): string | null {
  if (replayed === undefined)
    return `event ${recorded.id} ${recorded.type} is in the record, the replay has none`;
  if (JSON.stringify(replayed) === JSON.stringify(recorded)) return null;
  return `event ${recorded.id}: record ${recorded.type} ${recorded.alarm ?? recorded.case ?? ''}, replay ${replayed.type} ${replayed.alarm ?? replayed.case ?? ''}`;
}
