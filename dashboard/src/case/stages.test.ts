import { expect, test } from 'vitest';
import { caseOf, t0 } from '../stream/samples.ts';
import { nextCommand, stageSteps } from './stages.ts';

const by = { id: 'han', name: '韩立川', role: 'dispatcher' } as const;

test('a new case has its warning behind it and waits to be received', () => {
  const steps = stageSteps(caseOf('c'), null);
  expect(steps.map((step) => step.state)).toEqual(['done', 'now', 'todo', 'todo', 'todo', 'todo', 'todo']);
  expect(steps[1]?.hint).toBe('stages.hint.received');
});

test('a handled case waits for 消警, with who completed the handling', () => {
  const completed = { by, at: t0 + 5, cause: '通风', text: '', evidence: [] };
  const steps = stageSteps(caseOf('c', { stage: 'handled', completed }), { at: t0 + 1, by: '韩立川' });
  expect(steps[2]).toMatchObject({ name: 'handling', state: 'done', at: t0 + 5, by: '韩立川' });
  expect(steps[3]?.state).toBe('now');
});

test('an archived case has all behind it and nothing next', () => {
  expect(stageSteps(caseOf('c', { stage: 'archived' }), null).every((step) => step.state === 'done')).toBe(
    true,
  );
  expect(nextCommand('archived', true)).toBeNull();
});

test('handling goes on with an action until there is one', () => {
  expect(nextCommand('handling', false)).toBe('RecordAction');
  expect(nextCommand('handling', true)).toBe('CompleteHandling');
});
