// The whole core under kills, loss of power, refused writes and full disks, at every operation of its disks and at random ones over
// several generations: what was acknowledged stays, what was told is there, and in the end alarms and cases equal
// those of a run that nothing disturbed. FENGSUI_SIMULATIONS=n for more seeds.

import { describe, expect, test } from 'vitest';
import { Engine } from '#alarms/engine/engine.ts';
import { checkInvariants } from '#alarms/log/invariants.ts';
import type { Event } from '#alarms/log/event.ts';
import { LogFold } from '#alarms/log/fold.ts';
import { alarmsOf, casesOf } from './outcome.ts';
import { documents, frameScript, periodMs, startMs, type ScriptedFrame } from './simulated-mine.ts';
import { sha256, Simulation, type Ending } from './simulation.ts';

interface Outcome {
  readonly alarms: readonly unknown[];
  readonly cases: ReturnType<typeof casesOf>;
  readonly readings: readonly unknown[];
}

interface Tally {
  runs: number;
  faults: number;
  readonly endings: Record<Ending, number>;
  acknowledged: number;
  told: number;
  events: number;
  resent: number;
  checkpointsWritten: number;
  checkpointsRead: number;
  checkpointsFailed: number;
  inCheckpoint: number;
  timesFull: number;
  abandoned: number;
  unrecordedAlarms: number;
}

const newTally = (): Tally => ({
  runs: 0,
  faults: 0,
  endings: { finished: 0, ended: 0, failure: 0, 'failed to start': 0 },
  acknowledged: 0,
  told: 0,
  events: 0,
  resent: 0,
  checkpointsWritten: 0,
  checkpointsRead: 0,
  checkpointsFailed: 0,
  inCheckpoint: 0,
  timesFull: 0,
  abandoned: 0,
  unrecordedAlarms: 0,
});

describe('the process ends', () => {
  test.each(['power', 'kill'] as const)(
    'by %s at every operation of the disks, and by loss of power soon after the next start',
    async (kind) => {
      const script = frameScript(3, 45);
      const seed = 11;
      const still = new Simulation(seed, script);
      expect(await still.live()).toBe('finished');
      const { operations } = still.disks;
      const wanted = await finish(still);
      expect(wanted.alarms.length).toBeGreaterThan(5);
      expect(wanted.cases.length).toBeGreaterThan(1);
      const tally = newTally();
      for (let after = 1; after <= operations; after += 1) {
        await withSeed(`${kind} at operation ${after} of seed ${seed}`, async () => {
          const simulation = new Simulation(seed, script);
          await suffer(simulation, tally, [{ kind, after }, randomEnd(simulation, 'power')]);
          expect(await finish(simulation)).toEqual(wanted);
          count(tally, simulation);
        });
      }
      expect(tally.endings.ended).toBeGreaterThanOrEqual(operations);
      expect(tally.inCheckpoint).toBeGreaterThan(10);
      report(`${kind} at each of ${operations} operations`, tally);
    },
    120_000,
  );

  test('again and again at random moments, also within a recovery', async () => {
    const tally = newTally();
    for (let seed = 1; seed <= seeds; seed += 1) {
      await withSeed(`seed ${seed}`, async () => {
        const script = frameScript(seed, 200);
        const wanted = await undisturbed(script, seed);
        const simulation = new Simulation(seed, script);
        const faults = Array.from({ length: 10 }, () =>
          randomEnd(simulation, simulation.random.isLikely(0.5) ? 'kill' : 'power'),
        );
        await suffer(simulation, tally, faults);
        expect(await finish(simulation)).toEqual(wanted);
        count(tally, simulation);
      });
    }
    expect(tally.resent).toBeGreaterThan(0);
    expect(tally.checkpointsRead).toBeGreaterThan(0);
    report('power loss and kills at random', tally);
  }, 120_000);
});

describe('a refused write', () => {
  test.each(['EIO', 'ENOSPC'] as const)(
    'of the journal (%s) stops the process or is done without, of a checkpoint it stops nothing; the next start is right',
    async (code) => {
      const tally = newTally();
      for (let seed = 1; seed <= seeds; seed += 1) {
        await withSeed(`seed ${seed}`, async () => {
          const script = frameScript(seed, 120);
          const wanted = await undisturbed(script, seed);
          const simulation = new Simulation(seed, script);
          const faults = Array.from({ length: 6 }, (_, i): Fault => {
            const after = 1 + simulation.random.below(80);
            return i % 3 === 2 ? { kind: 'power', after } : { kind: code, after };
          });
          await suffer(simulation, tally, faults);
          const outcome = await finish(simulation);
          // A spare that cannot be made is told as a lack of room.
          if (code === 'ENOSPC') expect(renumbered(outcome)).toEqual(renumbered(wanted));
          else expect(outcome).toEqual(wanted);
          count(tally, simulation);
        });
      }
      expect(tally.endings.failure).toBeGreaterThan(seeds / 4);
      expect(tally.checkpointsFailed).toBeGreaterThan(0);
      report(`writes refused (${code})`, tally);
    },
    120_000,
  );
});

