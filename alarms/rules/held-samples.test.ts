import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldSamples } from './held-samples.ts';
import { Windows } from './windows.ts';

const points = 5;

/** A short window and a long one per point: rings of 8 and 64 to begin with, some of which grow. */
function makeWindows(): Windows {
  const specs = Array.from({ length: points }, (_, slot) => [
    { slot, fn: 'mean' as const, lengthMs: 5_000 },
    { slot, fn: 'max' as const, lengthMs: slot % 2 === 0 ? 7_000 : 60_000 },
  ]).flat();
  return new Windows(Array<number>(points).fill(1000), specs);
}

function admit(windows: Windows, slot: number, time: number, value: number): void {
  windows.time = time;
  windows.value = value;
  windows.admit(slot);
}

function copyOf(windows: Windows): Float64Array {
  const held = new HeldSamples(windows);
  const numbers = new Float64Array(held.length);
  expect(held.copyOn(numbers, numbers.length)).toBe('done');
  return numbers;
}

const step = fc.record({
  slot: fc.nat(points - 1),
  afterMs: fc.integer({ min: 1, max: 900 }),
  value: fc.double({ min: -5, max: 5, noNaN: true }),
  isForgotten: fc.boolean(),
});

describe('the samples that windows hold', () => {
  test('are all there is to restore: the windows go on as if nothing had been', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.array(step, { maxLength: 100 }), (before, after) => {
        const whole = makeWindows();
        let now = 0;
        for (const { slot, afterMs, value } of before) admit(whole, slot, (now += afterMs), value);
        const restored = makeWindows();
        for (const [name, array] of Object.entries(whole.arrays))
          restored.arrays[name as keyof Windows['arrays']].set(array);
        restored.restore(copyOf(whole), JSON.parse(JSON.stringify(whole.layout())));
        for (let slot = 0; slot < points; slot += 1)
          expect(restored.held(slot)).toStrictEqual(whole.held(slot));
        for (const { slot, afterMs, value } of after) {
          now += afterMs;
          admit(whole, slot, now, value);
          admit(restored, slot, now, value);
          for (const window of [2 * slot, 2 * slot + 1]) {
            whole.evaluate(window);
            restored.evaluate(window);
            expect(restored.result).toBe(whole.result);
          }
        }
        expect(restored.arrays).toStrictEqual(whole.arrays);
        expect(restored.layout()).toStrictEqual(whole.layout());
      }),
    );
  });

  test('copied piece by piece while the engine goes on, are those of the moment or none at all', () => {
    let done = 0;
    let lost = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 300 }),
        fc.array(fc.array(step, { maxLength: 60 }), { minLength: points, maxLength: points }),
        fc.integer({ min: 1, max: 20 }),
        (before, between, numbers) => {
          const windows = makeWindows();
          let now = 0;
          for (const { slot, afterMs, value } of before) admit(windows, slot, (now += afterMs), value);
          const expected = copyOf(windows);
          const held = new HeldSamples(windows);
          const target = new Float64Array(held.length).fill(NaN);
          let state = held.copyOn(target, numbers);
          for (const steps of between) {
            if (state !== 'more') break;
            for (const { slot, afterMs, value, isForgotten } of steps) {
              now += afterMs;
              if (isForgotten && value > 4) windows.forget(slot);
              admit(windows, slot, now, value);
            }
            state = held.copyOn(target, numbers);
          }
          while (state === 'more') state = held.copyOn(target, numbers);
          if (state === 'done') expect(target).toStrictEqual(expected);
          if (state === 'done') done += 1;
          else lost += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(10);
    expect(lost).toBeGreaterThan(10);
  });
});
