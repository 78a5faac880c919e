// The loop around a lane: waits for the journal, advances, publishes, rests a moment so that one waking takes several
// batches, and stops within half a second. Blocks its thread while it waits, and lets the thread's messages in between.

import { setImmediate } from 'node:timers/promises';
import type { DurablePosition } from '../journal/durable.ts';
import type { ProjectorControl } from '../journal/projection-control.ts';
import type { Lane } from './lane.ts';
import { LagClock } from './lag-clock.ts';

export interface LaneRun {
  readonly lane: Lane;
  readonly durable: DurablePosition;
  readonly control: ProjectorControl;
  /** After each waking: the fewer wakings, the less CPU; the longer, the further behind. */
  readonly restMs: number;
  /** Received time of the newest input that was read. */
  readonly newestInputAt: () => number;
  readonly isPaused: () => boolean;
  readonly publish: (state: { readonly lagMs: number; readonly isPaused: boolean }) => void;
  /** Work between two slices (retention). */
  readonly between: (now: number) => void;
}

/** Longest wait without looking at stop, pause and commits that are due. */
const waitMs = 100;
/** What is on disk already is still projected at a stop, for so long. */
const drainMs = 150;
const failedRestMs = 50;

export async function runLane(run: LaneRun): Promise<void> {
  const { lane, durable, control } = run;
  const lag = new LagClock();
  let syncDone = control.syncWanted;
  const isStopped = (): boolean => durable.isStopped || control.isStopped;
  while (!isStopped()) {
    const isPaused = run.isPaused();
    const syncWanted = control.syncWanted;
    // Paused: reads nothing new, but what was read is committed and synced.
    const reach = isPaused ? Math.min(lane.readUpTo, durable.position) : durable.position;
    const result = lane.advance(reach, performance.now(), syncWanted !== syncDone);
    if (result !== 'failed') {
      syncDone = syncWanted;
      const now = performance.now();
      lane.between(() => run.between(now), now);
    }
    run.publish({ lagMs: lagOf(run, lag), isPaused });
    await setImmediate();
    if (result === 'failed') control.rest(failedRestMs);
    else if (result === 'idle') rest(run, isPaused);
  }
  drain(run);
  run.publish({ lagMs: lagOf(run, lag), isPaused: false });
}

function lagOf({ lane, durable, newestInputAt }: LaneRun, lag: LagClock): number {
  return lag.read({
    committed: lane.committed,
    durable: durable.position,
    newestInputAt: newestInputAt(),
    now: Date.now(),
    steady: performance.now(),
  });
}

function rest({ lane, durable, control, restMs }: LaneRun, isPaused: boolean): void {
  if (isPaused) control.rest(waitMs);
  else if (durable.waitBeyond(lane.readUpTo, waitMs) === 'advanced') control.rest(restMs);
}

function drain({ lane, durable, isPaused }: LaneRun): void {
  const until = performance.now() + drainMs;
  while (!isPaused() && performance.now() < until) {
    if (lane.advance(durable.position, performance.now()) !== 'more') break;
  }
  lane.finish(performance.now());
}
