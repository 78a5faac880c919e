// Drives any case of the world to the archive by asking the right people for the next step, as a well-run mine would:
// the process calms down first, then each refusal is answered with what lacks. Gives up after a bound of steps.

import type { CaseState } from '../log/state.ts';
import type { CaseWorld } from './case-world.ts';

const reason = '原因已查明，现场已处理完毕';
const evidence = ['f'.repeat(64)];
/** Longer than any road through the loop. */
const stepsMax = 30;

/** The stage that is reached; 'archived' when all is well. */
export function driveToArchive(world: CaseWorld, id: string): string {
  world.calmDown();
  for (let step = 0; step < stepsMax; step += 1) {
    const state = world.fold.cases.get(id);
    if (state === undefined || state.stage === 'archived') return state?.stage ?? 'forgotten';
    world.pass(60_000);
    nextStep(world, state);
  }
  return world.fold.cases.get(id)?.stage ?? 'forgotten';
}

/** What the right people do next in this stage. */
export function nextStep(world: CaseWorld, state: CaseState): void {
  const { id, mine } = state;
  const local = mine === 'M1';
  const as = (person: string): string => (local ? person : 'stranger');
  const measure = (
    kind: 'cutAndEvacuate' | 'analyseCause' | 'stopAndRectify' | 'holdResponsible',
  ): boolean => {
    if (state.measures.some((entry) => entry.kind === kind)) return false;
    const payload = { case: id, kind, text: reason, person: '张三', evidence };
    return !world.command(as('officer'), 'RecordMeasure', payload).answer.refused;
  };
  switch (state.stage) {
    case 'opened':
      world.command(as('dispatcher'), 'ReceiveCase', { case: id });
      return;
    case 'received':
      world.command(as('officer'), 'RecordAction', { case: id, kind: 'evacuate' });
      return;
    case 'handling':
      world.command(as('dispatcher'), 'ReceiveCase', { case: id });
      world.command(as('officer'), 'RecordAction', { case: id, kind: 'evacuate' });
      measure('cutAndEvacuate');
      measure('analyseCause');
      world.command(as('officer'), 'CompleteHandling', { case: id, cause: 'other', text: reason });
      return;
    case 'handled':
      measure('stopAndRectify');
      world.command(as('dispatcher'), 'ReceiveCase', { case: id });
      world.command(as('dispatcher'), 'DismissCase', { case: id, disposition: 'resolved', text: reason });
      return;
    case 'dismissed':
      measure('cutAndEvacuate');
      measure('analyseCause');
      measure('stopAndRectify');
      world.pass(world.documents.times.calmMs);
      verifyBySomebodyElse(world, state);
      return;
    case 'verified':
      world.command(as('officer'), 'FeedBackCase', { case: id, text: reason });
      return;
    case 'fedBack':
      measure('holdResponsible');
      world.command(as('leader'), 'DecideHazard', { case: id, decision: 'confirmed', text: reason });
      world.command(as('leader'), 'ArchiveCase', { case: id });
      return;
    case 'archived':
    case 'merged':
      return;
  }
}

/** Somebody who handled nothing: the verifier, else a person sent by the province. */
function verifyBySomebodyElse(world: CaseWorld, state: CaseState): void {
  for (const person of ['verifier', 'supervisor', 'province', 'inspector']) {
    const payload = { case: state.id, result: 'pass', mode: 'onSite', text: reason, evidence } as const;
    if (!world.command(person, 'VerifyCase', payload).answer.refused) return;
  }
}
