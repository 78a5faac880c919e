// Occurrences against a plain reckoning, and what the conformance cases do not ask: exclusion, disorder, long chains.

import { describe, expect, it } from 'vitest';
import { Random } from '../../test/random.ts';
import { point, RuleBench, start } from '../../test/rule-bench.ts';
import type { OccurrencesRule, Rule } from '../rule.ts';

const threshold: Rule = { id: 'T', kind: 'threshold', level: 'yellow', op: '>=', limit: 1 };
const count: OccurrencesRule = {
  id: 'N',
  kind: 'occurrences',
  level: 'orange',
  base: ['T'],
  groupBy: 'place',
  mergeBy: 'point',
  n: 2,
  windowS: 1e3,
  separateS: 0,
};

function once(bench: RuleBench, id: string, second: number, length = 10): void {
  bench.reading(id, second, 2);
  bench.reading(id, second + length, 0);
}

function storyOf(bench: RuleBench): string[] {
  return bench.story().filter((line) => line.includes(' N/'));
}

describe('a verified false alarm', () => {
  it('ends the alarm at once when the number falls below n', () => {
    const bench = new RuleBench([point('A')], [threshold, count]);
    once(bench, 'A', 0);
    once(bench, 'A', 100);
    bench.advance(300);
    bench.engine.excludeFalseAlarm('T', 'A', 1);
    expect(storyOf(bench)).toStrictEqual(['raised N/P#1 @100', 'cleared N/P#1 @300']);
    once(bench, 'A', 400);
    expect(storyOf(bench).at(-1)).toBe('raised N/P#2 @400');
  });

  it('moves the deadline when enough are left', () => {
    const bench = new RuleBench([point('A')], [threshold, count]);
    for (const second of [0, 100, 200]) once(bench, 'A', second);
    bench.engine.excludeFalseAlarm('T', 'A', 2);
    bench.advance(1101);
    expect(storyOf(bench)).toStrictEqual(['raised N/P#1 @100', 'cleared N/P#1 @1000']);
  });

  it('in the middle of what had merged splits it, and raises nothing by itself', () => {
    const bench = new RuleBench([point('A')], [threshold, { ...count, separateS: 100 }]);
    for (const second of [0, 100, 200]) once(bench, 'A', second);
    bench.engine.excludeFalseAlarm('T', 'A', 2);
    bench.advance(2000);
    expect(storyOf(bench)).toStrictEqual([]);
  });
});

it('a base alarm that becomes known late counts at its own time', () => {
  const bench = new RuleBench([point('A'), point('B')], [threshold, count], false);
  once(bench, 'A', 500);
  // B lags by a minute: its alarm of second 450 becomes known after that of 500, which is the one that makes two.
  bench.reading('B', 450, 2, 0, 510);
  bench.reading('B', 460, 0, 0, 511);
  bench.advance(3000);
  expect(storyOf(bench)).toStrictEqual(['raised N/P#1 @500', 'cleared N/P#1 @1450']);
});

it('an occurrence that goes on for many windows keeps its first date', () => {
  const rule = { ...count, separateS: 3600, n: 2, windowS: 86_400 };
  const bench = new RuleBench([point('A'), point('B')], [threshold, rule], false);
  for (let hour = 0; hour < 24 * 20; hour += 1) once(bench, 'A', hour * 3600);
  once(bench, 'B', 24 * 20 * 3600);
  expect(storyOf(bench)).toStrictEqual([]);
  // What is over for long is forgotten, what goes on is kept short.
  const kept = [...bench.engine.core.counted.values()].map((alarms) => alarms.length);
  expect(Math.max(...kept)).toBeLessThan(24 * 5);
});

/** The number as a function of time, from the final list of alarms; intervals in which it is at least n. */
function reckoned(rule: OccurrencesRule, alarms: readonly (readonly [number, number])[]): string[] {
  const dates: number[] = [];
  let latestEnd = -Infinity;
  for (const [raisedAt, end] of alarms) {
    if (raisedAt > latestEnd + rule.separateS! * 1000) dates.push(raisedAt);
    latestEnd = Math.max(latestEnd, end);
  }
  const windowMs = rule.windowS! * 1000;
  const numberAt = (time: number): number => dates.filter((d) => d > time - windowMs && d <= time).length;
  const moments = [...new Set(dates.flatMap((date) => [date, date + windowMs]))].sort((a, b) => a - b);
  const lines: string[] = [];
  let n = 0;
  let isUp = false;
  for (const moment of moments) {
    const isEnough = numberAt(moment) >= rule.n;
    if (isEnough === isUp) continue;
    isUp = isEnough;
    if (isUp) n += 1;
    lines.push(`${isUp ? 'raised' : 'cleared'} N/P#${n} @${(moment - start) / 1000}`);
  }
  return lines;
}

it('equal a plain reckoning on random alarms', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = new Random(seed);
    const rule = {
      ...count,
      n: 1 + random.below(4),
      windowS: 100 * (1 + random.below(20)),
      separateS: random.pick([0, 60, 300]),
    };
    const bench = new RuleBench([point('A')], [threshold, rule], false);
    const alarms: [number, number][] = [];
    let second = 0;
    for (let at = 0; at < 60; at += 1) {
      second += 20 + random.below(400);
      const length = 10 + random.below(10);
      once(bench, 'A', second, length);
      alarms.push([start + second * 1000, start + (second + length) * 1000]);
      second += length;
    }
    bench.advance(second + 1_000_000);
    expect(storyOf(bench), `seed ${seed}`).toStrictEqual(reckoned(rule, alarms));
  }
});

it('a calendar month is that of UTC+8: the number falls to nothing at its end', () => {
  const { windowS: _, ...rest } = count;
  const bench = new RuleBench([point('A')], [threshold, { ...rest, calendar: 'month' }], false);
  const monthEnd = (Date.UTC(2026, 0, 31, 16) - start) / 1000;
  once(bench, 'A', 0);
  once(bench, 'A', monthEnd - 100);
  once(bench, 'A', monthEnd);
  once(bench, 'A', monthEnd + 100);
  expect(storyOf(bench)).toStrictEqual([
    `raised N/P#1 @${monthEnd - 100}`,
    `cleared N/P#1 @${monthEnd}`,
    `raised N/P#2 @${monthEnd + 100}`,
  ]);
});
