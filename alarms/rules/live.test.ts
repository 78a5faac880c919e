// What only a live engine does: unknown by deadline, clock set back, DQ-08, DQ-12, silence after a start.

import { describe, expect, it } from 'vitest';
import { point, RuleBench, start } from '../test/rule-bench.ts';
import type { Rule } from './rule.ts';

const threshold: Rule = { id: 'T', kind: 'threshold', level: 'yellow', op: '>=', limit: 1 };

describe('unknown', () => {
  it('an alarm that is up is unknown from its newest usable sample + gapS on, and known at the next', () => {
    const bench = new RuleBench([point('A')], [threshold]);
    bench.reading('A', 0, 2);
    bench.reading('A', 20, 2);
    bench.reading('A', 30, 2, 16);
    bench.advance(50);
    expect(bench.engine.isUnknown('T', 'A')).toBe(false);
    bench.advance(51);
    expect(bench.engine.isUnknown('T', 'A')).toBe(true);
    bench.reading('A', 60, 2);
    bench.reading('A', 70, 0);
    bench.advance(500);
    expect(bench.story()).toStrictEqual([
      'raised T/A#1 @0',
      'unknown T/A#1 @50',
      'known T/A#1 @60',
      'cleared T/A#1 @70',
    ]);
  });

  it('nextDeadline names the clock at which advanceTo tells it', () => {
    const bench = new RuleBench([point('A')], [threshold]);
    expect(bench.engine.nextDeadline()).toBe(Infinity);
    bench.reading('A', 0, 2);
    const wake = bench.engine.nextDeadline();
    expect(wake).toBe(start + 30_001);
    bench.engine.advanceTo(wake - 1);
    expect(bench.story()).toHaveLength(1);
    bench.engine.advanceTo(wake);
    expect(bench.story()).toHaveLength(2);
    expect(bench.engine.nextDeadline()).toBe(Infinity);
  });

  it('a back-test tells nothing of it', () => {
    const bench = new RuleBench([point('A')], [threshold], false);
    bench.reading('A', 0, 2);
    bench.advance(500);
    expect(bench.story()).toStrictEqual(['raised T/A#1 @0']);
  });
});

describe('a clock that is set back', () => {
  /** Ten minutes behind from second 110 on, one sample every `step` seconds. */
  function setBack(bench: RuleBench, samples: number, advance = 10): string[] {
    for (let at = 0; at <= 10; at += 1) bench.reading('A', 1000 + at * 10, 0.1, 0, 1000 + at * 10);
    return Array.from({ length: samples }, (_, at) =>
      bench.reading('A', 500 + at * advance, 2, 0, 1110 + at * 10),
    );
  }

  it('is believed at the tenth late sample that advances as received time does, and raises DQ-08', () => {
    const bench = new RuleBench([point('A')], [threshold]);
    const outcomes = setBack(bench, 12);
    const late = Array.from({ length: 9 }, () => 'late');
    expect(outcomes).toStrictEqual([...late, 'accepted', 'accepted', 'accepted']);
    expect(bench.engine.newest(0)?.time).toBe(start + 610_000);
    expect(bench.story()).toStrictEqual([
      'raised T/A#1 @590',
      'raised DQ-08/A#1 @1200',
      'cleared DQ-08/A#1 @1210',
    ]);
  });

  it('is not believed when the samples advance a third faster or slower', () => {
    for (const advance of [14, 7]) {
      const bench = new RuleBench([point('A')], [threshold]);
      expect(new Set(setBack(bench, 30, advance))).toStrictEqual(new Set(['late']));
    }
  });

  it('is not believed in a back-test', () => {
    const bench = new RuleBench([point('A')], [threshold], false);
    expect(new Set(setBack(bench, 30))).toStrictEqual(new Set(['late']));
  });

  it('is believed although a re-sent block came right before', () => {
    const bench = new RuleBench([point('A')], [threshold]);
    for (let at = 0; at <= 10; at += 1) bench.reading('A', 1000 + at * 10, 0.1);
    for (let at = 0; at < 40; at += 1) bench.reading('A', 1 + at * 10, 0.2, 0, 1101);
    const outcomes = Array.from({ length: 20 }, (_, at) =>
      bench.reading('A', 500 + at * 10, 2, 0, 1110 + at * 10),
    );
    expect(outcomes.at(-1)).toBe('accepted');
  });
});

describe('DQ-08 of stamps ahead', () => {
  it('is raised once and clears at the next accepted sample without the bit', () => {
    const bench = new RuleBench([point('A')], []);
    bench.reading('A', 0, 1, 256);
    bench.reading('A', 10, 1, 256);
    bench.reading('A', 20, 1, 128);
    bench.reading('A', 30, 1, 256);
    expect(bench.story()).toStrictEqual([
      'raised DQ-08/A#1 @0',
      'cleared DQ-08/A#1 @20',
      'raised DQ-08/A#2 @30',
    ]);
  });
});

describe('DQ-12 迟到超限', () => {
  const points = [point('A', { limits: { alarmHigh: 1 } })];

  it('a late usable sample at alarmHigh raises it, orange; the next accepted usable sample clears it', () => {
    const bench = new RuleBench(points, [threshold]);
    bench.reading('A', 100, 0.1);
    expect(bench.reading('A', 50, 1, 0, 101)).toBe('late');
    bench.reading('A', 60, 3, 0, 102);
    bench.reading('A', 110, 0.1, 16);
    bench.reading('A', 120, 0.1);
    expect(bench.story()).toStrictEqual(['raised DQ-12/A#1 @101', 'cleared DQ-12/A#1 @120']);
    expect(bench.told[0]).toMatchObject({
      level: 'orange',
      quantity: 1,
      limit: 1,
      peak: { value: 1, at: start + 50_000 },
    });
  });

  it('not below the limit, not unusable, not without a limit, not in a back-test', () => {
    const bench = new RuleBench([...points, point('B')], []);
    const backtest = new RuleBench(points, [], false);
    for (const each of [bench, backtest]) each.reading('A', 100, 0.1);
    bench.reading('B', 100, 0.1);
    bench.reading('A', 50, 0.999, 0, 101);
    bench.reading('A', 51, 5, 64, 101);
    bench.reading('B', 50, 5, 0, 101);
    backtest.reading('A', 50, 5, 0, 101);
    expect([...bench.story(), ...backtest.story()]).toStrictEqual([]);
  });
});

it('after a start silence counts from the start: a restart cries no wolf', () => {
  const silence: Rule = { id: 'Q', kind: 'silence', level: 'yellow', silenceS: 60 };
  const bench = new RuleBench([point('A'), point('B')], [silence]);
  bench.reading('A', 0, 1);
  bench.advance(10);
  bench.engine.started(start + 1_000_000);
  bench.advance(1060);
  expect(bench.story()).toStrictEqual([]);
  bench.advance(1061);
  expect(bench.story()).toStrictEqual(['raised Q/A#1 @1060', 'raised Q/B#1 @1060']);
});
