import { expect, test } from 'vitest';
import { mayPublish, maySubscribe } from './access.ts';

const own = { mine: 'm1', system: 'safety', source: 'g1', token: 3 };

test.each([
  ['mine/v1/m1/safety/g1/data', true],
  ['mine/v1/m1/safety/g1/file/YCBJ', true],
  ['mine/v1/m2/safety/g1/data', false],
  ['mine/v1/m1/personnel/g1/data', false],
  ['mine/v1/m1/safety/g2/data', false],
  ['mine/v1/m1/safety/g1x/data', false],
  ['spBv1.0/m1/NBIRTH/g1', true],
  ['spBv1.0/m1/DDATA/g1/d7', true],
  ['spBv1.0/m2/NDATA/g1', false],
  ['spBv1.0/m1/NDATA/g2', false],
  ['spBv1.0/m1/NCMD/g1', false],
  ['spBv1.0/STATE/host', false],
  ['x', false],
  ['$SYS/m1/m1/safety/g1', false],
])('a source publishes only under its own name: %s %s', (topic, may) => {
  expect(mayPublish(own, topic)).toBe(may);
  expect(mayPublish(null, topic)).toBe(true);
});

test.each([
  ['spBv1.0/m1/NCMD/g1', true, true],
  ['spBv1.0/m1/DCMD/g1/#', true, true],
  ['spBv1.0/m1/DCMD/g1/d7', true, true],
  ['spBv1.0/STATE/#', true, true],
  ['spBv1.0/STATE/fengsui', true, true],
  ['spBv1.0/m1/NCMD/+', false, true],
  ['spBv1.0/+/NCMD/g1', false, true],
  ['spBv1.0/m2/NCMD/g1', false, true],
  ['spBv1.0/m1/DDATA/g1/d7', false, false],
  ['spBv1.0/m1/+/g1', false, false],
  ['spBv1.0/#', false, false],
  ['#', false, false],
  ['mine/v1/m1/safety/g1/data', false, false],
  ['$SYS/#', false, false],
])('nobody listens to what others send: %s, source %s, nameless %s', (filter, source, nameless) => {
  expect(maySubscribe(own, filter)).toBe(source);
  expect(maySubscribe(null, filter)).toBe(nameless);
});