describe('full disks (ENOSPC for a while)', () => {
  test('cost no reading and no alarm: nothing is acknowledged that is not recorded, all of it comes again', async () => {
    const tally = newTally();
    for (let seed = 1; seed <= seeds; seed += 1) {
      await withSeed(`seed ${seed}`, async () => {
        const script = frameScript(seed, 120);
        const wanted = await undisturbed(script, seed);
        const simulation = new Simulation(seed, script);
        const { random } = simulation;
        // Segments that no checkpoint sets free use the reserve up; else the journal gets along without growing.
        simulation.checkpointEveryMs = (random.isLikely(0.7) ? 1_000 : 5) * periodMs;
        const from = startMs + random.below(60) * periodMs;
        const to = from + (5 + random.below(50)) * periodMs;
        const isUntold = random.isLikely(0.4);
        simulation.fullSpans = [{ from, to, leftBytes: random.below(2) * random.below(50_000), isUntold }];
        if (random.isLikely(0.4)) await suffer(simulation, tally, [randomEnd(simulation, 'power')]);
        if (random.isLikely(0.6)) {
          simulation.killAt = Math.max(from, simulation.now) + random.below(to - from);
          tally.endings[await simulation.live()] += 1;
          // Somebody makes room while nothing runs, or the next process finds the disks full.
          if (random.isLikely(0.5)) simulation.now = Math.max(simulation.now, to);
          simulation.disks.restart(random.isLikely(0.5) ? 'kill' : 'power loss');
        }
        expect(renumbered(await finish(simulation))).toEqual(renumbered(wanted));
        count(tally, simulation);
      });
    }
    report('disks full for a while', tally);
    expect(tally.timesFull).toBeGreaterThan(seeds / 4);
    expect(tally.abandoned).toBeGreaterThan(seeds);
    expect(tally.unrecordedAlarms).toBeGreaterThan(0);
    expect(tally.endings.ended).toBeGreaterThan(seeds / 4);
  }, 120_000);
});

/** A full disk is an alarm (SYS-ROOM) with a case of its own: those after it bear higher numbers. */
function renumbered({ cases, ...others }: Outcome): Outcome {
  const ids = [...new Set(cases.map(([id]) => id))];
  return { ...others, cases: cases.map(([id, ...rest]) => [`case ${ids.indexOf(id)}`, ...rest]) };
}

const seeds = Number(process.env['FENGSUI_SIMULATIONS'] ?? 25);

interface Fault {
  readonly kind: 'power' | 'kill' | 'EIO' | 'ENOSPC';
  /** So many operations after the start of the process. */
  readonly after: number;
}

/** Often so soon that it strikes the recovery or the first batches after it. */
function randomEnd({ random }: Simulation, kind: 'power' | 'kill'): Fault {
  return { kind, after: 1 + random.below(random.isLikely(0.5) ? 8 : 120) };
}

/** One process after the other, each with its fault. A process that comes to the end of the script before it is fine. */
async function suffer(simulation: Simulation, tally: Tally, faults: readonly Fault[]): Promise<void> {
  const { disks, random } = simulation;
  for (const { kind, after } of faults) {
    const isRefusal = kind === 'EIO' || kind === 'ENOSPC';
    if (isRefusal) {
      disks.refuseAt = disks.operations + after;
      disks.refuseWith = kind;
    } else disks.endAt = disks.operations + after;
    const ending = await simulation.live();
    tally.endings[ending] += 1;
    const { faultIn } = disks;
    if (faultIn !== null) tally.faults += 1;
    if (faultIn === 'checkpoints') tally.inCheckpoint += 1;
    if (!isRefusal) expect(ending).toBe(faultIn === null ? 'finished' : 'ended');
    else if (faultIn !== 'journal') expect(ending).toBe('finished');
    // No space for a spare segment is done without; in any other place it is as bad as EIO.
    else expect(['failure', 'failed to start', ...(kind === 'ENOSPC' ? ['finished'] : [])]).toContain(ending);
    simulation.now += random.below(60_000);
    const isKill = kind === 'kill' || (isRefusal && random.isLikely(0.5));
    disks.restart(isKill ? 'kill' : 'power loss');
  }
}

