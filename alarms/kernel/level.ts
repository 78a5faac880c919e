// Alarm levels. Code, events and API say red orange yellow blue; rule documents and back-test lines use the
// letters R O Y B; the screen shows the digits 1-4 (1 is red). Order of severity: blue < yellow < orange < red.

export type Level = 'blue' | 'yellow' | 'orange' | 'red';
export type LevelLetter = 'B' | 'Y' | 'O' | 'R';

export const levels: readonly Level[] = ['blue', 'yellow', 'orange', 'red'];

const letterOf: Record<Level, LevelLetter> = { blue: 'B', yellow: 'Y', orange: 'O', red: 'R' };
const levelOfLetter: Record<LevelLetter, Level> = { B: 'blue', Y: 'yellow', O: 'orange', R: 'red' };

export function levelLetter(level: Level): LevelLetter {
  return letterOf[level];
}

export function levelFromLetter(letter: LevelLetter): Level {
  return levelOfLetter[letter];
}

export function isLevelLetter(text: unknown): text is LevelLetter {
  return text === 'B' || text === 'Y' || text === 'O' || text === 'R';
}

/** 0 = blue … 3 = red; for comparing, and as the compact code in typed arrays. */
export function levelRank(level: Level): number {
  return levels.indexOf(level);
}

export function levelOfRank(rank: number): Level {
  const level = levels[rank];
  if (level === undefined) throw new RangeError(`no level of rank ${rank}`);
  return level;
}

export function higherLevel(a: Level, b: Level): Level {
  return levelRank(a) >= levelRank(b) ? a : b;
}
