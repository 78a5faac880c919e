import { describe, expect, test } from 'vitest';
import type { CaseState, MeasureKind } from '../stream/contract.ts';
import { alarmOf, caseOf, t0 } from '../stream/samples.ts';
import { emptyForm } from './forms.ts';
import { fieldLacks, lacksOf, type CaseForm } from './lacks.ts';

const form: CaseForm = { evidenceCount: 0, now: t0, calmMs: 60_000 };
const by = { id: 'han', name: '韩立川', role: 'dispatcher' } as const;
const keys = (lacks: ReturnType<typeof lacksOf>) => lacks.map((lack) => lack.key);
const action = (kind: 'cutPower' | 'evacuate', attempt = 1) => ({
  kind,
  attempt,
  at: t0,
  by,
  place: '',
  n: null,
  of: null,
  text: '',
  evidence: [],
});
const measures = (...kinds: MeasureKind[]): CaseState['measures'] =>
  kinds.map((kind) => ({ kind, attempt: 1, at: t0, by, text: '', person: '', evidence: [] }));

describe('what is missing', () => {
  test('a stage that was not reached comes first and alone', () => {
    expect(keys(lacksOf('DismissCase', caseOf('c'), [alarmOf('a', 'red')], 'x', form))).toEqual([
      'lack.stage',
    ]);
  });

  test('消警 lists each alarm that is active, unknown, unacknowledged or latched', () => {
    const one = caseOf('c', { stage: 'handled' });
    const alarms = [
      alarmOf('active', 'red', { base: 'acknowledged' }),
      alarmOf('unknown', 'red', { base: 'acknowledged', unknown: true }),
      alarmOf('returned', 'red', { base: 'returned' }),
      alarmOf('latched', 'red', { base: 'latchedAcknowledged' }),
      alarmOf('counted', 'red', { base: 'acknowledged', ruleKind: 'occurrences' }),
    ];
    expect(keys(lacksOf('DismissCase', one, alarms, 'x', form))).toEqual([
      'lack.active',
      'lack.unknown',
      'lack.unacknowledged',
      'lack.latched',
    ]);
    expect(lacksOf('DismissCase', one, [], 'x', form)).toEqual([]);
  });

  test('a false alarm needs evidence', () => {
    const one = caseOf('c', { stage: 'handled' });
    const lacks = lacksOf('DismissCase', one, [], 'x', { ...form, disposition: 'falseAlarm' });
    expect(keys(lacks)).toEqual(['lack.evidence']);
  });

  test('completion needs an action of this attempt, evacuation where it is due, and two measures', () => {
    const alarms = [alarmOf('a', 'red', { base: 'acknowledged', respond: ['E'] })];
    const one = caseOf('c', { stage: 'handling', attempt: 2, actions: [action('evacuate', 1)] });
    expect(keys(lacksOf('CompleteHandling', one, alarms, 'x', form))).toEqual([
      'lack.action',
      'lack.evacuation',
      'lack.measure',
      'lack.measure',
    ]);
    const done = {
      ...one,
      actions: [action('evacuate', 2)],
      measures: measures('cutAndEvacuate', 'analyseCause'),
    };
    expect(lacksOf('CompleteHandling', done, alarms, 'x', form)).toEqual([]);
  });

  test('a handler does not verify, and an orange case is verified on site with evidence', () => {
    const one = caseOf('c', {
      stage: 'dismissed',
      level: 'orange',
      gas: false,
      handlers: ['han'],
    });
    const online = { ...form, result: 'pass', mode: 'online' } as const;
    expect(keys(lacksOf('VerifyCase', one, [], 'han', online))).toEqual(['lack.samePerson', 'lack.onSite']);
    const onSite = { ...online, mode: 'onSite' } as const;
    expect(keys(lacksOf('VerifyCase', one, [], 'shen', onSite))).toEqual(['lack.evidence']);
    expect(lacksOf('VerifyCase', one, [], 'shen', { ...onSite, evidenceCount: 1 })).toEqual([]);
    expect(lacksOf('VerifyCase', one, [], 'shen', { ...online, result: 'fail' })).toEqual([]);
  });

  test('archiving a gas case needs all four measures and the hazard decided', () => {
    const one = caseOf('c', {
      stage: 'fedBack',
      hazard: 'candidate',
      measures: measures('cutAndEvacuate', 'analyseCause', 'stopAndRectify'),
    });
    expect(keys(lacksOf('ArchiveCase', one, [], 'x', form))).toEqual(['lack.measure', 'lack.hazard']);
  });

  test('a measure is recorded once; holding to account may come after the verification', () => {
    const one = caseOf('c', { stage: 'verified', measures: measures('analyseCause') });
    expect(lacksOf('RecordMeasure', one, [], 'x', { ...form, measureKind: 'holdResponsible' })).toEqual([]);
    expect(keys(lacksOf('RecordMeasure', one, [], 'x', { ...form, measureKind: 'stopAndRectify' }))).toEqual([
      'lack.stagePast',
    ]);
    const handling = { ...one, stage: 'handling' } as const;
    for (const at of [one, handling]) {
      expect(lacksOf('RecordMeasure', at, [], 'x', { ...form, measureKind: 'analyseCause' })).toEqual([
        { key: 'lack.recorded', isDone: true },
      ]);
    }
  });

  test('a case already received is received again only while something is owed', () => {
    const one = caseOf('c', { stage: 'handling', received: true });
    expect(keys(lacksOf('ReceiveCase', one, [], 'x', form))).toEqual(['lack.received']);
    expect(lacksOf('ReceiveCase', one, [alarmOf('a', 'blue')], 'x', form)).toEqual([]);
  });

  test('the calm after the last return is told with what is left of it, and not at all when it is over', () => {
    const one = caseOf('c', { stage: 'dismissed', gas: false, lastReturnAt: t0 - 20_000 });
    const pass = { ...form, result: 'pass', mode: 'online' } as const;
    expect(lacksOf('VerifyCase', one, [], 'x', pass)).toEqual([
      { key: 'lack.calm', subject: { remainingMs: 41_000 } },
    ]);
    expect(lacksOf('VerifyCase', one, [], 'x', { ...pass, now: t0 + 41_000 })).toEqual([]);
    expect(lacksOf('VerifyCase', { ...one, lastReturnAt: null }, [], 'x', pass)).toEqual([]);
  });

  test('a closed case lacks nothing; a step behind is not said to be still to come', () => {
    const key = (stage: CaseState['stage']) =>
      lacksOf('DismissCase', caseOf('c', { stage }), [], 'x', form)[0];
    expect(key('handling')).toEqual({ key: 'lack.stage' });
    expect(key('verified')).toEqual({ key: 'lack.stagePast', isDone: true });
    expect(key('archived')).toEqual({ key: 'lack.archived', isDone: true });
    expect(key('merged')).toEqual({ key: 'lack.merged', isDone: true });
    expect(lacksOf('ReopenCase', caseOf('c', { stage: 'archived' }), [], 'x', form)).toEqual([]);
    expect(lacksOf('ReopenCase', caseOf('c', { stage: 'handling' }), [], 'x', form)).toEqual([
      { key: 'lack.stage' },
    ]);
  });
});

