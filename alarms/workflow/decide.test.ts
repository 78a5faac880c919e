// Every refusal in the order of the checks. Each ladder begins with a command that is wrong in every way; each rung
// repairs one thing, and the refusal must move on to the next check, never back, until the command is accepted.
// Also prints docs/case-workflow.md from the tables.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { playStory } from '../test/case-story.ts';
import { CaseWorld, people, worldDocuments, type Payload } from '../test/case-world.ts';
import type { CommandName, RefusalCode } from './command.ts';
import { commandTable } from './command-table.ts';
import type { DeskOptions } from './desk.ts';
import { DocumentIndex } from './document-index.ts';
import { highestSupervisorOf, rankToArchive } from './guards.ts';
import { refusals, refusalsToCome } from './refusals.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const text = '原因已查明，现场已处理完毕';
const evidence = ['a'.repeat(64)];

type Code = RefusalCode | 'accepted';

/** Collects what was wanted and what came, to be compared as wholes. */
class Ladder {
  readonly world: CaseWorld;
  readonly codes: Code[] = [];
  readonly wanted: string[] = [];
  readonly met: string[] = [];

  constructor(options: Partial<Pick<DeskOptions, 'highestSupervisor' | 'isUnknownNow'>> = {}) {
    this.world = new CaseWorld(sha256, options);
  }

  play(story: string): this {
    const { now } = this.world;
    const { expected, actual } = playStory(this.world, story);
    this.wanted.push(...expected);
    this.met.push(...actual);
    this.world.now = now;
    return this;
  }

  rung<N extends CommandName>(code: Code, person: string, name: N, payload: Payload<N>): this {
    const before = this.stateText();
    const { answer, events } = this.world.command(person, name, payload);
    const came = answer.refused ? answer.code : 'accepted';
    // A refusal changes nothing (INV-22): neither the log nor the fold, but for its memory of answers.
    const isHonest = answer.refused
      ? events.length === 0 && this.stateText() === before
      : answer.version === this.world.fold.cases.get(id)?.version;
    this.codes.push(came);
    this.wanted.push(`${name} by ${person}: ${code}`);
    this.met.push(`${name} by ${person}: ${came}${isHonest ? '' : ', and the state does not fit'}`);
    return this;
  }

  private stateText(): string {
    return JSON.stringify({ ...this.world.fold.toJson(), refused: [] });
  }
}

const id = 'M1/C1';

const opened = '0s | rules | raise GAS-04 A1 red 3.1 | AlarmRaised CaseOpened HazardCandidateListed |';
const received = `${opened}
  1s | dispatcher | ReceiveCase | CaseReceived AlarmAcknowledged |`;
const handling = `${received}
  2s | officer | RecordAction evacuate | ActionRecorded |`;
const measured = `${handling}
  3s | officer | RecordMeasure cutAndEvacuate | MeasureRecorded |
  3s | officer | RecordMeasure analyseCause | MeasureRecorded |`;
const handled = `${measured}
  4s | officer | CompleteHandling | HandlingCompleted |`;
const dismissed = `${handled}
  5s | rules | clear GAS-04 A1 3.3 | AlarmReturned |
  6s | dispatcher | DismissCase resolved | CaseDismissed |`;
const verified = `${dismissed}
  7s | officer | RecordMeasure stopAndRectify | MeasureRecorded |
  20m | verifier | VerifyCase pass onSite evidence | CaseVerified |`;
const fedBack = `${verified}
  21m | officer | FeedBackCase | CaseFedBack |`;

/** Five rungs every case command shares: payload, exists, role, scope, version. `right` is the whole payload. */
function commonRungs<N extends CommandName>(
  ladder: Ladder,
  name: N,
  person: string,
  right: Payload<N>,
  forbidden: string,
): Ladder {
  const wrong = { ...right, case: 'M1/C9', version: 99, remark: 'x'.repeat(501) };
  return ladder
    .rung('INVALID_PAYLOAD', forbidden, name, wrong)
    .rung('NO_SUCH_CASE', forbidden, name, { ...wrong, remark: '' })
    .rung('ROLE_FORBIDDEN', forbidden, name, { ...wrong, remark: '', case: id })
    .rung('OUT_OF_SCOPE', 'stranger', name, { ...wrong, remark: '', case: id })
    .rung('STALE_VERSION', person, name, { ...wrong, remark: '', case: id });
}

