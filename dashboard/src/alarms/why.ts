// "Why did it fire", in words: the rule's condition, the sample that decided, the limit and where it came from, the
// delays, and what clears it. Pure: the alarm keeps the numbers of its moment, the rule document gives the words.

import { assertNever } from '#alarms/kernel/result.ts';
import { isTextKey, translateOr, type TextKey, type Translate } from '../language/texts.ts';
import type { AlarmState, Point, Rule } from '../stream/contract.ts';
import { counted, limitText, operatorText, quantityText } from '../widgets/alarm-words.ts';
import { formatClock, formatMoment, formatShort } from '../widgets/formatting.ts';

type WindowRule = Extract<Rule, { readonly kind: 'window' }>;

export interface WhyLine {
  readonly text: string;
  /** Met, not met, unknown; null = no verdict, only said. */
  readonly verdict: TextKey | null;
}

export function whyLines(
  alarm: AlarmState,
  rule: Rule | undefined,
  point: Point | undefined,
  t: Translate,
  now: number,
): readonly WhyLine[] {
  const lines: WhyLine[] = [
    { text: t('why.condition', { words: conditionWords(rule, alarm, t) }), verdict: null },
    { text: sampleLine(alarm, point, t, now), verdict: 'why.met' },
    { text: t('why.source', { source: limitSourceWords(alarm, t) }), verdict: null },
  ];
  const from = formatClock(alarm.since);
  const to = formatClock(alarm.raisedAt);
  if (alarm.samplesNeeded > 1) {
    lines.push({ text: t('why.samples', { n: alarm.samplesNeeded, from, to }), verdict: 'why.met' });
  }
  if (alarm.onDelayS > 0) {
    lines.push({ text: t('why.delay', { n: formatShort(alarm.onDelayS), from, to }), verdict: 'why.met' });
  }
  const marks = alarm.marks.map((mark) => t(`markword.${mark}`)).join('、');
  lines.push({ text: marks === '' ? t('why.noMarks') : t('why.marks', { marks }), verdict: null });
  lines.push({ text: t('why.clear', { words: clearWords(rule, t) }), verdict: clearVerdict(alarm) });
  if (alarm.unknown) lines.push({ text: t('why.unknown'), verdict: 'why.unknownWord' });
  return lines;
}

function sampleLine(alarm: AlarmState, point: Point | undefined, t: Translate, now: number): string {
  const time = formatMoment(alarm.raisedAt, now);
  if (alarm.quantity === null || alarm.limit === null) return t('why.sampleOnly', { time });
  const { unit } = counted(alarm, t);
  const value = quantityText(alarm.quantity, unit, point);
  const limit = limitText({ ...alarm, unit, op: null }, point);
  return t('why.sample', { time, value, op: operatorText(alarm.op), limit });
}

function clearVerdict(alarm: AlarmState): TextKey {
  if (alarm.clearedAt !== null) return 'why.met';
  return alarm.unknown ? 'why.unknownWord' : 'why.notMet';
}

export function limitSourceWords(alarm: Pick<AlarmState, 'limitSource'>, t: Translate): string {
  const [name = '', factor] = alarm.limitSource.split(' × ');
  const words = sourceName(name, t);
  return factor === undefined ? words : `${words} × ${factor}`;
}

function sourceName(name: string, t: Translate): string {
  if (name.startsWith('point.')) return t('limitSource.point', { limit: limitName(name.slice(6), t) });
  const [, of, base = ''] = /^(count|duration) of (.+)$/.exec(name) ?? [];
  if (of === 'count') return t('limitSource.count', { base: base.split(' ').join('、') });
  if (of === 'duration') return t('limitSource.duration', { base });
  const [, bits] = /^status bits (\d+)$/.exec(name) ?? [];
  if (bits !== undefined) return t('limitSource.status', { bits });
  return translateOr(t, `limitSource.${name}`, name);
}

function limitName(name: string, t: Translate): string {
  return translateOr(t, `limit.${name}`, name);
}

function limitRefWords(limit: number | string, factor: number | undefined, t: Translate): string {
  const words = typeof limit === 'number' ? formatShort(limit) : limitName(limit, t);
  return factor === undefined ? words : `${words} × ${formatShort(factor)}`;
}

