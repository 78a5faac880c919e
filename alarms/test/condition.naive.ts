// A second, naive reading of docs/rules.md §1-§2 for the tests: keeps all samples of one point in a list and reckons every
// condition anew from it. Slow on purpose; shares nothing with the engine but the rule documents and the rounding.
// Kinds: threshold, window (mean, min, max, range, sd, median, count), status, silence, sustained over threshold or
// window. One point; clock set back when `live`.

import { roundDerived } from '#alarms/kernel/rounding.ts';
import type { Point } from '#alarms/registry/site.ts';
import type { Operator, Rule, SustainedRule, WindowRule } from '#alarms/rules/rule.ts';

export interface NaiveReading {
  readonly time: number;
  readonly value: number | null;
  readonly status: number;
  readonly received: number;
}

export interface NaiveAlarm {
  rule: string;
  level: string;
  since: number;
  raisedAt: number;
  clearedAt: number | null;
  peak: number | null;
  peakAt: number | null;
  samples: number;
  marks: string;
  delayedS: number | null;
}

interface Sample {
  readonly time: number;
  readonly value: number;
  readonly status: number;
  readonly received: number;
  readonly isUsable: boolean;
  /** Number of the clock it was measured on: a set-back begins a new one. */
  readonly epoch: number;
}

type Truth = { readonly raises: boolean; readonly clears: boolean; readonly rung: number } | 'unknown';

/** §1: the accepted samples in order, and how each reading was judged. */
export function naiveAccept(point: Point, readings: readonly NaiveReading[], live: boolean) {
  const accepted: Sample[] = [];
  const outcomes: string[] = [];
  let run: NaiveReading[] = [];
  let epoch = 0;
  for (const reading of readings) {
    let { value, status } = reading;
    if (value === null && (status & 8) !== 0 && point.range !== undefined) value = point.range[1];
    if (value === null) status |= 128;
    const newest = accepted.at(-1);
    if (newest !== undefined && reading.time <= newest.time) {
      const isEqual =
        reading.time === newest.time && Object.is(value ?? NaN, newest.value) && status === newest.status;
      if (isEqual) {
        outcomes.push('duplicate');
        continue;
      }
      run = isRising(run, reading) ? [...run, reading] : [reading];
      const spanMs = reading.received - run[0]!.received;
      const isLong = live && run.length >= 10 && spanMs >= 30_000;
      const advanceMs = reading.time - run[0]!.time;
      if (!isLong || advanceMs < 0.8 * spanMs || advanceMs > 1.2 * spanMs) {
        if (isLong) run = [reading];
        outcomes.push('late');
        continue;
      }
      epoch += 1;
    }
    run = [];
    outcomes.push('accepted');
    const isUsable = (status & (16 | 32 | 64 | 128)) === 0 && !isCalibrating(point, reading.time, status);
    accepted.push({
      time: reading.time,
      value: value ?? NaN,
      status,
      received: reading.received,
      isUsable,
      epoch,
    });
  }
  return { accepted, outcomes };
}

function isRising(run: readonly NaiveReading[], reading: NaiveReading): boolean {
  const last = run.at(-1);
  return last !== undefined && reading.time > last.time;
}

function isCalibrating(point: Point, time: number, status: number): boolean {
  if ((status & 4) === 0) return false;
  return (point.calibration ?? []).some(
    (window) => window.declaredAt <= window.from && time >= window.from && time < window.to,
  );
}

export function naiveAlarms(
  point: Point,
  rules: readonly Rule[],
  readings: readonly NaiveReading[],
  live: boolean,
): NaiveAlarm[] {
  const { accepted } = naiveAccept(point, readings, live);
  const alarms: NaiveAlarm[] = [];
  for (const rule of rules) {
    if (rule.kind === 'silence') alarms.push(...silences(rule, point, readings, accepted));
    else if (rule.kind === 'sustained') {
      const base = rules.find((candidate) => candidate.id === rule.base)!;
      alarms.push(...sustainedAlarms(rule, base, point, accepted));
    } else alarms.push(...tableAlarms(rule, point, accepted).map(({ alarm }) => alarm));
  }
  return alarms;
}

function gapOf(rule: Rule, point: Point): number {
  return (rule.gapS ?? point.gapS ?? Math.max(3 * point.periodS, 10)) * 1000;
}

function compare(op: Operator, a: number, b: number): boolean {
  if (op === '>=') return a >= b;
  if (op === '>') return a > b;
  if (op === '<=') return a <= b;
  return a < b;
}

