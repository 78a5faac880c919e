// Alarms that the gateway raises about itself and about its documents (room on the disk, a blind span, a recovery that
// differs, a point without limits). They have no rule document; the numbers of their raises are kept here as the rule engine keeps those of its own.

import type { Level } from '../kernel/level.ts';
import type { ConditionCleared, ConditionRaised } from '../rules/condition.ts';

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

  liftRaises(lastNumber: (rule: string, scope: string) => number): void {
    for (const [key, entry] of this.entries) {
      const at = key.indexOf('/');
      entry.n = Math.max(entry.n, lastNumber(key.slice(0, at), key.slice(at + 1)));
    }
  }

  raise(rule: string, where: Scope, level: Level, since: number, raisedAt: number): ConditionRaised {
    const entry = this.entry(rule, where.scope);
    entry.n += 1;
    entry.up = true;
    return {
      kind: 'raised',
      rule,
      ...where,
      n: entry.n,
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
    return [...this.entries];
  }

  fromJson(json: unknown): void {
    this.entries.clear();
    for (const [key, entry] of json as [string, Entry][]) this.entries.set(key, { ...entry });
  }

  private entry(rule: string, scope: string): Entry {
    const key = `${rule}/${scope}`;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { n: 0, up: false };
      this.entries.set(key, entry);
    }
    return entry;
  }
}
