// The projector of the simulation: a perfect store that reads the journal up to what is durable, as the real one does.
// What it has once read must never be gone or different afterwards, and must follow without a hole.

import { expect } from 'vitest';
import type { Input } from '#alarms/engine/input.ts';
import type { Event } from '#alarms/log/event.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import { JournalReader } from '#gateway/journal/reader.ts';

export class SimulatedProjection {
  readonly inputs: Input[] = [];
  readonly events: Event[] = [];
  /** How often each frame is recorded, by its number. */
  readonly recorded = new Map<number, number>();
  cursor = 0;

  catchUp(files: JournalFiles, durable: number): void {
    expect(durable, 'the journal is shorter than what was projected').toBeGreaterThanOrEqual(this.cursor);
    const reader = new JournalReader(files, this.cursor);
    for (;;) {
      const read = reader.next(durable);
      if (read.kind === 'end') break;
      if (read.kind === 'gap') expect.fail(`gap in the journal: ${read.reason} ${read.from} to ${read.to}`);
      for (const entry of read.batch.entries()) {
        if (entry.kind === 'event') this.events.push(entry.event);
        else this.take(entry.sequence, entry.input);
      }
      this.cursor = read.batch.end;
    }
    reader.close();
    expect(this.cursor, 'all that is durable can be read').toBe(durable);
  }

  private take(sequence: number, input: Input): void {
    expect(sequence, 'inputs are numbered without a hole').toBe(this.inputs.length + 1);
    if (input.kind !== 'readings') return void this.inputs.push(input);
    this.inputs.push({ kind: 'readings', frame: copyOf(input.frame) });
    const { sequence: number } = input.frame;
    this.recorded.set(number, (this.recorded.get(number) ?? 0) + 1);
  }
}

/** The reader reuses its frame. */
function copyOf(frame: ReadingsFrame): ReadingsFrame {
  const { count } = frame;
  return {
    ...frame,
    slots: frame.slots.slice(0, count),
    times: frame.times.slice(0, count),
    values: frame.values.slice(0, count),
    status: frame.status.slice(0, count),
    outcomes: frame.outcomes.slice(0, count),
  };
}