/** R and C of the sample at `at`, reckoned from the whole list. */
function truthAt(rule: Rule, point: Point, samples: readonly Sample[], at: number): Truth {
  const sample = samples[at]!;
  if (rule.kind === 'status') {
    const raises = (sample.status & rule.any) !== 0;
    return { raises, clears: !raises, rung: 0 };
  }
  if (!sample.isUsable) return 'unknown';
  if (rule.kind !== 'threshold' && rule.kind !== 'window') throw new Error(`no condition for ${rule.kind}`);
  const quantity = rule.kind === 'threshold' ? sample.value : windowAt(rule, point, samples, at);
  if (quantity === null) return 'unknown';
  const rungs = rule.ladder ?? [rule];
  const limits = rungs.map((rung) => limitOf(rung.limit, rung.factor, point));
  const raises = compare(rule.op, quantity, limits[0]!);
  const clearLimit =
    rule.clear === undefined ? null : limitOf(rule.clear.limit ?? rule.limit, rule.clear.factor, point);
  const clears = clearLimit === null ? !raises : !compare(rule.op, quantity, clearLimit);
  const rung = limits.findLastIndex((limit) => compare(rule.op, quantity, limit));
  return { raises, clears, rung: Math.max(0, rung) };
}

function limitOf(limit: number | string, factor: number | undefined, point: Point): number {
  const number = typeof limit === 'number' ? limit : point.limits[limit]!;
  return factor === undefined ? number : roundDerived(number * factor);
}

function windowAt(rule: WindowRule, point: Point, samples: readonly Sample[], at: number): number | null {
  const { time, epoch } = samples[at]!;
  const inside = samples
    .slice(0, at + 1)
    .filter((s) => s.isUsable && s.epoch === epoch && s.time > time - rule.windowS * 1000);
  const values = inside.map((s) => s.value);
  const coverage = rule.coverage ?? (rule.fn === 'count' ? 0 : 0.8);
  if (values.length * point.periodS < coverage * rule.windowS) return null;
  const scale = Math.max(...values.map(Math.abs));
  return rule.fn === 'min' || rule.fn === 'max' || rule.fn === 'count'
    ? plain(rule.fn, values)
    : roundDerived(plain(rule.fn, values), scale);
}

/** The functions from their definitions, two passes where that is the stable way. */
export function plain(fn: WindowRule['fn'], values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const count = values.length;
  const anchor = values[0]!;
  const mean = anchor + values.reduce((sum, value) => sum + (value - anchor), 0) / count;
  switch (fn) {
    case 'mean':
      return mean;
    case 'min':
      return sorted[0]!;
    case 'max':
      return sorted[count - 1]!;
    case 'range':
      return sorted[count - 1]! - sorted[0]!;
    case 'sd':
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
    case 'median':
      return count % 2 === 1 ? sorted[(count - 1) / 2]! : (sorted[count / 2 - 1]! + sorted[count / 2]!) / 2;
    case 'count':
      return count;
  }
}

/** An alarm with the samples that raised and cleared it (two epochs may know the same time). */
interface NaiveLife {
  readonly alarm: NaiveAlarm;
  readonly raisedBy: Sample;
  clearedBy: Sample | null;
}

/** §2 as the page has it: a word for the state, the samples of an alarm in a list. */
function tableAlarms(rule: Rule, point: Point, accepted: readonly Sample[]): NaiveLife[] {
  const seen = rule.kind === 'status' ? accepted : accepted.filter((sample) => sample.isUsable);
  const gapMs = gapOf(rule, point);
  const lives: NaiveLife[] = [];
  let state: 'clear' | 'pending' | 'active' | 'clearing' = 'clear';
  let since = 0;
  let start = 0;
  let n = 0;
  let rung = 0;
  let own: Sample[] = [];
  let alarm: NaiveAlarm | null = null;
  /** The last sample that this rule could use. */
  let last: Sample | null = null;
  for (const sample of accepted) {
    if (!seen.includes(sample)) {
      last = null;
      continue;
    }
    const truth = truthAt(rule, point, accepted, accepted.indexOf(sample));
    if (truth === 'unknown') {
      last = null;
      continue;
    }
    const broken = last === null || last.epoch !== sample.epoch || sample.time - last.time > gapMs;
    last = sample;
    if (state === 'clear' || state === 'pending') {
      if (!truth.raises) {
        state = 'clear';
        continue;
      }
      if (state === 'clear' || broken) {
        since = sample.time;
        n = 0;
        rung = 0;
        own = [];
      }
      state = 'pending';
      n += 1;
      own.push(sample);
      rung = Math.max(rung, truth.rung);
      if (n >= (rule.samples ?? 1) && sample.time - since >= (rule.onDelayS ?? 0) * 1000) {
        state = 'active';
        alarm = { ...alarmOf(rule, own, gapMs), since, raisedAt: sample.time, level: levelAt(rule, rung) };
        lives.push({ alarm, raisedBy: sample, clearedBy: null });
      }
      continue;
    }
    own.push(sample);
    rung = Math.max(rung, truth.rung);
    alarm!.level = levelAt(rule, rung);
    Object.assign(alarm!, extentOf(rule, own));
    if (!truth.clears) {
      state = 'active';
      continue;
    }
    if (state === 'active' || broken) {
      start = sample.time;
      n = 0;
    }
    state = 'clearing';
    n += 1;
    if (n >= (rule.clearSamples ?? 1) && sample.time - start >= (rule.offDelayS ?? 0) * 1000) {
      state = 'clear';
      alarm!.clearedAt = sample.time;
      lives.at(-1)!.clearedBy = sample;
    }
  }
  return lives;
}

