// The faults a sender can have: each by itself against what it says it does, together, and always the same from the same
// seed. What a broken frame is refused for is asked of the gateway's own decoder.

import { expect, test } from 'vitest';
import { emptyBatch } from '#gateway/formats/decoding.ts';
import { DataDecoder } from '#gateway/formats/recognise.ts';
import { intakeRefusals } from '#gateway/protocol/refusals.ts';
import { brokenFrames } from './broken.ts';
import { FrameWriter, payloadOf, type MadeFrame } from './frame-writer.ts';
import { planDefaults, stationsOf, type FleetPlan } from './plan.ts';
import { composeStages, shiftOfStages, stageNames, type Outgoing, type StageName } from './stages.ts';

const frames = 2_000;
const made = (frame: number): MadeFrame => ({ frame, timeMs: 0, body: Buffer.alloc(0), digest: 0 });
const input = (frame: number): Outgoing => ({
  made: made(frame),
  sequence: frame + 1,
  shiftMs: 0,
  isResent: false,
  broken: null,
});

function through(names: readonly StageName[], seed = 1, station = 0): Outgoing[] {
  const stage = composeStages(names, seed, station);
  const out = Array.from({ length: frames }, (_, frame) => stage.push(input(frame))).flat();
  return [...out, ...stage.flush()];
}

const numbers = (out: readonly Outgoing[]) => out.map(({ made }) => made.frame);
const all = Array.from({ length: frames }, (_, frame) => frame);

test('no stage changes nothing', () => {
  expect(through([])).toEqual(all.map(input));
});

test.each(stageNames)('%s: the same again from the same seed, other for another seed or station', (name) => {
  const first = through([name]);
  expect(through([name])).toEqual(first);
  expect(first).not.toEqual(all.map(input));
  expect(through([name], 2)).not.toEqual(first);
  expect(through([name], 1, 1)).not.toEqual(first);
});

test('disorder: every frame comes once, none by its number more than a few places early', () => {
  const out = numbers(through(['disorder']));
  expect(out.toSorted((a, b) => a - b)).toEqual(all);
  const early = out.map((frame, place) => frame - place);
  expect(Math.max(...early)).toBeGreaterThan(2);
  expect(Math.max(...early)).toBeLessThan(8);
});

test('duplicates: a tenth comes again at once, by the network, by the device, and by both', () => {
  const out = through(['duplicates']);
  const again = out.filter(({ made }, place) => place > 0 && made.frame === out[place - 1]!.made.frame);
  const resent = out.filter(({ isResent }) => isResent);
  expect([...new Set(numbers(out))]).toEqual(all);
  for (const found of [again.length, resent.length]) {
    expect(found).toBeGreaterThan(0.04 * frames);
    expect(found).toBeLessThan(0.1 * frames);
  }
  const both = again.filter((one) => resent.some(({ made }) => made.frame === one.made.frame));
  expect(both.length).toBeGreaterThan(0);
  expect(both.length).toBeLessThan(again.length);
});

test('gaps: what is left out is left out with its number', () => {
  const out = through(['gaps']);
  expect(out.length).toBeGreaterThan(0.9 * frames);
  expect(out.length).toBeLessThan(0.98 * frames);
  for (const { made, sequence } of out) expect(sequence).toBe(made.frame + 1);
});

test('clock-skew: behind by less than half a minute, and a little more with every frame', () => {
  const shifts = through(['clock-skew']).map(({ shiftMs }) => shiftMs);
  expect(Math.max(...shifts)).toBeLessThanOrEqual(0);
  expect(Math.min(...shifts)).toBeGreaterThan(-30_000);
  expect(shifts).toEqual(shifts.toSorted((a, b) => b - a));
  expect(shifts[0]! - shifts.at(-1)!).toBeGreaterThan(50);
});

test('stale: some frames are of hours ago, the others of now', () => {
  const stale = through(['stale']).filter(({ shiftMs }) => shiftMs !== 0);
  expect(stale.length).toBeGreaterThan(0.02 * frames);
  expect(stale.length).toBeLessThan(0.1 * frames);
  for (const { shiftMs } of stale) expect(shiftMs).toBeLessThan(-3_600_000);
});

test('the stamps of any chain are known from its names and seed alone', () => {
  const names = ['stale', 'gaps', 'clock-skew', 'duplicates', 'stale', 'disorder'] as const;
  for (const station of [0, 5]) {
    const shiftOf = shiftOfStages(names, 9)!;
    for (const { made, shiftMs } of through(names, 9, station))
      expect(shiftOf(station, made.frame)).toBe(shiftMs);
  }
  expect(shiftOfStages(['gaps', 'disorder', 'duplicates', 'broken'], 1)).toBeUndefined();
});

test('broken: each kind comes, always before the good frame it was made of', () => {
  const out = through(['broken']);
  const broken = out.filter((one) => one.broken !== null);
  expect(new Set(broken.map((one) => one.broken?.name)).size).toBe(brokenFrames.length);
  expect(numbers(out.filter((one) => one.broken === null))).toEqual(all);
});

const plan: FleetPlan = { ...planDefaults, mines: 1, points: 10, perFrame: 10, startMs: 1_767_000_000_000 };
const good = () => {
  const frame = new FrameWriter(plan, stationsOf(plan)[0]!).next();
  return payloadOf(frame, 1, frame.timeMs);
};

test.each(brokenFrames)('broken: $name is refused by the gateway with $reason', ({ reason, payload }) => {
  expect(Object.keys(intakeRefusals)).toContain(reason);
  const batch = emptyBatch();
  const result = new DataDecoder().decode(payload(good()), batch, 0);
  if (!result.ok) return expect(result.reason).toBe(reason);
  expect(batch.count).toBe(0);
  expect(batch.refused.map((one) => one.reason)).toEqual(Array.from({ length: 10 }, () => reason));
});
