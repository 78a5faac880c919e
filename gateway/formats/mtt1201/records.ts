// One record ⇄ its fields by the profile: which shape it has, by its number of fields, and each field by its type.
// Exact counts: a record with one field more or less says something else than it seems to.

import { isBad, readField, type BadField, type FieldValue } from './fields.ts';
import type { DialectProfile, FieldProfile, KindProfile, Row } from './profile.ts';

/** The longest profile has 24; what has more is no record of ours, and is not split further. */
export const fieldsMax = 64;

export type ReadRecord = { readonly row: Row } | { readonly bad: BadField };

interface Shape {
  readonly fields: readonly FieldProfile[];
  readonly min: number;
}

export function headerShapes(kind: KindProfile): readonly Shape[] {
  return [{ fields: kind.header, min: kind.headerFieldsMin ?? kind.header.length }];
}

export function rowShapes(kind: KindProfile): readonly Shape[] {
  const others = (kind.otherRows ?? []).map((fields) => ({ fields, min: fields.length }));
  return [...others, { fields: kind.row, min: kind.rowFieldsMin ?? kind.row.length }];
}

export function readRecord(
  text: string,
  shapes: readonly Shape[],
  dialect: DialectProfile,
  isClosed: boolean,
  times: readonly RegExp[],
): ReadRecord {
  const parts = text.split(dialect.fieldSeparator, fieldsMax + 1);
  const shape = shapeOf(parts, shapes, isClosed);
  if (shape === null) return { bad: wrongCount(text, parts.length, shapes) };
  const row: Record<string, FieldValue> = {};
  for (const [index, field] of shape.fields.entries()) {
    const value = readField(parts[index] ?? '', field, times);
    if (isBad(value)) return { bad: value };
    row[field.name] = value;
  }
  return { row };
}

function shapeOf(parts: readonly string[], shapes: readonly Shape[], isClosed: boolean): Shape | null {
  const count = parts.length;
  const fits = shapes.find(({ fields, min }) => count >= min && count <= fields.length);
  if (fits !== undefined || !isClosed || parts.at(-1)?.trim() !== '') return fits ?? null;
  return shapes.find(({ fields }) => count === fields.length + 1) ?? null;
}

function wrongCount(text: string, count: number, shapes: readonly Shape[]): BadField {
  const wanted = shapes.map(({ fields, min }) =>
    min === fields.length ? String(min) : `${min}…${fields.length}`,
  );
  const shown = count > fieldsMax ? `>${fieldsMax}` : String(count);
  if (text.includes('；'))
    return {
      reason: 'RECORD_FULL_WIDTH',
      zh: `用了全角分号“；”，应为半角“;”（读出 ${shown} 个字段，应为 ${wanted.join('或')} 个）`,
      en: `full-width semicolon ； where ; belongs (${shown} fields read, ${wanted.join(' or ')} expected)`,
    };
  return {
    reason: 'RECORD_FIELD_COUNT',
    zh: `有 ${shown} 个字段，应为 ${wanted.join('或')} 个`,
    en: `${shown} fields, ${wanted.join(' or ')} expected`,
  };
}
