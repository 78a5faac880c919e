// Tables: both sides of each limit; versions; order at one instant; what is not armed.

import { describe, expect, it } from 'vitest';
import { point, RuleBench, start } from '../test/rule-bench.ts';
import type { Operator, Rule } from './rule.ts';

const yellow = { level: 'yellow' } as const;

describe('both sides of each limit', () => {
  const cases: readonly (readonly [Operator, number, boolean])[] = [
    ['>=', 0.999_999_999, false],
    ['>=', 1, true],
    ['>', 1, false],
    ['>', 1.000_000_001, true],
    ['<=', 1.000_000_001, false],
    ['<=', 1, true],
    ['<', 1, false],
    ['<', 0.999_999_999, true],
  ];
  for (const [op, value, raises] of cases) {
    it(`v ${op} 1 is ${raises} for ${value}`, () => {
      const bench = new RuleBench([point('A')], [{ id: 'T', kind: 'threshold', ...yellow, op, limit: 1 }]);
      bench.reading('A', 0, value);
      expect(bench.story()).toStrictEqual(raises ? ['raised T/A#1 @0'] : []);
    });
  }

  it('a mean is rounded to nine digits before it is compared, on both sides', () => {
    const rule: Rule = {
      id: 'W',
      kind: 'window',
      ...yellow,
      fn: 'mean',
      windowS: 20,
      coverage: 1,
      op: '>=',
      limit: 1,
    };
    const raised = (second: number): string[] => {
      const bench = new RuleBench([point('A')], [rule]);
      bench.reading('A', 0, 1);
      bench.reading('A', 10, second);
      return bench.story();
    };
    expect(raised(0.999_999_999_2)).toStrictEqual(['raised W/A#1 @10']);
    expect(raised(0.999_999_997)).toStrictEqual([]);
  });

  it('a mean that only rounding keeps from 0 is 0', () => {
    const rule: Rule = { id: 'W', kind: 'window', ...yellow, fn: 'mean', windowS: 20, op: '>', limit: 0 };
    const bench = new RuleBench([point('A')], [rule]);
    bench.reading('A', 0, 1e9);
    bench.reading('A', 10, -1e9 + 1e-7);
    expect(bench.story()).toStrictEqual([]);
  });

  it('the clear limit: exactly at it is not yet clear, just below is', () => {
    const clear = { limit: 0.9 };
    const rule: Rule = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1, clear };
    const bench = new RuleBench([point('A')], [rule]);
    bench.reading('A', 0, 1);
    bench.reading('A', 10, 0.9);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0']);
    bench.reading('A', 20, 0.899_999);
    expect(bench.story().at(-1)).toBe('cleared T/A#1 @20');
  });

  it('a gap of exactly gapS is none, one millisecond more is one', () => {
    const rule: Rule = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1, onDelayS: 30 };
    const raised = (second: number): string[] => {
      const bench = new RuleBench([point('A')], [rule]);
      bench.reading('A', 0, 2);
      bench.reading('A', second, 2);
      return bench.story();
    };
    expect(raised(30)).toStrictEqual(['raised T/A#1 @30']);
    expect(raised(30.001)).toStrictEqual([]);
  });
});

describe('levels', () => {
  const ladder = [
    { limit: 1, level: 'yellow' },
    { limit: 1.5, level: 'orange' },
    { limit: 'cutHigh', level: 'red' },
  ] as const;
  const rule: Rule = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1, ladder };

  it('climb with the value, in one alarm, and never fall', () => {
    const bench = new RuleBench([point('A', { limits: { cutHigh: 2 } })], [rule]);
    for (const [at, value] of [1, 1.6, 1.2, 2, 1.7, 0.5].entries()) bench.reading('A', at * 10, value);
    expect(bench.story()).toStrictEqual([
      'raised T/A#1 @0',
      'level orange T/A#1 @10',
      'level red T/A#1 @30',
      'cleared T/A#1 @50',
    ]);
  });

  it('go without a rung whose limit the point has not, and say so', () => {
    const bench = new RuleBench([point('A')], [rule]);
    bench.reading('A', 0, 9);
    expect(bench.told).toMatchObject([{ kind: 'raised', level: 'orange', quantity: 9, limit: 1.5 }]);
    expect(bench.engine.notArmed).toStrictEqual([
      { rule: 'T', point: 'A', reason: 'rungLimitMissing', limit: 'cutHigh' },
    ]);
  });
});

it('a rule on a point without its limit, and what is built on it, are not armed and listed', () => {
  const base: Rule = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 'alarmHigh' };
  const above: Rule = {
    id: 'S',
    kind: 'sustained',
    ...yellow,
    base: 'T',
    ladder: [{ afterS: 5, level: 'red' }],
  };
  const bench = new RuleBench([point('A')], [above, base]);
  bench.reading('A', 0, 9);
  expect(bench.story()).toStrictEqual([]);
  expect(bench.engine.notArmed.map(({ rule, reason }) => `${rule} ${reason}`)).toStrictEqual([
    'T limitMissing',
    'S baseNotArmed',
  ]);
});

