import { expect, test } from 'vitest';
import { alarmOf, caseOf } from '../stream/samples.ts';
import { alarmPlace, casePlace, placeKey } from './place-words.ts';

test('what concerns the whole mine is named by the mine, never by nothing', () => {
  const whole = alarmOf('a', 'red', { place: '', placeName: '', scope: 'm1', scopeName: '一矿' });
  expect(placeKey(whole)).toBe('m1');
  expect(alarmPlace(whole)).toBe('一矿');
  const one = caseOf('m1/C1', { place: '', placeName: '' });
  expect(casePlace(one, [{ id: 'm1', name: '一矿', kind: 'mine' }])).toBe('一矿');
  expect(casePlace(one, [])).toBe('m1');
});

test('a place of its own has its own name', () => {
  expect(placeKey(alarmOf('a', 'red'))).toBe('corner');
  expect(alarmPlace(alarmOf('a', 'red'))).toBe('上隅角');
  expect(casePlace(caseOf('m1/C1'), [])).toBe('上隅角');
});
