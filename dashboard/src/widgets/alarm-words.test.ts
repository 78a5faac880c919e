import { expect, test } from 'vitest';
import { translate } from '../language/texts.ts';
import { alarmOf, pointOf, t0 } from '../stream/samples.ts';
import { limitText, operatorText, quantityText, stateText } from './alarm-words.ts';

const point = pointOf('p1');
const t = (key: Parameters<typeof translate>[1]) => translate('zh', key);

test('a quantity in the unit of its point has the decimals of the point', () => {
  expect(quantityText(2, '%CH4', point)).toBe('2.00 %CH₄');
  expect(quantityText(95, 's', point)).toBe('95 s');
  expect(quantityText(null, 's', point)).toBe('');
});

test('a limit says its direction, and its unit only when it is another than that of the value', () => {
  expect(limitText(alarmOf('a', 'red'), point)).toBe('≥ 1.00');
  expect(limitText(alarmOf('a', 'red', { limit: 60, op: '>', unit: 's' }), point)).toBe('> 60 s');
  expect(operatorText('<=')).toBe('≤');
});

test('unknown data and a mute stand beside the state, never instead of it', () => {
  const alarm = alarmOf('a', 'yellow', { unknown: true, silencedUntil: t0 + 1 });
  expect(stateText(alarm, t, t0)).toBe('未确认 · 数据未知 · 已消音');
  expect(stateText(alarm, t, t0 + 1)).toBe('未确认 · 数据未知');
});
