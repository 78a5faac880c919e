import { expect, test } from 'vitest';
import { alarmOf, caseOf, t0 } from '../stream/samples.ts';
import { currentStage } from '../widgets/case-stage.ts';
import { nextCommand, stageSteps } from './stages.ts';

const by = { id: 'han', name: '韩立川', role: 'dispatcher' } as const;

test('a new case has its warning behind it and waits to be received', () => {
  const steps = stageSteps(caseOf('c'), [], null);
  expect(steps.map((step) => step.state)).toEqual(['done', 'now', 'todo', 'todo', 'todo', 'todo', 'todo']);
  expect(steps[1]?.hint).toBe('stages.hint.received');
});

test('a handled case waits for 消警, with who completed the handling', () => {
  const completed = { by, at: t0 + 5, cause: '通风', text: '', evidence: [] };
  const steps = stageSteps(caseOf('c', { stage: 'handled', completed }), [], { at: t0 + 1, by: '韩立川' });
  expect(steps[2]).toMatchObject({ name: 'handling', state: 'done', at: t0 + 5, by: '韩立川' });
  expect(steps[3]?.state).toBe('now');
});

test('an archived case has all behind it and nothing next', () => {
  expect(
    stageSteps(caseOf('c', { stage: 'archived' }), [], null).every((step) => step.state === 'done'),
  ).toBe(true);
  expect(nextCommand(caseOf('c', { stage: 'archived' }), [])).toBeNull();
});

test('the stage of a list is the one that the bar of stages points at', () => {
  for (const stage of [
    'opened',
    'received',
    'handling',
    'handled',
    'dismissed',
    'verified',
    'fedBack',
  ] as const) {
    const now = stageSteps(caseOf('c', { stage }), [], null).find((step) => step.state === 'now');
    expect(currentStage(stage)).toBe(now?.name);
  }
  expect(currentStage('archived')).toBe('archived');
  expect(currentStage('merged')).toBe('merged');
});

test('消警 waits for what is still to come: completion, then the data, then a reason', () => {
  const hint = (stage: 'handling' | 'handled', ...alarms: Parameters<typeof stageSteps>[1]) =>
    stageSteps(caseOf('c', { stage }), alarms, null)[3]?.hint;
  expect(hint('handling')).toBe('stages.hint.dismissed');
  expect(hint('handled', alarmOf('a', 'red', { base: 'acknowledged' }))).toBe('stages.hint.recovering');
  expect(hint('handled', alarmOf('a', 'red', { base: 'normal' }))).toBe('stages.hint.dismissing');
});

test('what comes next is what the next step lacks, and the step when it lacks nothing', () => {
  const action = {
    kind: 'evacuate',
    attempt: 1,
    at: t0,
    by,
    place: '',
    n: null,
    of: null,
    text: '',
    evidence: [],
  } as const;
  const measure = (kind: 'cutAndEvacuate' | 'analyseCause') =>
    ({ kind, attempt: 1, at: t0, by, text: '', person: '', evidence: [] }) as const;
  const handling = caseOf('c', { stage: 'handling' });
  const acted = { ...handling, actions: [action] } as const;
  const measured = { ...acted, measures: [measure('cutAndEvacuate'), measure('analyseCause')] };
  expect(nextCommand(caseOf('c'), [])).toBe('ReceiveCase');
  expect(nextCommand(handling, [])).toBe('RecordAction');
  expect(nextCommand(acted, [])).toBe('RecordMeasure');
  expect(nextCommand(acted, [alarmOf('a', 'red')])).toBe('ReceiveCase');
  expect(nextCommand(measured, [])).toBe('CompleteHandling');
  expect(nextCommand({ ...measured, stage: 'dismissed' }, [])).toBe('RecordMeasure');
  expect(nextCommand({ ...measured, stage: 'dismissed', gas: false }, [])).toBe('VerifyCase');
  expect(nextCommand(caseOf('c', { stage: 'fedBack', gas: false, hazard: 'candidate' }), [])).toBe(
    'DecideHazard',
  );
});
