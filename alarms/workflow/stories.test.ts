// Stories of operators against the desk, as text tables. After each story every invariant holds over its whole log,
// and the fold of the log is the live state.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../log/invariants.ts';
import { LogFold } from '../log/fold.ts';
import { playStory } from '../test/case-story.ts';
import { CaseWorld, worldDocuments } from '../test/case-world.ts';
import type { DeskOptions } from './desk.ts';
import { DocumentIndex } from './document-index.ts';
import { caseEvents } from './grouping.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function play(
  story: string,
  options: Partial<Pick<DeskOptions, 'highestSupervisor' | 'isUnknownNow'>> = {},
): CaseWorld {
  const world = new CaseWorld(sha256, options);
  const { expected, actual } = playStory(world, story);
  expect(actual).toEqual(expected);
  expect(checkInvariants(world.log, worldDocuments, sha256)).toEqual([]);
  const fold = new LogFold({ sha256 });
  for (const event of world.log) fold.apply(event);
  expect({ ...fold.toJson(), refused: [] }).toEqual({ ...world.fold.toJson(), refused: [] });
  return world;
}

const untilHandled = `
  0s  | rules      | raise GAS-03 A1 orange 2.4      | AlarmRaised CaseOpened | M1/C1 opened orange 1
  30s | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 received orange 1
  40s | dispatcher | RecordAction cutPower           | ActionRecorded | M1/C1 handling orange 1
  50s | dispatcher | RecordAction evacuate           | ActionRecorded | M1/C1 handling orange 1
  5m  | officer    | RecordMeasure cutAndEvacuate    | MeasureRecorded |
  6m  | officer    | RecordMeasure analyseCause      | MeasureRecorded |
  7m  | officer    | RecordMeasure stopAndRectify    | MeasureRecorded |
  8m  | officer    | CompleteHandling                | HandlingCompleted | M1/C1 handled orange 1
`;

const untilArchived = `
  ${untilHandled}
  9m  | rules      | clear GAS-03 A1 2.6             | AlarmReturned | M1/C1 handled orange 1
  10m | leader     | DismissCase resolved            | CaseDismissed | M1/C1 dismissed orange 1
  30m | verifier   | VerifyCase pass onSite evidence | CaseVerified | M1/C1 verified orange 1
  31m | officer    | FeedBackCase                    | CaseFedBack | M1/C1 fedBack orange 1
  32m | officer    | RecordMeasure holdResponsible   | MeasureRecorded | M1/C1 fedBack orange 1
  33m | leader     | ArchiveCase                     | CaseArchived | M1/C1 archived orange 1
`;