function levelAt(rule: Rule, rung: number): string {
  return rule.kind === 'threshold' || rule.kind === 'window' || rule.kind === 'sustained'
    ? (rule.ladder?.[rung]?.level ?? rule.level)
    : rule.level;
}

/** Peak and number, in the direction of the rule; none for status. */
function extentOf(rule: Rule, own: readonly Sample[]) {
  if (rule.kind !== 'threshold' && rule.kind !== 'window') return { peak: null, peakAt: null, samples: 0 };
  const isLow = rule.op.startsWith('<');
  let best = own[0]!;
  for (const sample of own) if (isLow ? sample.value < best.value : sample.value > best.value) best = sample;
  return { peak: best.value, peakAt: best.time, samples: own.length };
}

function alarmOf(rule: Rule, own: readonly Sample[], gapMs: number): NaiveAlarm {
  const marked = rule.kind === 'status' ? [] : own;
  const delays = marked.map((s) => s.received - s.time).filter((delay) => delay > Math.max(gapMs, 60_000));
  const marks = [
    marked.some((s) => (s.status & 4) !== 0) ? 'calibrating' : '',
    marked.some((s) => (s.status & 8) !== 0) ? 'overRange' : '',
    delays.length > 0 ? 'delayed' : '',
  ];
  return {
    rule: rule.id,
    level: rule.level,
    since: 0,
    raisedAt: 0,
    clearedAt: null,
    marks: marks.filter((mark) => mark !== '').join(' '),
    delayedS: delays.length > 0 ? Math.max(...delays) / 1000 : null,
    ...extentOf(rule, own),
  };
}

/** §3: from the alarms of the base, one by one: the active time at each usable sample of its life. */
function sustainedAlarms(
  rule: SustainedRule,
  base: Rule,
  point: Point,
  accepted: readonly Sample[],
): NaiveAlarm[] {
  const gapMs = gapOf(rule, point);
  const alarms: NaiveAlarm[] = [];
  const known = accepted.filter(
    (sample, at) => sample.isUsable && truthAt(base, point, accepted, at) !== 'unknown',
  );
  for (const { alarm: under, raisedBy, clearedBy } of tableAlarms(base, point, accepted)) {
    const end = clearedBy === null ? known.length : known.indexOf(clearedBy) + 1;
    const life = known.slice(known.indexOf(raisedBy), end);
    let activeMs = 0;
    let alarm: NaiveAlarm | null = null;
    let own: Sample[] = [];
    for (const [at, sample] of life.entries()) {
      const isEnd = sample === clearedBy;
      const before = life[at - 1];
      if (before !== undefined && before.epoch === sample.epoch && sample.time - before.time <= gapMs)
        activeMs += sample.time - before.time;
      const rung = isEnd ? -1 : rule.ladder.findLastIndex((step) => activeMs >= step.afterS * 1000);
      if (alarm === null) {
        if (rung < 0) continue;
        own = [sample];
        const marks = new Set([...under.marks.split(' '), ...alarmOf(base, own, gapMs).marks.split(' ')]);
        const ordered = ['calibrating', 'overRange', 'delayed'].filter((mark) => marks.has(mark));
        const delays = [under.delayedS, alarmOf(base, own, gapMs).delayedS].filter((delay) => delay !== null);
        alarm = { ...alarmOf(base, own, gapMs), rule: rule.id, marks: ordered.join(' ') };
        alarm.delayedS = delays.length > 0 ? Math.max(...delays) : null;
        alarm.since = sample.time;
        alarm.raisedAt = sample.time;
        alarm.level = levelAt(rule, rung);
        alarms.push(alarm);
        continue;
      }
      own.push(sample);
      Object.assign(alarm, extentOf(base, own));
      if (isEnd) alarm.clearedAt = sample.time;
      else {
        const reached = Math.max(
          rung,
          rule.ladder.findIndex((step) => step.level === alarm!.level),
        );
        alarm.level = levelAt(rule, reached);
      }
    }
  }
  return alarms;
}

/** §3: no sample for more than D of received time. */
function silences(
  rule: Extract<Rule, { kind: 'silence' }>,
  point: Point,
  readings: readonly NaiveReading[],
  accepted: readonly Sample[],
): NaiveAlarm[] {
  const dMs = (rule.silenceS ?? rule.silencePeriods! * point.periodS) * 1000;
  const heard = accepted
    .filter((sample) => rule.of !== 'usable' || sample.isUsable)
    .map((sample) => sample.received);
  const begin = readings[0]!.received;
  const end = readings.at(-1)!.received;
  const alarms: NaiveAlarm[] = [];
  for (const [at, from] of [begin, ...heard].entries()) {
    const next = heard[at];
    const due = from + dMs;
    // A sample exactly at the deadline still comes in time; the end of the run does not.
    if (next === undefined ? due > end : due >= next) continue;
    alarms.push({
      rule: rule.id,
      level: rule.level,
      since: due,
      raisedAt: due,
      clearedAt: next ?? null,
      peak: null,
      peakAt: null,
      samples: 0,
      marks: '',
      delayedS: null,
    });
  }
  return alarms;
}