const verify = { case: id, result: 'pass', mode: 'online' } as const;
const dismiss = { case: id, disposition: 'falseAlarm', text } as const;
const complete = { case: id, cause: 'ventilation', text };

const ladders: Readonly<Record<Exclude<CommandName, 'AcknowledgeAlarm' | 'SilenceAlarm'>, () => Ladder>> = {
  ReceiveCase: () =>
    commonRungs(new Ladder().play(dismissed), 'ReceiveCase', 'dispatcher', { case: id }, 'officer')
      .rung('WRONG_STAGE', 'dispatcher', 'ReceiveCase', { case: id })
      .play('2m | verifier | VerifyCase fail online | VerificationFailed |')
      .rung('NOTHING_TO_RECEIVE', 'dispatcher', 'ReceiveCase', { case: id })
      .play('3m | rules | raise GAS-01 A1 yellow 1.2 | AlarmRaised AlarmJoinedCase |')
      .rung('accepted', 'dispatcher', 'ReceiveCase', { case: id }),

  RecordAction: () => {
    const right = { case: id, kind: 'notify' } as const;
    return commonRungs(new Ladder().play(opened), 'RecordAction', 'officer', right, 'verifier')
      .rung('NOT_RECEIVED', 'officer', 'RecordAction', right)
      .play('1s | dispatcher | ReceiveCase | CaseReceived AlarmAcknowledged |')
      .rung('accepted', 'officer', 'RecordAction', right);
  },

  RecordMeasure: () => {
    const right = { case: id, kind: 'analyseCause', text, person: '张三', evidence } as const;
    return commonRungs(new Ladder().play(received), 'RecordMeasure', 'officer', right, 'dispatcher')
      .rung('WRONG_STAGE', 'officer', 'RecordMeasure', right)
      .play('2s | officer | RecordAction evacuate | ActionRecorded |')
      .rung('INVALID_PAYLOAD', 'officer', 'RecordMeasure', { ...right, evidence: [] })
      .rung('accepted', 'officer', 'RecordMeasure', right)
      .rung('MEASURE_ALREADY_RECORDED', 'officer', 'RecordMeasure', right)
      .play('3s | officer | RecordMeasure cutAndEvacuate | MeasureRecorded |')
      .play(verified.split('\n').slice(5).join('\n'))
      .rung('WRONG_STAGE', 'officer', 'RecordMeasure', { ...right, kind: 'stopAndRectify' })
      .rung('accepted', 'officer', 'RecordMeasure', { ...right, kind: 'holdResponsible' });
  },

  CompleteHandling: () =>
    commonRungs(new Ladder().play(dismissed), 'CompleteHandling', 'officer', complete, 'verifier')
      .rung('WRONG_STAGE', 'officer', 'CompleteHandling', complete)
      // The new alarm throws the case back: no action, no measure, and it is owed.
      .play('1m | rules | raise GAS-03 A1 orange 2.2 | AlarmRaised AlarmJoinedCase CaseFellBack |')
      .rung('ACTION_MISSING', 'officer', 'CompleteHandling', complete)
      .play('2m | officer | RecordAction ventilate | ActionRecorded |')
      .rung('ALARM_UNACKNOWLEDGED', 'officer', 'CompleteHandling', complete)
      .play('3m | leader | AcknowledgeAlarm GAS-03/A1#1 | AlarmAcknowledged |')
      .rung('EVACUATION_MISSING', 'officer', 'CompleteHandling', complete)
      .play('4m | officer | RecordAction evacuate | ActionRecorded |')
      .rung('MEASURE_MISSING', 'officer', 'CompleteHandling', complete)
      .play('5m | officer | RecordMeasure cutAndEvacuate | MeasureRecorded |')
      .rung('MEASURE_MISSING', 'officer', 'CompleteHandling', complete)
      .play('6m | leader | RecordMeasure analyseCause | MeasureRecorded |')
      .rung('accepted', 'officer', 'CompleteHandling', complete),

  DismissCase: () =>
    commonRungs(new Ladder().play(measured), 'DismissCase', 'leader', dismiss, 'officer')
      .rung('WRONG_STAGE', 'leader', 'DismissCase', dismiss)
      .play(
        `10s | officer | CompleteHandling | HandlingCompleted |
         11s | rules | raise SOS-01 A1 red | AlarmRaised CaseOpened |`,
      )
      .rung('ALARM_ACTIVE', 'leader', 'DismissCase', dismiss)
      .play('12s | rules | unknown GAS-04 A1 | AlarmConditionLost |')
      .rung('CONDITION_UNKNOWN', 'leader', 'DismissCase', dismiss)
      .play('13s | rules | clear GAS-04 A1 | AlarmReturned |')
      .rung('EVIDENCE_MISSING', 'leader', 'DismissCase', dismiss)
      .rung('accepted', 'leader', 'DismissCase', { ...dismiss, evidence }),

  VerifyCase: () => {
    const pass = { ...verify, mode: 'onSite', evidence } as const;
    return commonRungs(new Ladder().play(handled), 'VerifyCase', 'leader', verify, 'officer')
      .rung('WRONG_STAGE', 'leader', 'VerifyCase', verify)
      .play(
        `5m | rules | clear GAS-04 A1 3.3 | AlarmReturned |
         6m | leader | DismissCase resolved | CaseDismissed |`,
      )
      .rung('SAME_PERSON', 'leader', 'VerifyCase', { ...verify, result: 'fail' })
      .rung('SAME_PERSON', 'leader', 'VerifyCase', verify)
      .rung('ON_SITE_REQUIRED', 'verifier', 'VerifyCase', verify)
      .rung('EVIDENCE_MISSING', 'verifier', 'VerifyCase', { ...verify, mode: 'onSite' })
      .play('7m | rules | unknown GAS-04 A1 | - |')
      .rung('NOT_CALM_YET', 'verifier', 'VerifyCase', pass)
      .play('16m | leader | VerifyCase pass onSite evidence | SAME_PERSON |')
      .play('15m | verifier | VerifyCase pass onSite evidence | MEASURE_MISSING |')
      .play('16m | officer | RecordMeasure stopAndRectify | MeasureRecorded |')
      .rung('NOT_CALM_YET', 'verifier', 'VerifyCase', pass)
      .play('15m | verifier | VerifyCase pass onSite evidence | CaseVerified |');
  },

  FeedBackCase: () =>
    commonRungs(new Ladder().play(dismissed), 'FeedBackCase', 'officer', { case: id, text }, 'verifier')
      .rung('WRONG_STAGE', 'officer', 'FeedBackCase', { case: id, text })
      .play(verified.split('\n').slice(-2).join('\n'))
      .rung('accepted', 'officer', 'FeedBackCase', { case: id, text }),

  ArchiveCase: () =>
    commonRungs(new Ladder().play(verified), 'ArchiveCase', 'officer', { case: id }, 'verifier')
      .rung('WRONG_STAGE', 'officer', 'ArchiveCase', { case: id })
      .play('21m | officer | FeedBackCase | CaseFedBack |')
      .rung('LEVEL_TOO_LOW', 'officer', 'ArchiveCase', { case: id })
      .rung('MEASURE_MISSING', 'leader', 'ArchiveCase', { case: id })
      .play('22m | officer | RecordMeasure holdResponsible | MeasureRecorded |')
      .rung('HAZARD_UNDECIDED', 'leader', 'ArchiveCase', { case: id })
      .play('23m | leader2 | DecideHazard rejected | HazardDecided |')
      .rung('accepted', 'leader', 'ArchiveCase', { case: id })
      .rung('CASE_ARCHIVED', 'leader', 'ArchiveCase', { case: id }),

  ReturnCase: () =>
    commonRungs(new Ladder().play(measured), 'ReturnCase', 'supervisor', { case: id, text }, 'leader')
      .rung('WRONG_STAGE', 'supervisor', 'ReturnCase', { case: id, text })
      .play('10s | officer | CompleteHandling | HandlingCompleted |')
      .rung('accepted', 'supervisor', 'ReturnCase', { case: id, text }),

  ReopenCase: () => {
    const ladder = new Ladder().play(fedBack);
    return commonRungs(ladder, 'ReopenCase', 'auditor', { case: id, text }, 'officer')
      .rung('WRONG_STAGE', 'auditor', 'ReopenCase', { case: id, text })
      .play(
        `22m | officer | RecordMeasure holdResponsible | MeasureRecorded |
         23m | leader  | DecideHazard confirmed | HazardDecided |
         24m | leader  | ArchiveCase | CaseArchived |
         91d | auditor | ReopenCase | REOPEN_TOO_LATE |
         90d | auditor | ReopenCase | CaseReopened |`,
      );
  },

  DecideHazard: () => {
    const reject = { case: id, decision: 'rejected', text } as const;
    const story = '0s | rules | raise GAS-03 A1 orange 2.2 | AlarmRaised CaseOpened |';
    return commonRungs(new Ladder().play(story), 'DecideHazard', 'leader', reject, 'officer')
      .rung('NO_HAZARD_CANDIDATE', 'leader', 'DecideHazard', reject)
      .play(
        `1s | rules | raise GAS-04 A1 red 3 | AlarmRaised AlarmJoinedCase CaseLevelRaised HazardCandidateListed |
         2s | leader | ReceiveCase | CaseReceived AlarmAcknowledged AlarmAcknowledged |
         3s | leader | RecordAction evacuate | ActionRecorded |`,
      )
      .rung('SAME_PERSON', 'leader', 'DecideHazard', reject)
      .rung('accepted', 'leader2', 'DecideHazard', reject);
  },
};

