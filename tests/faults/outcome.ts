// What must be the same however often the gateway was interrupted: alarms and cases with their ids and everything that
// depends on source time. Left out is what depends on received time, and so on the interruptions themselves.

import type { Event } from '#alarms/log/event.ts';

const ofReceivedTime = /^(LNK-START|DQ-)/;

export function alarmsOf(events: readonly Event[]): unknown[] {
  const found: [string, ...unknown[]][] = [];
  for (const event of events) {
    if (event.alarm === undefined || ofReceivedTime.test(event.alarm)) continue;
    if (event.type === 'AlarmRaised') {
      const { level, since, raisedAt, quantity } = event.data;
      const marks = event.data.marks.filter((mark) => mark !== 'delayed');
      found.push([event.alarm, 'raised', level, since, raisedAt, quantity, marks]);
    } else if (event.type === 'AlarmReturned') {
      const { clearedAt, peak, samples } = event.data;
      found.push([event.alarm, 'returned', clearedAt, peak, samples]);
    } else if (event.type === 'AlarmLevelRaised') found.push([event.alarm, 'level', event.data.to]);
  }
  // Timers run on received time: what they bring may stand elsewhere between the alarms of others.
  return found.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

export function casesOf(events: readonly Event[]): unknown[] {
  const found: unknown[] = [];
  for (const event of events) {
    if (event.case === undefined || (event.alarm !== undefined && ofReceivedTime.test(event.alarm))) continue;
    if (event.type === 'CaseOpened')
      found.push([event.case, event.data.level, event.data.causeKey, event.data.alarms]);
    if (event.type === 'AlarmJoinedCase') found.push([event.case, event.alarm]);
    if (event.type === 'CaseLevelRaised') found.push([event.case, 'level', event.data.to]);
  }
  return found;
}
