// The history thread's entry: one lane, one store. Started and watched by projector.ts; it tells trouble by message and
// everything else through the progress memory.

import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import { documentsAt } from '../adapters/sqlite/documents.ts';
import { HistoryStore } from '../adapters/sqlite/history-store.ts';
import { eventsFile, historyFile } from '../adapters/sqlite/queries.ts';
import { DurablePosition } from '../journal/durable.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { HistoryWork } from './history-lane.ts';
import { Lane, type LaneEvents } from './lane.ts';
import { openWithPatience } from './patience.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import type { HistoryMessage, ProjectorOptions } from './options.ts';
import { runLane } from './run-lane.ts';

const historyRestMs = 40;

invariant(parentPort !== null, 'history runs as a thread of the projector');
const port = parentPort;
await run(workerData as ProjectorOptions, (message) => port.postMessage(message));

async function run(options: ProjectorOptions, tell: (message: HistoryMessage) => void): Promise<void> {
  const durable = new DurablePosition(options.durable);
  const control = new ProjectorControl(options.control);
  const progress = new ProjectorProgress(options.progress);
  const events: LaneEvents = {
    failed: (_lane, message, attempt) => {
      progress.add('historyErrors', 1);
      progress.set('historyDegraded', 1);
      tell({ type: 'failed', message, attempt });
    },
    recovered: (_lane, attempts) => tell({ type: 'recovered', attempts }),
    lost: (_lane, from, to) => tell({ type: 'lost', from, to }),
  };
  const store = await openWithPatience(
    () => new HistoryStore(join(options.dataFolder, historyFile)),
    (message, attempt) => events.failed('history', message, attempt),
    () => durable.isStopped || control.isStopped,
  );
  if (store === null) return;
  const work = new HistoryWork({
    store,
    progress,
    documentsAt: (position) => documentsAt(join(options.dataFolder, eventsFile), position),
    retentionDays: options.historyDays,
    clock: Date.now,
  });
  const reader = new JournalReader(new NodeFiles(options.journalFolder), store.cursor.position);
  const lane = new Lane(work, reader, events);
  await runLane({
    lane,
    durable,
    control,
    restMs: historyRestMs,
    newestInputAt: () => work.newestInputAt,
    isPaused: () => control.isHistoryPaused,
    publish: ({ lagMs, isPaused }) => {
      progress.set('historyPosition', lane.committed);
      progress.set('historySynced', lane.syncedPosition);
      progress.set('historyLagMs', lagMs);
      progress.set('historyPaused', isPaused ? 1 : 0);
      progress.set('historyDegraded', lane.isFailing ? 1 : 0);
    },
    between: (now) => work.retain(now),
  });
  store.close();
}
