// A new configuration in the middle of a run.

import { describe, expect, it } from 'vitest';
import { point, RuleBench, start } from '../test/rule-bench.ts';
import type { Rule } from './rule.ts';

const threshold: Rule = { id: 'T', kind: 'threshold', level: 'yellow', op: '>=', limit: 1 };
const sustained: Rule = {
  id: 'S',
  kind: 'sustained',
  level: 'yellow',
  base: 'T',
  ladder: [
    {
      afterS: 30,
      level: 'red',
    },
  ],
};
const mean: Rule = { id: 'W', kind: 'window', level: 'blue', fn: 'mean', windowS: 40, op: '>=', limit: 1 };
const silence: Rule = { id: 'Q', kind: 'silence', level: 'yellow', silenceS: 50 };

describe('an unchanged rule', () => {
  it('keeps alarms, active time, windows and silence when points are added before it in order', () => {
    const bench = new RuleBench([point('B')], [threshold, sustained, mean, silence]);
    for (const second of [0, 10, 20]) bench.reading('B', second, 2);
    // The key order of a document does not matter.
    const same: Rule = { limit: 1, op: '>=', level: 'yellow', kind: 'threshold', id: 'T' };
    bench.configure([point('A'), point('B')], [mean, silence, same, sustained]);
    for (const second of [30, 40]) bench.reading('B', second, 2);
    bench.reading('B', 50, 0);
    bench.advance(101);
    const expected = [
      'raised T/B#1 @0',
      'raised W/B#1 @30',
      'raised S/B#1 @30',
      'cleared T/B#1 @50',
      'cleared S/B#1 @50',
      // A is new at second 20 and never spoke; B spoke last at 50.
      'raised Q/A#1 @70',
      'unknown W/B#1 @80',
      'raised Q/B#1 @100',
    ];
    expect([...bench.story()].sort()).toStrictEqual([...expected].sort());
  });

  it('compares with the limits of today', () => {
    const rule: Rule = { ...threshold, limit: 'alarmHigh' };
    const bench = new RuleBench([point('A', { limits: { alarmHigh: 1 } })], [rule]);
    bench.reading('A', 0, 1.2);
    bench.configure([point('A', { limits: { alarmHigh: 1.5 } })], [rule]);
    expect(bench.story()).toHaveLength(1);
    bench.reading('A', 10, 1.2);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0', 'cleared T/A#1 @10']);
  });
});

describe('alarms', () => {
  const cases: readonly (readonly [string, readonly Rule[], string])[] = [
    ['a changed rule end with ruleChanged', [{ ...threshold, limit: 1.1 }], 'ruleChanged T/A#1 @20'],
    ['a rule that is gone are withdrawn', [], 'withdrawn T/A#1 @20'],
    ['a rule that is off are withdrawn', [{ ...threshold, enabled: false }], 'withdrawn T/A#1 @20'],
  ];
  for (const [name, rules, told] of cases) {
    it(`of ${name}`, () => {
      const bench = new RuleBench([point('A')], [threshold]);
      bench.reading('A', 0, 2);
      bench.advance(20);
      bench.configure([point('A')], rules);
      expect(bench.story()).toStrictEqual(['raised T/A#1 @0', told]);
    });
  }

  it('of a point that is gone are withdrawn, DQ-08 too', () => {
    const bench = new RuleBench([point('A'), point('B')], [threshold]);
    bench.reading('A', 0, 2, 256);
    bench.advance(20);
    bench.configure([point('B')], [threshold]);
    expect(bench.story().slice(2)).toStrictEqual(['withdrawn T/A#1 @20', 'withdrawn DQ-08/A#1 @20']);
  });

  it('of a changed base take the sustained alarm along, and numbers go on when rule and point come back', () => {
    const bench = new RuleBench([point('A')], [threshold, sustained]);
    for (const second of [0, 10, 20, 30]) bench.reading('A', second, 2);
    bench.configure([point('A')], [{ ...threshold, limit: 1.1 }, sustained]);
    expect(bench.story().slice(2)).toStrictEqual(['ruleChanged T/A#1 @30', 'cleared S/A#1 @30']);
    bench.configure([point('A')], []);
    bench.configure([], []);
    bench.configure([point('A')], [threshold]);
    bench.reading('A', 40, 2);
    expect(bench.story().at(-1)).toBe('raised T/A#2 @40');
  });
});

it('occurrences go on counting, and still end at their deadline', () => {
  const count: Rule = {
    id: 'N',
    kind: 'occurrences',
    level: 'orange',
    base: ['T'],
    groupBy: 'point',
    mergeBy: 'point',
    n: 2,
    windowS: 1e3,
    separateS: 0,
  };
  const bench = new RuleBench([point('A')], [threshold, count]);
  const once = (second: number): void => {
    bench.reading('A', second, 2);
    bench.reading('A', second + 10, 0);
  };
  once(0);
  bench.configure([point('A'), point('B')], [threshold, count]);
  once(100);
  bench.configure([point('B'), point('A')], [threshold, count, silence]);
  bench.configure([point('A')], [count, threshold]);
  bench.advance(1001);
  expect(bench.story().filter((line) => line.includes(' N/'))).toStrictEqual([
    'raised N/A#1 @100',
    'cleared N/A#1 @1000',
  ]);
  // Another n over the same alarms knows them from before.
  bench.configure([point('A')], [threshold, { ...count, n: 3, windowS: 5000 }]);
  once(1200);
  expect(
    bench
      .story()
      .filter((line) => line.includes(' N/'))
      .at(-1),
  ).toBe('raised N/A#2 @1200');
  expect(bench.engine.clock).toBe(start + 1_210_000);
});
