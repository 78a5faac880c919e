// The projector thread: wires the events lane in this thread and starts the history lane in a thread of its own, since
// one history transaction (or a disk that hangs) would make events wait for up to seconds. Both read the journal,
// each on its own cursor. Neither is waited for by anybody; their progress lies in shared memory.

import { join } from 'node:path';
import { Worker, type MessagePort } from 'node:worker_threads';
import { eventsFile } from '../adapters/sqlite/queries.ts';
import { EventsStore } from '../adapters/sqlite/events-store.ts';
import { DurablePosition } from '../journal/durable.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { JournalReader } from '../journal/reader.ts';
import { createLog, type Log } from '../observability/log.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { EventsWork } from './events-lane.ts';
import { Lane, type LaneEvents } from './lane.ts';
import type { HistoryMessage, ProjectorMessage, ProjectorOptions } from './options.ts';
import { openWithPatience } from './patience.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import { runLane } from './run-lane.ts';

export type { ProjectorMessage, ProjectorOptions } from './options.ts';

/** A screen that asks for what it was just told waits so long at most; each waking with its commit costs 1 ms of CPU. */
const eventsRestMs = 40;
const historyRestartMs = 1_000;

/** Runs until the durable position says stop (or the control memory); resolves when both lanes are closed. */
export async function startProjector(
  options: ProjectorOptions,
  port: Pick<MessagePort, 'postMessage'>,
): Promise<void> {
  const log = createLog('projector', options.logLevel);
  const tell = (message: ProjectorMessage): void => port.postMessage(message);
  const history = new HistoryThread(options, log, tell);
  history.start();
  await runEvents(options, laneEvents(log, tell), () => tell({ type: 'ready' }));
  await history.ended();
  tell({ type: 'stopped' });
}

async function runEvents(options: ProjectorOptions, events: LaneEvents, onReady: () => void): Promise<void> {
  const durable = new DurablePosition(options.durable);
  const control = new ProjectorControl(options.control);
  const progress = new ProjectorProgress(options.progress);
  const setErrors = (isDegraded: boolean): void => {
    if (isDegraded) progress.add('eventsErrors', 1);
    progress.set('eventsDegraded', isDegraded ? 1 : 0);
  };
  const watched: LaneEvents = {
    ...events,
    failed: (lane, message, attempt) => {
      setErrors(true);
      events.failed(lane, message, attempt);
    },
  };
  const isStopped = (): boolean => durable.isStopped || control.isStopped;
  const store = await openWithPatience(
    () => new EventsStore(join(options.dataFolder, eventsFile)),
    (error, attempt) => watched.failed('events', error, attempt),
    isStopped,
  );
  if (store === null) return;
  const work = new EventsWork(store, progress);
  const reader = new JournalReader(new NodeFiles(options.journalFolder), store.cursor.position);
  const lane = new Lane(work, reader, watched);
  progress.set('eventsSeq', store.lastSeq);
  onReady();
  await runLane({
    lane,
    durable,
    control,
    restMs: eventsRestMs,
    newestInputAt: () => work.newestInputAt,
    isPaused: () => false,
    publish: ({ lagMs }) => {
      // Behind the last batch with an event nothing waits for the cursor on disk: readers are as good as caught up.
      progress.set('eventsPosition', work.hasPending ? lane.committed : lane.readUpTo);
      progress.set('eventsSynced', lane.syncedPosition);
      progress.set('eventsLagMs', work.hasPending || lane.isFailing ? lagMs : 0);
      progress.set('eventsDegraded', lane.isFailing ? 1 : 0);
    },
    between: () => {},
  });
  store.close();
}

function laneEvents(log: Log, tell: (message: ProjectorMessage) => void): LaneEvents {
  return {
    failed: (lane, message, attempt) => {
      log.error('ProjectionFailed', { lane, message, attempt });
      tell({ type: 'failed', lane, message, attempt });
    },
    recovered: (lane, attempts) => log.info('ProjectionRecovered', { lane, attempts }),
    lost: (lane, from, to) => {
      log.error('ProjectionLost', { lane, from, to });
      tell({ type: 'lost', lane, from, to });
    },
  };
}

/** Keeps the history thread alive: it may die (out of memory, a broken file); events do not notice. */
class HistoryThread {
  private readonly options: ProjectorOptions;
  private readonly log: Log;
  private readonly events: LaneEvents;
  private readonly progress: ProjectorProgress;
  private readonly isStopped: () => boolean;
  private running: Promise<void> = Promise.resolve();

  constructor(options: ProjectorOptions, log: Log, tell: (message: ProjectorMessage) => void) {
    this.options = options;
    this.log = log;
    this.events = laneEvents(log, tell);
    this.progress = new ProjectorProgress(options.progress);
    const durable = new DurablePosition(options.durable);
    const control = new ProjectorControl(options.control);
    this.isStopped = () => durable.isStopped || control.isStopped;
  }

  start(): void {
    this.running = this.live();
  }

  ended(): Promise<void> {
    return this.running;
  }

  private async live(): Promise<void> {
    while (!this.isStopped()) {
      await this.once();
      if (this.isStopped()) return;
      this.progress.add('historyRestarts', 1);
      await new Promise((resolve) => setTimeout(resolve, historyRestartMs));
    }
  }

  private once(): Promise<void> {
    const worker = new Worker(new URL('./history-main.ts', import.meta.url), {
      workerData: this.options,
      name: 'history',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (message: HistoryMessage) => this.hear(message));
    worker.on('error', (error) => {
      this.progress.set('historyDegraded', 1);
      this.log.error('HistoryThreadFailed', { message: error.message });
    });
    return new Promise((resolve) => worker.once('exit', () => resolve()));
  }

  private hear(message: HistoryMessage): void {
    if (message.type === 'failed') this.events.failed('history', message.message, message.attempt);
    else if (message.type === 'recovered') this.events.recovered('history', message.attempts);
    else this.events.lost('history', message.from, message.to);
  }
}
