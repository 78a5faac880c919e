// What no rule can know alone: ids and versions, bases, ladders and clear limits against the limits of the points
// they meet. A relation that can never hold is a problem; one that merely has no effect today is a warning.

import { roundDerived } from '../kernel/rounding.ts';
import { ProblemList } from '../registry/problem.ts';
import type { Point } from '../registry/site.ts';
import type { LimitRef, LimitRung, Operator, Rule, ThresholdRule, WindowRule } from './rule.ts';
import { selectorTest } from './select.ts';

/** A rule with its place in the document, for paths. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly path: string;
}

type Comparing = ThresholdRule | WindowRule;

export function checkRuleRelations(
  placed: readonly PlacedRule[],
  /** Ids of all entries, those with faults of their own too: a base that is merely faulty is not missing. */
  named: ReadonlySet<string>,
  points: readonly Point[],
  problems: ProblemList,
  warnings: ProblemList,
): void {
  refuseDuplicateVersions(placed, problems);
  refuseMissingBases(placed, named, problems);
  refuseCycles(placed, problems);
  for (const { rule, path } of placed) {
    const selected = points.filter(selectorTest(rule.select));
    warnUnmatched(rule, path, points, selected, warnings);
    for (const id of rule.suppressedBy ?? []) {
      if (!named.has(id))
        warnings.add('REFERENCE_UNKNOWN', `${path}.suppressedBy`, `规则 ${id} 不存在`, `no rule ${id}`);
    }
    if (rule.kind !== 'threshold' && rule.kind !== 'window') continue;
    checkLadder(rule, path, selected, problems, warnings);
    checkClear(rule, path, selected, problems);
  }
}

/** Bases of a rule; none for those that look at readings. */
export function basesOf(rule: Rule): readonly string[] {
  if (rule.kind === 'sustained') return [rule.base];
  return rule.kind === 'occurrences' ? rule.base : [];
}

function refuseDuplicateVersions(placed: readonly PlacedRule[], problems: ProblemList): void {
  const seen = new Set<string>();
  for (const { rule, path } of placed) {
    const version = `${rule.id} ${rule.inForceFrom ?? ''}`;
    if (seen.has(version)) {
      const en = `duplicate id ${rule.id} with the same inForceFrom`;
      problems.add('ID_DUPLICATE', `${path}.id`, `规则 ${rule.id} 与同一施行时间重复`, en);
    }
    seen.add(version);
  }
}

function refuseMissingBases(
  placed: readonly PlacedRule[],
  named: ReadonlySet<string>,
  problems: ProblemList,
): void {
  const countsOnly = new Set(
    placed.filter(({ rule }) => rule.kind === 'occurrences').map(({ rule }) => rule.id),
  );
  for (const { rule, path } of placed) {
    for (const base of basesOf(rule)) {
      if (!named.has(base))
        problems.add(
          'REFERENCE_UNKNOWN',
          `${path}.base`,
          `基础规则 ${base} 不存在`,
          `base rule ${base} does not exist`,
        );
      else if (rule.kind === 'sustained' && countsOnly.has(base))
        problems.add(
          'FIELD_INVALID',
          `${path}.base`,
          `${base} 不是单测点规则`,
          `${base} is not a rule over one point`,
        );
    }
  }
}

function refuseCycles(placed: readonly PlacedRule[], problems: ProblemList): void {
  const bases = new Map<string, Set<string>>();
  for (const { rule } of placed) {
    const known = bases.get(rule.id) ?? new Set<string>();
    for (const base of basesOf(rule)) known.add(base);
    bases.set(rule.id, known);
  }
  for (const { rule, path } of placed) {
    if (reaches(rule.id, rule.id, bases))
      problems.add(
        'REFERENCE_CYCLIC',
        `${path}.base`,
        `规则 ${rule.id} 的基础成环`,
        `the bases of ${rule.id} form a cycle`,
      );
  }
}

function reaches(from: string, target: string, bases: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  const waiting = [...(bases.get(from) ?? [])];
  const seen = new Set<string>();
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === target) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...(bases.get(id) ?? []));
  }
  return false;
}

function warnUnmatched(
  rule: Rule,
  path: string,
  points: readonly Point[],
  selected: readonly Point[],
  warnings: ProblemList,
): void {
  if (points.length === 0 || rule.enabled === false) return;
  if (selected.length === 0) {
    warnings.add(
      'MATCHES_NOTHING',
      `${path}.select`,
      `${rule.id} 未选中任何测点`,
      `${rule.id} selects no point`,
    );
    return;
  }
  if (rule.kind !== 'threshold' && rule.kind !== 'window') return;
  const limit = lowestRung(rule).limit;
  if (typeof limit === 'number' || selected.some((point) => Object.hasOwn(point.limits, limit))) return;
  const en = `no point under ${rule.id} has the limit ${limit}`;
  warnings.add('NEVER_ARMED', `${path}.limit`, `${rule.id} 的测点都没有限值 ${limit}`, en);
}

/**
 * Rungs given by number, or by one name with factors, are wrong for everybody: refused. Rungs by different names may
 * fall together on some point (alarm and power-off of a return are both 1.0 %): only an inversion there is warned of.
 */
