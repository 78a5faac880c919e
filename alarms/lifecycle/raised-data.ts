// What an AlarmRaised event says about its rule, point and place, so that "why did it fire" needs no document later:
// the record keeps the words and numbers of that moment. Pure: facts in, data out.

import { levelRank } from '../kernel/level.ts';
import type { AlarmRaisedData } from '../log/event.ts';
import type { PlaceDocument, Point } from '../registry/site.ts';
import { opensCase, type LimitRef, type Rule } from '../rules/rule.ts';
import type { ConditionRaised } from '../rules/condition.ts';
import type { Level } from '../kernel/level.ts';
import { assertNever } from '../kernel/result.ts';
import { intrinsicRule } from './intrinsic-rules.ts';

/** What the documents say about a condition's rule and scope; undefined where they say nothing. */
export interface ScopeFacts {
  readonly rule: Rule | undefined;
  readonly point: Point | undefined;
  readonly place: PlaceDocument | undefined;
  readonly scopeName: string;
}

export function raisedData(condition: ConditionRaised, facts: ScopeFacts): AlarmRaisedData {
  const { rule } = facts;
  const intrinsic = intrinsicRule(condition.rule);
  const basis = rule === undefined ? basisOfIntrinsic : basisOf(rule, condition.level, facts.point);
  return {
    rule: condition.rule,
    ruleName: rule === undefined ? intrinsic.name : (rule.name ?? { zh: rule.id, en: rule.id }),
    ruleVersion: rule === undefined ? 'intrinsic' : String(rule.version ?? 1),
    ruleKind: rule === undefined ? 'intrinsic' : rule.kind,
    ruleClass: rule === undefined ? intrinsic.ruleClass : (rule.class ?? 'other'),
    overLimit: rule?.overLimit ?? false,
    latching: rule?.latching ?? false,
    clause: rule?.basis?.clause ?? '',
    mark: rule?.basis?.mark ?? 'D',
    respond: rule === undefined ? intrinsic.respond : (rule.respond ?? []),
    scope: condition.scope,
    scopeName: facts.scopeName,
    place: condition.place,
    placeName: facts.place?.name ?? condition.place,
    level: condition.level,
    since: condition.since,
    raisedAt: condition.raisedAt,
    announced: true,
    planned: false,
    causedBy: null,
    marks: condition.marks,
    delayedS: condition.delayedS,
    unit: basis.unit,
    quantity: condition.quantity,
    limit: condition.limit,
    op: basis.op,
    limitSource: basis.limitSource,
    onDelayS: rule?.onDelayS ?? 0,
    samplesNeeded: rule?.samples ?? 1,
  };
}

/** All but blue trouble open a case; a rule document may say otherwise. */
export function alarmOpensCase(rule: Rule | undefined, ruleId: string, level: Level): boolean {
  if (rule !== undefined) return opensCase(rule, level);
  return !(intrinsicRule(ruleId).ruleClass === 'trouble' && level === 'blue');
}

interface Basis {
  readonly unit: string;
  readonly op: string | null;
  readonly limitSource: string;
}

const basisOfIntrinsic: Basis = { unit: '', op: null, limitSource: 'gateway' };

function basisOf(rule: Rule, level: Level, point: Point | undefined): Basis {
  switch (rule.kind) {
    case 'threshold':
      return { unit: point?.unit ?? '', op: rule.op, limitSource: limitSource(...limitOf(rule, level)) };
    case 'window': {
      const unit = rule.fn === 'count' ? '' : (point?.unit ?? '');
      return { unit, op: rule.op, limitSource: limitSource(...limitOf(rule, level)) };
    }
    case 'sustained':
      return { unit: 's', op: '>=', limitSource: `duration of ${rule.base}` };
    case 'status':
      return { unit: '', op: null, limitSource: `status bits ${rule.any}` };
    case 'silence':
      return { unit: 's', op: '>', limitSource: 'silence' };
    case 'occurrences':
      return { unit: '', op: '>=', limitSource: `count of ${rule.base.join(' ')}` };
    default:
      return assertNever(rule, 'rule kind');
  }
}

interface WithLimit {
  readonly limit: LimitRef;
  readonly factor?: number;
  readonly ladder?: readonly { readonly limit: LimitRef; readonly factor?: number; readonly level: Level }[];
}

/** With a ladder the rung of the level decides: the highest not above it. */
function limitOf(rule: WithLimit, level: Level): readonly [LimitRef, number | undefined] {
  const reached = (rule.ladder ?? []).filter((rung) => levelRank(rung.level) <= levelRank(level));
  const rung = reached.at(-1);
  return rung === undefined ? [rule.limit, rule.factor] : [rung.limit, rung.factor];
}

function limitSource(limit: LimitRef, factor: number | undefined): string {
  const name = typeof limit === 'number' ? 'rule' : `point.${limit}`;
  return factor === undefined ? name : `${name} × ${factor}`;
}
