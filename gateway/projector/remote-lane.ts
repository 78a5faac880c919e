// The history lane when samples go to a server (QuestDB): the same work and the same cursor as with the embedded
// history, but a group is first sent and only then committed beside its cursor. One request is on its way at a time;
// while the server is away, slow or full the group in memory is kept and sent again, and nothing more is read: memory is
// bounded, the journal waits. A group that was sent and not committed comes again and is stored once.

import { setImmediate, setTimeout } from 'node:timers/promises';
import type { DurablePosition } from '../journal/durable.ts';
import type { ProjectorControl } from '../journal/projection-control.ts';
import type { JournalReader } from '../journal/reader.ts';
import { LagClock } from './lag-clock.ts';
import type { Advance, LaneCursor, LaneEvents, LaneWork } from './lane.ts';

/** Where samples go. */
export interface RemoteSamples {
  /** Everything given is stored when it resolves; it rejects and keeps all of it otherwise. */
  flush(): Promise<void>;
  /** Rejects when the server takes rows and does not apply them. */
  check(): Promise<void>;
  /** Of rollups that the server keeps. */
  refresh(): Promise<void>;
}

export interface RemoteLaneRun {
  readonly lane: RemoteLane;
  readonly durable: DurablePosition;
  readonly control: ProjectorControl;
  readonly newestInputAt: () => number;
  readonly publish: (state: { readonly lagMs: number; readonly isPaused: boolean }) => void;
  readonly between: (now: number) => void;
}

const batchesPerCall = 256;
const firstBackOffMs = 100;
const backOffMsMax = 10_000;
/** After a full disk: the next try may crash the server, so it is not hurried. */
const noHurryMs = 60_000;
const syncEveryMs = 10_000;
const checkEveryMs = 5_000;
const refreshEveryMs = 60_000;
const restMs = 40;

export class RemoteLane {
  private readonly work: LaneWork;
  private readonly samples: RemoteSamples;
  private readonly reader: JournalReader;
  private readonly events: LaneEvents;
  private reached: LaneCursor;
  private synced = 0;
  private attempts = 0;
  private retryAt = 0;
  private syncedAt = 0;
  private checkedAt = Number.NEGATIVE_INFINITY;
  private refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(work: LaneWork, samples: RemoteSamples, reader: JournalReader, events: LaneEvents) {
    this.work = work;
    this.samples = samples;
    this.reader = reader;
    this.events = events;
    this.reached = work.cursor;
    reader.seek(this.reached.position);
  }

  get committed(): number {
    return this.work.cursor.position;
  }

  get syncedPosition(): number {
    return this.synced;
  }

  get isFailing(): boolean {
    return this.attempts > 0;
  }

  get readUpTo(): number {
    return this.reached.position;
  }

  /** Reads a slice and, when it is due, sends and commits the group. */
  async advance(durable: number, now: number, wantsSync: boolean): Promise<Advance> {
    if (now < this.retryAt) return 'failed';
    try {
      // What failed is still in memory: first of all that.
      if (this.attempts > 0) await this.commit(now);
      const result = await this.slice(durable, now, wantsSync);
      if (this.attempts > 0) {
        this.events.recovered(this.work.name, this.attempts);
        this.attempts = 0;
      }
      return result;
    } catch (error) {
      this.fail(error, now);
      return 'failed';
    }
  }

  async finish(now: number): Promise<void> {
    try {
      await this.commit(now);
      this.sync(now);
    } catch (error) {
      this.fail(error, now);
    }
    this.reader.close();
  }

  private async slice(durable: number, now: number, wantsSync: boolean): Promise<Advance> {
    await this.tend(now);
    let isCaughtUp = false;
    for (let i = 0; i < batchesPerCall; i += 1) {
      const read = this.reader.next(durable);
      if (read.kind === 'end') {
        isCaughtUp = true;
        break;
      }
      if (read.kind === 'gap') {
        await this.commit(now);
        if (!this.work.skip(read)) return 'idle';
        this.reader.seek(read.to);
        this.reached = { position: read.to, inputSequence: this.reached.inputSequence };
        await this.commit(now);
        this.events.lost(this.work.name, read.from, read.to);
        continue;
      }
      const { batch } = read;
      this.work.project(batch);
      this.reached = { position: batch.end, inputSequence: batch.firstSequence + batch.inputCount - 1 };
      if (this.work.isDue(now, false)) break;
    }
    const syncs = wantsSync || now - this.syncedAt >= syncEveryMs;
    if (syncs || this.work.isDue(now, isCaughtUp)) await this.commit(now);
    if (syncs) this.sync(now);
    return isCaughtUp ? 'idle' : 'more';
  }

  private async commit(now: number): Promise<void> {
    if (this.reached.position <= this.committed) return;
    await this.samples.flush();
    try {
      this.work.commit(this.reached, now);
    } catch (error) {
      // The file beside the server is in trouble: the group is given up and read again.
      this.work.abandon();
      this.reached = this.work.cursor;
      this.reader.seek(this.reached.position);
      throw error;
    }
  }

  private async tend(now: number): Promise<void> {
    if (now - this.checkedAt >= checkEveryMs) {
      this.checkedAt = now;
      await this.samples.check();
    }
    if (now - this.refreshedAt >= refreshEveryMs) {
      this.refreshedAt = now;
      await this.samples.refresh();
    }
  }

  private sync(now: number): void {
    if (this.synced !== this.committed) {
      this.work.sync();
      this.synced = this.committed;
    }
    this.syncedAt = now;
  }

  private fail(error: unknown, now: number): void {
    this.attempts += 1;
    const backOffMs = Math.min(firstBackOffMs * 2 ** (this.attempts - 1), backOffMsMax);
    const isHopeless = error instanceof Error && 'retryable' in error && error.retryable === false;
    this.retryAt = now + (isHopeless ? noHurryMs : backOffMs);
    // A server that was away may have been restarted: it is looked at before anything is sent.
    this.checkedAt = Number.NEGATIVE_INFINITY;
    this.events.failed(this.work.name, error instanceof Error ? error.message : String(error), this.attempts);
  }
}

/** Until the journal or the projector stops; never blocks its thread, whose requests must go on. */
export async function runRemoteLane(run: RemoteLaneRun): Promise<void> {
  const { lane, durable, control } = run;
  const lag = new LagClock();
  let syncDone = control.syncWanted;
  while (!durable.isStopped && !control.isStopped) {
    const isPaused = control.isHistoryPaused;
    const syncWanted = control.syncWanted;
    const reach = isPaused ? Math.min(lane.readUpTo, durable.position) : durable.position;
    const result = await lane.advance(reach, performance.now(), syncWanted !== syncDone);
    if (result !== 'failed') {
      syncDone = syncWanted;
      run.between(performance.now());
    }
    const lagMs = lag.read({
      committed: lane.committed,
      durable: durable.position,
      newestInputAt: run.newestInputAt(),
      now: Date.now(),
      steady: performance.now(),
    });
    run.publish({ lagMs, isPaused });
    if (result === 'more') await setImmediate();
    else await setTimeout(restMs);
  }
  await lane.finish(performance.now());
}
