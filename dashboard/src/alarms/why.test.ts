import { expect, test } from 'vitest';
import { translate, type Translate } from '../language/texts.ts';
import type { Rule } from '../stream/contract.ts';
import { alarmOf, pointOf, t0 } from '../stream/samples.ts';
import { clearWords, conditionWords, judgedWords, limitSourceWords, markMeaning, whyLines } from './why.ts';

const t: Translate = (key, fillings) => translate('zh', key, fillings);
const threshold: Rule = {
  id: 'GAS-01',
  kind: 'threshold',
  level: 'yellow',
  op: '>=',
  limit: 'alarmHigh',
  clear: { limit: 'clearHigh' },
  offDelayS: 5,
};
const rules: readonly (readonly [Rule, string])[] = [
  [threshold, '测值 ≥ 报警限'],
  [{ ...threshold, limit: 2 }, '测值 ≥ 2'],
  [{ ...threshold, factor: 0.8 }, '测值 ≥ 报警限 × 0.8'],
  [{ id: 'W', kind: 'window', level: 'blue', fn: 'mean', windowS: 60, op: '>', limit: 1 }, '60 秒内平均 > 1'],
  [
    { id: 'S', kind: 'sustained', level: 'blue', base: 'GAS-01', ladder: [{ afterS: 600, level: 'orange' }] },
    'GAS-01 累计 ≥ 600 秒为橙',
  ],
  [{ id: 'T', kind: 'status', level: 'blue', any: 128 }, '状态位含 128'],
  [{ id: 'Q', kind: 'silence', level: 'blue', of: 'usable', silenceS: 60 }, '超过 60 秒 没有可用采样'],
  [
    { id: 'O', kind: 'occurrences', level: 'red', base: ['GAS-01'], groupBy: 'mine', n: 2, windowS: 604_800 },
    '7 日内 GAS-01 ≥ 2 次（按矿）',
  ],
];

test.each(rules)('a rule is told in words: $kind', (rule, words) => {
  expect(conditionWords(rule, alarmOf('a', 'red'), t)).toBe(words);
});

test('what clears it is told with its limit and how long it must hold', () => {
  expect(clearWords(threshold, t)).toBe('测值 < 解除限，保持 5 秒');
  expect(clearWords(undefined, t)).toBe('条件不再成立');
});

test('a rule over a window is cleared by what it judges, and says that the present value is not it', () => {
  const approaching: Rule = {
    id: 'GAS-12',
    kind: 'window',
    level: 'blue',
    fn: 'mean',
    windowS: 300,
    op: '>=',
    limit: 'alarmHigh',
    factor: 0.8,
    clear: { limit: 'alarmHigh', factor: 0.75 },
  };
  expect(clearWords(approaching, t)).toBe('300 秒内平均 < 报警限 × 0.75');
  expect(judgedWords(approaching, t)).toContain('300 秒内平均，不是现值');
  expect(judgedWords(threshold, t)).toBeNull();
});

test('a number of occurrences has its unit', () => {
  const twice = alarmOf('a', 'orange', {
    ruleKind: 'occurrences',
    unit: '',
    quantity: 2,
    limit: 2,
    limitSource: 'count of GAS-01 GAS-02',
  });
  const texts = whyLines(twice, undefined, undefined, t, t0).map((line) => line.text);
  expect(texts).toContain('14:32:08 判定量 2 次，≥ 限值 2 次');
});

test('where the limit came from is told, with its factor', () => {
  expect(limitSourceWords({ limitSource: 'point.alarmHigh' }, t)).toBe('测点的报警限');
  expect(limitSourceWords({ limitSource: 'point.alarmHigh × 0.8' }, t)).toBe('测点的报警限 × 0.8');
  expect(limitSourceWords({ limitSource: 'rule' }, t)).toBe('规则本身的数');
  expect(limitSourceWords({ limitSource: 'count of GAS-01 GAS-02' }, t)).toBe('GAS-01、GAS-02 的次数');
  expect(limitSourceWords({ limitSource: 'duration of GAS-01' }, t)).toBe('GAS-01 的累计时长');
  expect(limitSourceWords({ limitSource: 'status bits 128' }, t)).toBe('状态位 128');
  expect(limitSourceWords({ limitSource: 'another' }, t)).toBe('another');
});

test('the sample that decided, the delays that applied, and the verdict on clearing are all there', () => {
  const alarm = alarmOf('a', 'yellow', { samplesNeeded: 3, onDelayS: 5, marks: ['overRange'] });
  const lines = whyLines(alarm, threshold, pointOf('p1'), t, t0);
  const texts = lines.map((line) => line.text);
  expect(texts).toContain('14:32:08 判定量 1.02 %CH₄，≥ 限值 1.00');
  expect(texts).toContain('需 3 个采样，实际从 14:32:08 到 14:32:08');
  expect(texts).toContain('需持续 5 秒，实际从 14:32:08 到 14:32:08');
  expect(texts).toContain('标记：超量程');
  expect(lines.find((line) => line.text.startsWith('解除'))?.verdict).toBe('why.notMet');
});

test('an alarm without data says unknown, never cleared', () => {
  const lines = whyLines(alarmOf('a', 'yellow', { unknown: true }), threshold, undefined, t, t0);
  expect(lines.at(-1)?.verdict).toBe('why.unknownWord');
  expect(lines.some((line) => line.verdict === 'why.notMet')).toBe(false);
});

test('a clause with two marks says both', () => {
  expect(markMeaning('C', t)).toBe('已查证原文');
  expect(markMeaning('C/D', t)).toBe('已查证原文；设计取值');
  expect(markMeaning('C (restore K)', t)).toBe('已查证原文；通行做法，请核对原文');
});
