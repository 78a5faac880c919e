import { expect, test } from 'vitest';
import { translate, type Translate } from '../language/texts.ts';
import type { Event } from '../stream/contract.ts';
import { alarmOf, snapshotOf, t0 } from '../stream/samples.ts';
import { namesOf } from '../widgets/place-words.ts';
import { mergeEvents, timeline } from './timeline.ts';

const t: Translate = (key, fillings) => translate('zh', key, fillings);
const zhNames = namesOf(snapshotOf().site, 'zh', '');
const by = { id: 'han', name: '韩立川', role: 'dispatcher' } as const;
const base = { v: 1, at: t0, mine: 'm1', prevHash: '' } as const;
const raised: Event = {
  ...base,
  id: '1.0',
  seq: 1,
  type: 'AlarmRaised',
  case: 'm1/C1',
  alarm: 'GAS-01/p1#1',
  data: alarmOf('GAS-01/p1#1', 'orange'),
};
const returned: Event = {
  ...base,
  id: '2.0',
  seq: 2,
  type: 'AlarmReturned',
  alarm: 'GAS-01/p1#1',
  data: { to: 'normal', clearedAt: t0, peak: null, samples: 3, reason: 'cleared' },
};
const action: Event = {
  ...base,
  id: '3.0',
  seq: 3,
  type: 'ActionRecorded',
  case: 'm1/C1',
  by,
  data: {
    kind: 'evacuate',
    attempt: 1,
    at: t0,
    place: '上隅角',
    n: 19,
    of: 22,
    text: '',
    evidence: ['ab'],
  },
};
const foreign: Event = { ...action, id: '4.0', seq: 4, case: 'm1/C2' };

test('what the record has and what came since are one list, each event once, foreign ones left out', () => {
  const events = mergeEvents([raised], [raised, returned, action, foreign], 'm1/C1', ['GAS-01/p1#1']);
  expect(events.map((event) => event.id)).toEqual(['1.0', '2.0', '3.0']);
});

test('the newest stands first, people and system are told apart, alarms keep their level', () => {
  const entries = timeline([raised, returned, action], (id) => id, zhNames, 'zh', t);
  expect(entries.map((entry) => entry.text)).toEqual([
    '韩立川 处置措施：撤人',
    '上隅角甲烷 T0 甲烷报警 已恢复',
    '上隅角甲烷 T0 甲烷报警 1.02 %CH₄',
  ]);
  expect(entries[0]).toMatchObject({
    isPerson: true,
    detail: '上隅角 · 19 / 22',
    evidence: ['ab'],
    level: null,
  });
  expect(entries[2]).toMatchObject({ isPerson: false, level: 'orange', detail: 'GAS-01' });
});

test('an alarm whose raise is not in the list has the name that the screen knows', () => {
  const [entry] = timeline([returned], () => '某报警', zhNames, 'zh', t);
  expect(entry?.text).toBe('某报警 已恢复');
});

test('an alarm that ended because no rule holds it is not said to have returned', () => {
  const data = { to: 'returned', clearedAt: t0, peak: null, samples: 0, reason: 'recoveryDiffered' } as const;
  const [entry] = timeline([{ ...returned, type: 'AlarmReturned', data }], () => '某报警', zhNames, 'zh', t);
  expect(entry?.text).toBe('某报警 结束：恢复核对不一致，已无规则判定（并非数据恢复）');
});
