// After a recovery that differed, on random records: the record is the past, what the rules hold now is the present,
// and one step brings them together. The oracle of the present is the replay's own fold, which nothing has disturbed.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levelRank } from '../kernel/level.ts';
import { isActive } from '../lifecycle/standing.ts';
import type { Event } from '../log/event.ts';
import { LogFold } from '../log/fold.ts';
import { InvariantChecker } from '../log/invariants.ts';
import { verifyChain } from '../log/chain.ts';
import type { AlarmState } from '../log/state.ts';
import { Random } from '../test/random.ts';
import {
  copyOf,
  differingRecord,
  foldOf,
  plainDigest,
  recoveryDocuments,
  Story,
  type RecordedInput,
} from '../test/recovery-world.ts';
import { Engine } from './engine.ts';
import type { Input } from './input.ts';

interface Recovery {
  readonly engine: Engine;
  readonly story: Story;
  readonly recorded: readonly RecordedInput[];
  /** Before the step that settles: the record, and what the replay holds up. */
  readonly record: LogFold;
  readonly replay: LogFold;
  readonly settled: readonly Event[];
}

function recoverFrom(seed: number): Recovery {
  const random = new Random(seed);
  const story = new Story(random);
  const recorded = differingRecord(random, story, 20 + random.below(120));
  const { engine: replayed } = replayOf(recorded);
  const engine = replayed.withFold(foldOf(recorded));
  const input: Input = { kind: 'recoveryDiffered', now: replayed.lastTime + 1000, detail: 'test' };
  const settled = engine.step(recorded.length + 1, input).events;
  return { engine, story, recorded, record: foldOf(recorded), replay: replayed.fold, settled };
}

function replayOf(recorded: readonly RecordedInput[]): { engine: Engine } {
  const engine = new Engine({ sha256: plainDigest });
  for (const [at, { input }] of recorded.entries()) engine.step(at + 1, copyOf(input));
  return { engine };
}

function active(fold: LogFold): Map<string, AlarmState> {
  const alarms = [...fold.alarms.values()].filter(({ base }) => isActive(base));
  const byPair = new Map(alarms.map((alarm) => [`${alarm.rule}/${alarm.scope}`, alarm]));
  expect(byPair.size, 'one active alarm of a pair at most').toBe(alarms.length);
  return byPair;
}

/** Ids of everything that is up, read from the parts of the checkpoint and not by the way that settles. */
function upIds(engine: Engine): string[] {
  const { arrays, json } = engine.snapshot();
  const { intrinsic } = json as { intrinsic: [string, { n: number; up: boolean }][] };
  const ids = engine.openAlarms().map(({ rule, scope, n }) => `${rule}/${scope}#${n}`);
  for (const [pair, { n, up }] of intrinsic) if (up) ids.push(`${pair}#${n}`);
  for (const [slot, { id }] of engine.documents.points.entries()) {
    const { clock, clockRaises, lateOver, lateRaises } = Object.fromEntries(
      ['clock', 'clockRaises', 'lateOver', 'lateRaises'].map((name) => [
        name,
        arrays[`rules.intrinsic.${name}`]![slot]!,
      ]),
    );
    if (clock !== 0) ids.push(`DQ-08/${id}#${clockRaises}`);
    if (lateOver !== 0) ids.push(`DQ-12/${id}#${lateRaises}`);
  }
  return ids.toSorted();
}

function activeIds(fold: LogFold): string[] {
  return [...active(fold).values()].map(({ id }) => id).toSorted();
}

const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe('after a recovery that differed', () => {
  test('what was untold is raised once, what nothing holds ends and is still owed, the rest goes on', () => {
    const seen = { unheld: 0, owed: 0, untold: 0, kept: 0, risen: 0, lost: 0, regained: 0, cases: 0 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const { engine, record, replay, settled } = recoverFrom(seed);
        const before = active(record);
        const present = active(replay);
        const after = active(engine.fold);
        expect([...after.keys()].toSorted()).toEqual([...present.keys()].toSorted());
        for (const [pair, now] of present) {
          const told = before.get(pair);
          const alarm = after.get(pair)!;
          const raised = settled.filter((event) => event.type === 'AlarmRaised' && event.alarm === alarm.id);
          expect(alarm.unknown, `${alarm.id} is unknown as its condition is`).toBe(now.unknown);
          expect(levelRank(alarm.level)).toBeGreaterThanOrEqual(levelRank(now.level));
          if (told === undefined) {
            seen.untold += 1;
            expect(raised).toHaveLength(1);
            // Since when is not kept of what the gateway finds wrong with itself.
            const { since, raisedAt } = now.ruleKind === 'intrinsic' ? alarm : now;
            expect(raised[0]!.data).toMatchObject({ level: now.level, since, raisedAt });
            expect(alarm.id).toBe(`${pair}#${record.lastAlarmNumber(now.rule, now.scope) + 1}`);
          } else {
            seen.kept += 1;
            expect(raised).toEqual([]);
            expect(alarm.id).toBe(told.id);
            if (levelRank(alarm.level) > levelRank(told.level)) seen.risen += 1;
            if (alarm.unknown && !told.unknown) seen.lost += 1;
            if (!alarm.unknown && told.unknown) seen.regained += 1;
          }
        }
        for (const [pair, told] of before) {
          if (present.has(pair)) continue;
          seen.unheld += 1;
          const ends = settled.filter(({ type, alarm }) => alarm === told.id && type === 'AlarmReturned');
          expect(ends.map(({ data }) => data)).toMatchObject([{ reason: 'recoveryDiffered' }]);
          if (told.base === 'unacknowledged') {
            seen.owed += 1;
            expect(engine.fold.alarms.get(told.id)).toMatchObject({ base: 'returned' });
          }
          if (told.case !== null) {
            seen.cases += 1;
            const stage = record.cases.get(told.case)!.stage;
            expect([stage, 'handling'], 'no step closes a case').toContain(
              engine.fold.cases.get(told.case)!.stage,
            );
          }
        }
        expect(
          settled.filter(({ type, alarm }) => type === 'AlarmRaised' && alarm === 'SYS-RECOVERY/m#1'),
        ).toHaveLength(1);
      }),
      { numRuns: 80, seed: 20_261_124 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, `times of ${what}`).toBeGreaterThan(3);
  });

  test('every alarm that is up is one condition from then on, and the invariants hold', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { engine, story, recorded, settled } = recoverFrom(seed);
        expect(activeIds(engine.fold)).toEqual(upIds(engine));
        const past = recorded.flatMap(({ events }) => events);
        const log = [...past, ...settled];
        for (let i = 0; i < 60; i += 1) {
          const input = story.next(engine, 'recovering');
          log.push(...engine.step(recorded.length + 2 + i, input).events);
          if (i % 6 === 5) expect(activeIds(engine.fold)).toEqual(upIds(engine));
        }
        const checker = new InvariantChecker(recoveryDocuments('recovering'));
        for (const event of log) checker.push(event);
        // A record that broke off within a step may have broken an invariant itself: that is the past.
        const broken = checker.finish().filter(({ seq }) => seq > past.length);
        expect(broken).toEqual([]);
        expect(verifyChain(log, plainDigest)).toMatchObject({ holds: true });
      }),
      { numRuns: 30, seed: 20_261_124 },
    );
  });
});
