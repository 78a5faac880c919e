// The engine against the naive twin on random sequences: gaps, unusable samples, no number, duplicates, late samples, late
// arrival, clocks set back. A failure prints the seed; FENGSUI_SEED runs one sequence again.

import { describe, expect, it } from 'vitest';
import type { Point } from '#alarms/registry/site.ts';
import { AlarmCollector } from '#alarms/rules/collect.ts';
import { RuleEngine } from '#alarms/rules/engine.ts';
import type { Operator, Rule, WindowFunction } from '#alarms/rules/rule.ts';
import { outcome } from '#alarms/telemetry/frame.ts';
import { naiveAccept, naiveAlarms, type NaiveAlarm, type NaiveReading } from './condition.naive.ts';
import { Random } from './random.ts';

const sequences = 10_000;
const chunks = 20;
const start = Date.UTC(2026, 0, 5);

function pointOf(random: Random): Point {
  const calibrated = random.chance(0.3);
  return {
    id: 'A',
    measurand: 'CH4',
    unit: '%',
    place: 'P',
    mine: 'M',
    limits: {
      alarmHigh: 1,
      clearHigh: 0.9,
    },
    periodS: random.pick([1, 5, 10]),
    ...(random.chance(0.5) ? { range: [0, 4] as const } : {}),
    ...(random.chance(0.3) ? { gapS: random.pick([10, 25]) } : {}),
    ...(calibrated
      ? {
          calibration: [
            {
              from: start + 6e4,
              to: start + 2e5,
              declaredAt: start,
            },
          ],
        }
      : {}),
  };
}

function delays(random: Random) {
  return {
    ...(random.chance(0.4) ? { samples: random.pick([2, 3]) } : {}),
    ...(random.chance(0.4) ? { onDelayS: random.pick([5, 10, 20]) } : {}),
    ...(random.chance(0.4) ? { clearSamples: random.pick([2, 3]) } : {}),
    ...(random.chance(0.4) ? { offDelayS: random.pick([5, 10, 20]) } : {}),
    ...(random.chance(0.2) ? { gapS: random.pick([10, 15, 40]) } : {}),
  };
}

function comparison(random: Random) {
  const op: Operator = random.pick(['>=', '>', '<=', '<']);
  const isHigh = op === '>=' || op === '>';
  const limit = isHigh ? random.pick([1, 'alarmHigh', 0.8]) : random.pick([0.5, 0.8]);
  const clear = isHigh ? random.pick([{ limit: 'clearHigh', factor: 0.8 }, { limit: 0.7 }]) : { limit: 0.9 };
  return {
    op,
    limit,
    ...(random.chance(0.4) ? { clear } : {}),
    ...(isHigh && random.chance(0.3)
      ? {
          ladder: [
            { limit, level: 'yellow' as const },
            { limit: 1.5, level: 'red' as const },
          ],
        }
      : {}),
  };
}

function rulesOf(random: Random): Rule[] {
  const fn: WindowFunction = random.pick(['mean', 'min', 'max', 'range', 'sd', 'median', 'count']);
  const window = comparison(random);
  const { limit, op } = window;
  return [
    { id: 'T', kind: 'threshold', level: 'yellow', ...comparison(random), ...delays(random) },
    {
      id: 'W',
      kind: 'window',
      level: 'blue',
      fn,
      windowS: random.pick([10, 30, 60]),
      ...(fn === 'count'
        ? {
            op,
            limit: 3,
          }
        : fn === 'sd'
          ? {
              op,
              limit: 0.3,
            }
          : {
              ...window,
              limit,
            }),
      ...(random.chance(0.5) ? { coverage: random.pick([0.2, 0.5, 1]) } : {}),
      ...delays(random),
    },
    { id: 'S', kind: 'status', level: 'blue', any: random.pick([4, 16, 128, 144]), ...delays(random) },
    { id: 'Q', kind: 'silence', level: 'orange', silenceS: random.pick([15, 30]) },
    { id: 'QU', kind: 'silence', level: 'orange', of: 'usable', silencePeriods: 4 },
    {
      id: 'L',
      kind: 'sustained',
      level: 'yellow',
      base: random.pick(['T', 'W']),
      ladder: [
        {
          afterS: random.pick([0, 10, 20]),
          level: 'yellow',
        },
        {
          afterS: 45,
          level: 'red',
        },
      ],
    },
  ];
}

function readingsOf(random: Random, point: Point): NaiveReading[] {
  const readings: NaiveReading[] = [];
  const stepMs = point.periodS * 1000;
  let received = start;
  let time = start;
  let value = 0.8;
  const count = 20 + random.below(60);
  for (let at = 0; at < count; at += 1) {
    const kind = random.below(100);
    if (kind < 6) time += stepMs * (2 + random.below(8));
    else if (kind < 8) time -= 20_000 + random.below(100) * 1000;
    else time += random.chance(0.05) ? stepMs + 1000 : stepMs;
    received = Math.max(received, time) + (random.chance(0.9) ? 0 : random.below(120) * 1000);
    if (random.chance(0.3)) received = Math.max(received, (readings.at(-1)?.received ?? start) + stepMs);
    value = Math.max(0, Math.round((value + random.between(-0.4, 0.4)) * 10) / 10);
    const status = random.chance(0.15) ? random.pick([1, 4, 8, 16, 32, 64, 128, 12]) : 0;
    const reading = { time, value: random.chance(0.05) ? null : value, status, received };
    readings.push(reading);
    if (random.chance(0.04)) readings.push(reading);
    if (random.chance(0.04)) readings.push({ ...reading, value: 2 });
  }
  return random.chance(0.4) ? withClockSetBack(random, readings, stepMs) : readings;
}

