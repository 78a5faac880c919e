// Failures of our own making. `invariant` also throws in production: a process that contradicts itself
// must stop and recover from the journal, never go on (an alarm that is wrong is worse than a restart).

export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

export function assertNever(value: never, what: string): never {
  throw new InvariantViolation(`unexpected ${what}: ${String(value)}`);
}