describe('what is missing in the form', () => {
  const filled = { ...emptyForm(''), text: '回风流中电源已切断，人员撤出', person: '王海燕' };

  test('a measure asks for a person, a text and evidence, as the gateway does', () => {
    expect(fieldLacks('RecordMeasure', emptyForm(''), 0)).toEqual([
      { key: 'lack.person' },
      { key: 'field.tooShort', subject: { characters: 10 } },
      { key: 'lack.evidence' },
    ]);
    expect(fieldLacks('RecordMeasure', { ...filled, person: ' ' }, 1)).toEqual([{ key: 'lack.person' }]);
    expect(fieldLacks('RecordMeasure', filled, 1)).toEqual([]);
  });

  test('a decision is asked for, never made', () => {
    const asked = (command: Parameters<typeof fieldLacks>[0]) =>
      fieldLacks(command, filled, 0).map((lack) => lack.subject);
    expect(asked('DecideHazard')).toEqual([{ field: 'decision' }]);
    expect(asked('VerifyCase')).toEqual([{ field: 'result' }]);
    expect(asked('DismissCase')).toEqual([{ field: 'disposition' }]);
    expect(asked('CompleteHandling')).toEqual([{ field: 'cause' }]);
    expect(fieldLacks('DecideHazard', { ...filled, decision: 'rejected' }, 0)).toEqual([]);
  });

  test('more people out than were in is not sent', () => {
    expect(fieldLacks('RecordAction', { ...filled, n: '23', of: '22' }, 0)).toEqual([{ key: 'lack.counts' }]);
    expect(fieldLacks('RecordAction', { ...filled, n: '22', of: '22' }, 0)).toEqual([]);
    expect(fieldLacks('RecordAction', { ...filled, n: '22', of: '' }, 0)).toEqual([]);
  });
});
