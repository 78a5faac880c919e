// What an AlarmRaised event keeps of its rule, point and place for "why did it fire".

import { describe, expect, test } from 'vitest';
import type { ConditionRaised } from '../rules/condition.ts';
import type { Rule } from '../rules/rule.ts';
import { worldDocuments } from '../test/case-world.ts';
import { DocumentIndex } from '../workflow/document-index.ts';
import { isHighValue } from './high-value.ts';
import { raisedData } from './raised-data.ts';

const condition: ConditionRaised = {
  kind: 'raised',
  rule: 'R',
  scope: 'A1',
  n: 1,
  mine: 'M1',
  place: 'P1',
  level: 'yellow',
  since: 1000,
  raisedAt: 4000,
  marks: ['overRange'],
  delayedS: null,
  peak: null,
  samples: 2,
  quantity: 1.2,
  limit: 1,
};

function dataOf(rules: readonly Rule[], changes: Partial<ConditionRaised> = {}) {
  const raised = { ...condition, ...changes };
  const index = new DocumentIndex({ ...worldDocuments, rules });
  return raisedData(raised, index.facts(raised.rule, raised.scope, raised.place, raised.raisedAt));
}

describe('the record of a raise', () => {
  test('it names rule, point, place, limit and delays in words that need no document', () => {
    const rule: Rule = {
      id: 'R',
      name: { zh: '甲烷报警', en: 'methane alarm' },
      kind: 'threshold',
      op: '>=',
      limit: 'alarmHigh',
      factor: 0.8,
      level: 'yellow',
      version: 3,
      class: 'gas',
      overLimit: true,
      onDelayS: 3,
      samples: 2,
      respond: ['N'],
      basis: { clause: 'AQ 1029', mark: 'C' },
    };
    expect(dataOf([rule])).toMatchObject({
      ruleName: { zh: '甲烷报警', en: 'methane alarm' },
      ruleVersion: '3',
      ruleClass: 'gas',
      overLimit: true,
      clause: 'AQ 1029',
      mark: 'C',
      scopeName: '甲烷 A1',
      placeName: '工作面',
      unit: '%',
      op: '>=',
      limitSource: 'point.alarmHigh × 0.8',
      onDelayS: 3,
      samplesNeeded: 2,
      announced: true,
      planned: false,
    });
  });

  test('of a ladder it names the rung of the level', () => {
    const rule: Rule = {
      id: 'R',
      kind: 'threshold',
      op: '>=',
      limit: 'alarmHigh',
      level: 'yellow',
      ladder: [
        { limit: 'alarmHigh', level: 'yellow' },
        { limit: 3, level: 'red' },
      ],
    };
    expect(dataOf([rule]).limitSource).toBe('point.alarmHigh');
    expect(dataOf([rule], { level: 'red' }).limitSource).toBe('rule');
  });

  test('the version in force at the raise speaks, not the newest', () => {
    const version = (inForceFrom: number, number: number): Rule => ({
      id: 'R',
      kind: 'status',
      any: 1,
      level: 'blue',
      inForceFrom,
      version: number,
    });
    const versions = [version(9000, 3), version(0, 1), version(3000, 2)];
    expect(dataOf(versions).ruleVersion).toBe('2');
    expect(dataOf(versions, { raisedAt: 9000 }).ruleVersion).toBe('3');
  });

  test('a rule of the gateway itself has a name, and an unknown one its id', () => {
    const room = dataOf([], { rule: 'SYS-ROOM', scope: 'M1', place: '' });
    expect(room).toMatchObject({ ruleName: { zh: '磁盘空间不足' }, ruleClass: 'trouble', scopeName: '一矿' });
    expect(dataOf([], { rule: 'DQ-12' })).toMatchObject({ ruleClass: 'gas', ruleName: { zh: '迟到超限' } });
    expect(dataOf([], { rule: 'constructor' })).toMatchObject({
      ruleName: { zh: 'constructor' },
      ruleClass: 'trouble',
    });
  });
});

describe('high value', () => {
  const alarm = { rule: 'GAS-01', overLimit: true, ruleKind: 'threshold', quantity: 1.2 };

  test.each([
    ['methane at 2 %', { ...alarm, quantity: 2 }, null, true],
    ['methane below 2 %', { ...alarm, quantity: 1.99 }, null, false],
    ['a peak at 2 %', alarm, 2, true],
    ['a count of two', { ...alarm, ruleKind: 'occurrences', quantity: 2 }, null, false],
    ['600 s', { ...alarm, ruleKind: 'sustained', quantity: 600 }, null, false],
    ['the peak of a long over-limit', { ...alarm, ruleKind: 'sustained', quantity: 600 }, 2.2, true],
    ['GAS-03 at a lower local limit', { ...alarm, rule: 'GAS-03' }, null, true],
    ['another gas', { ...alarm, overLimit: false, quantity: 24 }, 24, false],
  ] as const)('%s', (_, judged, peak, isHigh) => {
    expect(isHighValue(judged, peak)).toBe(isHigh);
  });
});