describe('versions of a rule', () => {
  const base = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1 } as const;
  const next: Rule = { ...base, limit: 0.5, inForceFrom: start + 30_000 };

  it('the new one starts from clear at its time; what the old one had up ends then, with its mark', () => {
    const bench = new RuleBench([point('A')], [base, next]);
    for (const second of [0, 10, 20, 30]) bench.reading('A', second, 2);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0', 'ruleChanged T/A#1 @30', 'raised T/A#2 @30']);
    expect(bench.told[1]).toMatchObject({ marks: ['ruleChanged'], samples: 3 });
  });

  it('the old alarm ends at that time although its point is silent', () => {
    const bench = new RuleBench([point('A')], [base, next]);
    bench.reading('A', 0, 2);
    bench.advance(30);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0']);
    bench.advance(31);
    expect(bench.story().at(-1)).toMatch(/^(unknown|ruleChanged) T\/A#1 @30$/);
    expect(bench.story()).toContain('ruleChanged T/A#1 @30');
  });

  it('a version that is off ends the one before', () => {
    const off: Rule = { ...next, enabled: false };
    const bench = new RuleBench([point('A')], [base, off]);
    for (const second of [0, 10, 20, 30, 40]) bench.reading('A', second, 2);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0', 'withdrawn T/A#1 @30']);
  });

  it('earlier samples fill the windows of a version that is not yet in force', () => {
    const window = {
      id: 'W',
      kind: 'window',
      ...yellow,
      fn: 'mean',
      windowS: 30,
      op: '>=',
      limit: 1,
    } as const;
    const bench = new RuleBench([point('A')], [{ ...window, inForceFrom: start + 30_000 }]);
    for (const second of [0, 10, 20, 30]) bench.reading('A', second, 2);
    expect(bench.story()).toStrictEqual(['raised W/A#1 @30']);
  });

  it('the sustained alarm over it ends with it', () => {
    const above: Rule = {
      id: 'S',
      kind: 'sustained',
      ...yellow,
      base: 'T',
      ladder: [{ afterS: 20, level: 'red' }],
    };
    const bench = new RuleBench([point('A')], [base, next, above]);
    for (const second of [0, 10, 20, 30, 40, 50]) bench.reading('A', second, 2);
    expect(bench.story()).toStrictEqual([
      'raised T/A#1 @0',
      'raised S/A#1 @20',
      'ruleChanged T/A#1 @30',
      'cleared S/A#1 @30',
      'raised T/A#2 @30',
      'raised S/A#2 @50',
    ]);
  });
});

it('at one instant: timers due before, samples, timers due then; a base before what is built on it', () => {
  const rules: Rule[] = [
    {
      id: 'N',
      kind: 'occurrences',
      ...yellow,
      base: ['T'],
      groupBy: 'place',
      n: 1,
      windowS: 20,
      separateS: 0,
    },
    { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1 },
    { id: 'Q', kind: 'silence', ...yellow, silenceS: 20 },
  ];
  const bench = new RuleBench([point('A'), point('B')], rules, false);
  bench.reading('A', 0, 2);
  bench.reading('B', 0, 0);
  bench.reading('A', 20, 0);
  bench.advance(21);
  expect(bench.story()).toStrictEqual([
    'raised T/A#1 @0',
    'raised N/P#1 @0',
    'cleared T/A#1 @20',
    'raised Q/B#1 @20',
    'cleared N/P#1 @20',
  ]);
});

it('a frame gives back outcomes, and values and status as normalised; it is the same as its readings one by one', () => {
  const rule: Rule = { id: 'T', kind: 'threshold', ...yellow, op: '>=', limit: 1 };
  const points = [point('A', { range: [0, 4] }), point('B')];
  const readings = [
    [0, 0, NaN, 8],
    [1, 0, NaN, 0],
    [0, 0, NaN, 8],
    [0, 5, 0.5, 0],
    [0, 3, 2, 0],
  ] as const;
  const framed = new RuleBench(points, [rule]);
  const frame = {
    received: start + 1e4,
    source: 0,
    sequence: -1,
    base: start,
    shift: 0,
    count: readings.length,
    slots: Uint32Array.from(readings, ([slot]) => slot),
    times: Float64Array.from(readings, ([, second]) => start + second * 1e3),
    values: Float64Array.from(readings, ([, , value]) => value),
    status: Uint16Array.from(readings, ([, , , status]) => status),
    outcomes: new Uint8Array(readings.length),
  };
  framed.engine.frame(frame);
  expect([...frame.outcomes]).toStrictEqual([0, 0, 1, 0, 2]);
  expect([...frame.values]).toStrictEqual([4, NaN, 4, 0.5, 2]);
  expect([...frame.status]).toStrictEqual([8, 128, 8, 0, 0]);
  const single = new RuleBench(points, [rule]);
  for (const [slot, second, value, status] of readings) {
    single.reading(slot === 0 ? 'A' : 'B', second, value, status, 10);
  }
  expect(framed.told).toStrictEqual(single.told);
  expect(framed.story()).toStrictEqual(['raised T/A#1 @0', 'cleared T/A#1 @5']);
});
