import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistoryQueries } from '../adapters/sqlite/history-queries.ts';
import { openQueries } from '../adapters/sqlite/queries.ts';
import { DurablePosition } from '../journal/durable.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { ProjectorProgress, type ProgressWord } from '../journal/projection-progress.ts';
import type { ProjectorMessage, ProjectorOptions } from './options.ts';
import { documentsOf, JournalMaker, raised } from './test/journal-maker.ts';

const t0 = 1_700_000_000_000;
let folder: string;
let journal: JournalMaker;
let durable: DurablePosition;
let control: ProjectorControl;
let progress: ProjectorProgress;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'projector-'));
  journal = new JournalMaker(new NodeFiles(join(folder, 'journal')));
  durable = new DurablePosition();
  control = new ProjectorControl();
  progress = new ProjectorProgress();
});
afterEach(() => rmSync(folder, { recursive: true }));

function start() {
  const options: ProjectorOptions = {
    dataFolder: folder,
    journalFolder: join(folder, 'journal'),
    durable: durable.shared,
    control: control.memory,
    progress: progress.memory,
    historyDays: 90,
    questdb: null,
    rollupDays: 1_826,
    logLevel: 'silent',
  };
  const worker = new Worker(new URL('./main.ts', import.meta.url), { workerData: options });
  const messages: ProjectorMessage[] = [];
  worker.on('message', (message: ProjectorMessage) => messages.push(message));
  return { messages, ended: new Promise<number>((resolve) => worker.once('exit', resolve)) };
}

function grow(count: number, from: number): void {
  for (let i = from; i < from + count; i += 1) {
    journal.readings(t0 + i * 1_000, 0, [{ slot: 0, t: t0 + i * 1_000, v: i / 10 }]).batch();
  }
  durable.advance(journal.position);
}

/** Condition with a deadline: looks at the shared memory the threads write to. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${JSON.stringify(progress.toObject())}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const reaches = (word: ProgressWord, position: number) => until(() => progress.get(word) >= position);

describe('the projector’s threads', () => {
  it('follow the journal, pause history, sync when asked, stop promptly, and go on', async () => {
    journal.input({ kind: 'configured', now: t0, documents: documentsOf(['a']) }).input({
      kind: 'sourceSeen',
      now: t0,
      source: 0,
      name: { mine: 'm1', system: 'safety', source: 'kj' },
    });
    grow(10, 0);
    const first = start();
    await reaches('eventsPosition', journal.position);
    await reaches('historyPosition', journal.position);
    expect(progress.get('historyRows')).toBe(10);

    control.pauseHistory(true);
    await until(() => progress.get('historyPaused') === 1);
    const pausedAt = progress.get('historyPosition');
    journal
      .input({ kind: 'tick', now: t0 + 20_000 })
      .event(t0 + 20_000, raised('m1', 'GAS-01/a#1', t0 + 20_000));
    grow(5, 20);
    await reaches('eventsPosition', journal.position);
    expect(progress.get('eventsSeq')).toBe(1);
    expect(progress.get('historyPosition')).toBe(pausedAt);
    control.pauseHistory(false);
    await reaches('historyPosition', journal.position);
    control.wantSync();
    await until(() => progress.synced === journal.position);

    const stoppedAt = performance.now();
    durable.stop();
    expect(await first.ended).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(2_000);
    expect(first.messages.map(({ type }) => type)).toEqual(['ready', 'stopped']);

    durable = new DurablePosition();
    control = new ProjectorControl();
    progress = new ProjectorProgress();
    grow(5, 30);
    const second = start();
    await reaches('historyPosition', journal.position);
    await reaches('eventsPosition', journal.position);
    control.stop();
    expect(await second.ended).toBe(0);
    const queries = openQueries(folder);
    const [series] = openHistoryQueries(folder).history({
      points: [{ id: 'a', gapMs: 1e9 }],
      from: t0,
      to: t0 + 1e6,
      maxSamples: 100,
    });
    expect(series!.v).toHaveLength(20);
    expect(queries.projectedSeq()).toBe(1);
    queries.close();
  });

  it('keep events going when history.db is no database at all, and say so', async () => {
    writeFileSync(
      join(folder, 'history.db'),
      'this is not a database, and it is long enough to be looked at',
    );
    journal
      .input({ kind: 'configured', now: t0, documents: documentsOf(['a']) })
      .event(t0, raised('m1', 'GAS-01/a#1', t0));
    grow(3, 0);
    const { messages, ended } = start();
    await reaches('eventsPosition', journal.position);
    await until(() => progress.get('historyErrors') > 0);
    expect(progress.get('historyDegraded')).toBe(1);
    expect(progress.get('eventsSeq')).toBe(1);
    control.stop();
    expect(await ended).toBe(0);
    expect(messages).toContainEqual({
      type: 'failed',
      lane: 'history',
      message: 'file is not a database',
      attempt: 1,
    });
  });
});
