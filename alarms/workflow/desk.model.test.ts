// Random conditions and commands by random people. After every step the invariants hold; at the end the fold of the
// log is the live state, a replay gives the same ids and hashes, and every open case can still reach the archive
// without a new alarm (INV-27), driven by people who do their work.

import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Level } from '../kernel/level.ts';
import { levels } from '../kernel/level.ts';
import { LogFold } from '../log/fold.ts';
import { checkInvariants } from '../log/invariants.ts';
import { driveToArchive, nextStep } from '../test/case-planner.ts';
import { CaseWorld, people, worldDocuments } from '../test/case-world.ts';
import { commandTable } from './command-table.ts';
import { actionKinds, measureKinds } from './payload.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Deed = (world: CaseWorld) => void;

/** Each pair raises at its own levels. SOS-01 latches and has no reset yet, so it stays out of the way to the archive. */
const pairs: readonly (readonly [rule: string, scope: string, level: Level])[] = [
  ['GAS-01', 'A1', 'yellow'],
  ['GAS-04', 'A1', 'red'],
  ['GAS-05', 'A1', 'yellow'],
  ['GAS-12', 'A2', 'blue'],
  ['GAS-02', 'B1', 'orange'],
  ['GAS-07', 'M1', 'yellow'],
  ['DQ-01', 'A1', 'yellow'],
  ['DQ-04', 'B1', 'blue'],
  ['SYS-ROOM', 'M1', 'orange'],
  ['GAS-01', 'C1', 'yellow'],
];

const text = '原因已查明，现场已处理完毕';
const evidence = ['e'.repeat(64)];

const ofProcess: fc.Arbitrary<Deed> = fc
  .record({
    pair: fc.constantFrom(...pairs),
    verb: fc.constantFrom('toggle', 'toggle', 'toggle', 'level', 'unknown', 'known', 'withdraw', 'change'),
    quantity: fc.constantFrom(1.2, 2.1, 700),
  })
  .map(({ pair: [rule, scope, level], verb, quantity }) => (world) => {
    if (!world.isUp(rule, scope)) {
      if (verb === 'toggle') world.raise(rule, scope, level, { quantity });
      return;
    }
    const standing = world.standingPairs().find(([r, s]) => r === rule && s === scope)?.[2] ?? level;
    const higher = levels[levels.indexOf(standing) + 1];
    if (verb === 'toggle') world.clear(rule, scope, { peak: quantity });
    else if (verb === 'withdraw') world.clear(rule, scope, { reason: 'withdrawn' });
    else if (verb === 'change') world.clear(rule, scope, { reason: 'ruleChanged' });
    else if (verb === 'level' && higher !== undefined) world.levelUp(rule, scope, higher);
    else if (verb === 'unknown' || verb === 'known') world.known(verb, rule, scope);
  });

