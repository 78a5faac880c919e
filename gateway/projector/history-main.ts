// The history thread's entry: one lane, one store. Started and watched by projector.ts; it tells trouble by message and
// everything else through the progress memory.

import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import { documentsAt } from '../adapters/sqlite/documents.ts';
import { HistoryStore } from '../adapters/sqlite/history-store.ts';
import { eventsFile, historyFile } from '../adapters/sqlite/queries.ts';
import { QuestdbHttp } from '../adapters/questdb/http.ts';
import { QuestdbSamples } from '../adapters/questdb/samples.ts';
import { commitMode, tablesOf } from '../adapters/questdb/schema.ts';
import { createLog, type Log } from '../observability/log.ts';
import { DurablePosition } from '../journal/durable.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { HistoryWork } from './history-lane.ts';
import { Lane, type LaneEvents } from './lane.ts';
import { openWithPatience } from './patience.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import type { HistoryMessage, ProjectorOptions } from './options.ts';
import { RemoteLane, runRemoteLane } from './remote-lane.ts';
import { runLane } from './run-lane.ts';

const historyRestMs = 40;
/** Two commits a second: each costs the server more than the rows in it. */
const remotePace = { rowsPerCommit: 100_000, manyRowsCommitMs: 500 };

invariant(parentPort !== null, 'history runs as a thread of the projector');
const port = parentPort;
await run(workerData as ProjectorOptions, (message) => port.postMessage(message));

async function run(options: ProjectorOptions, tell: (message: HistoryMessage) => void): Promise<void> {
  const log = createLog('history', options.logLevel);
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
  const isStopped = (): boolean => durable.isStopped || control.isStopped;
  const patient = <T>(open: () => T | Promise<T>): Promise<T | null> =>
    openWithPatience(open, (message, attempt) => events.failed('history', message, attempt), isStopped);
  const remote = options.questdb === null ? null : await patient(() => openRemote(options, log));
  if (remote === null && options.questdb !== null) return;
  const path = join(options.dataFolder, historyFile);
  const store = await patient(
    () => new HistoryStore(path, remote === null ? {} : { samples: remote.samples }),
  );
  if (store === null) return;
  const work = new HistoryWork({
    store,
    progress,
    documentsAt: (position) => documentsAt(join(options.dataFolder, eventsFile), position),
    rawDays: options.historyDays,
    rollupDays: options.rollupDays,
    ...(remote === null ? {} : { pace: remotePace }),
    clock: Date.now,
  });
  const reader = new JournalReader(new NodeFiles(options.journalFolder), store.cursor.position);
  const publish = (
    lane: Pick<Lane, 'committed' | 'syncedPosition' | 'isFailing'>,
    lagMs: number,
    isPaused: boolean,
  ): void => {
    progress.set('historyPosition', lane.committed);
    progress.set('historySynced', lane.syncedPosition);
    progress.set('historyLagMs', lagMs);
    progress.set('historyPaused', isPaused ? 1 : 0);
    progress.set('historyDegraded', lane.isFailing ? 1 : 0);
  };
  const between = (now: number): void => work.retain(now);
  const newestInputAt = (): number => work.newestInputAt;
  if (remote === null) {
    const lane = new Lane(work, reader, events);
    await runLane({
      lane,
      durable,
      control,
      restMs: historyRestMs,
      newestInputAt,
      isPaused: () => control.isHistoryPaused,
      publish: ({ lagMs, isPaused }) => publish(lane, lagMs, isPaused),
      between,
    });
  } else {
    const { samples, http } = remote;
    const sending = {
      flush: async () => store.settledElsewhere(await samples.flush()),
      check: () => samples.check(),
      refresh: () => samples.refreshRollups(),
    };
    const lane = new RemoteLane(work, sending, reader, events);
    await runRemoteLane({
      lane,
      durable,
      control,
      newestInputAt,
      publish: ({ lagMs, isPaused }) => publish(lane, lagMs, isPaused),
      between,
    });
    http.close();
  }
  store.close();
}

async function openRemote(
  { questdb, historyDays, rollupDays }: ProjectorOptions,
  log: Log,
): Promise<{ readonly samples: QuestdbSamples; readonly http: QuestdbHttp }> {
  invariant(questdb !== null, 'there is a QuestDB');
  const http = new QuestdbHttp({ url: questdb.url });
  const days = { raw: historyDays, rollups: rollupDays };
  const samples = await QuestdbSamples.open(http, tablesOf(questdb.prefix), days, {
    refusedRow: (row, message) => log.error('HistoryRowRefused', { row: row.slice(0, 300), message }),
  });
  const mode = await commitMode(http);
  // Its answer then says nothing about a power cut: the last half minute may be missing, or torn.
  if (mode !== 'sync')
    log.warn('QuestdbNotDurable', { setting: 'cairo.commit.mode', is: mode, wanted: 'sync' });
  return { samples, http };
}
