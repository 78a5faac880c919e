// Kind `occurrences`: how many occurrences of base alarms lie in a sliding window or calendar period, per group. The
// number is a function of time over the base alarms known so far, computed anew from their list at every change: rare,
// and exclusions (verified 误报) may split what had merged. Base alarms come in order of arrival, which need not be that
// of raisedAt when a point lags. Group state is small plain data, not typed arrays.

import { invariant } from '../../kernel/result.ts';
import { monthStartUtcPlus8, nextMonthStartUtcPlus8, weekMs, weekStartUtcPlus8 } from '../../kernel/time.ts';
import { type Core, type CountedAlarm, isUp, raisesOf } from '../core.ts';
import type { Kind } from '../kind.ts';
import { begin, clear, climb, type Dependents, raise, retire } from '../machine.ts';
import type { OccurrencesRule } from '../rule.ts';

/** Most base alarms remembered per group; a group that chatters beyond has long been over any n. Oldest go first. */
const countedLimit = 20_000;
const dayMs = 86_400_000;
const defaultSeparateS = 600;

export const occurrences: Kind = {
  baseRaised(core, dependents, instance, base, raisedAt): void {
    change(core, dependents, instance, (alarms) => {
      insert(alarms, {
        key: keyOf(core, base),
        n: raisesOf(core, base),
        merge: core.program.mergeKeys[instance]?.get(base) ?? '',
        raisedAt,
        end: null,
      });
    });
  },

  baseCleared(core, dependents, instance, base, clearedAt): void {
    const key = keyOf(core, base);
    const n = raisesOf(core, base);
    change(core, dependents, instance, (alarms) => {
      const alarm = alarms.findLast((candidate) => candidate.n === n && candidate.key === key);
      if (alarm !== undefined) alarm.end = clearedAt;
    });
  },

  due(core, dependents, instance, due): void {
    if (!isUp(core, instance)) return;
    const dates = datesOf(core, instance);
    const deadline = fallsBelow(core, instance, dates);
    if (deadline > due) {
      core.timers.set(instance, deadline);
      return;
    }
    clear(core, dependents, instance, deadline, 'cleared', false);
    // While it was up, stamps ahead of the clock may have brought what makes n again after the deadline.
    const again = dates.find((date) => date > deadline && mayRaise(core, instance, dates, date));
    if (again !== undefined) start(core, dependents, instance, dates, again);
  },
};

/** From now on an alarm does not count; it may lower a number, never raise an alarm. */
export function exclude(core: Core, dependents: Dependents, key: string, n: number): void {
  for (const [instance, alarms] of core.counted) {
    const at = alarms.findIndex((alarm) => alarm.n === n && alarm.key === key);
    if (at === -1) continue;
    alarms.splice(at, 1);
    if (!isUp(core, instance)) continue;
    core.judgedFrom.set(instance, Math.max(core.judgedFrom.get(instance)!, core.clock));
    const deadline = fallsBelow(core, instance, datesOf(core, instance));
    if (deadline <= core.clock) {
      core.timers.cancel(instance);
      clear(core, dependents, instance, core.clock, 'cleared', false);
    } else {
      core.timers.set(instance, deadline);
    }
  }
}

function change(
  core: Core,
  dependents: Dependents,
  instance: number,
  edit: (alarms: CountedAlarm[]) => void,
): void {
  let alarms = core.counted.get(instance);
  if (alarms === undefined) {
    alarms = [];
    core.counted.set(instance, alarms);
  }
  // Before `before`: what is forgotten must not look like a change.
  forgetOld(core, instance, alarms);
  const before = datesOf(core, instance);
  edit(alarms);
  const dates = datesOf(core, instance);
  const version = core.program.version[instance]!;
  if (core.clock >= core.program.to[version]!) {
    retire(core, dependents, instance);
    return;
  }
  if (isUp(core, instance)) {
    follow(core, instance, dates);
    return;
  }
  const n = core.program.limit[instance]!;
  const made = dates.find(
    (date) => mayRaise(core, instance, dates, date) && numberAt(ruleOf(core, instance), before, date) < n,
  );
  if (made !== undefined) start(core, dependents, instance, dates, made);
}

function mayRaise(core: Core, instance: number, dates: readonly number[], date: number): boolean {
  const { program } = core;
  const version = program.version[instance]!;
  if (date < program.from[version]! || date >= program.to[version]!) return false;
  return numberAt(ruleOf(core, instance), dates, date) >= program.limit[instance]!;
}

function start(
  core: Core,
  dependents: Dependents,
  instance: number,
  dates: readonly number[],
  raisedAt: number,
): void {
  begin(core, instance, raisedAt);
  core.judgedFrom.set(instance, raisedAt);
  raise(core, dependents, instance, raisedAt, numberAt(ruleOf(core, instance), dates, raisedAt));
  follow(core, instance, dates);
}

/** An alarm that is up: its level climbs with the number, its deadline moves. */
function follow(core: Core, instance: number, dates: readonly number[]): void {
  const deadline = fallsBelow(core, instance, dates);
  const from = core.state.raisedAt[instance]!;
  for (const date of dates) {
    if (date < from || date >= deadline) continue;
    climb(core, instance, numberAt(ruleOf(core, instance), dates, date), date);
  }
  core.timers.set(instance, deadline);
}

