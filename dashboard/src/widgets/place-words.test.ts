import { expect, test } from 'vitest';
import { alarmOf, caseOf, pointOf, snapshotOf } from '../stream/samples.ts';
import { namesOf, placeKey } from './place-words.ts';

const site = {
  ...snapshotOf().site,
  sites: [
    { id: 'm1', name: '一矿', kind: 'mine' },
    { id: 'demo', name: '演示矿', kind: 'mine', demo: true },
  ],
  places: [
    { id: 'corner', name: '上隅角', nameEn: 'Upper corner', mine: 'm1' },
    { id: 'face', name: '工作面', mine: 'm1' },
  ],
  points: [pointOf('p1', { name: '上隅角甲烷 T0', nameEn: 'Upper corner methane T0' }), null],
} as const;
const zh = namesOf(site, 'zh', 'Demo mine');
const en = namesOf(site, 'en', 'Demo mine');
const whole = alarmOf('a', 'red', { place: '', placeName: '', scope: 'm1', scopeName: '一矿' });

test('what concerns the whole mine is named by the mine, never by nothing', () => {
  expect(placeKey(whole)).toBe('m1');
  expect(zh.alarmPlace(whole)).toBe('一矿');
  const one = caseOf('m1/C1', { place: '', placeName: '' });
  expect(zh.casePlace(one)).toBe('一矿');
  expect(zh.casePlace({ ...one, mine: 'gone' })).toBe('gone');
});

test('a place of its own has its own name, as recorded', () => {
  const alarm = alarmOf('a', 'red', { placeName: '上隅角（旧名）' });
  expect(placeKey(alarm)).toBe('corner');
  expect(zh.alarmPlace(alarm)).toBe('上隅角（旧名）');
  expect(zh.casePlace(caseOf('m1/C1'))).toBe('上隅角');
});

test('in English the names are looked up by id; what has none keeps the recorded one', () => {
  expect(en.alarmPlace(alarmOf('a', 'red'))).toBe('Upper corner');
  expect(en.scope(alarmOf('a', 'red'))).toBe('Upper corner methane T0');
  expect(en.casePlace(caseOf('m1/C1'))).toBe('Upper corner');
  expect(en.alarmPlace(alarmOf('a', 'red', { place: 'face', placeName: '工作面' }))).toBe('工作面');
  expect(en.scope({ scope: 'gone', scopeName: '某测点' })).toBe('某测点');
});

test('the mine for show is called so in English, a real mine keeps its name', () => {
  expect(en.site('demo')).toBe('Demo mine');
  expect(zh.site('demo')).toBe('演示矿');
  expect(en.scope(whole)).toBe('一矿');
});
