// A change of configuration: the new engine takes over what points and unchanged rules had, by id. A rule is unchanged
// when its whole document is; its alarms go on, against the point's limits of today. Alarms of rules that changed end
// with ruleChanged, those of rules that are off or gone, or of points that are gone, with withdrawn.

import type { CountedAlarm, State } from './core.ts';
import { isUp, ruleIdOf } from './core.ts';
import type { EngineParts } from './engine-parts.ts';
import { dependents } from './kinds.ts';
import { datesOf } from './kinds/occurrences.ts';
import { clear } from './machine.ts';
import { counterKey } from './program.ts';
import type { Rule } from './rule.ts';

export function migrate(old: EngineParts, now: EngineParts): void {
  const { core } = now;
  core.clock = old.core.clock;
  core.countedDropped = old.core.countedDropped;
  core.windows.overflowed = old.core.windows.overflowed;
  const instances = matchingInstances(old, now);
  endUnmatched(old, now, instances);
  // What is new in this configuration is silent from now on only.
  core.state.seededAt.fill(old.core.clock);
  movePoints(old, now);
  for (const [from, to] of instances) moveInstance(old, now, from, to);
  moveRaises(old, now);
  moveCounted(old, now);
  for (const [from, to] of instances) moveTimers(old, now, from, to);
  core.timers.rebuild();
  if (old.core.hasBegun) now.arm(old.core.clock);
}