/** From some moment on the source's clock is some minutes behind, while received time goes on. */
function withClockSetBack(random: Random, readings: NaiveReading[], stepMs: number): NaiveReading[] {
  const before = readings.slice(0, 5 + random.below(readings.length - 5));
  const { time, received } = before.at(-1)!;
  const backMs = 60_000 + random.below(300) * 1000;
  const after = Array.from({ length: 30 + random.below(20) }, (_, at) => ({
    time: time - backMs + (at + 1) * stepMs,
    value: Math.round(random.between(0, 20)) / 10,
    status: random.chance(0.1) ? 128 : 0,
    received: received + (at + 1) * stepMs + random.below(2) * 500,
  }));
  return [...before, ...after];
}

interface Run {
  readonly alarms: NaiveAlarm[];
  readonly outcomes: string[];
}

const outcomeNames = Object.fromEntries(Object.entries(outcome).map(([name, code]) => [code, name]));

/** `breakAt`: after that reading the state goes through a snapshot into another engine. */
function engineRun(
  point: Point,
  rules: readonly Rule[],
  readings: readonly NaiveReading[],
  live: boolean,
  breakAt = -1,
): Run {
  const collector = new AlarmCollector();
  const points = [point];
  // What accept raises by itself has tests of its own.
  const sink: typeof collector.take = (condition) => {
    if (!condition.rule.startsWith('DQ-')) collector.take(condition);
  };
  let engine = new RuleEngine({ points, rules, sink, live });
  const outcomes: string[] = [];
  for (const [at, { time, value, status, received }] of readings.entries()) {
    engine.advanceTo(received);
    outcomes.push(outcomeNames[engine.sample(0, time, value ?? NaN, status)]!);
    if (at !== breakAt) continue;
    const { arrays, json } = engine.snapshot();
    const copies = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
    engine = new RuleEngine({ points, rules, sink, live });
    engine.restore({ arrays: copies, json: JSON.parse(JSON.stringify(json)) });
  }
  engine.finish();
  const alarms = collector.finish(engine.openAlarms()).map((line): NaiveAlarm => {
    const { rule, level, since, raisedAt, clearedAt, peak, samples, marks, delayedS } = line;
    const extent = { peak: peak?.value ?? null, peakAt: peak?.at ?? null, samples };
    return { rule, level, since, raisedAt, clearedAt, ...extent, marks: marks.join(' '), delayedS };
  });
  return { alarms: inOrder(alarms), outcomes };
}

function inOrder(alarms: readonly NaiveAlarm[]): NaiveAlarm[] {
  const key = (alarm: NaiveAlarm): string => `${alarm.rule} ${alarm.raisedAt} ${alarm.clearedAt ?? 'open'}`;
  return alarms
    .map(({ rule, level, since, raisedAt, clearedAt, peak, peakAt, samples, marks, delayedS }) => ({
      rule,
      level,
      since,
      raisedAt,
      clearedAt,
      peak,
      peakAt,
      samples,
      marks,
      delayedS,
    }))
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function check(seed: number, counts: { alarms: number; setBack: number }): void {
  const random = new Random(seed);
  const live = random.chance(0.5);
  const point = pointOf(random);
  const rules = rulesOf(random);
  const readings = readingsOf(random, point);
  const { accepted, outcomes } = naiveAccept(point, readings, live);
  const expected = inOrder(naiveAlarms(point, rules, readings, live));
  counts.alarms += expected.length;
  if (accepted.some((sample) => sample.epoch > 0)) counts.setBack += 1;
  const found = engineRun(point, rules, readings, live);
  expectSame(seed, found, { alarms: expected, outcomes });
  expectSame(seed, engineRun(point, rules, readings, live, random.below(readings.length)), found);
}

/** Text first: forty thousand deep comparisons would take longer than all else. */
function expectSame(seed: number, found: Run, expected: Run): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  expect(found, `run again with FENGSUI_SEED=${seed}`).toStrictEqual(expected);
}

/** [first, end) of the seeds of each test; one seed when FENGSUI_SEED says which. */
function ranges(): [number, number][] {
  const only = process.env['FENGSUI_SEED'];
  if (only !== undefined) return [[Number(only), Number(only) + 1]];
  const size = sequences / chunks;
  return Array.from({ length: chunks }, (_, chunk) => [chunk * size, (chunk + 1) * size]);
}

describe('the engine and the naive twin', () => {
  for (const [first, end] of ranges()) {
    it(`agree on random sequences ${first} to ${end - 1}, with a snapshot at a random moment too`, () => {
      const counts = { alarms: 0, setBack: 0 };
      for (let seed = first; seed < end; seed += 1) check(seed, counts);
      // Many sequences must be worth comparing.
      const isMany = end - first > 100;
      expect(counts.alarms).toBeGreaterThan(isMany ? 3 * (end - first) : -1);
      expect(counts.setBack).toBeGreaterThan(isMany ? (end - first) / 50 : -1);
    });
  }
});
