// Conditions of accept itself, without a rule document, live only: DQ-08 (stamp ahead, or clock set back) and DQ-12
// 迟到超限 (a late usable sample at or over the point's alarmHigh). They run on received time; scope is the point.

import type { Point } from '../registry/site.ts';
import type { Condition, ConditionRaised, NumberOf } from './condition.ts';

export type IntrinsicRule = 'DQ-08' | 'DQ-12';

/** What is up on a slot. */
const up = { none: 0, clockAhead: 1, clockSetBack: 2 } as const;

export class Intrinsic {
  readonly arrays: {
    readonly clock: Uint8Array;
    readonly lateOver: Uint8Array;
    readonly clockRaises: Float64Array;
    readonly lateRaises: Float64Array;
  };
  readonly #points: readonly Point[];
  readonly #sink: (condition: Condition) => void;
  readonly #alarmHigh: Float64Array;

  constructor(points: readonly Point[], sink: (condition: Condition) => void) {
    this.#points = points;
    this.#sink = sink;
    this.#alarmHigh = Float64Array.from(points, (point) => point.limits['alarmHigh'] ?? Infinity);
    this.arrays = {
      clock: new Uint8Array(points.length),
      lateOver: new Uint8Array(points.length),
      clockRaises: new Float64Array(points.length),
      lateRaises: new Float64Array(points.length),
    };
  }

  isUp(slot: number): boolean {
    return this.arrays.clock[slot] !== up.none || this.arrays.lateOver[slot] === 1;
  }

  /** An accepted sample. What was raised at this very sample does not clear at it. */
  accepted(slot: number, now: number, isAhead: boolean, isSetBack: boolean, isUsable: boolean): void {
    const { clock, lateOver } = this.arrays;
    const before = clock[slot]!;
    if (isSetBack || isAhead) {
      if (before === up.none) this.#raiseClock(slot, now);
      clock[slot] = isSetBack ? up.clockSetBack : up.clockAhead;
    } else if (before === up.clockAhead || (before === up.clockSetBack && isUsable)) {
      clock[slot] = up.none;
      this.#clear('DQ-08', slot, this.arrays.clockRaises[slot]!, now, 'cleared');
    }
    if (lateOver[slot] === 1 && isUsable) {
      lateOver[slot] = 0;
      this.#clear('DQ-12', slot, this.arrays.lateRaises[slot]!, now, 'cleared');
    }
  }

  late(slot: number, now: number, time: number, value: number, isUsable: boolean): void {
    if (!isUsable || !(value >= this.#alarmHigh[slot]!) || this.arrays.lateOver[slot] === 1) return;
    this.arrays.lateOver[slot] = 1;
    this.arrays.lateRaises[slot]! += 1;
    const point = this.#points[slot]!;
    this.#sink({
      ...this.#raised('DQ-12', point, this.arrays.lateRaises[slot]!, now),
      level: 'orange',
      peak: { value, at: time },
      samples: 1,
      quantity: value,
      limit: this.#alarmHigh[slot]!,
    });
  }

  /** Is one of the two up on the slot, and which number does it bear? */
  upNumber(rule: IntrinsicRule, slot: number): number | null {
    if (rule === 'DQ-08') return this.arrays.clock[slot] === up.none ? null : this.arrays.clockRaises[slot]!;
    return this.arrays.lateOver[slot] === 1 ? this.arrays.lateRaises[slot]! : null;
  }

  adoptNumbers(numberOf: NumberOf): void {
    const { clock, clockRaises, lateOver, lateRaises } = this.arrays;
    for (const [slot, { id }] of this.#points.entries()) {
      clockRaises[slot] = numberOf('DQ-08', id, clock[slot] !== up.none);
      lateRaises[slot] = numberOf('DQ-12', id, lateOver[slot] === 1);
    }
  }

  /** What is up, as told now; since when, and the late value, is not kept. */
  standing(now: number): ConditionRaised[] {
    const standing: ConditionRaised[] = [];
    for (const [slot, point] of this.#points.entries()) {
      const clock = this.upNumber('DQ-08', slot);
      if (clock !== null) standing.push(this.#raised('DQ-08', point, clock, now));
      const late = this.upNumber('DQ-12', slot);
      if (late === null) continue;
      const raised = this.#raised('DQ-12', point, late, now);
      standing.push({ ...raised, level: 'orange', limit: this.#alarmHigh[slot]! });
    }
    return standing;
  }

  /** The point is gone. */
  withdraw(slot: number, now: number): void {
    for (const rule of ['DQ-08', 'DQ-12'] as const) {
      const n = this.upNumber(rule, slot);
      if (n !== null) this.#clear(rule, slot, n, now, 'withdrawn');
    }
    this.arrays.clock[slot] = up.none;
    this.arrays.lateOver[slot] = 0;
  }

  #raiseClock(slot: number, now: number): void {
    this.arrays.clockRaises[slot]! += 1;
    this.#sink(this.#raised('DQ-08', this.#points[slot]!, this.arrays.clockRaises[slot]!, now));
  }

  #raised(rule: IntrinsicRule, point: Point, n: number, now: number) {
    return {
      kind: 'raised',
      rule,
      scope: point.id,
      n,
      mine: point.mine,
      place: point.place,
      level: 'blue',
      since: now,
      raisedAt: now,
      marks: [],
      delayedS: null,
      peak: null,
      samples: 0,
      quantity: null,
      limit: null,
    } as const;
  }

  #clear(rule: IntrinsicRule, slot: number, n: number, now: number, reason: 'cleared' | 'withdrawn'): void {
    this.#sink({
      kind: 'cleared',
      rule,
      scope: this.#points[slot]!.id,
      n,
      clearedAt: now,
      peak: null,
      samples: 0,
      marks: [],
      delayedS: null,
      reason,
    });
  }
}
