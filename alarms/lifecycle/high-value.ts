// 高值: methane at or over 2 %, which an on-site verification must follow (WORKFLOW on site; seed 3(50) of the clauses).
// Judged on over-limit alarms of kinds whose quantity or peak is the methane value itself; a count or seconds is none.

import type { AlarmRaisedData } from '../log/event.ts';

export const highValueCh4Percent = 2;

const rulesOfHighValue: readonly string[] = ['GAS-03', 'GAS-04'];
const kindsWithMethanePeak: readonly string[] = ['threshold', 'window', 'sustained'];
const kindsWithMethaneQuantity: readonly string[] = ['threshold', 'window'];

type Judged = Pick<AlarmRaisedData, 'rule' | 'overLimit' | 'ruleKind' | 'quantity'>;

export function isHighValue(alarm: Judged, peakValue: number | null): boolean {
  if (!alarm.overLimit) return false;
  if (rulesOfHighValue.includes(alarm.rule)) return true;
  const { quantity, ruleKind } = alarm;
  if (kindsWithMethaneQuantity.includes(ruleKind) && quantity !== null && quantity >= highValueCh4Percent)
    return true;
  return kindsWithMethanePeak.includes(ruleKind) && peakValue !== null && peakValue >= highValueCh4Percent;
}
