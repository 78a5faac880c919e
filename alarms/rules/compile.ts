// (points, rules) -> Program: selects the points of every rule version, resolves named limits and factors to
// numbers, orders rules after their bases. Refuses nothing (parse.ts has); a rule that cannot hold on a point is listed.

import { levelRank } from '../kernel/level.ts';
import { invariant } from '../kernel/result.ts';
import { roundDerived } from '../kernel/rounding.ts';
import { pointGapMs, type Point } from '../registry/site.ts';
import {
  counterKey,
  kindCode,
  negate,
  operatorCode,
  type NotArmed,
  type Program,
  type Version,
} from './program.ts';
import type { LimitRef, OccurrencesRule, Operator, Rule, ThresholdRule, WindowRule } from './rule.ts';
import { selectorTest } from './select.ts';
import type { WindowSpec } from './windows.ts';

type Numbers = Float64Array | Int8Array | Uint8Array | Int32Array | Uint32Array;

interface Rung {
  readonly limit: number;
  readonly level: number;
}

interface Draft {
  readonly version: number;
  readonly rule: Rule;
  readonly slot: number;
  readonly scope: string;
  readonly mine: string;
  readonly place: string;
  rungs: readonly Rung[];
  operator: Operator;
  clearOperator: Operator;
  clearLimit: number;
  readonly gapMs: number;
  covered: number;
  direction: number;
  readonly bases: readonly Draft[];
  number: number;
}

export function compile(points: readonly Point[], rules: readonly Rule[]): Program {
  const versions = inForce(rules);
  const notArmed: NotArmed[] = [];
  const drafts = draftsOverPoints(points, versions, notArmed);
  const bySlot = orderBySlot(points.length, drafts);
  const groups = draftsOverGroups(points, versions);
  const all = [...bySlot.flat(), ...groups];
  for (const [number, draft] of all.entries()) draft.number = number;
  return assemble(points, versions, notArmed, bySlot, all);
}

/** Versions with their time of force. A version that is off ends the one before it, and does nothing. */
function inForce(rules: readonly Rule[]): Version[] {
  const versions = rules.map((rule) => {
    const from = rule.inForceFrom ?? -Infinity;
    let next: Rule | null = null;
    for (const other of rules) {
      const start = other.inForceFrom ?? -Infinity;
      if (other.id === rule.id && start > from && (next === null || start < (next.inForceFrom ?? -Infinity)))
        next = other;
    }
    const endReason: Version['endReason'] = next?.enabled === false ? 'withdrawn' : 'ruleChanged';
    return { rule, from, to: next?.inForceFrom ?? Infinity, endReason };
  });
  return versions.filter(({ rule }) => rule.enabled !== false);
}

/** Shared by all that have none: there are many. */
const none: readonly never[] = [];

function draftsOverPoints(
  points: readonly Point[],
  versions: readonly Version[],
  notArmed: NotArmed[],
): Draft[] {
  const drafts: Draft[] = [];
  const baseIds = new Set(versions.flatMap(({ rule }) => (rule.kind === 'sustained' ? [rule.base] : [])));
  /** Drafts of a rule id by slot, for the rules built on it. */
  const known = new Map([...baseIds].map((id) => [id, new Map<number, Draft[]>()]));
  for (const [number, version] of orderByBase(versions)) {
    const { rule } = version;
    if (rule.kind === 'occurrences') continue;
    const isMeant = selectorTest(rule.select);
    const basesOf = rule.kind === 'sustained' ? known.get(rule.base) : undefined;
    const asBase = known.get(rule.id);
    for (let slot = 0; slot < points.length; slot += 1) {
      const point = points[slot]!;
      if (!isMeant(point)) continue;
      const draft = draftOnPoint(number, rule, slot, point, basesOf?.get(slot) ?? none, notArmed);
      if (draft === null) continue;
      drafts.push(draft);
      if (asBase === undefined) continue;
      const same = asBase.get(slot);
      if (same === undefined) asBase.set(slot, [draft]);
      else same.push(draft);
    }
  }
  return drafts;
}

