// One rule of a rule document, by kind: which fields a kind has, their bounds, and what must be there. Relations
// between rules, and between rules and points, are not looked at here (parse-relations.ts).

import { isLevelLetter, levelFromLetter, levelRank, type Level } from '../kernel/level.ts';
import { type Fields, present } from '../registry/fields.ts';
import type {
  ClearLimit,
  LimitRef,
  LimitRung,
  OccurrencesRule,
  Operator,
  Rule,
  RuleCommon,
  Selector,
  SilenceRule,
  StatusRule,
  SustainedRule,
  ThresholdRule,
  WindowRule,
} from './rule.ts';

export const ruleKinds = ['threshold', 'window', 'sustained', 'status', 'silence', 'occurrences'] as const;
const operators = ['>=', '>', '<=', '<'] as const;
const groups = ['point', 'place', 'mine'] as const;

/** Two years: the longest window of the catalogue (60 days) with room; memory of a window is bounded by it. */
const secondsMax = 2 * 366 * 86_400;
const samplesMax = 100_000;
const rungsMax = 16;

/** The rule, or undefined when a field that it cannot be without has a problem (noted in `fields.problems`). */
export function readRule(fields: Fields): Rule | undefined {
  fields.require('id');
  fields.require('kind');
  const kind = fields.raw('kind');
  const known = ruleKinds.find((one) => one === kind);
  if (known === undefined) {
    if (kind !== undefined) refuseKind(fields, kind);
    return undefined;
  }
  const rule = readers[known](fields);
  fields.refuseUnknown();
  return rule;
}

const readers: Record<Rule['kind'], (fields: Fields) => Rule | undefined> = {
  threshold: readThreshold,
  window: readWindow,
  sustained: readSustained,
  status: readStatus,
  silence: readSilence,
  occurrences: readOccurrences,
};

function refuseKind(fields: Fields, kind: unknown): void {
  const shown = typeof kind === 'string' ? kind.slice(0, 64) : typeof kind;
  fields.problems.add('KIND_UNKNOWN', fields.at('kind'), `规则种类 ${shown} 不存在`, `no rule kind ${shown}`);
}

/** `lowest` is the level of a ladder's lowest rung, which stands in for the rule's own. */
function readCommon(fields: Fields, lowest: Level | undefined): RuleCommon | undefined {
  const id = fields.id('id');
  const own = readLevel(fields, 'level');
  if (lowest === undefined && !fields.has('ladder')) fields.require('level');
  const level = lowest ?? own;
  const optional = present({
    name: readName(fields),
    select: readSelector(fields),
    enabled: fields.boolean('enabled'),
    version: readVersion(fields),
    inForceFrom: fields.time('inForceFrom'),
    basis: readBasis(fields),
    respond: readRespond(fields),
    samples: fields.number('samples', { integer: true, min: 1, max: samplesMax }),
    onDelayS: fields.number('onDelayS', { min: 0, max: secondsMax }),
    clearSamples: fields.number('clearSamples', { integer: true, min: 1, max: samplesMax }),
    offDelayS: fields.number('offDelayS', { min: 0, max: secondsMax }),
    gapS: fields.number('gapS', { above: 0, max: secondsMax }),
    class: fields.oneOf('class', ['gas', 'trouble', 'other']),
    overLimit: fields.boolean('overLimit'),
    latching: readLatching(fields),
    neverShelve: fields.boolean('neverShelve'),
    suppressedBy: fields.ids('suppressedBy'),
    opensCase: fields.boolean('opensCase'),
  });
  return id === undefined || level === undefined ? undefined : { id, level, ...optional };
}

/** A latched alarm needs a reset, and there is no such command: its case could never be closed. */
function readLatching(fields: Fields): boolean | undefined {
  if (fields.boolean('latching') !== true) return undefined;
  return fields.refuse(
    'latching',
    '闭锁需要复位命令，本版没有',
    'latching needs a reset, which this version does not have',
  );
}

function readThreshold(fields: Fields): ThresholdRule | undefined {
  const compared = readComparison(fields);
  const common = readCommon(fields, compared.ladder?.[0]?.level);
  const { op, limit, ...rest } = compared;
  if (common === undefined || op === undefined || limit === undefined) return undefined;
  return { kind: 'threshold', ...common, op, limit, ...present(rest) };
}

function readWindow(fields: Fields): WindowRule | undefined {
  fields.require('fn');
  fields.require('windowS');
  const fn = fields.oneOf('fn', ['mean', 'min', 'max', 'range', 'sd', 'median', 'count']);
  const windowS = readWindowS(fields, 'windowS');
  const coverage = readCoverage(fields);
  const compared = readComparison(fields);
  const common = readCommon(fields, compared.ladder?.[0]?.level);
  const { op, limit, ...rest } = compared;
  if (common === undefined || op === undefined || limit === undefined) return undefined;
  if (fn === undefined || windowS === undefined) return undefined;
  return { kind: 'window', ...common, fn, windowS, op, limit, ...present({ coverage, ...rest }) };
}