/** Without faults to the end of the script, once more from the disk, and everything looked at. */
async function finish(simulation: Simulation): Promise<Outcome> {
  const { disks, projection, script } = simulation;
  expect(await simulation.live()).toBe('finished');
  simulation.fullSpans = [];
  disks.makeRoom();
  disks.restart('power loss');
  expect(await simulation.live()).toBe('finished');
  simulation.checkKept();
  expect(simulation.acknowledged).toBe(script.length);
  expect([...projection.recorded.values()].every((times) => times === 1)).toBe(true);
  expect(projection.recorded.size).toBe(script.length);
  const { events } = projection;
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(events.filter(({ alarm }) => alarm?.startsWith('SYS-RECOVERY'))).toEqual([]);
  expect(roomAlarmsUp(events), 'there is room').toEqual([]);
  expect(checkInvariants(events, documents, sha256)).toEqual([]);
  checkSecondStep(simulation);
  checkReceipts(simulation);
  return { alarms: alarmsOf(events), cases: casesOf(events), readings: readingsOf(simulation) };
}

/** The outcome of a script without faults, which several tests compare with. */
async function undisturbed(script: readonly ScriptedFrame[], seed: number): Promise<Outcome> {
  const key = `${seed} ${script.length}`;
  const known = calm.get(key);
  if (known !== undefined) return known;
  const outcome = await finish(new Simulation(seed + 500_000, script));
  calm.set(key, outcome);
  return outcome;
}

const calm = new Map<string, Outcome>();

function roomAlarmsUp(events: readonly Event[]): string[] {
  const up = new Set<string>();
  for (const { type, alarm } of events) {
    if (alarm?.startsWith('SYS-ROOM/') !== true) continue;
    if (type === 'AlarmRaised') up.add(alarm);
    if (type === 'AlarmReturned') up.delete(alarm);
  }
  return [...up];
}

/** All recorded inputs, through a new engine, give the recorded events and state. */
function checkSecondStep({ projection }: Simulation): void {
  const engine = new Engine({ sha256 });
  const again = projection.inputs.flatMap((input, index) => [...engine.step(index + 1, input).events]);
  expect(again.map((event) => JSON.stringify(event))).toEqual(
    projection.events.map((event) => JSON.stringify(event)),
  );
  const fold = new LogFold({ sha256 });
  for (const event of projection.events) fold.apply(event);
  expect([...engine.fold.alarms.values()]).toEqual([...fold.alarms.values()]);
  expect([...engine.fold.cases.values()]).toEqual([...fold.cases.values()]);
}

/** A command that was sent again in the next process took effect once. */
function checkReceipts({ projection, receivedCases }: Simulation): void {
  const opened = projection.events.filter(({ type }) => type === 'CaseOpened').map((event) => event.case);
  const received = projection.events.filter(({ type }) => type === 'CaseReceived').map((event) => event.case);
  expect(received.length).toBe(opened.length);
  expect(new Set(received)).toEqual(new Set(opened));
  expect(receivedCases).toEqual(new Set(opened));
}

function readingsOf({ projection }: Simulation): unknown[] {
  return projection.inputs.flatMap((input) => {
    if (input.kind !== 'readings') return [];
    const { sequence, times, values, slots, status, outcomes } = input.frame;
    return [[sequence, [...times], [...values], [...slots], [...status], [...outcomes]]];
  });
}

function count(tally: Tally, simulation: Simulation): void {
  tally.runs += 1;
  tally.acknowledged += simulation.acknowledged;
  tally.told += simulation.told.size;
  tally.events += simulation.projection.events.length;
  tally.resent += simulation.resent;
  tally.checkpointsWritten += simulation.checkpointsWritten;
  tally.checkpointsRead += simulation.checkpointsRead;
  tally.checkpointsFailed += simulation.checkpointsFailed;
  tally.timesFull += simulation.timesFull;
  tally.abandoned += simulation.abandoned;
  tally.unrecordedAlarms += simulation.unrecordedAlarms;
}

async function withSeed(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(`failed in the run of ${what}`);
    throw error;
  }
}

function report(what: string, tally: Tally): void {
  const { endings, ...counts } = tally;
  console.log(`${what}: ${JSON.stringify({ ...counts, ...endings })}`);
}
