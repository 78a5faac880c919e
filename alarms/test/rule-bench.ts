// A small bench for rule tests: points A, B … of one place, an engine, the conditions it told.

import type { Point } from '#alarms/registry/site.ts';
import type { Condition } from '#alarms/rules/condition.ts';
import { RuleEngine } from '#alarms/rules/engine.ts';
import type { Rule } from '#alarms/rules/rule.ts';
import { outcome } from '#alarms/telemetry/frame.ts';

export const start = Date.UTC(2026, 0, 5);

export function point(id: string, more: Partial<Point> = {}): Point {
  const fixed = { measurand: 'CH4', unit: '%', periodS: 10, place: 'P', mine: 'M', limits: {} };
  return { id, ...fixed, ...more };
}

export class RuleBench {
  readonly told: Condition[] = [];
  engine: RuleEngine;
  readonly #live: boolean;

  constructor(points: readonly Point[], rules: readonly Rule[], live = true) {
    this.#live = live;
    this.engine = this.#engineOf(points, rules);
  }

  #engineOf(points: readonly Point[], rules: readonly Rule[]): RuleEngine {
    return new RuleEngine({
      points,
      rules,
      sink: (condition) => this.told.push(condition),
      live: this.#live,
    });
  }

  /** Seconds from `start`; received at the same second unless said. Gives the outcome by name. */
  reading(id: string, second: number, value: number | null, status = 0, receivedSecond = second): string {
    this.engine.advanceTo(start + receivedSecond * 1000);
    const slot = this.engine.program.points.findIndex((candidate) => candidate.id === id);
    const made = this.engine.sample(slot, start + second * 1000, value ?? NaN, status);
    return Object.entries(outcome).find(([, code]) => code === made)?.[0] ?? '';
  }

  advance(second: number): void {
    this.engine.advanceTo(start + second * 1000);
  }

  configure(points: readonly Point[], rules: readonly Rule[]): void {
    const next = this.#engineOf(points, rules);
    next.migrateFrom(this.engine);
    this.engine = next;
  }

  /** `raised T/A#1 @10` in seconds, all told so far. */
  story(): string[] {
    const at = (condition: Condition): number => {
      if (condition.kind === 'raised') return condition.raisedAt;
      return condition.kind === 'cleared' ? condition.clearedAt : condition.at;
    };
    const word = (condition: Condition): string => {
      if (condition.kind === 'levelRaised') return `level ${condition.to}`;
      return condition.kind === 'cleared' && condition.reason !== 'cleared'
        ? condition.reason
        : condition.kind;
    };
    return this.told.map(
      (told) => `${word(told)} ${told.rule}/${told.scope}#${told.n} @${(at(told) - start) / 1000}`,
    );
  }
}