function readSustained(fields: Fields): SustainedRule | undefined {
  fields.require('base');
  fields.require('ladder');
  const base = fields.id('base');
  const ladder = fields
    .list('ladder', rungsMax)
    ?.map((rung) => readRung(rung, 'afterS'))
    .filter((rung) => rung !== undefined)
    .map(({ at, level }) => ({ afterS: at, level }));
  requireRungs(fields, ladder);
  if (ladder !== undefined)
    requireAscending(
      fields,
      ladder.map((rung) => rung.afterS),
      ladder,
    );
  const common = readCommon(fields, ladder?.[0]?.level);
  return common === undefined || base === undefined || ladder === undefined
    ? undefined
    : { kind: 'sustained', ...common, base, ladder };
}

function readStatus(fields: Fields): StatusRule | undefined {
  fields.require('any');
  const any = fields.number('any', { integer: true, min: 1, max: 511 });
  const common = readCommon(fields, undefined);
  return common === undefined || any === undefined ? undefined : { kind: 'status', ...common, any };
}

function readSilence(fields: Fields): SilenceRule | undefined {
  const optional = present({
    of: fields.oneOf('of', ['accepted', 'usable']),
    silenceS: readWindowS(fields, 'silenceS'),
    silencePeriods: fields.number('silencePeriods', { above: 0, max: samplesMax }),
  });
  requireExactlyOne(fields, 'silenceS', 'silencePeriods');
  const common = readCommon(fields, undefined);
  return common === undefined ? undefined : { kind: 'silence', ...common, ...optional };
}

function readOccurrences(fields: Fields): OccurrencesRule | undefined {
  fields.require('base');
  fields.require('groupBy');
  const base = fields.ids('base');
  const groupBy = fields.oneOf('groupBy', groups);
  requireExactlyOne(fields, 'windowS', 'calendar');
  const ladder = fields
    .list('ladder', rungsMax)
    ?.map((rung) => readRung(rung, 'n'))
    .filter((rung) => rung !== undefined)
    .map(({ at, level }) => ({ n: at, level }));
  if (fields.has('ladder')) requireRungs(fields, ladder);
  else fields.require('n');
  if (ladder !== undefined)
    requireAscending(
      fields,
      ladder.map((rung) => rung.n),
      ladder,
    );
  const own = fields.number('n', { integer: true, min: 1, max: samplesMax });
  const n = ladder?.[0]?.n ?? own;
  const optional = present({
    mergeBy: fields.oneOf('mergeBy', groups),
    separateS: fields.number('separateS', { min: 0, max: secondsMax }),
    windowS: readWindowS(fields, 'windowS'),
    calendar: fields.oneOf('calendar', ['week', 'month']),
    ladder,
  });
  const common = readCommon(fields, ladder?.[0]?.level);
  if (common === undefined || base === undefined || groupBy === undefined || n === undefined)
    return undefined;
  return { kind: 'occurrences', ...common, base, groupBy, n, ...optional };
}

interface Comparison {
  readonly op: Operator | undefined;
  readonly limit: LimitRef | undefined;
  readonly factor: number | undefined;
  readonly clear: ClearLimit | undefined;
  readonly ladder: readonly LimitRung[] | undefined;
}

/** op, limit and factor, or the lowest rung of the ladder in their place. */
function readComparison(fields: Fields): Comparison {
  fields.require('op');
  const op = fields.oneOf('op', operators);
  const ladder = fields
    .list('ladder', rungsMax)
    ?.map(readLimitRung)
    .filter((rung) => rung !== undefined);
  if (fields.has('ladder')) requireRungs(fields, ladder);
  else fields.require('limit');
  const own = { limit: readLimit(fields), factor: readFactor(fields) };
  const lowest = ladder?.[0];
  const limit = lowest === undefined ? own.limit : lowest.limit;
  const factor = lowest === undefined ? own.factor : lowest.factor;
  return { op, limit, factor, clear: readClear(fields), ladder };
}

function readLimitRung(fields: Fields): LimitRung | undefined {
  fields.require('limit');
  fields.require('level');
  const limit = readLimit(fields);
  const factor = readFactor(fields);
  const level = readLevel(fields, 'level');
  fields.refuseUnknown();
  return limit === undefined || level === undefined ? undefined : { limit, level, ...present({ factor }) };
}

function readRung(fields: Fields, name: 'afterS' | 'n'): { at: number; level: Level } | undefined {
  fields.require(name);
  fields.require('level');
  const bounds = name === 'n' ? { integer: true, min: 1, max: samplesMax } : { above: 0, max: secondsMax };
  const at = fields.number(name, bounds);
  const level = readLevel(fields, 'level');
  fields.refuseUnknown();
  return at === undefined || level === undefined ? undefined : { at, level };
}

function requireRungs(fields: Fields, ladder: readonly unknown[] | undefined): void {
  if (ladder !== undefined && ladder.length === 0 && isEmptyList(fields.raw('ladder')))
    fields.refuse('ladder', '至少一级', 'needs at least one rung');
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Rungs that rise (afterS, n), with levels that do not fall. Rungs of limits: parse-relations.ts. */
function requireAscending(
  fields: Fields,
  values: readonly number[],
  rungs: readonly { readonly level: Level }[],
): void {
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? 0) <= (values[index - 1] ?? 0)) refuseLadder(fields, index);
  }
  requireLevelsNotFalling(fields, rungs);
}

