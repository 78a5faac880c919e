// A back-test: points, rules and readings in arrival order in, alarm lines out (docs/rules.md §7). Pure; the command
// line around it reads files. The clock is the greatest source time so far, or the received column where there is one.

import type { Point } from '../registry/site.ts';
import { outcome } from '../telemetry/frame.ts';
import { AlarmCollector, type AlarmLine } from './collect.ts';
import { RuleEngine } from './engine.ts';
import type { NotArmed } from './program.ts';
import type { Rule } from './rule.ts';

export interface BacktestReading {
  readonly time: number;
  readonly point: string;
  /** Null: a sample without a number. */
  readonly value: number | null;
  readonly status: number;
  readonly received?: number;
}

export interface BacktestResult {
  readonly alarms: AlarmLine[];
  readonly readings: number;
  readonly duplicate: number;
  readonly late: number;
  /** Readings of points that are not registered: skipped, and without effect on the clock. */
  readonly unknownPoint: number;
  readonly notArmed: readonly NotArmed[];
}

export function backtest(
  points: readonly Point[],
  rules: readonly Rule[],
  readings: Iterable<BacktestReading>,
): BacktestResult {
  const collector = new AlarmCollector();
  const engine = new RuleEngine({ points, rules, sink: collector.take, live: false });
  const slotOf = new Map(points.map((point, slot) => [point.id, slot]));
  const counts = { readings: 0, duplicate: 0, late: 0, unknownPoint: 0 };
  for (const { time, point, value, status, received } of readings) {
    counts.readings += 1;
    const slot = slotOf.get(point);
    if (slot === undefined) {
      counts.unknownPoint += 1;
      continue;
    }
    engine.advanceTo(received ?? time);
    const made = engine.sample(slot, time, value ?? NaN, status);
    if (made === outcome.duplicate) counts.duplicate += 1;
    if (made === outcome.late) counts.late += 1;
  }
  engine.finish();
  return { alarms: collector.finish(engine.openAlarms()), ...counts, notArmed: engine.notArmed };
}

export function runBacktest(
  points: readonly Point[],
  rules: readonly Rule[],
  readings: Iterable<BacktestReading>,
): AlarmLine[] {
  return backtest(points, rules, readings).alarms;
}