describe('refusals come in the order of the checks', () => {
  test.each(Object.entries(ladders))('%s', (_, climb) => {
    const ladder = climb();
    expect(ladder.met).toEqual(ladder.wanted);
    expect(ladder.world.violations()).toEqual([]);
  });

  test('AcknowledgeAlarm and SilenceAlarm', () => {
    const ladder = new Ladder()
      .play('0s | rules | raise GAS-01 A1 yellow 1.2 | AlarmRaised CaseOpened |')
      .play('1s | rules | clear GAS-01 A1 1.2 | AlarmReturned |')
      .play('2s | rules | raise GAS-01 A1 yellow 1.2 | AlarmSuperseded AlarmRaised AlarmJoinedCase |');
    const older = { alarm: 'GAS-01/A1#1', version: 99 };
    const alarm = 'GAS-01/A1#2';
    ladder
      .rung('INVALID_PAYLOAD', 'officer', 'AcknowledgeAlarm', { ...older, phrase: 'x'.repeat(501) })
      .rung('NO_SUCH_ALARM', 'officer', 'AcknowledgeAlarm', { alarm: 'GAS-01/A1#3' })
      .rung('NO_SUCH_ALARM', 'officer', 'AcknowledgeAlarm', { alarm: 'nonsense' })
      .rung('ROLE_FORBIDDEN', 'officer', 'AcknowledgeAlarm', older)
      .rung('OUT_OF_SCOPE', 'stranger', 'AcknowledgeAlarm', older)
      .rung('STALE_VERSION', 'dispatcher', 'AcknowledgeAlarm', older)
      .rung('ALARM_SUPERSEDED', 'dispatcher', 'AcknowledgeAlarm', { alarm: older.alarm })
      .rung('INVALID_PAYLOAD', 'officer', 'SilenceAlarm', { alarm, minutes: 0 })
      .rung('INVALID_PAYLOAD', 'officer', 'SilenceAlarm', { alarm, minutes: 16 })
      .rung('ROLE_FORBIDDEN', 'officer', 'SilenceAlarm', { alarm, minutes: 15 })
      .rung('INVALID_PAYLOAD', 'dispatcher', 'SilenceAlarm', { alarm, minutes: 15 })
      .rung('accepted', 'dispatcher', 'SilenceAlarm', { alarm, minutes: 5 })
      .rung('accepted', 'dispatcher', 'AcknowledgeAlarm', { alarm })
      .rung('ALREADY_ACKNOWLEDGED', 'dispatcher', 'AcknowledgeAlarm', { alarm })
      .play('3s | rules | clear GAS-01 A1 1.2 | AlarmReturned |')
      .rung('NOT_IN_ALARM', 'dispatcher', 'AcknowledgeAlarm', { alarm })
      .rung('NOT_IN_ALARM', 'dispatcher', 'SilenceAlarm', { alarm, minutes: 5 });
    expect(ladder.met).toEqual(ladder.wanted);
    expect(ladder.world.violations()).toEqual([]);
  });

  test('administrators and walls give no command at all', () => {
    const able = new Set(Object.values(commandTable).flatMap((row) => row.who));
    expect(able.has('administrator')).toBe(false);
    expect(able.has('wall')).toBe(false);
    const ladder = new Ladder()
      .play(opened)
      .rung('ROLE_FORBIDDEN', 'administrator', 'ReceiveCase', { case: id });
    expect(ladder.met).toEqual(ladder.wanted);
  });

  test('a role granted above the mine holds on it', () => {
    expect(people['province']?.[0]?.site).toBe('P');
    const ladder = new Ladder().play(opened).rung('accepted', 'province', 'ReceiveCase', { case: id });
    expect(ladder.met).toEqual(ladder.wanted);
  });
});

