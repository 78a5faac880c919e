// A journal as the material of a back-test, in two ways: stepped again as it ran (its own documents, starts, ticks and
// commands), which gives exactly the alarms that were raised live; or as readings with their received stamps for other
// documents. It only reads. Ends with one clear sentence for a journal that is not there, damaged, or cut at its front.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { Engine } from '#alarms/engine/engine.ts';
import type { Input } from '#alarms/engine/input.ts';
import { madePoints } from '#alarms/registry/define.ts';
import type { Event } from '#alarms/log/event.ts';
import type { BacktestReading, BacktestResult } from '#alarms/rules/backtest.ts';
import { AlarmCollector } from '#alarms/rules/collect.ts';
import { outcome, type ReadingsFrame } from '#alarms/telemetry/frame.ts';
import { ConfigurationError } from '#gateway/config.ts';
import type { JournalEntry, Wanted } from '#gateway/journal/entry.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { segmentsOf } from '#gateway/journal/segment-name.ts';

export interface JournalBacktest extends BacktestResult {
  /** The first event that the journal records otherwise, or null: another version of the rules' code may have run. */
  readonly difference: string | null;
}

/** As it ran. Timers fire where ticks and later inputs made them fire, so nothing more fires at the end. */
export function backtestJournal(folder: string): JournalBacktest {
  const collector = new AlarmCollector();
  const engine = new Engine({ sha256 });
  const record = new RecordCheck();
  const counts = { readings: 0, duplicate: 0, late: 0, unknownPoint: 0 };
  for (const entry of journalEntries(folder, 'all')) {
    if (entry.kind === 'event') {
      record.recorded(entry.event);
      continue;
    }
    record.stepped(engine.step(entry.sequence, entry.input).events);
    for (const condition of engine.conditionsOfLastStep()) collector.take(condition);
    count(entry.input, counts);
  }
  const { notArmed } = engine;
  record.stepped([]);
  return {
    alarms: collector.finish(engine.openAlarms()),
    ...counts,
    notArmed,
    difference: record.difference,
  };
}

/** Holds the events of each step against those that stand behind its input in the journal. */
class RecordCheck {
  difference: string | null = null;
  #expected: readonly Event[] = [];
  #seen = 0;

  stepped(events: readonly Event[]): void {
    const missing = this.#expected[this.#seen];
    if (missing !== undefined) this.difference ??= `${missing.id} ${missing.type} is not in the record`;
    this.#expected = events;
    this.#seen = 0;
  }

  recorded(event: Event): void {
    const stepped = this.#expected[this.#seen];
    this.#seen += 1;
    if (stepped !== undefined && JSON.stringify(stepped) === JSON.stringify(event)) return;
    const now = stepped === undefined ? 'nothing' : `${stepped.type} ${stepped.alarm ?? stepped.case ?? ''}`;
    this.difference ??= `${event.id} ${event.type} ${event.alarm ?? event.case ?? ''} is recorded, stepping gives ${now}`;
  }
}

/** In arrival order. Readings of points that were unknown then come too: the documents at hand may know them. */
export function* journalReadings(folder: string): Generator<BacktestReading> {
  let points: SiteDocuments['points'] = [];
  for (const entry of journalEntries(folder, 'inputs')) {
    if (entry.kind !== 'input') continue;
    const { input } = entry;
    switch (input.kind) {
      case 'configured':
        points = [...input.documents.points, ...(input.defined ?? [])];
        break;
      case 'defined':
        points = [...points, ...madePoints(input.changes)];
        break;
      case 'readings':
        yield* readingsOf(input.frame, points);
        break;
      case 'quarantined':
        for (const { point, time, value, status } of input.readings)
          yield { point, time, value, status, received: input.now };
        break;
      default:
    }
  }
}

function* readingsOf(frame: ReadingsFrame, points: SiteDocuments['points']): Generator<BacktestReading> {
  const { received, slots, times, values, status, count: length } = frame;
  for (let at = 0; at < length; at += 1) {
    yield {
      point: points[slots[at]!]!.id,
      time: times[at]!,
      value: values[at]!,
      status: status[at]!,
      received,
    };
  }
}

/** From the first input on; a frame is valid until the next entry is asked for. */
function* journalEntries(folder: string, wanted: Wanted): Generator<JournalEntry> {
  const directory = journalFolder(folder);
  const reader = new JournalReader(new NodeFiles(directory), 0);
  let expected = 1;
  try {
    for (;;) {
      const read = reader.next();
      if (read.kind === 'end') return;
      if (read.kind === 'gap') throw new ConfigurationError([gapSentence(directory, read)]);
      if (read.batch.firstSequence !== expected) {
        const why = `input ${read.batch.firstSequence} follows ${expected - 1}`;
        throw new ConfigurationError([`The journal ${directory} is damaged: ${why}. 日志损坏，无法回测。`]);
      }
      expected += read.batch.inputCount;
      yield* read.batch.entries(wanted);
    }
  } finally {
    reader.close();
  }
}

/** The journal, or the data folder that holds it. */
function journalFolder(folder: string): string {
  const inside = join(folder, 'journal');
  const directory = isDirectory(inside) ? inside : folder;
  if (!isDirectory(directory) || segmentsOf(new NodeFiles(directory).list()).length === 0) {
    throw new ConfigurationError([`There is no journal in ${folder}. 此目录中没有日志。`]);
  }
  return directory;
}

function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

interface Gap {
  readonly reason: 'released' | 'damaged';
  readonly from: number;
  readonly to: number;
}

function gapSentence(directory: string, { reason, from, to }: Gap): string {
  return reason === 'damaged'
    ? `The journal ${directory} is damaged from position ${from} to ${to}: a back-test of it would miss readings. 日志损坏，无法回测。`
    : `The journal ${directory} no longer holds positions ${from} to ${to} (old segments are released): it cannot be back-tested. 日志的较早部分已释放，无法回测。`;
}

type Counts = { -readonly [K in 'readings' | 'duplicate' | 'late' | 'unknownPoint']: BacktestResult[K] };

function count(input: Input, counts: Counts): void {
  if (input.kind === 'quarantined') {
    counts.readings += input.readings.length;
    counts.unknownPoint += input.readings.length;
  }
  if (input.kind !== 'readings') return;
  const { frame } = input;
  counts.readings += frame.count;
  for (let at = 0; at < frame.count; at += 1) {
    if (frame.outcomes[at] === outcome.duplicate) counts.duplicate += 1;
    if (frame.outcomes[at] === outcome.late) counts.late += 1;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
