// The fold: survives a checkpoint at any event, forgets what it may and nothing else, and remembers answers.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { playStory } from '../test/case-story.ts';
import { CaseWorld } from '../test/case-world.ts';
import { answersMax, LogFold } from './fold.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const story = `
  0s  | rules      | raise GAS-01 A1 yellow 1.2      | AlarmRaised CaseOpened |
  1s  | rules      | unknown GAS-01 A1               | AlarmConditionLost |
  2s  | rules      | raise DQ-01 A1 yellow           | AlarmRaised CaseOpened |
  3s  | dispatcher | ReceiveCase case=M1/C1          | CaseReceived AlarmAcknowledged |
  4s  | officer    | RecordAction repair case=M1/C1  | ActionRecorded |
  5s  | rules      | known GAS-01 A1                 | AlarmConditionRegained |
  6s  | rules      | clear GAS-01 A1 1.3             | AlarmReturned |
  7s  | rules      | clear DQ-01 A1                  | AlarmReturned |
  8s  | rules      | raise DQ-01 A1 yellow           | AlarmSuperseded AlarmRaised AlarmJoinedCase |
  9s  | rules      | clear DQ-01 A1                  | AlarmReturned |
  10s | dispatcher | ReceiveCase case=M1/C2          | CaseReceived AlarmAcknowledged |
  11s | dispatcher | RecordAction repair case=M1/C2  | ActionRecorded |
  12s | dispatcher | CompleteHandling case=M1/C2     | HandlingCompleted |
  13s | dispatcher | DismissCase resolved case=M1/C2 | CaseDismissed |
  20m | verifier   | VerifyCase pass case=M1/C2      | CaseVerified |
  21m | officer    | FeedBackCase case=M1/C2         | CaseFedBack |
  22m | leader     | ArchiveCase case=M1/C2          | CaseArchived |
  23m | leader     | ArchiveCase case=M1/C2          | CASE_ARCHIVED |
`;

function played(): CaseWorld {
  const world = new CaseWorld(sha256);
  const { expected, actual } = playStory(world, story);
  expect(actual).toEqual(expected);
  expect(world.violations()).toEqual([]);
  return world;
}

describe('the fold of the log', () => {
  test('a checkpoint at any event and the rest of the log give the live state', () => {
    const { log, fold: live } = played();
    const wanted = { ...live.toJson(), refused: [] };
    for (let cut = 0; cut <= log.length; cut += 1) {
      const before = new LogFold({ sha256 });
      for (const event of log.slice(0, cut)) before.apply(event);
      const after = LogFold.fromJson(JSON.parse(JSON.stringify(before.toJson())), { sha256 });
      for (const event of log.slice(cut)) after.apply(event);
      expect(after.toJson(), `cut at ${cut}`).toEqual(wanted);
    }
  });

  test('the refusals it remembers survive a checkpoint', () => {
    const { fold } = played();
    const again = LogFold.fromJson(JSON.parse(JSON.stringify(fold.toJson())), { sha256 });
    expect(again.toJson()).toEqual(fold.toJson());
    expect(again.toJson().refused).toHaveLength(1);
  });

  test('it follows the chains only when it has a digest, and folds the same without', () => {
    const { log, fold: live } = played();
    const plain = new LogFold();
    for (const event of log) plain.apply(event);
    expect({ ...plain.toJson(), heads: [] }).toEqual({ ...live.toJson(), heads: [], refused: [] });
    expect(() => plain.head('M1')).toThrow('digest');
    expect(live.chainHeads().size).toBe(1);
  });

  test('an event out of turn stops everything', () => {
    const { log } = played();
    const fold = new LogFold();
    fold.apply(log[0]!);
    expect(() => fold.apply(log[2]!)).toThrow('follows');
    expect(() => fold.apply(log[0]!)).toThrow('follows');
  });

  test('ended alarms of open cases stay, those of archived cases go', () => {
    const { fold } = played();
    expect([...fold.alarms.keys()]).toEqual(['GAS-01/A1#1']);
    expect([...fold.cases.keys()]).toEqual(['M1/C1', 'M1/C2']);
  });

  test('an archived case is forgotten after its time, by the times of the events alone', () => {
    const world = played();
    world.pass(90 * 86_400_000 - 60_000); // archived one minute before the story's end
    world.raise('GAS-12', 'B1', 'blue');
    expect([...world.fold.cases.keys()]).toEqual(['M1/C1', 'M1/C2', 'M1/C3']);
    world.pass(1);
    world.clear('GAS-12', 'B1');
    expect([...world.fold.cases.keys()]).toEqual(['M1/C1', 'M1/C3']);
    expect(world.fold.mineOfForgottenCase('M1/C2')).toBe('M1');
    expect(world.fold.mineOfForgottenCase('M1/C1')).toBeNull();
    expect(world.fold.mineOfForgottenCase('M1/C4')).toBeNull();
    expect(world.fold.mineOfForgottenCase('M9/C1')).toBeNull();
  });

  test('a case reopened in time is kept past the time of its first archive', () => {
    const world = played();
    const dayMs = 86_400_000;
    world.pass(80 * dayMs);
    world.command('leader', 'ReopenCase', { case: 'M1/C2', text: '发现新的情况，重新处置' });
    world.pass(20 * dayMs);
    world.raise('GAS-12', 'B1', 'blue');
    expect(world.fold.cases.get('M1/C2')?.stage).toBe('handling');
  });

  test('the version counts every event that names the case', () => {
    const { log, fold } = played();
    for (const state of fold.cases.values()) {
      expect(state.version).toBe(log.filter((event) => event.case === state.id).length);
    }
  });
});

describe('answers', () => {
  test('the same command again gives the first answer and no event, a refusal too', () => {
    const world = new CaseWorld(sha256);
    world.raise('GAS-12', 'A1', 'blue');
    const early = { case: 'M1/C1', kind: 'notify', commandId: 'early' } as const;
    const receive = { case: 'M1/C1', commandId: 'receive' } as const;
    const refused = world.command('dispatcher', 'RecordAction', early);
    expect(refused.answer).toMatchObject({ refused: true, code: 'NOT_RECEIVED' });
    const first = world.command('dispatcher', 'ReceiveCase', receive);
    expect(first.events).toHaveLength(2);
    world.command('officer', 'RecordAction', { case: 'M1/C1', kind: 'notify' });
    const again = world.command('dispatcher', 'ReceiveCase', receive);
    expect(again).toEqual({ answer: first.answer, events: [] });
    expect(world.command('dispatcher', 'RecordAction', early)).toEqual({
      answer: refused.answer,
      events: [],
    });
    // Another person's command of the same id is another command.
    expect(world.command('dispatcher2', 'RecordAction', early).answer).toMatchObject({ refused: false });
  });

  test('no more than the bound are remembered, the oldest go first', () => {
    const world = new CaseWorld(sha256);
    world.raise('GAS-12', 'A1', 'blue');
    world.command('dispatcher', 'ReceiveCase', { case: 'M1/C1', commandId: 'first' });
    for (let n = 0; n < answersMax; n += 1) world.fold.rememberRefusal('x', `r${n}`, 'WRONG_STAGE', []);
    expect(world.fold.answerOf('x', 'r0')).toBeDefined();
    world.fold.rememberRefusal('x', 'one more', 'WRONG_STAGE', []);
    expect(world.fold.answerOf('x', 'r0')).toBeUndefined();
    expect(world.fold.toJson().refused).toHaveLength(answersMax);
    expect(world.fold.answerOf('dispatcher', 'first')).toBeDefined();
  });
});