describe('who archives', () => {
  const archive = (
    level: 'blue' | 'yellow' | 'orange' | 'red',
    highest: 'group' | 'county' | 'city' | null | readonly string[],
    person: string,
    code: Code,
  ): Ladder => {
    const isSites = Array.isArray(highest);
    const ladder = new Ladder(isSites ? {} : { highestSupervisor: () => highest as null });
    if (isSites) ladder.world.supervisorSites = highest;
    ladder.world.raise('GAS-12', 'A1', level);
    ladder.play(
      `1m | dispatcher | ReceiveCase | CaseReceived AlarmAcknowledged |
       2m | dispatcher | RecordAction notify | ActionRecorded |
       3m | dispatcher | CompleteHandling | HandlingCompleted |`,
    );
    ladder.world.pass(200_000);
    ladder.world.clear('GAS-12', 'A1');
    ladder.play(
      `5m | dispatcher | DismissCase resolved | CaseDismissed |
       20m | verifier | VerifyCase pass onSite evidence | CaseVerified |
       21m | officer | FeedBackCase | CaseFedBack |`,
    );
    return ladder.rung(code, person, 'ArchiveCase', { case: id });
  };

  test.each([
    ['blue', null, 'officer', 'accepted'],
    ['blue', 'city', 'leader', 'accepted'],
    ['blue', 'city', 'supervisor', 'ROLE_FORBIDDEN'],
    ['yellow', null, 'officer', 'LEVEL_TOO_LOW'],
    ['yellow', null, 'leader', 'accepted'],
    ['yellow', 'city', 'leader', 'accepted'],
    ['yellow', 'city', 'supervisor', 'ROLE_FORBIDDEN'],
    ['orange', null, 'officer', 'LEVEL_TOO_LOW'],
    ['orange', null, 'leader', 'accepted'],
    ['orange', 'group', 'leader', 'LEVEL_TOO_LOW'],
    ['orange', 'group', 'supervisor', 'accepted'],
    ['orange', 'city', 'inhouse', 'accepted'],
    ['red', 'city', 'inhouse', 'LEVEL_TOO_LOW'],
    ['red', null, 'inhouse', 'accepted'],
    ['red', null, 'leader', 'accepted'],
    ['red', 'county', 'leader', 'LEVEL_TOO_LOW'],
    ['red', 'city', 'supervisor', 'accepted'],
    ['red', 'city', 'officer', 'LEVEL_TOO_LOW'],
    ['orange', [], 'leader', 'accepted'],
    ['orange', ['K'], 'leader', 'LEVEL_TOO_LOW'],
    ['red', ['K'], 'leader', 'LEVEL_TOO_LOW'],
    ['orange', ['M2'], 'leader', 'accepted'],
  ] as const)('%s, highest supervisor %s: %s → %s', (level, highest, person, code) => {
    const ladder = archive(level, highest, person, code);
    expect(ladder.met).toEqual(ladder.wanted);
  });
});

