// Names, values and limits of an alarm as text, for lists and details. Pure.

import type { TextKey, Translate } from '../language/texts.ts';
import type { AlarmState, Point } from '../stream/contract.ts';
import {
  decimalsOf,
  decimalsOfUnitOrNull,
  formatNumber,
  formatShort,
  unitText,
  type Language,
} from './formatting.ts';

export function ruleName(alarm: Pick<AlarmState, 'ruleName'>, language: Language): string {
  return language === 'zh' ? alarm.ruleName.zh : alarm.ruleName.en;
}

export function operatorText(op: string | null): string {
  return op === '>=' ? '≥' : op === '<=' ? '≤' : (op ?? '');
}

/** Quantity of an alarm with its unit; '' when the rule has none. */
export function quantityText(value: number | null, unit: string, point: Point | undefined): string {
  return value === null ? '' : `${numberText(value, unit, point)} ${unitText(unit)}`.trim();
}

/** `≥ 1.00`, as many places as the value has. */
export function limitText(
  alarm: Pick<AlarmState, 'limit' | 'op' | 'unit'>,
  point: Point | undefined,
): string {
  if (alarm.limit === null) return '';
  const unit = point?.unit === alarm.unit ? '' : ` ${unitText(alarm.unit)}`;
  return `${operatorText(alarm.op)} ${numberText(alarm.limit, alarm.unit, point)}${unit}`.trim();
}

function numberText(value: number, unit: string, point: Point | undefined): string {
  const decimals = point?.unit === unit ? decimalsOf(point.measurand) : decimalsOfUnitOrNull(unit);
  return decimals === null ? formatShort(value) : formatNumber(value, decimals);
}

/** With 次 as its unit where it is a number of occurrences: a bare 2 says nothing. */
export function counted<A extends Pick<AlarmState, 'ruleKind' | 'unit'>>(alarm: A, t: Translate): A {
  return alarm.ruleKind === 'occurrences' ? { ...alarm, unit: t('unit.occurrences') } : alarm;
}

export function baseKey(alarm: Pick<AlarmState, 'base'>): TextKey {
  return `base.${alarm.base}`;
}

/** State in words, with what lies over it. */
export function stateText(alarm: AlarmState, t: Translate, now: number): string {
  const words = [t(baseKey(alarm))];
  if (alarm.unknown) words.push(t('alarm.unknown'));
  if (alarm.silencedUntil !== null && alarm.silencedUntil > now) words.push(t('alarm.silenced'));
  return words.join(' · ');
}
