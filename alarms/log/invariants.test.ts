// The checker must see what it is for: each forged log breaks one invariant, and is reported by its number.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { playStory } from '../test/case-story.ts';
import { CaseWorld, worldDocuments } from '../test/case-world.ts';
import type { Event, EventType } from './event.ts';
import { checkInvariants } from './invariants.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const story = `
  0s  | rules      | raise GAS-04 A1 red 3.1         | AlarmRaised CaseOpened HazardCandidateListed |
  1s  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged |
  2s  | officer    | RecordAction evacuate           | ActionRecorded |
  3s  | officer    | RecordMeasure cutAndEvacuate    | MeasureRecorded |
  3s  | officer    | RecordMeasure analyseCause      | MeasureRecorded |
  3s  | officer    | RecordMeasure stopAndRectify    | MeasureRecorded |
  4s  | officer    | CompleteHandling                | HandlingCompleted |
  5s  | rules      | clear GAS-04 A1 3.3             | AlarmReturned |
  6s  | dispatcher | DismissCase resolved            | CaseDismissed |
  20m | verifier   | VerifyCase pass onSite evidence | CaseVerified |
  21m | officer    | FeedBackCase                    | CaseFedBack |
  22m | officer    | RecordMeasure holdResponsible   | MeasureRecorded |
  23m | leader     | DecideHazard confirmed          | HazardDecided |
  24m | leader     | ArchiveCase                     | CaseArchived |
  25m | rules      | raise GAS-05 A1 yellow          | AlarmRaised CaseOpened |
  26m | rules      | level GAS-05 A1 orange          | AlarmLevelRaised AlarmReannounced CaseLevelRaised |
`;

function log(): readonly Event[] {
  const world = new CaseWorld(sha256);
  const { expected, actual } = playStory(world, story);
  expect(actual).toEqual(expected);
  return world.log;
}

const without =
  (type: EventType, which = 0) =>
  (events: readonly Event[]): readonly Event[] => {
    const indexes = events.flatMap((event, index) => (event.type === type ? [index] : []));
    return renumber(events.toSpliced(indexes.at(which)!, 1));
  };

/** Changes the first event of a type; what is forged here no code of ours could write. */
const changing =
  (type: EventType, change: (event: Event) => unknown) =>
  (events: readonly Event[]): readonly Event[] => {
    const index = events.findIndex((event) => event.type === type);
    return events.with(index, change(events[index]!) as Event);
  };

/** An event of the type once more, at the end. */
const repeating =
  (type: EventType) =>
  (events: readonly Event[]): readonly Event[] => {
    const again = events.find((event) => event.type === type)!;
    return renumber([...events, { ...again, id: '999.1' }]);
  };

function renumber(events: readonly Event[]): readonly Event[] {
  return events.map((event, index) => ({ ...event, seq: index + 1 }));
}

const withData =
  (data: object) =>
  (event: Event): unknown => ({ ...event, data: { ...event.data, ...data } });

const forgeries: readonly (readonly [number, string, (events: readonly Event[]) => readonly Event[]])[] = [
  [1, 'an alarm id given twice', repeating('AlarmRaised')],
  [
    2,
    'two live alarms of one pair',
    (events) => {
      const raised = events.findLast((event) => event.type === 'AlarmRaised')!;
      return renumber([...events, { ...raised, id: '999.1', alarm: 'GAS-05/A1#2' }]);
    },
  ],
  [3, 'a raise that was never announced', changing('AlarmRaised', withData({ announced: false }))],
  [3, 'a rise in level that was not announced anew', without('AlarmReannounced')],
  [4, 'an alarm without a case', without('CaseOpened', -1)],
  [5, 'an alarm that joins an archived case', (events) => joined(events, 'M1/C1')],
  [
    11,
    'an acknowledgement by nobody',
    changing('AlarmAcknowledged', (event) => ({ ...event, by: undefined })),
  ],
  [13, 'a case whose level falls', changing('CaseLevelRaised', withData({ from: 'red', to: 'blue' }))],
  [13, 'a case below its alarm', without('CaseLevelRaised')],
  [14, 'no action', without('ActionRecorded')],
  [14, 'no completion', without('HandlingCompleted')],
  [14, 'no 消警', without('CaseDismissed')],
  [14, 'no 核查', without('CaseVerified')],
  [14, 'no feedback', without('CaseFedBack')],
  [14, 'never received', without('CaseReceived')],
  [15, 'a verifier who handled', changing('CaseVerified', (event) => ({ ...event, by: officer }))],
  [16, 'verified without a measure', without('MeasureRecorded')],
  [16, 'archived without the fourth measure', without('MeasureRecorded', -1)],
  [17, 'a red case verified online', changing('CaseVerified', withData({ mode: 'online' }))],
  [18, 'a hazard undecided', without('HazardDecided')],
  [19, '消警 while the alarm is up', without('AlarmReturned')],
  [
    19,
    '消警 while the alarm owes an acknowledgement',
    changing('AlarmReturned', withData({ to: 'returned' })),
  ],
  [28, 'an event id given twice', (events) => events.with(1, { ...events[1]!, id: events[0]!.id })],
];

const officer = { id: 'officer', name: 'officer', role: 'safetyOfficer' } as const;

function joined(events: readonly Event[], caseId: string): readonly Event[] {
  const { seq, prevHash, at } = events.at(-1)!;
  const data = { gas: true, onSiteRequired: false };
  const event: Event = {
    v: 1,
    id: '999.1',
    seq: seq + 1,
    type: 'AlarmJoinedCase',
    at,
    mine: 'M1',
    case: caseId,
    alarm: 'GAS-05/A1#1',
    data,
    prevHash,
  };
  return [...events, event];
}

describe('the invariant checker', () => {
  test('an honest log has no violation', () => {
    expect(checkInvariants(log(), worldDocuments, sha256)).toEqual([]);
  });

  test.each(forgeries)('INV-%i: %s', (number, _, forge) => {
    const violations = checkInvariants(forge(log()), worldDocuments);
    expect(violations.map((violation) => violation.invariant)).toContain(number);
  });

  test('with a digest a forged time is seen by the chain', () => {
    const forged = changing('CaseReceived', (event) => ({ ...event, at: event.at - 1000 }))(log());
    expect(checkInvariants(forged, worldDocuments)).toEqual([]);
    expect(checkInvariants(forged, worldDocuments, sha256)).toMatchObject([{ invariant: 28 }]);
  });
});
