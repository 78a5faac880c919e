// Alarms that the gateway raises about itself (room on the disk, a blind span, a recovery that differs). They have
// no rule document; the numbers of their raises are kept here as the rule engine keeps those of its own.

import type { Level } from '../kernel/level.ts';
import type { ConditionCleared, ConditionRaised } from '../rules/condition.ts';

interface Entry {
  n: number;
  up: boolean;
}

export class IntrinsicAlarms {
  private readonly entries = new Map<string, Entry>();

  isUp(rule: string, mine: string): boolean {
    return this.entries.get(`${rule}/${mine}`)?.up ?? false;
  }

  raise(rule: string, mine: string, level: Level, since: number, raisedAt: number): ConditionRaised {
    const entry = this.entry(rule, mine);
    entry.n += 1;
    entry.up = true;
    return {
      kind: 'raised',
      rule,
      scope: mine,
      n: entry.n,
      mine,
      place: '',
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

  clear(rule: string, mine: string, clearedAt: number): ConditionCleared {
    const entry = this.entry(rule, mine);
    entry.up = false;
    return {
      kind: 'cleared',
      rule,
      scope: mine,
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

  private entry(rule: string, mine: string): Entry {
    const key = `${rule}/${mine}`;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { n: 0, up: false };
      this.entries.set(key, entry);
    }
    return entry;
  }
}