/** [version number, version], rules over points first, a rule after its base. */
function orderByBase(versions: readonly Version[]): [number, Version][] {
  const depthOf = (id: string, guard: number): number => {
    invariant(guard >= 0, `rules: the base of ${id} is cyclic`);
    let depth = 0;
    for (const { rule } of versions) {
      if (rule.id === id && rule.kind === 'sustained')
        depth = Math.max(depth, 1 + depthOf(rule.base, guard - 1));
    }
    return depth;
  };
  return [...versions.entries()]
    .map((entry) => ({ entry, depth: depthOf(entry[1].rule.id, versions.length) }))
    .sort((a, b) => a.depth - b.depth)
    .map(({ entry }) => entry);
}

function draftOnPoint(
  version: number,
  rule: Exclude<Rule, OccurrencesRule>,
  slot: number,
  point: Point,
  bases: readonly Draft[],
  notArmed: NotArmed[],
): Draft | null {
  const draft: Draft = {
    version,
    rule,
    slot,
    scope: point.id,
    mine: point.mine,
    place: point.place,
    gapMs: rule.gapS === undefined ? pointGapMs(point) : secondsToMs(rule.gapS),
    rungs: none,
    operator: '>=',
    clearOperator: '<',
    clearLimit: 0,
    covered: 0,
    direction: 0,
    bases,
    number: -1,
  };
  const level = levelRank(rule.level);
  switch (rule.kind) {
    case 'threshold':
    case 'window': {
      const rungs = limitRungs(rule, point, notArmed);
      if (rungs === null) return null;
      draft.rungs = rungs;
      compare(draft, rule, point);
      if (rule.kind === 'window') draft.covered = samplesToCover(rule, point);
      return draft;
    }
    case 'sustained': {
      const base = bases[0];
      if (base === undefined) {
        notArmed.push({ rule: rule.id, point: point.id, reason: 'baseNotArmed', limit: rule.base });
        return null;
      }
      draft.rungs = rule.ladder.map((rung) => ({ limit: rung.afterS, level: levelRank(rung.level) }));
      draft.direction = base.direction;
      return draft;
    }
    case 'status':
      draft.rungs = [{ limit: NaN, level }];
      return draft;
    case 'silence': {
      const silenceS = rule.silenceS ?? (rule.silencePeriods ?? 0) * point.periodS;
      draft.rungs = [{ limit: silenceS, level }];
      return draft;
    }
    default:
      return assertKind(rule);
  }
}

function assertKind(rule: never): never {
  invariant(false, `rules: no such kind ${JSON.stringify(rule)}`);
}

function compare(draft: Draft, rule: ThresholdRule | WindowRule, point: Point): void {
  const { clear } = rule;
  const reference = clear?.limit ?? rule.ladder?.[0]?.limit ?? rule.limit;
  // No clear limit at all, or one the point has not: C = not R.
  const resolved = clear === undefined ? null : resolveLimit(reference, clear.factor, point);
  draft.operator = rule.op;
  draft.clearOperator = resolved === null ? negate(rule.op) : (clear?.op ?? negate(rule.op));
  draft.clearLimit = resolved ?? draft.rungs[0]!.limit;
  draft.direction = rule.op === '<' || rule.op === '<=' ? -1 : 1;
}

function samplesToCover(rule: WindowRule, point: Point): number {
  const coverage = rule.coverage ?? (rule.fn === 'count' ? 0 : 0.8);
  return samplesCovering(coverage, rule.windowS, point.periodS);
}

/** The least n with n × period >= coverage × window, both rounded as derived quantities are. */
function samplesCovering(coverage: number, windowS: number, periodS: number): number {
  const needed = roundDerived(coverage * windowS);
  let samples = Math.max(0, Math.floor(needed / periodS) - 1);
  while (roundDerived(samples * periodS) < needed) samples += 1;
  return samples;
}

/** Null: the lowest rung names a limit that the point has not. A higher one that is missing is left out. */
function limitRungs(rule: ThresholdRule | WindowRule, point: Point, notArmed: NotArmed[]): Rung[] | null {
  const documents = rule.ladder ?? [
    { limit: rule.limit, level: rule.level, ...(rule.factor === undefined ? {} : { factor: rule.factor }) },
  ];
  const rungs: Rung[] = [];
  for (const [at, document] of documents.entries()) {
    const limit = resolveLimit(document.limit, document.factor, point);
    if (limit !== null) {
      rungs.push({ limit, level: levelRank(document.level) });
      continue;
    }
    const reason = at === 0 ? 'limitMissing' : 'rungLimitMissing';
    notArmed.push({ rule: rule.id, point: point.id, reason, limit: String(document.limit) });
    if (at === 0) return null;
  }
  return rungs;
}

