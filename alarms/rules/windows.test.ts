// The running aggregates against plain lists.

import { describe, expect, it } from 'vitest';
import { plain } from '../test/condition.naive.ts';
import { Random } from '../test/random.ts';
import type { WindowFunction } from './rule.ts';
import { Windows } from './windows.ts';

const functions: readonly WindowFunction[] = ['mean', 'min', 'max', 'range', 'sd', 'median', 'count'];
const lengthMs = 60_000;

function windowsOfAll(periodMs = 1000): Windows {
  return new Windows(
    [periodMs],
    functions.map((fn) => ({ slot: 0, fn, lengthMs })),
  );
}

function admit(windows: Windows, time: number, value: number): void {
  windows.time = time;
  windows.value = value;
  windows.admit(0);
}

function evaluate(windows: Windows, window: number): number {
  windows.evaluate(window);
  return windows.result;
}

/** Feeds values one second apart (now and then further); the greatest relative error of any function after any sample. */
function greatestError(values: readonly number[], random: Random): number {
  let greatest = 0;
  const windows = windowsOfAll();
  const list: { time: number; value: number }[] = [];
  let time = 0;
  for (const value of values) {
    time += random.chance(0.02) ? 20_000 : 1000;
    admit(windows, time, value);
    list.push({ time, value });
    const inside = list.filter((sample) => sample.time > time - lengthMs).map((sample) => sample.value);
    const scale = Math.max(...inside.map(Math.abs));
    for (const [window, fn] of functions.entries()) {
      const expected = plain(fn, inside);
      const difference = Math.abs(evaluate(windows, window) - expected);
      const least = Math.max(Math.abs(expected), scale * 1e-6);
      greatest = Math.max(greatest, difference / least);
    }
  }
  return greatest;
}

describe('windows', () => {
  it('equal plain lists on ordinary values', () => {
    const random = new Random(1);
    const values = Array.from({ length: 2000 }, () => random.between(-3, 3));
    expect(greatestError(values, random)).toBeLessThan(1e-11);
  });

  it('keep nine digits of mean and sd on an offset of 1e6 with a spread of a thousandth', () => {
    const random = new Random(2);
    const values = Array.from({ length: 2000 }, () => 1e6 + random.between(-0.001, 0.001));
    const windows = windowsOfAll();
    for (const [at, value] of values.entries()) admit(windows, at * 1000, value);
    const inside = values.slice(-60);
    expect(evaluate(windows, 0)).toBeCloseTo(plain('mean', inside), 9);
    expect(evaluate(windows, 4) / plain('sd', inside)).toBeCloseTo(1, 7);
  });

  it('forget a spike of 1e15 wholly once it has left', () => {
    const random = new Random(3);
    const windows = windowsOfAll();
    const values = Array.from({ length: 300 }, (_, at) => (at === 150 ? 1e15 : random.between(0, 1)));
    for (const [at, value] of values.entries()) admit(windows, at * 1000, value);
    const inside = values.slice(-60);
    expect(evaluate(windows, 0)).toBeCloseTo(plain('mean', inside), 12);
    expect(evaluate(windows, 4)).toBeCloseTo(plain('sd', inside), 12);
  });

  it('give an sd of exactly 0 for a constant far from 0, after a step', () => {
    const windows = windowsOfAll();
    for (let at = 0; at < 200; at += 1) admit(windows, at * 1000, at < 100 ? 3.7 : 1_000_000.1);
    expect(evaluate(windows, 4)).toBe(0);
  });

  it('stay finite where a sum of the values is not', () => {
    const windows = windowsOfAll();
    for (let at = 0; at < 5; at += 1) admit(windows, at * 1000, 1.7e308);
    expect(evaluate(windows, 0)).toBeCloseTo(1.7e308, -300);
    for (let at = 100; at < 110; at += 1) admit(windows, at * 1000, 2);
    expect(evaluate(windows, 0)).toBe(2);
  });

  it('are half open: the sample exactly one length old is outside', () => {
    const windows = windowsOfAll();
    admit(windows, 0, 9);
    admit(windows, lengthMs - 1, 1);
    expect(windows.count(0)).toBe(2);
    admit(windows, lengthMs, 1);
    expect(windows.count(0)).toBe(2);
    expect(evaluate(windows, 2)).toBe(1);
  });

  it('grow with a source that speaks faster than registered, and count what a full ring drops', () => {
    const windows = windowsOfAll();
    for (let at = 0; at < 50_000; at += 1) admit(windows, at, 1);
    expect(windows.count(0)).toBe(50_000);
    expect(windows.overflowed).toBe(0);
    for (let at = 50_000; at < 70_000; at += 1) admit(windows, at * 0.5 + 25_000, at < 69_999 ? 1 : 5);
    expect(windows.count(0)).toBe(65_536);
    expect(windows.overflowed).toBeGreaterThan(0);
    expect(evaluate(windows, 2)).toBe(5);
    expect(evaluate(windows, 0)).toBeCloseTo(1 + 4 / 65_536, 12);
  });

  it('begin empty after the clock of the point was set back', () => {
    const windows = windowsOfAll();
    for (let at = 100; at < 130; at += 1) admit(windows, at * 1000, 7);
    windows.forget(0);
    admit(windows, 110_000, 1);
    expect(functions.map((_, window) => evaluate(windows, window))).toStrictEqual([1, 1, 1, 0, 0, 1, 1]);
    expect(windows.held(0)).toStrictEqual([{ time: 110_000, value: 1 }]);
  });
});