test.each([
  [[], null],
  [['M2'], null],
  [['M1'], null],
  [['K'], 'county'],
  [['K', 'P'], 'province'],
  [['elsewhere'], null],
] as const)('supervisors on %j are, above the mine, %s', (sites, level) => {
  expect(highestSupervisorOf(sites, 'M1', new DocumentIndex(worldDocuments))).toBe(level);
});

test.each([
  ['blue', 'city', null],
  ['yellow', 'city', null],
  ['orange', null, null],
  ['orange', 'city', 0],
  ['red', null, null],
  ['red', 'group', 1],
  ['red', 'county', 2],
  ['red', 'province', 2],
] as const)('%s under a %s supervisor needs rank %s', (level, highest, rank) => {
  expect(rankToArchive(level, highest)).toBe(rank);
});

describe('the registry of refusals', () => {
  test('every check of the command table has its text, and every code is met above or belongs to later', () => {
    const named = new Set<RefusalCode>(Object.values(commandTable).flatMap((row) => row.checks));
    expect([...named].filter((code) => refusals[code] === undefined)).toEqual([]);
    const met = new Set<string>(Object.values(ladders).flatMap((climb) => climb().codes));
    const metInStories = ['REOPEN_TOO_LATE', 'ALARM_LATCHED', 'CASE_ARCHIVED'];
    const ofAlarms = [
      'NO_SUCH_ALARM',
      'ALARM_SUPERSEDED',
      'ALREADY_ACKNOWLEDGED',
      'NOT_IN_ALARM',
      'SILENCE_FORBIDDEN',
    ];
    const open = Object.keys(refusals).filter(
      (code) => ![...met, ...metInStories, ...ofAlarms].includes(code),
    );
    expect(open.toSorted()).toEqual([...refusalsToCome].toSorted());
  });

  test('the document shows the tables as they are', async () => {
    await expect(document()).toMatchFileSnapshot('../../docs/case-workflow.md');
  });
});

