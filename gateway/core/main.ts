// The core thread's entry: recovers, then wires journal, loop, intake, checkpoints and the port to serving.
// A failed write or sync ends the process: only a recovery from the journal can tell what holds.

import { hash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { stateLayoutVersion } from '#alarms/engine/engine.ts';
import { invariant } from '#alarms/kernel/result.ts';
import { coreCounters, Counters } from '../observability/counters.ts';
import { createLog } from '../observability/log.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { recoveredCheckpoint } from './checkpoint-content.ts';
import { Core } from './core.ts';
import { openIntake } from './intake.ts';
import { JournalWriter } from './journal/writer.ts';
import type { CoreOptions, CoreToParent, ParentToCore } from './options.ts';
import { recover } from './recover.ts';

invariant(parentPort !== null, 'the core is started as a thread');
const parent = parentPort;
const options = workerData as CoreOptions;
const log = createLog('core', options.logLevel);

try {
  await run();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
  tell({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  if (code === 'FAILED') throw error;
}

async function run(): Promise<void> {
  const began = performance.now();
  mkdirSync(options.journalFolder, { recursive: true });
  mkdirSync(options.checkpointFolder, { recursive: true });
  // The journal thread finds and cleans the end meanwhile; what it writes there changes nothing that is read here.
  const opening = JournalWriter.open({
    directory: options.journalFolder,
    segmentBytes: options.segmentBytes,
    reserveSegments: options.reserveSegments,
    durable: options.durable,
  });
  opening.catch(() => {}); // told when it is waited for
  const store = CheckpointStore.open(options.checkpointFolder, stateLayoutVersion);
  const { content, rejected } = store.readNewest();
  for (const { name, reason } of rejected) log.warn('CheckpointRejected', { name, reason });
  const checkpoint = content === null ? null : recoveredCheckpoint(content);
  const reader = new JournalReader(new NodeFiles(options.journalFolder), checkpoint?.position ?? 0);
  const recovered = recover(checkpoint, reader, sha256);
  reader.close();
  const journal = await opening;
  const tookMs = Math.round(performance.now() - began);
  const { inputs, readings, difference } = recovered;
  log.info('CoreRecovered', { inputs, readings, tookMs, cutBytes: journal.recovery.cutBytes, difference });
  const counters = new Counters(coreCounters, options.counters);
  const core = new Core({ options, journal, store, recovered, counters, log });
  tell({ type: 'recovered', inputs, readings, tookMs });
  const intake = await openIntake(options.intake, core.handler, core.intakeEvents);
  core.attachIntake(intake.intake);
  tell({ type: 'listening', mqttPort: intake.port });
  parent.once('message', (_message: ParentToCore) => {
    void core.close().then(() => parent.close());
  });
}

function sha256(text: string): string {
  return hash('sha256', text);
}

function tell(message: CoreToParent): void {
  parent.postMessage(message);
}