function checkLadder(
  rule: Comparing,
  path: string,
  selected: readonly Point[],
  problems: ProblemList,
  warnings: ProblemList,
): void {
  const rungs = rule.ladder ?? [];
  for (let index = 1; index < rungs.length; index += 1) {
    const [below, here] = [rungs[index - 1], rungs[index]];
    if (below === undefined || here === undefined) continue;
    const at = `${path}.ladder[${index}]`;
    const order = orderText(rule.op);
    const fixed = stepOf(below, here);
    if (fixed !== null && !isBeyond(rule.op, fixed[1], fixed[0], true))
      problems.add('LADDER_ORDER', at, `各级未${order.zh}`, `rungs do not ${order.en}`);
    const inverted = selected.find((point) => isInverted(rule.op, below, here, point));
    if (fixed === null && inverted !== undefined)
      warnings.add(
        'LADDER_ORDER',
        at,
        `测点 ${inverted.id} 处未${order.zh}`,
        `rungs do not ${order.en} at ${inverted.id}`,
      );
  }
}

function stepOf(below: LimitRung, here: LimitRung): [number, number] | null {
  if (typeof below.limit === 'number' && typeof here.limit === 'number')
    return [scaled(below.limit, below.factor), scaled(here.limit, here.factor)];
  return below.limit === here.limit ? [below.factor ?? 1, here.factor ?? 1] : null;
}

function isInverted(op: Operator, below: LimitRung, here: LimitRung, point: Point): boolean {
  const [low, high] = [resolve(below.limit, below.factor, point), resolve(here.limit, here.factor, point)];
  return low !== null && high !== null && !isBeyond(op, high, low, false);
}

/** A clear limit beyond the raise limit would let one value be in alarm and cleared at once. */
function checkClear(rule: Comparing, path: string, selected: readonly Point[], problems: ProblemList): void {
  const clear = rule.clear;
  if (clear === undefined) return;
  if (clear.op !== undefined && isUpward(clear.op) === isUpward(rule.op)) {
    problems.add(
      'CLEAR_WRONG_SIDE',
      `${path}.clear.op`,
      '解除方向与报警相同',
      'clears in the direction of the alarm',
    );
    return;
  }
  const lowest = lowestRung(rule);
  const own = clear.limit === undefined && clear.factor === undefined;
  const limit = clear.limit ?? lowest.limit;
  const factor = own ? lowest.factor : clear.factor;
  if (typeof limit === 'number' && typeof lowest.limit === 'number') {
    if (overlaps(rule, scaled(lowest.limit, lowest.factor), scaled(limit, factor)))
      refuseClear(path, '', problems);
    return;
  }
  const wrong = selected.find((point) => {
    const [raise, back] = [resolve(lowest.limit, lowest.factor, point), resolve(limit, factor, point)];
    return raise !== null && back !== null && overlaps(rule, raise, back);
  });
  if (wrong !== undefined) refuseClear(path, wrong.id, problems);
  else if (limit === lowest.limit && overlaps(rule, lowest.factor ?? 1, factor ?? 1) && selected.length === 0)
    refuseClear(path, '', problems);
}

function refuseClear(path: string, point: string, problems: ProblemList): void {
  const at = point === '' ? { zh: '', en: '' } : { zh: `（测点 ${point}）`, en: ` (point ${point})` };
  const en = `the clear limit lies on the wrong side of the limit${at.en}`;
  problems.add('CLEAR_WRONG_SIDE', `${path}.clear.limit`, `解除限值在报警限值的错误一侧${at.zh}`, en);
}

/** Is there a value at which both the raise- and the clear-condition hold? */
function overlaps(rule: Comparing, raise: number, back: number): boolean {
  const clearOp = rule.clear?.op ?? negated(rule.op);
  if (raise === back) return rule.op.endsWith('=') && clearOp.endsWith('=');
  return isUpward(rule.op) ? back > raise : back < raise;
}

function lowestRung(rule: Comparing): { limit: LimitRef; factor: number | undefined } {
  const rung = rule.ladder?.[0];
  return rung === undefined
    ? { limit: rule.limit, factor: rule.factor }
    : { limit: rung.limit, factor: rung.factor };
}

function resolve(limit: LimitRef, factor: number | undefined, point: Point): number | null {
  if (typeof limit === 'number') return scaled(limit, factor);
  const value = Object.hasOwn(point.limits, limit) ? point.limits[limit] : undefined;
  return value === undefined ? null : scaled(value, factor);
}

function scaled(limit: number, factor: number | undefined): number {
  return factor === undefined ? limit : roundDerived(limit * factor);
}

function isBeyond(op: Operator, value: number, other: number, strictly: boolean): boolean {
  if (value === other) return !strictly;
  return isUpward(op) ? value > other : value < other;
}

function isUpward(op: Operator): boolean {
  return op === '>=' || op === '>';
}

function negated(op: Operator): Operator {
  const opposite = { '>=': '<', '>': '<=', '<=': '>', '<': '>=' } as const;
  return opposite[op];
}

function orderText(op: Operator): { zh: string; en: string } {
  return isUpward(op) ? { zh: '递增', en: 'ascend' } : { zh: '递减', en: 'descend' };
}
