// Alarms that the gateway raises about itself and about its documents (room on the disk, a blind span, a recovery that
// differs, a point without limits). They have no rule document; the numbers of their raises are kept here as the rule engine keeps those of its own.

import type { Level } from '../kernel/level.ts';
import type { ConditionCleared, ConditionRaised, NumberOf } from '../rules/condition.ts';

interface Entry {
  n: number;
  up: boolean;
}

export interface Scope {
  readonly scope: string;
  readonly mine: string;
  readonly place: string;
}

export class IntrinsicAlarms {
  private readonly entries = new Map<string, Entry>();
  private readonly lastNumber: (rule: string, scope: string) => number;

  /** `lastNumber` of the record: where a pair that is new here goes on. */
  constructor(lastNumber: (rule: string, scope: string) => number) {
    this.lastNumber = lastNumber;
  }

  isUp(rule: string, scope: string): boolean {
    return this.entries.get(`${rule}/${scope}`)?.up ?? false;
  }

  /** Scopes on which the rule is up, in the order of their first raise. */
  scopesUp(rule: string): string[] {
    const prefix = `${rule}/`;
    return [...this.entries]
      .filter(([key, { up }]) => up && key.startsWith(prefix))
      .map(([key]) => key.slice(prefix.length));
  }

  adoptNumbers(numberOf: NumberOf): void {
    for (const [key, entry] of this.entries) entry.n = numberOf(...partsOf(key), entry.up);
  }

  /** (rule, scope) of all that are up, in the order of their first raise. */
  up(): (readonly [rule: string, scope: string])[] {
    return [...this.entries].filter(([, { up }]) => up).map(([key]) => partsOf(key));
  }

  /** What is told of one that is up. */
  standing(rule: string, where: Scope, level: Level, now: number): ConditionRaised {
    return raisedCondition(rule, where, this.entry(rule, where.scope).n, level, now, now);
  }

  raise(rule: string, where: Scope, level: Level, since: number, raisedAt: number): ConditionRaised {
    const entry = this.entry(rule, where.scope);
    entry.n += 1;
    entry.up = true;
    return raisedCondition(rule, where, entry.n, level, since, raisedAt);
  }

  clear(rule: string, scope: string, clearedAt: number): ConditionCleared {
    const entry = this.entry(rule, scope);
    entry.up = false;
    return {
      kind: 'cleared',
      rule,
      scope,
      n: entry.n,
      clearedAt,
      peak: null,
      samples: 0,
      marks: [],
      delayedS: null,
      reason: 'cleared',
    };
  }

  toJson(): unknown {
    return [...this.entries].map(([key, entry]) => [key, { ...entry }]);
  }

  fromJson(json: unknown): void {
    this.entries.clear();
    for (const [key, entry] of json as [string, Entry][]) this.entries.set(key, { ...entry });
  }

  private entry(rule: string, scope: string): Entry {
    const key = `${rule}/${scope}`;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { n: this.lastNumber(rule, scope), up: false };
      this.entries.set(key, entry);
    }
    return entry;
  }
}

function raisedCondition(
  rule: string,
  where: Scope,
  n: number,
  level: Level,
  since: number,
  raisedAt: number,
): ConditionRaised {
  return {
    kind: 'raised',
    rule,
    ...where,
    n,
    level,
    since,
    raisedAt,
    marks: [],
    delayedS: null,
    peak: null,
    samples: 0,
    quantity: null,
    limit: null,
  };
}

/** A rule id holds no '/', a scope may. */
function partsOf(key: string): [rule: string, scope: string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}