function document(): string {
  const commands = Object.entries(commandTable).map(([name, row]) => {
    const from = row.from === null ? 'an alarm' : row.from.join(', ');
    return `| ${name} ${row.zh} | ${row.who.join(', ')} | ${from} | ${row.to} | ${row.checks.join(', ') || '–'} |`;
  });
  const codes = Object.entries(refusals).map(
    ([code, { status, zh, en }]) => `| ${code} | ${status} | ${zh} | ${en} |`,
  );
  return `# Case workflow

<!-- Printed by alarms/workflow/decide.test.ts; do not edit. Renew with \`vitest run alarms/workflow -u\`. -->

The alarm follows the process, the case 处置单 the people: 监测预警 → 接报 → 处置 → 消警 → 核查 → 反馈 → 归档. Data recovery
alone closes nothing.

## Commands

Checks in order: payload (INVALID_PAYLOAD), exists (NO_SUCH_…), role (ROLE_FORBIDDEN), scope (OUT_OF_SCOPE), version when
given (STALE_VERSION), stage (CASE_MERGED, CASE_ARCHIVED, NOT_RECEIVED from opened, else WRONG_STAGE), then the last column
from left to right. The same commandId of the same person again: the first answer, no event. A refusal changes nothing.

| command | who | from | to | then, in order |
| --- | --- | --- | --- | --- |
${commands.join('\n')}

- RecordMeasure holdResponsible 追究责任 is also taken in verified and fedBack, and makes nobody a handler.
- A gas case (it ever held an over-limit alarm) needs the first two measures at CompleteHandling, the first three at
  VerifyCase, all four at ArchiveCase.
- SAME_PERSON at VerifyCase: whoever recorded an action or one of the first three measures, completed or dismissed, in
  any attempt. At DecideHazard: a handler may confirm, not reject.
- ON_SITE_REQUIRED: level orange or red, methane ≥ 2 %, a suspected major hazard, a gas false alarm.
- Clean = ALARM_ACTIVE, CONDITION_UNKNOWN, ALARM_UNACKNOWLEDGED, ALARM_LATCHED; a count (\`occurrences\`) holds nobody up
  once it is acknowledged. NOT_CALM_YET: less than the calm time (10 min unless the site says otherwise) since the last return.
- ArchiveCase: blue safetyOfficer or leader; yellow leader; orange a supervisor; red a supervisor of county rank or above;
  where the tree has none of that rank the highest there is, at least the leader. A supervisor has no part in blue and yellow.
- Fall back: a new alarm or a higher level at handled or later → handling, attempt + 1; actions and measures are void.
  A failed verification, a return and a reopening keep the measures and ask for new actions.

## Grouping

At the raise, first match: the open case of the superseded alarm; the newest open case of the same cause key that is before
消警 or within the regroup time (30 min) after its last return; else a new case, which names the newest one of the key as
\`previous\`. Cause key: mine and place for gas, mine and place for other rules, mine and substation (else place) for class
trouble, mine, scope and rule for a count.

## Refusals

| code | HTTP | 中文 | English |
| --- | --- | --- | --- |
${codes.join('\n')}

Not reachable yet: ${refusalsToCome.join(', ')}.
`;
}