describe('the closed loop', () => {
  test('a red methane alarm goes from the raise to the archive, and only by the right people', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow 1.1      | AlarmRaised CaseOpened | M1/C1 opened yellow 1
      1s  | rules      | raise GAS-04 A1 red 3.1         | AlarmRaised AlarmJoinedCase CaseLevelRaised HazardCandidateListed | M1/C1 opened red 1
      30s | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged AlarmAcknowledged | M1/C1 received red 1
      31s | dispatcher | RecordMeasure cutAndEvacuate    | ROLE_FORBIDDEN |
      40s | dispatcher | RecordAction cutPower           | ActionRecorded | M1/C1 handling red 1
      45s | officer    | CompleteHandling                | EVACUATION_MISSING |
      50s | dispatcher | RecordAction evacuate           | ActionRecorded |
      60s | officer    | CompleteHandling                | MEASURE_MISSING |
      5m  | officer    | RecordMeasure cutAndEvacuate    | MeasureRecorded |
      5m  | officer    | RecordMeasure cutAndEvacuate    | MEASURE_ALREADY_RECORDED |
      6m  | officer    | RecordMeasure analyseCause      | MeasureRecorded |
      8m  | officer    | CompleteHandling                | HandlingCompleted | M1/C1 handled red 1
      8m  | leader     | DismissCase resolved            | ALARM_ACTIVE |
      9m  | rules      | clear GAS-04 A1 3.3             | AlarmReturned |
      10m | rules      | clear GAS-01 A1 3.3             | AlarmReturned | M1/C1 handled red 1
      11m | leader     | DismissCase resolved            | CaseDismissed | M1/C1 dismissed red 1
      12m | leader     | VerifyCase pass onSite evidence | SAME_PERSON |
      12m | dispatcher | VerifyCase pass onSite evidence | ROLE_FORBIDDEN |
      12m | verifier   | VerifyCase pass online          | ON_SITE_REQUIRED |
      12m | verifier   | VerifyCase pass onSite          | EVIDENCE_MISSING |
      12m | verifier   | VerifyCase pass onSite evidence | NOT_CALM_YET |
      20m | verifier   | VerifyCase pass onSite evidence | MEASURE_MISSING |
      21m | officer    | RecordMeasure stopAndRectify    | MeasureRecorded | M1/C1 dismissed red 1
      22m | verifier   | VerifyCase pass onSite evidence | CaseVerified | M1/C1 verified red 1
      23m | verifier   | FeedBackCase                    | ROLE_FORBIDDEN |
      23m | officer    | FeedBackCase                    | CaseFedBack | M1/C1 fedBack red 1
      24m | officer    | ArchiveCase                     | LEVEL_TOO_LOW |
      24m | leader     | ArchiveCase                     | MEASURE_MISSING |
      25m | officer    | RecordMeasure holdResponsible   | MeasureRecorded |
      26m | leader     | ArchiveCase                     | HAZARD_UNDECIDED |
      27m | leader     | DecideHazard rejected           | SAME_PERSON |
      27m | leader     | DecideHazard confirmed          | HazardDecided | M1/C1 fedBack red 1
      27m | leader     | DecideHazard confirmed          | NO_HAZARD_CANDIDATE |
      28m | leader     | ArchiveCase                     | CaseArchived | M1/C1 archived red 1
      29m | leader     | ArchiveCase                     | CASE_ARCHIVED |
    `);
    expect(world.fold.alarms.size).toBe(0);
    expect(world.falseAlarms).toEqual([]);
    expect(world.newestCase()).toMatchObject({
      firstOut: 'GAS-01/A1#1',
      gas: true,
      onSiteRequired: true,
      handlers: ['dispatcher', 'officer', 'leader'],
      verified: { by: { id: 'verifier', role: 'verifier' }, place: 'P1', mode: 'onSite' },
    });
  });

  test('data recovery alone closes nothing', () => {
    expect(
      play(`
      0s  | rules      | raise GAS-12 A1 blue            | AlarmRaised CaseOpened | M1/C1 opened blue 1
      1m  | rules      | clear GAS-12 A1                 | AlarmReturned | M1/C1 opened blue 1
      9d  | leader     | DismissCase resolved            | NOT_RECEIVED | M1/C1 opened blue 1
      9d  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 received blue 1
    `).violations(),
    ).toEqual([]);
  });

  test('people go away when the place is quiet again, and come back when the alarm does', () => {
    expect(
      play(`
      ${untilHandled}
      9m  | rules      | clear GAS-03 A1                 | AlarmReturned | M1/C1 handled orange 1
      10m | leader     | DismissCase resolved            | CaseDismissed | M1/C1 dismissed orange 1
      # within 30 min of the last return the case falls back; actions and measures are void
      39m | rules      | raise GAS-03 A1 orange          | AlarmRaised AlarmJoinedCase CaseFellBack | M1/C1 handling orange 2
      40m | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 handling orange 2
      41m | officer    | CompleteHandling                | ACTION_MISSING |
      42m | dispatcher | RecordAction evacuate           | ActionRecorded |
      43m | officer    | CompleteHandling                | MEASURE_MISSING |
    `).violations(),
    ).toEqual([]);
  });

  test('after the regroup time a new case opens and names the previous one', () => {
    const world = play(`
      ${untilHandled}
      9m   | rules     | clear GAS-03 A1                 | AlarmReturned | M1/C1 handled orange 1
      10m  | leader    | DismissCase resolved            | CaseDismissed | M1/C1 dismissed orange 1
      1h   | rules     | raise GAS-03 A1 orange          | AlarmRaised CaseOpened | M1/C2 opened orange 1
    `);
    expect(world.newestCase()?.previous).toBe('M1/C1');
    expect(world.fold.cases.get('M1/C1')?.stage).toBe('dismissed');
  });

  test('an archived case is left in peace: the same cause opens a new one with previous', () => {
    const world = play(`
      ${untilArchived}
      34m | rules      | raise GAS-02 A2 orange          | AlarmRaised CaseOpened | M1/C2 opened orange 1
    `);
    expect(world.newestCase()?.previous).toBe('M1/C1');
  });

  test('fail, return and reopen keep the measures and ask for new actions', () => {
    expect(
      play(`
      ${untilHandled}
      9m  | rules      | clear GAS-03 A1                 | AlarmReturned |
      10m | leader     | DismissCase resolved            | CaseDismissed |
      20m | verifier   | VerifyCase fail online          | VerificationFailed | M1/C1 handling orange 2
      21m | officer    | CompleteHandling                | ACTION_MISSING |
      22m | officer    | RecordAction repair             | ActionRecorded |
      22m | officer    | CompleteHandling                | EVACUATION_MISSING |
      23m | officer    | RecordAction evacuate           | ActionRecorded |
      24m | officer    | CompleteHandling                | HandlingCompleted | M1/C1 handled orange 2
      25m | supervisor | ReturnCase                      | CaseReturned | M1/C1 handling orange 3
      26m | officer    | RecordAction evacuate           | ActionRecorded |
      27m | officer    | CompleteHandling                | HandlingCompleted |
      28m | leader2    | DismissCase resolved            | CaseDismissed |
      29m | leader2    | VerifyCase pass onSite evidence | SAME_PERSON |
      29m | leader     | VerifyCase pass onSite evidence | SAME_PERSON |
      30m | supervisor | VerifyCase pass onSite evidence | CaseVerified | M1/C1 verified orange 3
      31m | leader     | FeedBackCase                    | CaseFedBack |
      32m | leader     | RecordMeasure holdResponsible   | MeasureRecorded |
      33m | leader     | ArchiveCase                     | CaseArchived | M1/C1 archived orange 3
      34m | auditor    | ReopenCase                      | CaseReopened | M1/C1 handling orange 4
      35m | officer    | RecordAction other              | ActionRecorded |
      36m | officer    | CompleteHandling                | EVACUATION_MISSING |
      37m | officer    | RecordAction evacuate           | ActionRecorded |
      38m | officer    | CompleteHandling                | HandlingCompleted | M1/C1 handled orange 4
    `).violations(),
    ).toEqual([]);
  });

  test('a case may be reopened for 90 days, and what it is called stays known after', () => {
    expect(
      play(`
      ${untilArchived}
      # archived at 33 min: to the minute
      129633m | leader  | ReopenCase case=M1/C1           | CaseReopened | M1/C1 handling orange 2
    `).violations(),
    ).toEqual([]);
    expect(
      play(`
      ${untilArchived}
      129634m | leader  | ReopenCase case=M1/C1           | REOPEN_TOO_LATE |
      91d  | rules      | raise GAS-12 B1 blue            | AlarmRaised CaseOpened | M1/C2 opened blue 1
      # the core has forgotten the first case; the record has not
      91d  | leader     | ReopenCase case=M1/C1           | REOPEN_TOO_LATE |
      91d  | dispatcher | ReceiveCase case=M1/C1          | CASE_ARCHIVED |
      91d  | stranger   | ReopenCase case=M1/C1           | OUT_OF_SCOPE |
      91d  | dispatcher | ReceiveCase case=M1/C3          | NO_SUCH_CASE |
    `).violations(),
    ).toEqual([]);
  });
});

describe('alarms and their cases', () => {
  test('an alarm that returns unacknowledged and comes again is superseded, and its case goes on', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow          | AlarmRaised CaseOpened | M1/C1 opened yellow 1
      10s | rules      | clear GAS-01 A1                 | AlarmReturned |
      20s | rules      | raise GAS-01 A1 yellow          | AlarmSuperseded AlarmRaised AlarmJoinedCase | M1/C1 opened yellow 1
      21s | dispatcher | AcknowledgeAlarm GAS-01/A1#1    | ALARM_SUPERSEDED |
      22s | dispatcher | AcknowledgeAlarm GAS-01/A1#2    | AlarmAcknowledged |
      23s | dispatcher | AcknowledgeAlarm GAS-01/A1#2    | ALREADY_ACKNOWLEDGED |
      24s | rules      | clear GAS-01 A1                 | AlarmReturned |
      25s | dispatcher | AcknowledgeAlarm GAS-01/A1#2    | NOT_IN_ALARM |
      26s | dispatcher | AcknowledgeAlarm GAS-01/A1#3    | NO_SUCH_ALARM |
    `);
    expect(world.fold.alarms.get('GAS-01/A1#1')).toMatchObject({
      base: 'normal',
      supersededBy: 'GAS-01/A1#2',
    });
  });

  test('the peak level of a superseded alarm lives on in its successor', () => {
    const world = play(`
      0s  | rules      | raise DQ-04 A1 blue             | AlarmRaised |
      1s  | rules      | level DQ-04 A1 yellow           | AlarmLevelRaised AlarmReannounced CaseOpened | M1/C1 opened yellow 1
      2s  | rules      | clear DQ-04 A1                  | AlarmReturned |
      3s  | rules      | raise DQ-04 A1 blue             | AlarmSuperseded AlarmRaised |
    `);
    expect(world.fold.alarms.get('DQ-04/A1#2')).toMatchObject({ level: 'blue', peakLevel: 'yellow' });
  });

  test('blue trouble opens no case and is forgotten once it has returned and was acknowledged', () => {
    const world = play(`
      0s  | rules      | raise DQ-04 A1 blue             | AlarmRaised | -
      1s  | rules      | clear DQ-04 A1                  | AlarmReturned | -
      2s  | rules      | raise DQ-04 A1 blue             | AlarmSuperseded AlarmRaised | -
      3s  | rules      | clear DQ-04 A1                  | AlarmReturned | -
      4s  | dispatcher | AcknowledgeAlarm DQ-04/A1#2     | AlarmAcknowledged | -
      5s  | dispatcher | AcknowledgeAlarm DQ-04/A1#2     | NOT_IN_ALARM |
      5s  | dispatcher | AcknowledgeAlarm DQ-04/A1#1     | ALARM_SUPERSEDED |
    `);
    expect(world.fold.alarms.size).toBe(0);
  });

  test('gas of one place shares a case; another place, trouble and counts have their own', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow          | AlarmRaised CaseOpened | M1/C1 opened yellow 1
      1s  | rules      | raise GAS-01 A2 yellow          | AlarmRaised AlarmJoinedCase | M1/C1 opened yellow 1
      2s  | rules      | raise GAS-01 B1 yellow          | AlarmRaised CaseOpened | M1/C2 opened yellow 1
      3s  | rules      | raise DQ-01 A1 yellow           | AlarmRaised CaseOpened | M1/C3 opened yellow 1
      # one substation, two places: one cause
      4s  | rules      | raise DQ-01 B1 yellow           | AlarmRaised AlarmJoinedCase | M1/C3 opened yellow 1
      5s  | rules      | raise GAS-07 M1 yellow          | AlarmRaised CaseOpened | M1/C4 opened yellow 1
      6s  | rules      | raise GAS-01 C1 yellow          | AlarmRaised CaseOpened | M2/C1 opened yellow 1
      7s  | rules      | raise SYS-ROOM M1 orange        | AlarmRaised CaseOpened | M1/C5 opened orange 1
      8s  | rules      | raise LNK-START M1 yellow       | AlarmRaised AlarmJoinedCase | M1/C5 opened orange 1
    `);
    expect([...world.fold.cases.values()].map((state) => state.causeKey)).toEqual([
      'M1|gas|P1',
      'M1|gas|P2',
      'M1|trouble|station S1',
      'M1|occurrences|M1|GAS-07',
      'M2|gas|P3',
      'M1|trouble|M1',
    ]);
  });

  test('a rising level is announced anew, wakes the acknowledged and takes the case with it', () => {
    expect(
      play(`
      0s  | rules      | raise GAS-05 A1 yellow          | AlarmRaised CaseOpened | M1/C1 opened yellow 1
      1m  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 received yellow 1
      1m  | dispatcher | ReceiveCase                     | NOTHING_TO_RECEIVE |
      20m | rules      | level GAS-05 A1 orange          | AlarmLevelRaised AlarmReannounced CaseLevelRaised | M1/C1 received orange 1
      21m | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 received orange 1
      22m | officer    | RecordAction ventilate          | ActionRecorded |
      22m | officer    | RecordMeasure cutAndEvacuate    | MeasureRecorded |
      22m | officer    | RecordMeasure analyseCause      | MeasureRecorded |
      23m | officer    | CompleteHandling                | HandlingCompleted | M1/C1 handled orange 1
      50m | rules      | level GAS-05 A1 red             | AlarmLevelRaised AlarmReannounced CaseLevelRaised CaseFellBack | M1/C1 handling red 2
      51m | officer    | CompleteHandling                | ACTION_MISSING |
    `).violations(),
    ).toEqual([]);
  });

  test('no data is never normal: 消警 waits until the point speaks again', () => {
    expect(
      play(`
      ${untilHandled}
      9m  | rules      | unknown GAS-03 A1               | AlarmConditionLost |
      9m  | rules      | unknown GAS-03 A1               | - |
      10m | leader     | DismissCase resolved            | CONDITION_UNKNOWN |
      11m | rules      | known GAS-03 A1                 | AlarmConditionRegained |
      11m | rules      | known GAS-03 A1                 | - |
      12m | leader     | DismissCase resolved            | ALARM_ACTIVE |
      13m | rules      | clear GAS-03 A1                 | AlarmReturned |
      14m | rules      | unknown GAS-03 A1               | - |
      14m | leader     | DismissCase resolved            | CaseDismissed |
    `).violations(),
    ).toEqual([]);
  });

  test('an alarm that returned and whose point then fell silent holds up 消警, 核查 and 归档', () => {
    let isSilent = false;
    const world = new CaseWorld(sha256, {
      isUnknownNow: (rule, scope) => isSilent && `${rule}/${scope}` === 'GAS-03/A1',
    });
    const run = (story: string): void => {
      const start = world.now;
      const { expected, actual } = playStory(world, story);
      expect(actual).toEqual(expected);
      world.now = start;
    };
    run(`${untilHandled}
      9m  | rules      | clear GAS-03 A1                 | AlarmReturned |`);
    isSilent = true;
    run('10m | leader   | DismissCase resolved            | CONDITION_UNKNOWN |');
    isSilent = false;
    run('11m | leader   | DismissCase resolved            | CaseDismissed |');
    isSilent = true;
    run('30m | verifier | VerifyCase pass onSite evidence | CONDITION_UNKNOWN |');
    isSilent = false;
    run('30m | verifier | VerifyCase pass onSite evidence | CaseVerified |');
    run('31m | officer  | FeedBackCase                    | CaseFedBack |');
    isSilent = true;
    run('31m | leader   | ArchiveCase                     | CONDITION_UNKNOWN |');
    expect(world.violations()).toEqual([]);
  });

  test('a count that was acknowledged holds nobody up; what it does later finds its way', () => {
    const world = play(`
      0s  | rules      | raise GAS-07 M1 yellow          | AlarmRaised CaseOpened | M1/C1 opened yellow 1
      1m  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged |
      2m  | officer    | RecordAction notify             | ActionRecorded |
      3m  | officer    | CompleteHandling                | HandlingCompleted |
      4m  | leader     | DismissCase resolved            | CaseDismissed |
      5m  | verifier   | VerifyCase pass online          | CaseVerified |
      6m  | officer    | FeedBackCase                    | CaseFedBack |
      7m  | leader     | ArchiveCase                     | CaseArchived | M1/C1 archived yellow 1
      # its level rises while the case is archived: a new case, which names the old one
      8m  | rules      | level GAS-07 M1 orange          | AlarmLevelRaised AlarmReannounced CaseOpened | M1/C2 opened orange 1
      9m  | rules      | clear GAS-07 M1                 | AlarmReturned | M1/C2 opened orange 1
    `);
    expect(world.newestCase()).toMatchObject({ previous: 'M1/C1', alarms: ['GAS-07/M1#1'] });
  });

  test('a withdrawn rule ends its alarm; a changed one returns it', () => {
    expect(
      play(`
      0s  | rules      | raise GAS-01 A1 yellow          | AlarmRaised CaseOpened |
      1s  | rules      | raise GAS-02 A1 orange          | AlarmRaised AlarmJoinedCase CaseLevelRaised |
      2s  | rules      | withdraw GAS-01 A1              | AlarmWithdrawn |
      3s  | rules      | change GAS-02 A1                | AlarmReturned |
      4s  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged | M1/C1 received orange 1
    `).violations(),
    ).toEqual([]);
  });

  test('a latched alarm holds up 消警 until its reset', () => {
    expect(
      play(`
      0s  | rules      | raise SOS-01 A1 red             | AlarmRaised CaseOpened |
      1m  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged |
      2m  | officer    | RecordAction dispatchCheck      | ActionRecorded |
      3m  | officer    | CompleteHandling                | HandlingCompleted |
      4m  | rules      | clear SOS-01 A1                 | AlarmReturned |
      5m  | leader     | DismissCase resolved            | ALARM_LATCHED |
    `).violations(),
    ).toEqual([]);
  });

  test('silencing stops the sound of blue and yellow for a while', () => {
    const world = play(`
      0s  | rules      | raise GAS-05 A1 yellow          | AlarmRaised CaseOpened |
      1s  | dispatcher | SilenceAlarm GAS-05/A1#1 15     | INVALID_PAYLOAD |
      1s  | dispatcher | SilenceAlarm GAS-05/A1#1 5      | AlarmSilenced |
      2s  | rules      | level GAS-05 A1 orange          | AlarmLevelRaised AlarmReannounced CaseLevelRaised |
      3s  | dispatcher | SilenceAlarm GAS-05/A1#1 5      | SILENCE_FORBIDDEN |
    `);
    expect(world.fold.alarms.get('GAS-05/A1#1')?.silencedUntil).toBeNull();
  });
});

describe('the small print', () => {
  test('追究责任 makes nobody a handler, the other measures do', () => {
    expect(
      play(`
      0s  | rules      | raise GAS-12 A1 blue            | AlarmRaised CaseOpened |
      1m  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged |
      2m  | officer    | RecordAction notify             | ActionRecorded |
      3m  | leader     | RecordMeasure holdResponsible   | MeasureRecorded |
      3m  | leader2    | RecordMeasure stopAndRectify    | MeasureRecorded |
      4m  | officer    | CompleteHandling                | HandlingCompleted |
      5m  | rules      | clear GAS-12 A1                 | AlarmReturned |
      6m  | dispatcher | DismissCase resolved            | CaseDismissed |
      20m | leader2    | VerifyCase pass online          | SAME_PERSON |
      20m | leader     | VerifyCase pass online          | CaseVerified |
    `).violations(),
    ).toEqual([]);
  });

  test('of two open cases of one cause the newest takes the alarm', () => {
    const world = play(`
      ${untilHandled}
      9m  | rules      | clear GAS-03 A1                 | AlarmReturned |
      10m | leader     | DismissCase resolved            | CaseDismissed |
      1h  | rules      | raise GAS-03 A1 orange          | AlarmRaised CaseOpened | M1/C2 opened orange 1
      2h  | verifier   | VerifyCase fail online case=M1/C1 | VerificationFailed |
      3h  | rules      | raise GAS-03 A2 orange          | AlarmRaised AlarmJoinedCase | M1/C2 opened orange 1
    `);
    expect(world.fold.alarms.get('GAS-03/A2#1')?.case).toBe('M1/C2');
  });

  test('a rejected hazard is a candidate again at the next such alarm, a confirmed one stays confirmed', () => {
    const world = play(`
      0s  | rules      | raise TMP-05 A1 yellow          | AlarmRaised CaseOpened HazardCandidateListed |
      1m  | leader     | DecideHazard rejected           | HazardDecided |
      2m  | rules      | raise TMP-05 A2 yellow          | AlarmRaised AlarmJoinedCase HazardCandidateListed |
      3m  | leader     | DecideHazard confirmed          | HazardDecided |
      4m  | rules      | clear TMP-05 A1                 | AlarmReturned |
      5m  | rules      | raise TMP-05 A1 yellow          | AlarmSuperseded AlarmRaised AlarmJoinedCase |
    `);
    expect(world.newestCase()).toMatchObject({ hazard: 'confirmed', onSiteRequired: true });
  });

  test('a yellow alarm raised at 2 % or more is verified on site', () => {
    const onSite = (quantity: string): boolean | undefined =>
      play(`0s | rules | raise GAS-01 A1 yellow ${quantity} | AlarmRaised CaseOpened |`).newestCase()
        ?.onSiteRequired;
    expect([onSite('1.99'), onSite('2')]).toEqual([false, true]);
  });

  test('the superseded alarm’s case goes on even when the point has been moved to another place', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow          | AlarmRaised CaseOpened |
      1s  | rules      | clear GAS-01 A1                 | AlarmReturned |
      2s  | rules      | raise GAS-01 B1 yellow          | AlarmRaised CaseOpened | M1/C2 opened yellow 1
    `);
    const superseded = world.fold.alarms.get('GAS-01/A1#1')!;
    const moved = { ...superseded, id: 'GAS-01/A1#2', place: 'P2' };
    const context = { fold: world.fold, documents: new DocumentIndex(worldDocuments), now: world.now };
    expect(caseEvents(context, moved, superseded, null)).toMatchObject([{ case: 'M1/C1' }]);
    expect(caseEvents(context, moved, undefined, null)).toMatchObject([{ case: 'M1/C2' }]);
  });

  test('lost data names its last usable sample, regained data the moment of the loss', () => {
    const world = new CaseWorld(sha256);
    world.raise('GAS-01', 'A1', 'yellow');
    world.pass(60_000);
    const lostAt = world.now;
    // The point sends each 10 s: its gap is 30 s.
    expect(world.known('unknown', 'GAS-01', 'A1')).toMatchObject([
      { data: { lastUsableAt: lostAt - 30_000 } },
    ]);
    world.pass(60_000);
    expect(world.known('known', 'GAS-01', 'A1')).toMatchObject([{ data: { lostAt } }]);
    world.raise('GAS-07', 'M1', 'yellow');
    expect(world.known('unknown', 'GAS-07', 'M1')).toMatchObject([{ data: { lastUsableAt: world.now } }]);
  });
});

