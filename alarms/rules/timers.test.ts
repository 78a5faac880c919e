// Deadlines against a sorted list.

import { expect, it } from 'vitest';
import { Random } from '../test/random.ts';
import { Timers } from './timers.ts';

it('timers fire in order of due, then number, however they were set, moved and cancelled', () => {
  const random = new Random(7);
  for (let round = 0; round < 300; round += 1) {
    const timers = new Timers(12);
    const wanted = new Map<number, number>();
    for (let at = 0; at < 60; at += 1) {
      const timer = random.below(12);
      const action = random.below(10);
      if (action < 7) {
        const due = random.below(30);
        timers.set(timer, due);
        wanted.set(timer, due);
      } else if (action < 8) {
        timers.cancel(timer);
        wanted.delete(timer);
      } else if (action < 9) timers.rebuild();
      const first = [...wanted].sort(([a, dueA], [b, dueB]) => dueA - dueB || a - b)[0];
      expect(timers.firstDue()).toBe(first?.[1] ?? Infinity);
      if (first === undefined || !random.chance(0.3)) continue;
      expect(timers.take()).toBe(first[0]);
      wanted.delete(first[0]);
    }
  }
});
