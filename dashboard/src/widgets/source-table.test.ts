// Which sources make values up, and which of all spoke last, as the band of the demonstration says it.

import { expect, test } from 'vitest';
import { isSimulated, isSimulatedNow, linkOf } from './source-table.ts';

const sites = [
  { id: 'demo', name: '演示矿', kind: 'mine', demo: true, simulatedSources: ['calm'] },
  { id: 'real', name: '矿', kind: 'mine' },
] as const;
const recorded = { mine: 'demo', source: 'replay', lastReceived: 2_000 };
const simulated = { mine: 'demo', source: 'calm', lastReceived: 1_000 };

test('what the mine of a source declares makes it a simulator, whatever its name', () => {
  expect(isSimulated(simulated, sites)).toBe(true);
  expect(isSimulated({ mine: 'demo', source: 'replay-sim' }, sites)).toBe(false);
  expect(isSimulated({ mine: 'real', source: 'calm' }, sites)).toBe(false);
  expect(isSimulated({ mine: 'unknown', source: 'calm' }, sites)).toBe(false);
});

test('what came last says whether the values are made up', () => {
  expect(isSimulatedNow([recorded, simulated], sites)).toBe(false);
  expect(isSimulatedNow([recorded, { ...simulated, lastReceived: 3_000 }], sites)).toBe(true);
});

test('before anything came nobody knows', () => {
  expect(isSimulatedNow([], sites)).toBeNull();
  expect(isSimulatedNow([{ ...simulated, lastReceived: 0 }], sites)).toBeNull();
});

test('a demo source whose partner plays is idle; what is silent by itself, or in a real mine, is down', () => {
  const tree = [
    { id: 'demo', name: '演示矿', kind: 'mine', demo: true, simulatedSources: ['replay-sim'] },
    { id: 'real', name: '矿', kind: 'mine', simulatedSources: ['replay-sim'] },
  ] as const;
  const link = (source: string, isUp: boolean, mine = 'demo') => ({
    mine,
    system: 'safety',
    source,
    connected: isUp,
  });
  const links = (...all: ReturnType<typeof link>[]) => all.map((one) => linkOf(one, all, tree));
  expect(links(link('replay', false), link('replay-sim', true))).toEqual(['idle', 'up']);
  expect(links(link('replay', true), link('replay-sim', false))).toEqual(['up', 'idle']);
  expect(links(link('replay', false), link('replay-sim', false))).toEqual(['down', 'down']);
  expect(links(link('my-gateway', false), link('replay-sim', true))).toEqual(['down', 'up']);
  expect(links(link('replay', false, 'real'), link('replay-sim', true, 'real'))).toEqual(['down', 'up']);
});