describe('on site, false alarms and who archives', () => {
  test('a yellow over-limit whose peak reaches 2 % is verified on site', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow 1.2      | AlarmRaised CaseOpened |
      1s  | rules      | clear GAS-01 A1 1.9             | AlarmReturned |
    `);
    expect(world.newestCase()?.onSiteRequired).toBe(false);
    const high = play(`
      0s  | rules      | raise GAS-01 A1 yellow 1.2      | AlarmRaised CaseOpened |
      1s  | rules      | clear GAS-01 A1 2.0             | AlarmReturned |
    `);
    expect(high.newestCase()?.onSiteRequired).toBe(true);
    const seconds = play('0s | rules | raise GAS-05 A1 yellow 600 | AlarmRaised CaseOpened |');
    expect(seconds.newestCase()?.onSiteRequired).toBe(false);
  });

  test('a gas false alarm needs evidence, an on-site verification, and is then left out of counts', () => {
    const world = play(`
      0s  | rules      | raise GAS-01 A1 yellow 1.2      | AlarmRaised CaseOpened |
      1m  | dispatcher | ReceiveCase                     | CaseReceived AlarmAcknowledged |
      2m  | officer    | RecordAction dispatchCheck      | ActionRecorded |
      2m  | officer    | RecordMeasure cutAndEvacuate    | MeasureRecorded |
      2m  | officer    | RecordMeasure analyseCause      | MeasureRecorded |
      2m  | officer    | RecordMeasure stopAndRectify    | MeasureRecorded |
      3m  | officer    | CompleteHandling                | HandlingCompleted |
      4m  | rules      | clear GAS-01 A1 1.3             | AlarmReturned |
      5m  | leader     | DismissCase falseAlarm          | EVIDENCE_MISSING |
      5m  | leader     | DismissCase falseAlarm evidence | CaseDismissed |
      20m | verifier   | VerifyCase pass online          | ON_SITE_REQUIRED |
      20m | verifier   | VerifyCase pass onSite evidence | CaseVerified |
    `);
    expect(world.falseAlarms).toEqual(['GAS-01/A1#1']);
  });

  test('orange goes to a supervisor where there is one, red to one of county rank or above', () => {
    expect(
      play(
        `
      ${untilArchived.replace('leader     | ArchiveCase                     | CaseArchived', 'leader     | ArchiveCase                     | LEVEL_TOO_LOW').replace('M1/C1 archived', 'M1/C1 fedBack')}
      34m | supervisor | ArchiveCase                     | CaseArchived | M1/C1 archived orange 1
    `,
        { highestSupervisor: () => 'group' },
      ).violations(),
    ).toEqual([]);
  });
});
