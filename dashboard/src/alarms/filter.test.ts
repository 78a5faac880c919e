import { expect, test } from 'vitest';
import { alarmOf } from '../stream/samples.ts';
import { levelsDown } from '../widgets/alarm-order.ts';
import { matches, parseFilter, toggle } from './filter.ts';

const alarm = alarmOf('a', 'orange');

test('an address without filters shows all', () => {
  expect(matches(parseFilter({}), alarm)).toBe(true);
});

test('level, state and place each narrow the list', () => {
  expect(matches(parseFilter({ level: 'red,orange' }), alarm)).toBe(true);
  expect(matches(parseFilter({ level: 'blue' }), alarm)).toBe(false);
  expect(matches(parseFilter({ state: 'ack,rtn' }), alarm)).toBe(false);
  expect(matches(parseFilter({ place: 'corner' }), alarm)).toBe(true);
  expect(matches(parseFilter({ place: 'face' }), alarm)).toBe(false);
});

test('the search looks at rule, place and point in both languages', () => {
  for (const q of ['gas-01', '上隅角', 'Methane', ' T0 '])
    expect(matches(parseFilter({ q }), alarm)).toBe(true);
  expect(matches(parseFilter({ q: 'CO' }), alarm)).toBe(false);
});

test('states do not narrow the history: there all are ended', () => {
  const ended = alarmOf('a', 'orange', { base: 'normal' });
  expect(matches(parseFilter({ view: 'ended', state: 'un' }), ended)).toBe(true);
});

test('ticking and unticking goes round; nothing ticked shows nothing, all ticked leaves the address clean', () => {
  expect(toggle(levelsDown, null, 'red')).toBe('orange,yellow,blue');
  expect(toggle(levelsDown, ['orange', 'yellow', 'blue'], 'red')).toBeUndefined();
  const none = toggle(levelsDown, ['red'], 'red');
  expect(none).toBe('-');
  expect(matches(parseFilter({ level: none ?? '' }), alarm)).toBe(false);
});
