// The parts of a WHERE clause that queries put together from a filter: conditions and their parameters side by side.
// Values are only ever bound, never written into the text.

import type { SQLInputValue } from 'node:sqlite';

export class Where {
  private readonly parts: string[] = [];
  readonly values: SQLInputValue[] = [];

  get text(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' AND ');
  }

  and(condition: string, ...values: readonly SQLInputValue[]): void {
    this.parts.push(condition);
    this.values.push(...values);
  }

  equal(column: string, value: string | undefined): void {
    if (value !== undefined) this.and(`${column} = ?`, value);
  }

  /** One parameter whatever their number: a province sees a thousand mines. */
  among(column: string, values: readonly string[]): void {
    this.and(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }

  range(column: string, from: number | undefined, to: number | undefined): void {
    if (from !== undefined) this.and(`${column} >= ?`, from);
    if (to !== undefined) this.and(`${column} < ?`, to);
  }
}

export function parseCursor(cursor: string): [number, number] | null {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(cursor);
  return match === null ? null : [Number(match[1]), Number(match[2])];
}
