import { describe, expect, it } from 'vitest';
import { createLatestValuesMemory, viewLatestValues } from './latest-values.ts';

describe('the latest values memory', () => {
  it('has room for every point in columns that do not touch, seen alike by both sides', () => {
    for (const points of [0, 1, 63, 64, 65, 3_000]) {
      const memory = createLatestValuesMemory(points);
      const writer = viewLatestValues(memory);
      const reader = viewLatestValues(memory);
      expect(writer.capacity).toBeGreaterThanOrEqual(Math.max(points, 1));
      writer.time.fill(1);
      writer.received.fill(2);
      writer.value.fill(3.5);
      writer.status.fill(65_535);
      const last = writer.capacity - 1;
      for (const slot of [0, last]) {
        const seen = [reader.time[slot], reader.received[slot], reader.value[slot], reader.status[slot]];
        expect(seen).toEqual([1, 2, 3.5, 65_535]);
      }
      expect(reader.status.length).toBe(writer.capacity);
    }
  });

  it('refuses a memory that is not one', () => {
    expect(() => viewLatestValues(new SharedArrayBuffer(27))).toThrow('not of ours');
  });
});
