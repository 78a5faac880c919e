// Documents that change while the engine runs: on random stories of readings, definitions, reports and new site files
// the live engine, a replay of its inputs and one restored from a checkpoint in the middle give the same.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Definition, PointDefinition } from '../registry/definition.ts';
import type { Event } from '../log/event.ts';
import { Random } from '../test/random.ts';
import { copyOf, plainDigest, recoveryDocuments, recoveryStart } from '../test/recovery-world.ts';
import { Engine } from './engine.ts';
import type { Input } from './input.ts';

const gas = {
  gases: { CH4: { units: { '%CH4': 1 }, rangeHigh: 4, fixed: {}, anywhere: { alarmHigh: 0.5 } } },
  types: [],
};

function point(random: Random): PointDefinition {
  const ids = ['A', 'D', 'E', 'F', 'G'];
  return {
    kind: 'point',
    id: ids[random.below(ids.length)]!,
    measurand: 'CH4',
    unit: '%CH4',
    valueKind: 'analog',
    station: null,
    place: [null, '工作面', '回风巷', '切眼'][random.below(4)]!,
    range: [0, 4],
    limits: random.below(3) === 0 ? {} : { alarmHigh: 0.5 + random.below(3) },
    states: null,
    x: null,
    y: null,
    z: null,
    relations: null,
  };
}

function storyOf(seed: number): { inputs: Input[]; events: Event[]; engine: Engine; defined: number } {
  const random = new Random(seed);
  const engine = new Engine({ sha256: plainDigest });
  const inputs: Input[] = [];
  const events: Event[] = [];
  let now = recoveryStart;
  let defined = 0;
  const step = (input: Input): void => {
    inputs.push(copyOf(input));
    events.push(...engine.step(inputs.length, input).events);
  };
  step({ kind: 'configured', now, documents: { ...recoveryDocuments('recording'), gas } });
  step({ kind: 'started', now, blindFrom: null });
  step({ kind: 'sourceSeen', now, source: 0, name: { mine: 'm', system: 'safety', source: 's' } });
  for (let i = 0; i < 60; i += 1) {
    now += 1000 * (1 + random.below(15));
    const what = random.below(12);
    if (what < 3) {
      const definitions: Definition[] = Array.from({ length: 1 + random.below(3) }, () => point(random));
      const { isNew, changes } = engine.previewDefined(0, definitions);
      if (isNew) step({ kind: 'defined', now, source: 0, definitions, changes });
      if (isNew) defined += 1;
    } else if (what === 3) {
      const switchChanges = [{ point: 'A', time: now, state: 1, previous: null }];
      step({ kind: 'reported', now, source: 0, report: { switchChanges } });
    } else if (what === 4 && i % 3 === 0) {
      const documents = recoveryDocuments(random.below(2) === 0 ? 'recording' : 'recovering');
      step({ kind: 'configured', now, documents: { ...documents, gas } });
    } else {
      const slots = engine.documents.points.map((_, slot) => slot).filter(() => random.below(2) === 0);
      step({
        kind: 'readings',
        frame: {
          received: now,
          source: 0,
          sequence: -1,
          base: now,
          shift: 0,
          count: slots.length,
          slots: Uint32Array.from(slots),
          times: Float64Array.from(slots, () => now),
          values: Float64Array.from(slots, () => [0.1, 0.2, 0.9, 1.3, 2.6][random.below(5)]!),
          status: new Uint16Array(slots.length),
          outcomes: new Uint8Array(slots.length),
        },
      });
    }
  }
  return { inputs, events, engine, defined };
}

function run(engine: Engine, inputs: readonly Input[], from: number): Event[] {
  return inputs.slice(from).flatMap((input, i) => [...engine.step(from + i + 1, copyOf(input)).events]);
}

function plain(engine: Engine): string {
  const { arrays, json } = engine.snapshot();
  return JSON.stringify([Object.entries(arrays).map(([name, array]) => [name, ...array]), json]);
}

test('live, replay and a restored checkpoint agree, whatever is defined when', () => {
  const seen = { defined: 0, alarmsOfMade: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 59 }), (seed, at) => {
      const { inputs, events, engine, defined } = storyOf(seed);
      seen.defined += defined;
      seen.alarmsOfMade += events.filter(
        ({ type, alarm }) => type === 'AlarmRaised' && /\/[DEFG]#/.test(alarm ?? ''),
      ).length;
      const replayed = new Engine({ sha256: plainDigest });
      expect(run(replayed, inputs, 0)).toEqual(events);
      expect(plain(replayed)).toBe(plain(engine));
      const cut = Math.min(at, inputs.length);
      const begun = new Engine({ sha256: plainDigest });
      const before = run(begun, inputs.slice(0, cut), 0);
      const { arrays, json } = begun.snapshot();
      const restored = Engine.restore(
        { arrays, json: JSON.parse(JSON.stringify(json)) as unknown },
        plainDigest,
      );
      expect([...before, ...run(restored, inputs, cut)]).toEqual(events);
      expect(plain(restored)).toBe(plain(engine));
      expect(restored.documents).toEqual(engine.documents);
      expect(restored.siteDocuments).toEqual(engine.siteDocuments);
    }),
    { numRuns: 60, seed: 20_261_124 },
  );
  expect(seen.defined).toBeGreaterThan(100);
  expect(seen.alarmsOfMade).toBeGreaterThan(100);
});

test('an alarm that stands goes on when a definition adds a point beside it', () => {
  const { engine, inputs } = storyOf(7);
  const now = engine.lastTime + 1000;
  const before = engine.openAlarms();
  const definitions: Definition[] = [{ ...point(new Random(1)), id: 'NEW' }];
  const { changes } = engine.previewDefined(0, definitions);
  engine.step(inputs.length + 1, { kind: 'tick', now });
  const standing = engine.openAlarms();
  const { events } = engine.step(inputs.length + 2, {
    kind: 'defined',
    now,
    source: 0,
    definitions,
    changes,
  });
  expect(before.length).toBeGreaterThan(0);
  expect(engine.openAlarms()).toEqual(standing);
  expect(events.filter(({ type }) => type === 'AlarmReturned')).toEqual([]);
  expect(engine.documents.points.at(-1)!.id).toBe('NEW');
});
