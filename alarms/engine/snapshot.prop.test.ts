// A checkpoint is written out while the engine goes on: what a snapshot hands over must stay as it was at its moment.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../test/random.ts';
import { copyOf, differingRecord, plainDigest, Story } from '../test/recovery-world.ts';
import { Engine } from './engine.ts';

/** Whoever changes a part of it later fails on the spot. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

test('a snapshot in pieces stays that of its moment, whatever the engine does until it is written out', () => {
  const seen = { alarms: 0, later: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
      const random = new Random(seed);
      const recorded = differingRecord(random, new Story(random), 20 + random.below(80));
      const cut = random.below(recorded.length);
      const engine = new Engine({ sha256: plainDigest });
      const still = new Engine({ sha256: plainDigest });
      for (const [at, { input }] of recorded.slice(0, cut).entries()) {
        engine.step(at + 1, copyOf(input));
        still.step(at + 1, copyOf(input));
      }
      const { arrays, late, json } = engine.snapshotInPieces();
      const copied = new Map(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
      freeze(json);
      for (const [at, { input }] of recorded.slice(cut).entries()) engine.step(cut + at + 1, copyOf(input));
      for (const [name, held] of Object.entries(late)) {
        const target = new Float64Array(held.length);
        if (held.copyOn(target, held.length) === 'done') copied.set(name, target);
      }
      const whole = still.snapshot();
      expect(JSON.stringify(json)).toBe(JSON.stringify(whole.json));
      for (const [name, array] of copied)
        expect([name, array]).toStrictEqual([name, whole.arrays[name]!.slice()]);
      seen.alarms += json.fold.alarms.length;
      seen.later += recorded.length - cut;
    }),
    { numRuns: 60 },
  );
  expect(seen.alarms).toBeGreaterThan(20);
  expect(seen.later).toBeGreaterThan(20);
});
