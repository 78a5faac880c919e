import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceRate } from './source-rate.ts';

const bounds = { sourceMessagesPerSecond: 100, sourceBytesPerSecond: 10_000 };

/** Sends without end for `seconds`, and stands still whenever it is not read; what was taken and dropped. */
function flood(qos: 0 | 1, bytes: number, seconds: number, perRun: number) {
  const rate = new SourceRate(bounds, 0);
  let taken = 0;
  let dropped = 0;
  for (let now = 0; now < seconds * 1_000; now += Math.max(1, rate.waitMs)) {
    rate.refill(now);
    for (let i = 0; i < perRun; i += 1) {
      if (rate.take(bytes, qos)) taken += 1;
      else dropped += 1;
    }
  }
  return { taken, dropped };
}

test('a flood at QoS 1 loses nothing and goes at the rate, by messages or by bytes, whichever is tighter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 256 }), (bytes, perRun) => {
      const { taken, dropped } = flood(1, bytes, 60, perRun);
      const perSecond = Math.min(100, 10_000 / bytes);
      expect(dropped).toBe(0);
      // Two seconds of burst, and the last run may be on credit.
      expect(taken).toBeGreaterThan(perSecond * 59);
      expect(taken).toBeLessThanOrEqual(perSecond * 62 + 2 * perRun);
    }),
  );
});

test('of a flood at QoS 0 the rate is taken, the rest dropped, and no more than five times the rate is read', () => {
  const { taken, dropped } = flood(0, 10, 60, 50);
  expect(taken).toBeGreaterThan(100 * 50);
  expect(taken).toBeLessThanOrEqual(100 * 62 + 100);
  expect(dropped).toBeGreaterThan(100 * 60);
  expect(taken + dropped).toBeLessThanOrEqual(5 * 100 * 63);
});

test('a source within its rate never waits and loses nothing', () => {
  const rate = new SourceRate(bounds, 0);
  for (let now = 0; now < 60_000; now += 10) {
    rate.refill(now);
    expect(rate.take(100, 0)).toBe(true);
    expect(rate.waitMs).toBe(0);
  }
});

test('a clock that stands still or goes back gives no budget', () => {
  const rate = new SourceRate(bounds, 1_000);
  for (let i = 0; i < 201; i += 1) rate.take(1, 1);
  rate.refill(1_000);
  rate.take(1, 1);
  const before = rate.waitMs;
  rate.refill(500);
  expect(rate.waitMs).toBe(before);
});
