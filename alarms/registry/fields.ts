// Reads one JSON object of a document field by field and notes every fault on the way: wrong type, out of bounds,
// missing, unknown. It never throws and never guesses: what it could not read is undefined and has a problem.

import { parseTime } from '../kernel/time.ts';
import type { ProblemList } from './problem.ts';

export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  /** The value must be greater than this. */
  readonly above?: number;
  readonly integer?: boolean;
}

/** Ids go into alarm ids (`rule/scope#n`), topics, file names and CSV: no separators of any of these. */
const idPattern = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,63}$/u;
export function isId(text: string): boolean {
  return idPattern.test(text);
}

export const idRule = 'letters, digits, . _ : - and at most 64 characters';

/** Longest list of ids in one field: a selector that names every point of the largest mine. */
const listMax = 5_000;

export class Fields {
  readonly path: string;
  readonly problems: ProblemList;
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #seen = new Set<string>();

  constructor(source: Readonly<Record<string, unknown>>, path: string, problems: ProblemList) {
    this.#source = source;
    this.path = path;
    this.problems = problems;
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** The raw value, marked as known; null counts as absent. */
  raw(name: string): unknown {
    this.#seen.add(name);
    return Object.hasOwn(this.#source, name) ? (this.#source[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  require(name: string): void {
    if (this.has(name)) return;
    this.problems.add('FIELD_MISSING', this.at(name), `缺少字段 ${name}`, `field ${name} is missing`);
  }

  refuse(name: string, zh: string, en: string): undefined {
    this.problems.add('FIELD_INVALID', this.at(name), zh, en);
    return undefined;
  }

  text(name: string, longest = 200): string | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length <= longest && !hasControl(value)) return value;
    return this.refuse(
      name,
      `应为不超过 ${longest} 字的文本`,
      `must be text of at most ${longest} characters`,
    );
  }

  id(name: string): string | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : this.#idValue(value, this.at(name));
  }

  number(name: string, bounds: NumberBounds = {}): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && isWithin(value, bounds)) return value;
    const text = boundsText(bounds);
    return this.refuse(name, `应为${text.zh}`, `must be ${text.en}`);
  }

  boolean(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.refuse(name, '应为 true 或 false', 'must be true or false');
  }

  time(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const time = parseTime(value);
    if (time !== null) return time;
    return this.refuse(name, '应为带时区的 ISO 8601 时间', 'must be an ISO 8601 time with a zone');
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    return this.refuse(name, `应为 ${choices.join(' ')} 之一`, `must be one of ${choices.join(' ')}`);
  }

  /** One id, or a list of at least one. */
  ids(name: string): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.length === 0 || list.length > listMax)
      return this.refuse(name, `应有 1 至 ${listMax} 项`, `must have 1 to ${listMax} entries`);
    const ids = list.map((entry, index) =>
      this.#idValue(entry, Array.isArray(value) ? `${this.at(name)}[${index}]` : this.at(name)),
    );
    return ids.filter((id) => id !== undefined);
  }

  child(name: string): Fields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : fieldsOf(value, this.at(name), this.problems);
  }

  list(name: string, longest: number): Fields[] | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : listOf(value, this.at(name), longest, this.problems);
  }

  keys(): string[] {
    return Object.keys(this.#source);
  }

  /** Last call: whatever was not asked for is unknown, and an unknown field is a fault, not a wish. */
  refuseUnknown(): void {
    for (const name of Object.keys(this.#source)) {
      if (this.#seen.has(name)) continue;
      const shown = name.slice(0, 64);
      this.problems.add('FIELD_UNKNOWN', this.at(shown), `未知字段 ${shown}`, `unknown field ${shown}`);
    }
  }

  #idValue(value: unknown, path: string): string | undefined {
    if (typeof value === 'string' && idPattern.test(value)) return value;
    this.problems.add('ID_INVALID', path, '编号只含字母、数字与 . _ : -，不超过 64 字', `an id is ${idRule}`);
    return undefined;
  }
}

export function fieldsOf(value: unknown, path: string, problems: ProblemList): Fields | undefined {
  if (isObject(value)) return new Fields(value, path, problems);
  problems.add('NOT_AN_OBJECT', path, '应为对象', 'must be an object');
  return undefined;
}

export function listOf(value: unknown, path: string, longest: number, problems: ProblemList): Fields[] {
  if (!Array.isArray(value)) {
    problems.add('NOT_A_LIST', path, '应为列表', 'must be a list');
    return [];
  }
  if (value.length > longest) {
    problems.add('TOO_MANY', path, `最多 ${longest} 项`, `at most ${longest} entries`);
    return [];
  }
  const entries: readonly unknown[] = value;
  return entries
    .map((entry, index) => fieldsOf(entry, `${path}[${index}]`, problems))
    .filter((entry) => entry !== undefined);
}

/** What `present` gives: members that may be undefined become optional, all others stay. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Drops undefined members, so that an absent field stays absent (exactOptionalPropertyTypes). */
export function present<T extends object>(record: T): Present<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Present<T>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(text);
}

function isWithin(value: number, { min, max, above, integer }: NumberBounds): boolean {
  if (!Number.isFinite(value) || (integer === true && !Number.isInteger(value))) return false;
  return (
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above)
  );
}

function boundsText({ min, max, above, integer }: NumberBounds): { zh: string; en: string } {
  const parts = [
    above === undefined ? '' : `> ${above}`,
    min === undefined ? '' : `≥ ${min}`,
    max === undefined ? '' : `≤ ${max}`,
  ].filter((part) => part !== '');
  const range = parts.length === 0 ? '' : ` ${parts.join(' ')}`;
  return integer === true
    ? { zh: `整数${range}`, en: `an integer${range}` }
    : { zh: `有限数${range}`, en: `a finite number${range}` };
}
