// The alarm path in this process: real decoder, loop, engine and journal (O_DSYNC writes, on this thread), without broker,
// other threads or network. Simulated seconds pass as fast as the machine can; so windows fill as in five minutes.
// The journal that it leaves is then stepped again as a recovery does.

import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '#alarms/engine/engine.ts';
import { JournalWriter } from '#gateway/core/journal/writer.ts';
import { CoreLoop } from '#gateway/core/loop.ts';
import { MessageDecoder } from '#gateway/core/message-decoder.ts';
import { PointIndex } from '#gateway/core/point-index.ts';
import { Quarantine } from '#gateway/core/quarantine.ts';
import { recover } from '#gateway/core/recover.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { coreCounters, Counters } from '#gateway/observability/counters.ts';
import { createLatestValuesMemory, viewLatestValues } from '#gateway/protocol/latest-values.ts';
import { loadSite } from '#seeds/load.ts';
import { median } from './case.ts';
import { FrameMaker, seededRandom } from './frames.ts';
import { writeSite } from './site.ts';

export interface PipelineOptions {
  readonly folder: string;
  readonly points: number;
  /** Simulated seconds: each gives every point one reading. */
  readonly warmPasses: number;
  readonly passes: number;
}

export interface PipelineFigures {
  readonly usPerReading: number;
  readonly recoveredPerSecond: number;
  readonly readings: number;
  readonly events: number;
}

const perFrame = 100;
const framesPerBatch = 10;
const passesPerSlice = 10;
const segmentBytes = 16 * 1024 * 1024;
const sha256 = (text: string): string => hash('sha256', text);

export async function measurePipeline(options: PipelineOptions): Promise<PipelineFigures> {
  const siteFolder = join(options.folder, 'site');
  const journalFolder = join(options.folder, 'journal');
  writeSite(siteFolder, options.points);
  mkdirSync(journalFolder, { recursive: true });
  const { documents } = loadSite(siteFolder);
  const journal = JournalWriter.openInline({
    files: new NodeFiles(journalFolder),
    segmentBytes,
    reserveSegments: 1,
  }).writer;
  journal.onFailure = (error) => {
    throw error;
  };
  const counters = new Counters(coreCounters);
  let now = Date.UTC(2026, 0, 5);
  const loop = new CoreLoop({
    engine: new Engine({ sha256 }),
    journal,
    points: new PointIndex(documents),
    decoder: new MessageDecoder(),
    latest: viewLatestValues(createLatestValuesMemory(options.points)),
    quarantine: new Quarantine(),
    counters,
    tellings: { events: () => {}, answer: () => {} },
    clock: () => now,
    soon: setImmediate,
    later: null,
  });
  loop.input({ kind: 'configured', now, documents });
  loop.input({ kind: 'started', now, blindFrom: null });
  const maker = new FrameMaker({ points: options.points, perFrame, alarmEvery: 7 }, seededRandom(1));
  const slices: number[] = [];
  const total = options.warmPasses + options.passes;
  for (let pass = 0; pass < total; pass += passesPerSlice) {
    const messages = makeSlice(maker, options.points, now);
    const before = process.cpuUsage();
    for (let from = 0; from < messages.length; from += framesPerBatch) {
      for (const message of messages.slice(from, from + framesPerBatch)) {
        now = Math.max(now, message.at);
        loop.message(message);
      }
      loop.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    if (pass >= options.warmPasses) slices.push((user + system) / (passesPerSlice * options.points));
  }
  await new Promise<void>((resolve) => loop.whenDurable(resolve));
  await journal.close();
  const readings = counters.get('readingsAccepted');
  if (counters.get('readings') !== readings || counters.get('readingsRefused') > 0)
    throw new Error('the bench has sent readings that were not accepted');
  const recoveredPerSecond = measureRecovery(journalFolder, readings);
  return { usPerReading: median(slices), recoveredPerSecond, readings, events: counters.get('events') };
}

function measureRecovery(folder: string, readings: number): number {
  const reader = new JournalReader(new NodeFiles(folder), 0);
  const began = performance.now();
  const recovered = recover(null, reader, sha256);
  const tookMs = performance.now() - began;
  reader.close();
  if (recovered.difference !== null) throw new Error(`the recovery differs: ${recovered.difference}`);
  if (recovered.readings !== readings) throw new Error('the recovery has other readings than were taken');
  return (readings * 1000) / tookMs;
}

/** Made before the clock runs. */
function makeSlice(maker: FrameMaker, points: number, from: number) {
  const framesPerPass = points / perFrame;
  return Array.from({ length: passesPerSlice * framesPerPass }, (_, i) => {
    const at = from + 1000 * (1 + Math.floor(i / framesPerPass));
    const { topic, payload, source } = maker.next(at);
    return {
      at: at + 10,
      topic,
      payload: Buffer.from(payload),
      qos: 1 as const,
      acknowledge: () => {},
      abandon: () => {},
      connection: String(source),
    };
  });
}
