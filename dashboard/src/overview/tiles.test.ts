import { expect, test } from 'vitest';
import type { SiteView } from '../stream/contract.ts';
import { alarmOf, columns, pointOf, t0 } from '../stream/samples.ts';
import { mergeValues } from '../stream/state.ts';
import { buildTiles } from './tiles.ts';

const place = (id: string) => ({ id, name: id, mine: 'm1' });
const site: SiteView = {
  sites: [],
  rules: [],
  calmMs: 0,
  places: [place('calm'), place('silent'), place('acknowledged'), place('owed')],
  points: [
    pointOf('p-calm', { place: 'calm', order: 2 }),
    pointOf('p-silent', { place: 'silent' }),
    pointOf('p-acknowledged', { place: 'acknowledged' }),
    pointOf('p-owed', { place: 'owed', order: 9 }),
    pointOf('p-quiet', { place: 'owed', order: 1 }),
    null,
  ],
};
const alarms = [
  alarmOf('a', 'red', { base: 'acknowledged', place: 'acknowledged', scope: 'p-acknowledged' }),
  alarmOf('b', 'blue', { place: 'owed', scope: 'p-owed' }),
];
const values = mergeValues(
  new Map(),
  columns([
    [0, t0, 0.2],
    [2, t0, 2.2],
    [3, t0, 0.8],
    [4, t0, 0.1],
  ]),
);

test('unacknowledged places come first, then acknowledged, then silent, calm ones last', () => {
  const tiles = buildTiles(site, alarms, values, t0 + 1_000);
  expect(tiles.map((tile) => tile.place.id)).toEqual(['owed', 'acknowledged', 'silent', 'calm']);
});

test('within a tile the abnormal point comes first, whatever its order', () => {
  const [owed] = buildTiles(site, alarms, values, t0 + 1_000);
  expect(owed?.rows.map((row) => row.point.id)).toEqual(['p-owed', 'p-quiet']);
  expect(owed?.rows[0]?.level).toBe('blue');
});

test('a place where nothing comes counts as unknown, never as good', () => {
  const silent = buildTiles(site, alarms, values, t0 + 1_000).find((tile) => tile.place.id === 'silent');
  expect(silent).toMatchObject({ good: 0, unknown: 1, marks: [] });
});

test('a point of an undescribed place is shown all the same', () => {
  const lone = { ...site, points: [pointOf('x', { place: 'nowhere' })] };
  expect(buildTiles(lone, [], values, t0).map((tile) => tile.place.id)).toEqual(['nowhere']);
});
