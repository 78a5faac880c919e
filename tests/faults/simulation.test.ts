// The whole core under kills, loss of power and refused writes, at every operation of its disks and at random ones over
// several generations: what was acknowledged stays, what was told is there, and in the end alarms and cases equal
// those of a run that nothing disturbed. FENGSUI_SIMULATIONS=n for more seeds.

import { describe, expect, test } from 'vitest';
import { Engine } from '#alarms/engine/engine.ts';
import { checkInvariants } from '#alarms/log/invariants.ts';
import { LogFold } from '#alarms/log/fold.ts';
import { alarmsOf, casesOf } from './outcome.ts';
import { documents, frameScript, type ScriptedFrame } from './simulated-mine.ts';
import { sha256, Simulation, type Ending } from './simulation.ts';

interface Outcome {
  readonly alarms: readonly unknown[];
  readonly cases: readonly unknown[];
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
});

describe('the process ends', () => {
  test.each(['power', 'kill'] as const)(
    'by %s at every operation of the disks, and by loss of power soon after the next start',
    async (kind) => {
      const script = frameScript(3, 45);
      const seed = 11;
      const calm = new Simulation(seed, script);
      expect(await calm.live()).toBe('finished');
      const { operations } = calm.disks;
      const wanted = await finish(calm);
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
        const wanted = await undisturbed(seed + 500_000, script);
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
  test('of the journal stops the process, of a checkpoint does not; the next start is right', async () => {
    const tally = newTally();
    for (let seed = 1; seed <= seeds; seed += 1) {
      await withSeed(`seed ${seed}`, async () => {
        const script = frameScript(seed, 120);
        const wanted = await undisturbed(seed + 500_000, script);
        const simulation = new Simulation(seed, script);
        const faults = Array.from({ length: 6 }, (_, i): Fault => {
          const after = 1 + simulation.random.below(80);
          return i % 3 === 2 ? { kind: 'power', after } : { kind: 'refusal', after };
        });
        await suffer(simulation, tally, faults);
        expect(await finish(simulation)).toEqual(wanted);
        count(tally, simulation);
      });
    }
    expect(tally.endings.failure).toBeGreaterThan(seeds);
    expect(tally.checkpointsFailed).toBeGreaterThan(0);
    report('writes refused (EIO)', tally);
  }, 120_000);
});

const seeds = Number(process.env['FENGSUI_SIMULATIONS'] ?? 25);

interface Fault {
  readonly kind: 'power' | 'kill' | 'refusal';
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
    if (kind !== 'refusal') disks.endAt = disks.operations + after;
    else disks.refuseAt = disks.operations + after;
    const ending = await simulation.live();
    tally.endings[ending] += 1;
    const { faultIn } = disks;
    if (faultIn !== null) tally.faults += 1;
    if (faultIn === 'checkpoints') tally.inCheckpoint += 1;
    if (kind !== 'refusal') expect(ending).toBe(faultIn === null ? 'finished' : 'ended');
    else if (faultIn === 'journal') expect(['failure', 'failed to start']).toContain(ending);
    else expect(ending).toBe('finished');
    simulation.now += random.below(60_000);
    const isKill = kind === 'kill' || (kind === 'refusal' && random.isLikely(0.5));
    disks.restart(isKill ? 'kill' : 'power loss');
  }
}

/** Without faults to the end of the script, once more from the disk, and everything looked at. */
async function finish(simulation: Simulation): Promise<Outcome> {
  const { disks, projection, script } = simulation;
  expect(await simulation.live()).toBe('finished');
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
  expect(checkInvariants(events, documents, sha256)).toEqual([]);
  checkSecondStep(simulation);
  checkReceipts(simulation);
  return { alarms: alarmsOf(events), cases: casesOf(events), readings: readingsOf(simulation) };
}

async function undisturbed(seed: number, script: readonly ScriptedFrame[]): Promise<Outcome> {
  return finish(new Simulation(seed, script));
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
