import { expect, test } from 'vitest';
import { alarmOf, snapshotOf } from '../stream/samples.ts';
import { levelsDown } from '../widgets/alarm-order.ts';
import { namesOf } from '../widgets/place-words.ts';
import { matches, parseFilter, toggle } from './filter.ts';

const alarm = alarmOf('a', 'orange');
const places = [{ id: 'corner', name: '上隅角', nameEn: 'Upper end', mine: 'm1' }];
const names = namesOf({ ...snapshotOf().site, places }, 'en', '');

test('an address without filters shows all', () => {
  expect(matches(parseFilter({}), alarm, names)).toBe(true);
});

test('level, state and place each narrow the list', () => {
  expect(matches(parseFilter({ level: 'red,orange' }), alarm, names)).toBe(true);
  expect(matches(parseFilter({ level: 'blue' }), alarm, names)).toBe(false);
  expect(matches(parseFilter({ state: 'ack,rtn' }), alarm, names)).toBe(false);
  expect(matches(parseFilter({ place: 'corner' }), alarm, names)).toBe(true);
  expect(matches(parseFilter({ place: 'face' }), alarm, names)).toBe(false);
});

test('the search looks at rule, place and point in both languages', () => {
  for (const q of ['gas-01', '上隅角', 'Methane', ' T0 ', 'upper end'])
    expect(matches(parseFilter({ q }), alarm, names)).toBe(true);
  expect(matches(parseFilter({ q: 'CO' }), alarm, names)).toBe(false);
});

test('states do not narrow the history: there all are ended', () => {
  const ended = alarmOf('a', 'orange', { base: 'normal' });
  expect(matches(parseFilter({ view: 'ended', state: 'un' }), ended, names)).toBe(true);
});

test('ticking and unticking goes round; nothing ticked shows nothing, all ticked leaves the address clean', () => {
  expect(toggle(levelsDown, null, 'red')).toBe('orange,yellow,blue');
  expect(toggle(levelsDown, ['orange', 'yellow', 'blue'], 'red')).toBeUndefined();
  const none = toggle(levelsDown, ['red'], 'red');
  expect(none).toBe('-');
  expect(matches(parseFilter({ level: none ?? '' }), alarm, names)).toBe(false);
});