/** [old, new] instances of the same rule document and scope. Millions of them: rules are compared once, not in each key. */
function matchingInstances(old: EngineParts, now: EngineParts): Map<number, number> {
  const numbers = new Map<string, number>();
  const numberOf = (rule: Rule): number => {
    const text = canonical(rule);
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const newRules = now.program.versions.map(({ rule }) => numberOf(rule));
  const oldRules = old.program.versions.map(({ rule }) => numberOf(rule));
  const byRule = Array.from(numbers, () => new Map<string, number>());
  for (let to = 0; to < now.program.instances; to += 1)
    byRule[newRules[now.program.version[to]!]!]!.set(now.program.scope[to]!, to);
  const matches = new Map<number, number>();
  for (let from = 0; from < old.program.instances; from += 1) {
    const to = byRule[oldRules[old.program.version[from]!]!]!.get(old.program.scope[from]!);
    if (to !== undefined) matches.set(from, to);
  }
  return matches;
}

/** Told through the old engine (it has their state); its sink is the same place. */
function endUnmatched(old: EngineParts, now: EngineParts, matches: ReadonlyMap<number, number>): void {
  const scopes = new Set(now.program.points.flatMap((point) => [point.id, point.place, point.mine]));
  const ruleIds = new Set(now.program.versions.map(({ rule }) => rule.id));
  const unchanged = new Set(now.program.versions.map(({ rule }) => canonical(rule)));
  old.core.isUsable = false;
  for (let instance = 0; instance < old.program.instances; instance += 1) {
    if (matches.has(instance) || !isUp(old.core, instance)) continue;
    const { rule } = old.program.versions[old.program.version[instance]!]!;
    const isOff = !ruleIds.has(ruleIdOf(old.core, instance)) || unchanged.has(canonical(rule));
    const isGone = !scopes.has(old.program.scope[instance]!);
    clear(
      old.core,
      dependents,
      instance,
      old.core.clock,
      isOff || isGone ? 'withdrawn' : 'ruleChanged',
      false,
    );
  }
  const points = new Set(now.program.points.map((point) => point.id));
  for (const [slot, point] of old.program.points.entries()) {
    if (!points.has(point.id)) old.intrinsic.withdraw(slot, old.core.clock);
  }
}

function movePoints(old: EngineParts, now: EngineParts): void {
  const slotOf = new Map(old.program.points.map((point, slot) => [point.id, slot]));
  for (const [to, point] of now.program.points.entries()) {
    const from = slotOf.get(point.id);
    if (from === undefined) continue;
    copyCells(old.accept.arrays, now.accept.arrays, from, to);
    copyCells(old.intrinsic.arrays, now.intrinsic.arrays, from, to);
    const { usableTime, acceptedAt, usableAt, interrupted } = now.core.state;
    const before = old.core.state;
    usableTime[to] = before.usableTime[from]!;
    acceptedAt[to] = before.acceptedAt[from]!;
    usableAt[to] = before.usableAt[from]!;
    interrupted[to] = before.interrupted[from]!;
    const { windows } = now.core;
    if (!windows.has(to)) continue;
    for (const { time, value } of old.core.windows.held(from)) {
      windows.time = time;
      windows.value = value;
      windows.admit(to);
    }
  }
}

type InstanceArray = Exclude<
  keyof State,
  'usableTime' | 'acceptedAt' | 'usableAt' | 'interrupted' | 'direction' | 'raises'
>;

const instanceArrays: readonly InstanceArray[] = [
  'phase',
  'rung',
  'broken',
  'unknown',
  'marks',
  'count',
  'since',
  'raisedAt',
  'clearingSince',
  'peak',
  'peakAt',
  'samples',
  'delayedMs',
  'knownAt',
  'seededAt',
  'activeMs',
  'activeUntil',
];

function moveInstance(old: EngineParts, now: EngineParts, from: number, to: number): void {
  const before = old.core.state;
  const after = now.core.state;
  for (const name of instanceArrays) {
    if (from < before[name].length) after[name][to] = before[name][from]!;
  }
  // A rung that the point has no longer.
  const rungs = now.program.rungFirst[to + 1]! - now.program.rungFirst[to]!;
  after.rung[to] = Math.min(after.rung[to]!, rungs - 1);
  const judgedFrom = old.core.judgedFrom.get(from);
  if (judgedFrom !== undefined) now.core.judgedFrom.set(to, judgedFrom);
}

function moveTimers(old: EngineParts, now: EngineParts, from: number, to: number): void {
  const { wanted } = now.core.timers;
  const before = old.core.timers.wanted;
  wanted[to] = before[from]!;
  wanted[now.program.instances + to] = before[old.program.instances + from]!;
}

/** Numbers of alarms are never given twice, whatever becomes of rule and point. */
function moveRaises(old: EngineParts, now: EngineParts): void {
  const all = new Map(old.retiredRaises);
  for (const [counter, key] of old.program.counterKeys.entries()) {
    const raises = old.core.state.raises[counter]!;
    if (raises > 0) all.set(key, raises);
  }
  for (const [counter, key] of now.program.counterKeys.entries()) {
    now.core.state.raises[counter] = all.get(key) ?? 0;
    all.delete(key);
  }
  now.retiredRaises = moveIntrinsicRaises(old, now, all);
}

function moveIntrinsicRaises(
  old: EngineParts,
  now: EngineParts,
  all: Map<string, number>,
): Map<string, number> {
  const kept = new Set(now.program.points.map((point) => point.id));
  const { clockRaises, lateRaises } = old.intrinsic.arrays;
  for (const [slot, point] of old.program.points.entries()) {
    if (kept.has(point.id)) continue;
    all.set(counterKey('DQ-08', point.id), clockRaises[slot]!);
    all.set(counterKey('DQ-12', point.id), lateRaises[slot]!);
  }
  const known = new Set(old.program.points.map((point) => point.id));
  for (const [slot, point] of now.program.points.entries()) {
    if (known.has(point.id)) continue;
    now.intrinsic.arrays.clockRaises[slot] = all.get(counterKey('DQ-08', point.id)) ?? 0;
    now.intrinsic.arrays.lateRaises[slot] = all.get(counterKey('DQ-12', point.id)) ?? 0;
  }
  return all;
}

/** What occurrences remember fits every rule that counts the same alarms in the same groups, whatever n and window. */
function moveCounted(old: EngineParts, now: EngineParts): void {
  const keyOf = (engine: EngineParts, instance: number): string => {
    const { rule } = engine.program.versions[engine.program.version[instance]!]!;
    if (rule.kind !== 'occurrences') return '';
    const counts = [rule.base, rule.groupBy, rule.mergeBy ?? 'place', rule.select ?? null];
    return counterKey(JSON.stringify(counts), engine.program.scope[instance]!);
  };
  const remembered = new Map<string, CountedAlarm[]>();
  for (const [instance, alarms] of old.core.counted) remembered.set(keyOf(old, instance), alarms);
  for (let to = now.program.pointInstances; to < now.program.instances; to += 1) {
    const alarms = remembered.get(keyOf(now, to));
    if (alarms === undefined) continue;
    now.core.counted.set(
      to,
      alarms.map((alarm) => ({ ...alarm })),
    );
    if (datesOf(now.core, to).length === 0) now.core.counted.delete(to);
  }
}

function copyCells<T extends Readonly<Record<string, { [index: number]: number }>>>(
  source: T,
  target: T,
  from: number,
  to: number,
): void {
  for (const name of Object.keys(source)) target[name]![to] = source[name]![from]!;
}

/** Equal documents give equal text, whatever the order of their keys. */
function canonical(rule: Rule): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, sorted(field)]),
    );
  };
  return JSON.stringify(sorted(rule));
}