function resolveLimit(reference: LimitRef, factor: number | undefined, point: Point): number | null {
  const limit = typeof reference === 'number' ? reference : point.limits[reference];
  if (limit === undefined) return null;
  return factor === undefined ? limit : roundDerived(limit * factor);
}

/** Per slot; within one, as they came (bases first, then order of the documents). */
function orderBySlot(slots: number, drafts: readonly Draft[]): Draft[][] {
  const bySlot: Draft[][] = Array.from({ length: slots }, () => []);
  for (const draft of drafts) bySlot[draft.slot]!.push(draft);
  return bySlot;
}

function draftsOverGroups(points: readonly Point[], versions: readonly Version[]): Draft[] {
  const drafts: Draft[] = [];
  for (const [version, { rule }] of versions.entries()) {
    if (rule.kind !== 'occurrences') continue;
    const isMeant = selectorTest(rule.select);
    const seen = new Set<string>();
    for (const point of points) {
      const scope = groupOf(rule.groupBy, point);
      if (!isMeant(point) || seen.has(scope)) continue;
      seen.add(scope);
      drafts.push(draftOverGroup(version, rule, point, scope));
    }
  }
  return drafts;
}

function draftOverGroup(version: number, rule: OccurrencesRule, point: Point, scope: string): Draft {
  const place = rule.groupBy === 'mine' ? '' : point.place;
  const ladder = rule.ladder ?? [{ n: rule.n, level: rule.level }];
  return {
    version,
    rule,
    slot: -1,
    scope,
    mine: point.mine,
    place,
    rungs: ladder.map((rung) => ({ limit: rung.n, level: levelRank(rung.level) })),
    operator: '>=',
    clearOperator: '<',
    clearLimit: 0,
    gapMs: 0,
    covered: 0,
    direction: 0,
    bases: [],
    number: -1,
  };
}

function groupOf(by: 'point' | 'place' | 'mine', point: Point): string {
  switch (by) {
    case 'point':
      return point.id;
    case 'place':
      return point.place;
    case 'mine':
      return point.mine;
  }
}

function assemble(
  points: readonly Point[],
  versions: readonly Version[],
  notArmed: readonly NotArmed[],
  bySlot: readonly (readonly Draft[])[],
  all: readonly Draft[],
): Program {
  const first = new Uint32Array(points.length + 1);
  for (const [slot, drafts] of bySlot.entries()) first[slot + 1] = first[slot]! + drafts.length;
  const windows: WindowSpec[] = [];
  // Plain loops throughout: a large mine has 50,000 instances, and a start waits for them.
  const rungFirst = new Uint32Array(all.length + 1);
  for (const draft of all) rungFirst[draft.number + 1] = rungFirst[draft.number]! + draft.rungs.length;
  const counters = new Map<string, number>();
  const column = <Column extends Numbers>(target: Column, of: (draft: Draft) => number): Column => {
    for (let number = 0; number < all.length; number += 1) target[number] = of(all[number]!);
    return target;
  };
  const floats = (of: (draft: Draft) => number): Float64Array => column(new Float64Array(all.length), of);
  const bytes = (of: (draft: Draft) => number): Uint8Array => column(new Uint8Array(all.length), of);
  const rungLimit = new Float64Array(rungFirst[all.length]!);
  const rungLevel = new Uint8Array(rungFirst[all.length]!);
  for (const { number, rungs } of all) {
    for (let rung = 0; rung < rungs.length; rung += 1) {
      rungLimit[rungFirst[number]! + rung] = rungs[rung]!.limit;
      rungLevel[rungFirst[number]! + rung] = rungs[rung]!.level;
    }
  }
  const perVersion = (of: (rule: Rule) => number): Float64Array =>
    Float64Array.from(versions, ({ rule }) => of(rule));
  return {
    points,
    versions,
    notArmed,
    from: Float64Array.from(versions, ({ from }) => from),
    to: Float64Array.from(versions, ({ to }) => to),
    samples: perVersion((rule) => rule.samples ?? 1),
    onDelayMs: perVersion((rule) => secondsToMs(rule.onDelayS ?? 0)),
    clearSamples: perVersion((rule) => rule.clearSamples ?? 1),
    offDelayMs: perVersion((rule) => secondsToMs(rule.offDelayS ?? 0)),
    first,
    pointInstances: first[points.length]!,
    instances: all.length,
    scope: all.map((draft) => draft.scope),
    mine: all.map((draft) => draft.mine),
    place: all.map((draft) => draft.place),
    version: column(new Uint32Array(all.length), (draft) => draft.version),
    kind: bytes((draft) => kindCode[draft.rule.kind]),
    slot: column(new Int32Array(all.length), (draft) => draft.slot),
    operator: bytes((draft) => operatorCode[draft.operator]),
    limit: floats((draft) => draft.rungs[0]!.limit),
    clearOperator: bytes((draft) => operatorCode[draft.clearOperator]),
    clearLimit: floats((draft) => draft.clearLimit),
    gapMs: floats((draft) => draft.gapMs),
    covered: floats((draft) => draft.covered),
    window: column(new Int32Array(all.length), (draft) => windowNumber(draft, windows)),
    direction: column(new Int8Array(all.length), (draft) => draft.direction),
    rungFirst,
    rungLimit,
    rungLevel,
    counter: column(new Uint32Array(all.length), (draft) =>
      counterOf(counters, counterKey(draft.rule.id, draft.scope)),
    ),
    counterKeys: [...counters.keys()],
    bases: all.map(({ bases }) => (bases.length === 0 ? none : bases.map((base) => base.number))),
    ...dependence(points, versions, all),
    windows,
  };
}

