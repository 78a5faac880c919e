// Where a replay was, in a small file that is renamed into place: a torn write leaves the one before it. A file that
// cannot be read or does not fit the plan means: from the beginning.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface ReplayState {
  readonly pass: number;
  /** Second of the pass that comes next. */
  readonly second: number;
  /** Last `seq` by source. */
  readonly sequences: Readonly<Record<string, number>>;
}

export function readReplayState(file: string, lengthS: number): ReplayState | null {
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as Partial<ReplayState>;
    const { pass, second, sequences } = state;
    if (!isCount(pass) || !isCount(second) || second >= lengthS) return null;
    if (typeof sequences !== 'object' || sequences === null || !Object.values(sequences).every(isCount))
      return null;
    return { pass, second, sequences };
  } catch {
    return null;
  }
}

export function writeReplayState(file: string, state: ReplayState): void {
  writeFileSync(`${file}.part`, JSON.stringify(state));
  renameSync(`${file}.part`, file);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
