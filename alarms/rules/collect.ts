// Conditions -> alarm lines of a back-test (docs/rules.md §7): their order, their shape, their text. Alarms that are
// still up at the end have clearedAt null and what was seen of them so far.

import { higherLevel, levelLetter, type Level } from '../kernel/level.ts';
import { invariant } from '../kernel/result.ts';
import { formatTime } from '../kernel/time.ts';
import type { Condition, Mark, Peak } from './condition.ts';
import type { OpenAlarm } from './engine.ts';

export interface AlarmLine {
  readonly rule: string;
  readonly scope: string;
  readonly mine: string;
  readonly level: Level;
  readonly since: number;
  readonly raisedAt: number;
  readonly clearedAt: number | null;
  readonly peak: Peak | null;
  readonly samples: number;
  readonly marks: readonly Mark[];
  readonly delayedS: number | null;
}

export class AlarmCollector {
  readonly #open = new Map<string, { -readonly [K in keyof AlarmLine]: AlarmLine[K] }>();
  readonly #lines: AlarmLine[] = [];

  /** To be given to the engine as its sink. */
  readonly take = (condition: Condition): void => {
    const key = `${condition.rule}\u0000${condition.scope}`;
    if (condition.kind === 'raised') {
      const { rule, scope, mine, level, since, raisedAt, peak, samples, marks, delayedS } = condition;
      const line = {
        rule,
        scope,
        mine,
        level,
        since,
        raisedAt,
        clearedAt: null,
        peak,
        samples,
        marks,
        delayedS,
      };
      this.#lines.push(line);
      this.#open.set(key, line);
      return;
    }
    const line = this.#open.get(key);
    invariant(line !== undefined, `collect: ${condition.kind} of ${condition.rule} before it was raised`);
    if (condition.kind === 'levelRaised') line.level = higherLevel(line.level, condition.to);
    if (condition.kind === 'cleared') {
      const { clearedAt, peak, samples, marks, delayedS } = condition;
      Object.assign(line, { clearedAt, peak, samples, marks, delayedS });
      this.#open.delete(key);
    }
  };

  /** `open`: what the engine has up at the end. */
  finish(open: readonly OpenAlarm[]): AlarmLine[] {
    for (const { rule, scope, peak, samples } of open) {
      const line = this.#open.get(`${rule}\u0000${scope}`);
      invariant(line !== undefined, `collect: ${rule} of ${scope} is up and was never raised`);
      Object.assign(line, { peak, samples });
    }
    return this.#lines.sort(compareLines);
  }
}

/** raisedAt, rule, scope, clearedAt (null last); strings by code point. */
export function compareLines(a: AlarmLine, b: AlarmLine): number {
  return (
    a.raisedAt - b.raisedAt ||
    compareByCodePoint(a.rule, b.rule) ||
    compareByCodePoint(a.scope, b.scope) ||
    compareNumbers(a.clearedAt ?? Infinity, b.clearedAt ?? Infinity)
  );
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `<` on strings compares UTF-16 units, which puts U+1F525 before U+FF5E. */
function compareByCodePoint(a: string, b: string): number {
  const left = Array.from(a, codePoint);
  const right = Array.from(b, codePoint);
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    if (left[at] !== right[at]) return left[at]! - right[at]!;
  }
  return left.length - right.length;
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** One JSON line, without its line feed; keys in fixed order. */
export function alarmLine(alarm: AlarmLine): string {
  const { rule, scope, mine, level, since, raisedAt, clearedAt, peak, samples, marks, delayedS } = alarm;
  return JSON.stringify({
    rule,
    scope,
    mine,
    level: levelLetter(level),
    since: formatTime(since),
    raisedAt: formatTime(raisedAt),
    clearedAt: clearedAt === null ? null : formatTime(clearedAt),
    peak: peak === null ? null : { value: peak.value, at: formatTime(peak.at) },
    samples,
    marks,
    ...(delayedS === null ? {} : { delayedS }),
  });
}