export function requireLevelsNotFalling(fields: Fields, rungs: readonly { readonly level: Level }[]): void {
  for (let index = 1; index < rungs.length; index += 1) {
    const [below, here] = [rungs[index - 1], rungs[index]];
    if (below === undefined || here === undefined || levelRank(here.level) >= levelRank(below.level))
      continue;
    const path = `${fields.at('ladder')}[${index}].level`;
    fields.problems.add('LADDER_ORDER', path, '级别低于前一级', 'level is below that of the rung before');
  }
}

function refuseLadder(fields: Fields, index: number): void {
  const path = `${fields.at('ladder')}[${index}]`;
  fields.problems.add('LADDER_ORDER', path, '各级未递增', 'rungs do not ascend');
}

function readLimit(fields: Fields): LimitRef | undefined {
  const value = fields.raw('limit');
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && /^[A-Za-z][A-Za-z0-9]{0,31}$/.test(value)) return value;
  return fields.refuse('limit', '应为数或测点限值名', 'must be a number or the name of a limit of the point');
}

/** A factor turns no limit around: positive only. */
function readFactor(fields: Fields): number | undefined {
  return fields.number('factor', { above: 0, max: 1_000_000 });
}

function readClear(parent: Fields): ClearLimit | undefined {
  const fields = parent.child('clear');
  if (fields === undefined) return undefined;
  const clear = present({
    limit: readLimit(fields),
    factor: readFactor(fields),
    op: fields.oneOf('op', operators),
  });
  if (!fields.has('limit') && !fields.has('factor') && !fields.has('op'))
    parent.refuse('clear', '解除限值为空', 'has neither limit, factor nor op');
  fields.refuseUnknown();
  return clear;
}

function readLevel(fields: Fields, name: string): Level | undefined {
  const value = fields.raw(name);
  if (value === undefined) return undefined;
  if (isLevelLetter(value)) return levelFromLetter(value);
  return fields.refuse(name, '级别应为 R O Y B 之一', 'a level is one of R O Y B');
}

function readWindowS(fields: Fields, name: string): number | undefined {
  const value = fields.raw(name);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value > 0 && value <= secondsMax) return value;
  const zh = `时间窗应为大于 0、不超过 ${secondsMax} 的秒数`;
  fields.problems.add(
    'WINDOW_INVALID',
    fields.at(name),
    zh,
    `must be seconds above 0 and at most ${secondsMax}`,
  );
  return undefined;
}

function readCoverage(fields: Fields): number | undefined {
  const value = fields.raw('coverage');
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  const path = fields.at('coverage');
  fields.problems.add('COVERAGE_INVALID', path, '覆盖率应在 (0,1]', 'coverage must lie in (0,1]');
  return undefined;
}

function requireExactlyOne(fields: Fields, one: string, other: string): void {
  if (fields.has(one) && fields.has(other))
    fields.refuse(other, `${one} 与 ${other} 只能有一个`, `${one} and ${other} exclude one another`);
  if (!fields.has(one) && !fields.has(other))
    fields.problems.add(
      'FIELD_MISSING',
      fields.at(one),
      `缺少 ${one} 或 ${other}`,
      `needs ${one} or ${other}`,
    );
}

function readSelector(parent: Fields): Selector | undefined {
  const fields = parent.child('select');
  if (fields === undefined) return undefined;
  const selector = present({
    measurand: fields.ids('measurand'),
    points: fields.ids('points'),
    place: fields.ids('place'),
    placeType: fields.ids('placeType'),
    locationType: fields.ids('locationType'),
    mine: fields.ids('mine'),
  });
  fields.refuseUnknown();
  return selector;
}

function readName(parent: Fields): { zh: string; en: string } | undefined {
  const fields = parent.child('name');
  if (fields === undefined) return undefined;
  fields.require('zh');
  fields.require('en');
  const [zh, en] = [fields.text('zh', 100), fields.text('en', 100)];
  fields.refuseUnknown();
  return zh === undefined || en === undefined ? undefined : { zh, en };
}

function readBasis(parent: Fields): RuleCommon['basis'] | undefined {
  const fields = parent.child('basis');
  if (fields === undefined) return undefined;
  const basis = present({ clause: fields.text('clause', 200), mark: fields.text('mark', 8) });
  fields.refuseUnknown();
  return basis;
}

function readVersion(fields: Fields): string | number | undefined {
  const value = fields.raw('version');
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return fields.text('version', 64);
}

/** Response codes of the catalogue: N P E EE S M V C U L Q T W. */
function readRespond(fields: Fields): string[] | undefined {
  const codes = fields.ids('respond');
  const known = ['N', 'P', 'E', 'EE', 'S', 'M', 'V', 'C', 'U', 'L', 'Q', 'T', 'W'];
  for (const code of codes ?? []) {
    if (!known.includes(code))
      fields.refuse('respond', `响应代码 ${code} 不存在`, `no response code ${code}`);
  }
  return codes;
}