/** Windows of one length and function on one point are one; `all` comes by slot, so that they lie by slot. */
function windowNumber(draft: Draft, windows: WindowSpec[]): number {
  const { rule, slot } = draft;
  if (rule.kind !== 'window') return -1;
  const lengthMs = secondsToMs(rule.windowS);
  for (let at = windows.length - 1; at >= 0 && windows[at]!.slot === slot; at -= 1) {
    if (windows[at]!.fn === rule.fn && windows[at]!.lengthMs === lengthMs) return at;
  }
  windows.push({ slot, fn: rule.fn, lengthMs });
  return windows.length - 1;
}

function counterOf(counters: Map<string, number>, key: string): number {
  const known = counters.get(key);
  if (known !== undefined) return known;
  counters.set(key, counters.size);
  return counters.size - 1;
}

/** Who hears of whose alarms. Occurrences may count alarms of points, and of places or mines (other occurrences). */
function dependence(points: readonly Point[], versions: readonly Version[], all: readonly Draft[]) {
  const dependents: (readonly number[])[] = all.map(() => none);
  const hears = (base: Draft, number: number): void => {
    dependents[base.number] = [...dependents[base.number]!, number];
  };
  const mergeKeys: (Map<number, string> | null)[] = all.map(() => null);
  const byRule = new Map<string, Draft[]>();
  for (const draft of all) {
    for (const base of draft.bases) hears(base, draft.number);
    const same = byRule.get(draft.rule.id);
    if (same === undefined) byRule.set(draft.rule.id, [draft]);
    else same.push(draft);
  }
  const groups = new Map<string, Draft>();
  for (const draft of all) {
    if (draft.slot === -1) groups.set(counterKey(String(draft.version), draft.scope), draft);
  }
  for (const [version, { rule }] of versions.entries()) {
    if (rule.kind !== 'occurrences') continue;
    const isMeant = selectorTest(rule.select);
    for (const base of rule.base.flatMap((id) => byRule.get(id) ?? [])) {
      const point = base.slot === -1 ? null : points[base.slot]!;
      if (point !== null && !isMeant(point)) continue;
      const scope = scopeIn(rule.groupBy, base, point);
      const group = scope === null ? undefined : groups.get(counterKey(String(version), scope));
      if (group === undefined) continue;
      hears(base, group.number);
      const keys = mergeKeys[group.number] ?? new Map<number, string>();
      keys.set(base.number, scopeIn(rule.mergeBy ?? 'place', base, point) ?? base.scope);
      mergeKeys[group.number] = keys;
    }
  }
  return { dependents, mergeKeys };
}

function scopeIn(by: 'point' | 'place' | 'mine', base: Draft, point: Point | null): string | null {
  if (point !== null) return groupOf(by, point);
  if (by === 'mine') return base.mine;
  return by === 'place' && base.place !== '' ? base.place : null;
}

function secondsToMs(seconds: number): number {
  return Math.round(seconds * 1000);
}
