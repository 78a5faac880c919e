// Rules the gateway raises about itself, which stand in no rule document: what an alarm of theirs is called and how
// grave it is. A rule document of the same id takes precedence. Any other unknown id is taken as trouble, by its id.

import type { RuleClass } from '../rules/rule.ts';

export interface IntrinsicRule {
  readonly name: { readonly zh: string; readonly en: string };
  readonly ruleClass: RuleClass;
  readonly respond: readonly string[];
}

const intrinsicRules: Readonly<Record<string, IntrinsicRule>> = {
  'DQ-08': trouble('时间戳异常', 'abnormal time stamps', ['Q']),
  'DQ-12': {
    name: { zh: '迟到超限', en: 'late reading over the limit' },
    ruleClass: 'gas',
    respond: ['N', 'V'],
  },
  'SYS-ROOM': trouble('磁盘空间不足', 'disk space is running out', ['N', 'M']),
  'SYS-RECOVERY': trouble('恢复核对不一致', 'recovery differs from the record', ['N', 'M']),
  'DEF-01': {
    name: { zh: '门限违规', en: 'limit not per standard' },
    ruleClass: 'other',
    respond: ['V', 'L'],
  },
  'LNK-START': trouble('网关中断盲区', 'blind span of the gateway', ['N']),
};

export function intrinsicRule(id: string): IntrinsicRule {
  return Object.hasOwn(intrinsicRules, id) ? intrinsicRules[id]! : trouble(id, id, ['N']);
}

function trouble(zh: string, en: string, respond: readonly string[]): IntrinsicRule {
  return { name: { zh, en }, ruleClass: 'trouble', respond };
}
