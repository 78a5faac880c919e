// The alarms of events.db as back-test lines, read from the events themselves: what a person was told, put into the
// form of docs/rules.md §6 without help of the engine, the fold or the collector of the back-test.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { levelLetter, levelRank } from '#alarms/kernel/level.ts';
import type { Event, EventOf } from '#alarms/log/event.ts';

/** One line of a back-test; `open`: not cleared, peak and samples are then not in the record yet. */
export interface Line {
  readonly rule: string;
  readonly scope: string;
  readonly mine: string;
  readonly level: string;
  readonly since: string;
  readonly raisedAt: string;
  readonly clearedAt: string | null;
  readonly peak?: { readonly value: number; readonly at: string } | null;
  readonly samples?: number;
  readonly marks: readonly string[];
  readonly delayedS?: number;
}

export function readEvents(dataFolder: string): Event[] {
  const file = join(dataFolder, 'events.db');
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    // The projector makes its tables in its first second: before that nothing is recorded here.
    const hasTable =
      database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'events'").get() !== undefined;
    if (!hasTable) return [];
    const rows = database.prepare('SELECT json FROM events ORDER BY seq').all();
    return rows.map((row) => JSON.parse(String(row['json'])) as Event);
  } finally {
    database.close();
  }
}

/** In the order in which they were raised, so that those of one rule and scope are in the order of their numbers. */
export function linesOf(events: readonly Event[]): (Line & { readonly id: string; readonly kind: string })[] {
  return events
    .filter((event): event is EventOf<'AlarmRaised'> => event.type === 'AlarmRaised')
    .map((event) => lineOf(event, events));
}

function lineOf(raised: EventOf<'AlarmRaised'>, events: readonly Event[]) {
  const { data, mine, alarm: id = '' } = raised;
  let { level } = data;
  let end: EventOf<'AlarmReturned'> | undefined;
  for (const event of events) {
    if (event.alarm !== id) continue;
    if (event.type === 'AlarmLevelRaised' && levelRank(event.data.to) > levelRank(level))
      level = event.data.to;
    if (event.type === 'AlarmReturned') end = event;
  }
  return {
    id,
    kind: data.ruleKind,
    rule: data.rule,
    scope: data.scope,
    mine,
    level: levelLetter(level),
    since: iso(data.since),
    raisedAt: iso(data.raisedAt),
    clearedAt: end === undefined ? null : iso(end.data.clearedAt),
    ...(end === undefined
      ? {}
      : {
          peak: end.data.peak === null ? null : { value: end.data.peak.value, at: iso(end.data.peak.at) },
          samples: end.data.samples,
        }),
    marks: data.marks,
    ...(data.delayedS === null ? {} : { delayedS: data.delayedS }),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