export function conditionWords(
  rule: Rule | undefined,
  alarm: Pick<AlarmState, 'ruleKind' | 'ruleName'>,
  t: Translate,
): string {
  if (rule === undefined) return t('condition.unknownRule', { kind: alarm.ruleKind });
  switch (rule.kind) {
    case 'threshold':
      return t('condition.threshold', {
        op: operatorText(rule.op),
        limit: limitRefWords(rule.limit, rule.factor, t),
      });
    case 'window':
      return t('condition.window', {
        ...windowOf(rule, t),
        op: operatorText(rule.op),
        limit: limitRefWords(rule.limit, rule.factor, t),
      });
    case 'sustained':
      return t('condition.sustained', {
        base: rule.base,
        ladder: rule.ladder
          .map((rung) =>
            t('condition.sustained.rung', { seconds: rung.afterS, level: t(`level.${rung.level}`) }),
          )
          .join('，'),
      });
    case 'status':
      return t('condition.status', { bits: rule.any });
    case 'silence':
      return t('condition.silence', {
        of: t(`condition.silence.${rule.of ?? 'accepted'}`),
        length:
          rule.silenceS === undefined
            ? t('condition.silence.periods', { n: rule.silencePeriods ?? 0 })
            : t('condition.silence.seconds', { n: rule.silenceS }),
      });
    case 'occurrences':
      return t('condition.occurrences', {
        base: rule.base.join(' '),
        n: rule.n,
        window: windowWords(rule.calendar, rule.windowS, t),
        group: t(`condition.group.${rule.groupBy}`),
      });
    default:
      return assertNever(rule, 'rule kind');
  }
}

function windowOf(rule: WindowRule, t: Translate): { readonly seconds: number; readonly fn: string } {
  return { seconds: rule.windowS, fn: t(`fn.${rule.fn}`) };
}

/** Beside the present value, where that is not what the rule judges; what is judged now is not on the wire. */
export function judgedWords(rule: Rule | undefined, t: Translate): string | null {
  return rule?.kind === 'window' ? t('why.judged', windowOf(rule, t)) : null;
}

function windowWords(
  calendar: 'week' | 'month' | undefined,
  windowS: number | undefined,
  t: Translate,
): string {
  if (calendar !== undefined) return t(`condition.window.${calendar}`);
  const seconds = windowS ?? 0;
  return seconds >= 86_400 && seconds % 86_400 === 0
    ? t('condition.window.days', { n: seconds / 86_400 })
    : t('condition.window.seconds', { n: seconds });
}

const opposite = { '>=': '<', '>': '≤', '<=': '>', '<': '≥' } as const;

export function clearWords(rule: Rule | undefined, t: Translate): string {
  if (rule === undefined) return t('condition.clear.same');
  const words = clearCondition(rule, t);
  return rule.offDelayS === undefined || rule.offDelayS === 0
    ? words
    : t('condition.clear.hold', { words, seconds: rule.offDelayS });
}

function clearCondition(rule: Rule, t: Translate): string {
  if (rule.kind === 'silence') return t('condition.clear.silence');
  if (rule.kind !== 'threshold' && rule.kind !== 'window') return t('condition.clear.same');
  const { clear } = rule;
  if (clear === undefined) return t('condition.clear.same');
  const op = clear.op === undefined ? opposite[rule.op] : operatorText(clear.op);
  const limit = limitRefWords(clear.limit ?? rule.limit, clear.factor, t);
  return rule.kind === 'threshold'
    ? t('condition.threshold', { op, limit })
    : t('condition.window', { ...windowOf(rule, t), op, limit });
}

/** `C`, `F`, `K`, `D`, `?`: how far the clause was read; `C/D` and `C (restore K)` are more than one. */
export function markMeaning(mark: string, t: Translate): string {
  const meanings = (mark.match(/[CFKD?](?![a-z])/g) ?? []).map((letter) => {
    const key = `why.markMeaning.${letter}`;
    return isTextKey(key) ? t(key) : letter;
  });
  return meanings.length === 0 ? mark : meanings.join('；');
}
