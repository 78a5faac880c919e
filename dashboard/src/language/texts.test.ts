import { expect, test } from 'vitest';
import { coreCounters } from '#gateway/observability/counters.ts';
import { en } from './en.ts';
import { isTextKey, translate, translateOr } from './texts.ts';
import { zh } from './zh.ts';

const fillingsOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted();
const keys = Object.keys(zh).filter(isTextKey);

test('both languages have the same keys', () => {
  expect(Object.keys(en).toSorted()).toEqual(Object.keys(zh).toSorted());
});

test('each text has the same fillings in both languages', () => {
  for (const key of keys)
    expect(`${key} ${fillingsOf(en[key]).join()}`).toBe(`${key} ${fillingsOf(zh[key]).join()}`);
});

test('English has no Chinese in it but the name, the button that leads to Chinese, and wide spaces', () => {
  const mixed = keys.filter((key) => /\p{Script=Han}/u.test(en[key]));
  expect(mixed).toEqual(['app.title', 'rail.language']);
});

test('fillings are put in; an unknown one stays visible', () => {
  expect(translate('zh', 'strip.owed', { level: '橙', n: 2 })).toBe('橙 · 未确认 2');
  expect(translate('en', 'strip.owed', { level: 'Orange' })).toBe('Orange · unack. {n}');
});

test('a code without a text shows itself', () => {
  const t = (key: Parameters<typeof translate>[1]) => translate('zh', key);
  expect(translateOr(t, 'respond.X', 'X')).toBe('X');
  expect(translateOr(t, 'respond.E', 'E')).toBe('E 撤人');
});

test('each counter of the gateway has words', () => {
  expect(coreCounters.filter((name) => !isTextKey(`counter.${name}`))).toEqual([]);
});
