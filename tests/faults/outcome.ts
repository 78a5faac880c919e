// What must be the same however often the gateway was interrupted: alarms and cases with their ids and everything that
// depends on source time. Left out is what depends on received time, and so on the interruptions themselves; what can
// be said of that without another run to compare with is checked by itself.

import type { Event } from '#alarms/log/event.ts';

/**
 * LNK-START is the interruption: one per start. DQ-01 (silence) counts received time without a sample, anew from each
 * start: an interruption puts it off, or brings it. SYS-ROOM tells how full the disk was. The other DQ rules look at
 * samples and stamps only, and are compared.
 */
const ofInterruptions = /^(LNK-START|DQ-01|SYS-ROOM)\//;

/**
 * Every event as it must be in any run of one replay, by alarm (else case). Not comparable:
 * - number, id, chain and `GatewayStarted`: each start and its tick take numbers of their own;
 * - `at`, `dueAt`, `delayedS`: received time. The mark `delayed` stays: all stamps lie days back in every run;
 * - `AlarmConditionLost` and `Regained`: no sample for the gap of a point by received time, which an outage brings
 *   about by itself. That they take turns, and on living alarms only, is an invariant of the log;
 * - the order between alarms: timers run on received time, what they bring may stand elsewhere.
 */
export function recordOf(events: readonly Event[]): unknown[] {
  const found: [string, ...unknown[]][] = [];
  for (const { type, alarm, case: ofCase, by, mine, data } of events) {
    if (type === 'GatewayStarted' || type === 'AlarmConditionLost' || type === 'AlarmConditionRegained')
      continue;
    if (alarm !== undefined && ofInterruptions.test(alarm)) continue;
    const kept = type === 'AlarmRaised' ? { ...data, delayedS: null } : data;
    found.push([alarm ?? ofCase ?? '', type, mine, ofCase, by, kept]);
  }
  return found.toSorted(bySubject);
}

/**
 * What is wrong with the blind spans: each start but the first names one, by one LNK-START per mine that is raised and
 * returned at once, and nothing came about within it.
 */
export function blindSpanFaults(events: readonly Event[]): string[] {
  const faults: string[] = [];
  const named = new Map<string, string>();
  for (const event of events) {
    if (event.alarm?.startsWith('LNK-START/') !== true) continue;
    if (event.type === 'AlarmRaised') named.set(event.alarm, `${event.data.since}`);
    if (event.type === 'AlarmReturned')
      named.set(event.alarm, `${event.mine} ${named.get(event.alarm)} ${event.data.clearedAt}`);
  }
  const spans = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.type !== 'GatewayStarted') continue;
    const { blindFrom, to } = event.data;
    if (blindFrom === null) {
      if (index > 0) faults.push(`event ${event.seq}: a start that knows nothing of those before it`);
      continue;
    }
    spans.add(`${event.mine} ${blindFrom} ${to}`);
    const before = events[index - 1]?.at ?? 0;
    if (before > blindFrom || blindFrom > to || to !== event.at)
      faults.push(`event ${event.seq}: blind from ${blindFrom} to ${to}, but something is of ${before}`);
  }
  const told = [...named.values()];
  for (const span of told) if (!spans.has(span)) faults.push(`LNK-START of ${span}: there was no such start`);
  for (const span of spans) if (!told.includes(span)) faults.push(`no LNK-START of ${span}`);
  if (told.length !== spans.size) faults.push(`${told.length} LNK-START of ${spans.size} spans`);
  return faults;
}

/**
 * Alarms where people act at other moments in each run: what they do, and where an alarm returns to, is left out. So is
 * the mark `delayed`: what waits for the next start comes late.
 */
export function alarmsOf(events: readonly Event[]): unknown[] {
  const found: [string, ...unknown[]][] = [];
  for (const event of events) {
    if (event.alarm === undefined || ofInterruptions.test(event.alarm)) continue;
    if (event.type === 'AlarmRaised') {
      const { level, since, raisedAt, quantity } = event.data;
      const marks = event.data.marks.filter((mark) => mark !== 'delayed');
      found.push([event.alarm, 'raised', level, since, raisedAt, quantity, marks]);
    } else if (event.type === 'AlarmReturned') {
      const { clearedAt, peak, samples } = event.data;
      found.push([event.alarm, 'returned', clearedAt, peak, samples]);
    } else if (event.type === 'AlarmLevelRaised') found.push([event.alarm, 'level', event.data.to]);
  }
  return found.toSorted(bySubject);
}

/** [id of the case, …] of what happened to it. */
export function casesOf(events: readonly Event[]): [string, ...unknown[]][] {
  const found: [string, ...unknown[]][] = [];
  for (const event of events) {
    if (event.case === undefined || (event.alarm !== undefined && ofInterruptions.test(event.alarm)))
      continue;
    if (event.type === 'CaseOpened')
      found.push([event.case, event.data.level, event.data.causeKey, event.data.alarms]);
    if (event.type === 'AlarmJoinedCase') found.push([event.case, event.alarm]);
    if (event.type === 'CaseLevelRaised') found.push([event.case, 'level', event.data.to]);
  }
  return found;
}

/** Stable: within one subject the order is that of the record. */
function bySubject(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
