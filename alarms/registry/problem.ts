// What is wrong with a document, as a person can mend it: where (path), what (both languages), and a code for tests
// and screens. A document is refused with all its problems at once; the list is bounded and says how many more.

export interface Problem {
  readonly code: ProblemCode;
  /** As in JavaScript: `rules[3].clear.limit`. */
  readonly path: string;
  readonly zh: string;
  readonly en: string;
}

export type ProblemCode =
  | 'NOT_JSON'
  | 'NOT_A_LIST'
  | 'NOT_AN_OBJECT'
  | 'TOO_MANY'
  | 'FIELD_MISSING'
  | 'FIELD_UNKNOWN'
  | 'FIELD_INVALID'
  | 'ID_INVALID'
  | 'ID_DUPLICATE'
  | 'REFERENCE_UNKNOWN'
  | 'REFERENCE_CYCLIC'
  | 'KIND_UNKNOWN'
  | 'WINDOW_INVALID'
  | 'COVERAGE_INVALID'
  | 'CLEAR_WRONG_SIDE'
  | 'LADDER_ORDER'
  | 'UNIT_UNKNOWN'
  | 'MATCHES_NOTHING'
  | 'NEVER_ARMED';

/** A hostile document of a million faults costs no more than this many sentences; the rest is counted. */
export const problemsMax = 1_000;

export class ProblemList {
  readonly #problems: Problem[] = [];
  #left = 0;

  add(code: ProblemCode, path: string, zh: string, en: string): void {
    if (this.#problems.length < problemsMax) this.#problems.push({ code, path, zh, en });
    else this.#left += 1;
  }

  addAll(problems: readonly Problem[]): void {
    for (const { code, path, zh, en } of problems) this.add(code, path, zh, en);
  }

  get isEmpty(): boolean {
    return this.#problems.length === 0;
  }

  all(): Problem[] {
    if (this.#left === 0) return [...this.#problems];
    const zh = `另有 ${this.#left} 处问题未列出`;
    return [
      ...this.#problems,
      { code: 'TOO_MANY', path: '', zh, en: `${this.#left} more problems not listed` },
    ];
  }
}

/** One line for a terminal: where, and both languages. */
export function problemLine(problem: Problem): string {
  return `${problem.path === '' ? '(document)' : problem.path}: ${problem.zh} / ${problem.en} [${problem.code}]`;
}
