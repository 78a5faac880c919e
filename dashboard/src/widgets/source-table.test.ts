// Which source spoke last, as the band of the demonstration says it.

import { expect, test } from 'vitest';
import { isSimulatedNow } from './source-table.ts';

test('what came last says whether the values are made up', () => {
  const recorded = { source: 'replay', lastReceived: 2_000 };
  const simulated = { source: 'replay-sim', lastReceived: 1_000 };
  expect(isSimulatedNow([recorded, simulated])).toBe(false);
  expect(isSimulatedNow([recorded, { ...simulated, lastReceived: 3_000 }])).toBe(true);
});

test('before anything came nobody knows', () => {
  expect(isSimulatedNow([])).toBeNull();
  expect(isSimulatedNow([{ source: 'replay-sim', lastReceived: 0 }])).toBeNull();
});