/** Dates of the occurrences, ascending: alarms of one merge key that overlap or follow closely are one. */
export function datesOf(core: Core, instance: number): number[] {
  const separateMs = separateMsOf(ruleOf(core, instance));
  const latestEnd = new Map<string, number>();
  const dates: number[] = [];
  for (const alarm of core.counted.get(instance) ?? []) {
    const end = alarm.end ?? Infinity;
    const before = latestEnd.get(alarm.merge);
    if (before === undefined || alarm.raisedAt > before + separateMs) dates.push(alarm.raisedAt);
    latestEnd.set(alarm.merge, Math.max(before ?? -Infinity, end));
  }
  return dates;
}

/** Occurrences in (t - W, t], or in the calendar period of t up to t. */
export function numberAt(rule: OccurrencesRule, dates: readonly number[], time: number): number {
  const until = countUpTo(dates, time);
  if (rule.calendar === undefined) return until - countUpTo(dates, time - windowMs(rule));
  return until - countUpTo(dates, periodStart(rule.calendar, time) - 1);
}

/** The first moment from `judgedFrom` on at which the number is below n. */
function fallsBelow(core: Core, instance: number, dates: readonly number[]): number {
  const rule = ruleOf(core, instance);
  const n = core.program.limit[instance]!;
  let time = core.judgedFrom.get(instance);
  invariant(time !== undefined, 'occurrences: an alarm that is up was raised at some time');
  while (numberAt(rule, dates, time) >= n) {
    time =
      rule.calendar === undefined
        ? dates[countUpTo(dates, time - windowMs(rule))]! + windowMs(rule)
        : periodEnd(rule.calendar, time);
  }
  return time;
}

function periodStart(calendar: 'week' | 'month', time: number): number {
  return calendar === 'week' ? weekStartUtcPlus8(time) : monthStartUtcPlus8(time);
}

function periodEnd(calendar: 'week' | 'month', time: number): number {
  return calendar === 'week' ? weekStartUtcPlus8(time) + weekMs : nextMonthStartUtcPlus8(time);
}

/** How many dates are <= time. */
function countUpTo(dates: readonly number[], time: number): number {
  let low = 0;
  let high = dates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (dates[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Kept in order of raisedAt; equal ones in order of arrival. */
function insert(alarms: CountedAlarm[], alarm: CountedAlarm): void {
  let at = alarms.length;
  while (at > 0 && alarms[at - 1]!.raisedAt > alarm.raisedAt) at -= 1;
  alarms.splice(at, 0, alarm);
}

/**
 * Beyond two windows (at least two days, for points that lag) an occurrence that has ended cannot count again. One that
 * still goes on keeps its date and its end; its older alarms become one.
 */
function forgetOld(core: Core, instance: number, alarms: CountedAlarm[]): void {
  const rule = ruleOf(core, instance);
  const reachMs = 2 * Math.max(dayMs, rule.calendar === undefined ? windowMs(rule) : 31 * dayMs);
  const horizon = core.clock - reachMs;
  if (alarms.length === 0) return;
  if (alarms[0]!.raisedAt >= horizon && alarms.length < countedLimit) return;
  const separateMs = separateMsOf(rule);
  const kept: CountedAlarm[] = [];
  const last = new Map<string, CountedAlarm>();
  for (const alarm of alarms) {
    const before = last.get(alarm.merge);
    const follows = before !== undefined && alarm.raisedAt <= (before.end ?? Infinity) + separateMs;
    const isOld = alarm.end !== null && alarm.end < horizon;
    if (follows && isOld) {
      if (before.end !== null) before.end = Math.max(before.end, alarm.end ?? Infinity);
      continue;
    }
    kept.push(alarm);
    if (!follows) last.set(alarm.merge, alarm);
  }
  const isOver = (alarm: CountedAlarm): boolean =>
    alarm.end !== null && alarm.end + separateMs < horizon && !isFollowed(kept, alarm, separateMs);
  const living = kept.filter((alarm) => !isOver(alarm));
  const tooMany = Math.max(0, living.length - countedLimit);
  core.countedDropped += tooMany;
  alarms.splice(0, alarms.length, ...living.slice(tooMany));
}

function isFollowed(alarms: readonly CountedAlarm[], alarm: CountedAlarm, separateMs: number): boolean {
  return alarms.some(
    (other) =>
      other !== alarm &&
      other.merge === alarm.merge &&
      other.raisedAt >= alarm.raisedAt &&
      other.raisedAt <= (alarm.end ?? Infinity) + separateMs,
  );
}

function separateMsOf(rule: OccurrencesRule): number {
  return Math.round((rule.separateS ?? defaultSeparateS) * 1000);
}

function windowMs(rule: OccurrencesRule): number {
  return Math.round((rule.windowS ?? 0) * 1000);
}

function ruleOf(core: Core, instance: number): OccurrencesRule {
  const { rule } = core.program.versions[core.program.version[instance]!]!;
  invariant(rule.kind === 'occurrences', 'occurrences: the instance is of another kind');
  return rule;
}

function keyOf(core: Core, base: number): string {
  return core.program.counterKeys[core.program.counter[base]!]!;
}