/** A command that fits or does not; `pick` chooses among the cases and alarms there are. */
const ofPeople: fc.Arbitrary<Deed> = fc
  .record({
    person: fc.constantFrom(...Object.keys(people)),
    name: fc.constantFrom(...(Object.keys(commandTable) as (keyof typeof commandTable)[])),
    pick: fc.nat(),
    action: fc.constantFrom(...actionKinds),
    measure: fc.constantFrom(...measureKinds),
    flag: fc.boolean(),
    proof: fc.boolean(),
    isStale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  })
  .map(({ person, name, pick, action, measure, flag, proof, isStale }) => (world) => {
    const cases = [...world.fold.cases.keys()];
    const alarms = [...world.fold.alarms.keys()];
    const id = cases[pick % Math.max(1, cases.length)] ?? 'M1/C1';
    const alarm = alarms[pick % Math.max(1, alarms.length)] ?? 'GAS-01/A1#1';
    const common = { ...(proof ? { evidence } : {}), ...(isStale ? { version: 1 } : {}), case: id };
    switch (name) {
      case 'AcknowledgeAlarm':
        return void world.command(person, name, { alarm });
      case 'SilenceAlarm':
        return void world.command(person, name, { alarm, minutes: flag ? 5 : 15 });
      case 'ReceiveCase':
        return void world.command(person, name, common);
      case 'RecordAction':
        return void world.command(person, name, { ...common, kind: action });
      case 'RecordMeasure':
        return void world.command(person, name, { ...common, kind: measure, text, person: '张三' });
      case 'CompleteHandling':
        return void world.command(person, name, { ...common, cause: 'other', text });
      case 'DismissCase': {
        const disposition = flag ? 'resolved' : 'falseAlarm';
        return void world.command(person, name, { ...common, disposition, text });
      }
      case 'VerifyCase': {
        const mode = proof ? 'onSite' : 'online';
        return void world.command(person, name, { ...common, result: flag ? 'pass' : 'fail', mode });
      }
      case 'FeedBackCase':
        return void world.command(person, name, { ...common, text });
      case 'ArchiveCase':
        return void world.command(person, name, common);
      case 'ReturnCase':
      case 'ReopenCase':
        return void world.command(person, name, { ...common, text });
      case 'DecideHazard':
        return void world.command(person, name, {
          ...common,
          decision: flag ? 'confirmed' : 'rejected',
          text,
        });
    }
  });

const ofTime: fc.Arbitrary<Deed> = fc
  .constantFrom(1000, 60_000, 600_000, 1_800_000, 3_600_000, 40 * 86_400_000)
  .map((ms) => (world) => world.pass(ms));

/** Somebody does the next thing that is right, so that late stages are reached too. */
const ofDuty: fc.Arbitrary<Deed> = fc.nat().map((pick) => (world) => {
  const open = [...world.fold.cases.values()].filter((state) => state.stage !== 'archived');
  const state = open[pick % Math.max(1, open.length)];
  if (state !== undefined) nextStep(world, state);
});

const ofCalm: fc.Arbitrary<Deed> = fc.constant((world) => world.calmDown());

const deed = fc.oneof(
  { weight: 5, arbitrary: ofProcess },
  { weight: 10, arbitrary: ofPeople },
  { weight: 2, arbitrary: ofTime },
  { weight: 8, arbitrary: ofDuty },
  { weight: 1, arbitrary: ofCalm },
);

function playAll(deeds: readonly Deed[]): CaseWorld {
  const world = new CaseWorld(sha256);
  for (const act of deeds) {
    act(world);
    expect(world.violations()).toEqual([]);
  }
  return world;
}

const stagesSeen = new Set<string>();

describe('whatever people and process do', () => {
  test('the invariants hold, the log replays, and every case can be archived', () => {
    fc.assert(
      fc.property(fc.array(deed, { minLength: 20, maxLength: 90, size: 'max' }), (deeds) => {
        const world = playAll(deeds);
        expect(checkInvariants(world.log, worldDocuments, sha256)).toEqual([]);
        for (const state of world.fold.cases.values()) stagesSeen.add(state.stage);

        const replayed = new LogFold({ sha256 });
        for (const event of world.log) replayed.apply(event);
        expect({ ...replayed.toJson(), refused: [] }).toEqual({ ...world.fold.toJson(), refused: [] });
        expect(playAll(deeds).log).toEqual(world.log);

        const open = [...world.fold.cases.values()].filter((state) => state.stage !== 'archived');
        const raised = world.log.filter((event) => event.type === 'AlarmRaised').length;
        const reached = open.map((state) => driveToArchive(world, state.id));
        expect(reached).toEqual(open.map(() => 'archived'));
        expect(world.log.filter((event) => event.type === 'AlarmRaised')).toHaveLength(raised);
        expect(world.violations()).toEqual([]);
      }),
      { numRuns: 150, seed: 20_260_105 },
    );
    // A model that never gets anywhere proves nothing.
    expect([...stagesSeen].toSorted()).toEqual([
      'archived',
      'dismissed',
      'fedBack',
      'handled',
      'handling',
      'opened',
      'received',
      'verified',
    ]);
  });
});
