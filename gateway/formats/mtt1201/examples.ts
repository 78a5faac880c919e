// Values that a field of each type may have, and one row of every kind made of them: what tests, fuzzing and trial
// files start from. Deterministic by its number; nothing here reads like a real mine's data.

import { dialects } from './profiles/dialects.ts';
import { encodeUpload } from './encode.ts';
import type { DialectProfile, FieldProfile, KindProfile, Row } from './profile.ts';

const exampleTime = Date.UTC(2026, 2, 18, 6, 0, 0);
const exampleMine = '150622004499';

export function exampleValue(field: FieldProfile, number: number): string | number {
  if (field.name === 'mineCode') return exampleMine;
  if (field.name === 'systemModel') return 'KJ1031X';
  if (field.name === 'whereabouts') return 1;
  switch (field.type) {
    case 'text':
      // The value of a point is a text, because switches send words.
      return field.name === 'value' ? String(number / 4) : `${field.zh}${number}`;
    case 'code':
      return `${exampleMine}01MN${String(number).padStart(4, '0')}`;
    case 'number':
      return number / 8;
    case 'integer':
      return number;
    case 'flag':
      return number % 2;
    case 'bits':
      return number % 256;
    case 'time':
      return exampleTime + number * 1000;
  }
}

export function exampleRow(fields: readonly FieldProfile[], number: number): Row {
  return Object.fromEntries(fields.map((field) => [field.name, exampleValue(field, number)]));
}

export interface ExampleFile {
  readonly dialect: DialectProfile;
  readonly kind: KindProfile;
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

/** One file of every kind of every dialect, three rows each. */
export function exampleFiles(): readonly ExampleFile[] {
  return dialects.flatMap((dialect) =>
    [...dialect.kinds.values()].flatMap((kind, index): ExampleFile[] => {
      const shapes = [kind.row, ...(kind.otherRows ?? []), kind.row];
      const rows = shapes.map((fields, row) => exampleRow(fields, row + 1));
      const encoding = index % 2 === 0 ? 'utf-8' : 'gb18030';
      const written = encodeUpload(kind.kind, exampleRow(kind.header, rows.length), rows, {
        dialect: dialect.id,
        encoding,
      });
      const fileName = `${exampleMine}_${kind.kind}_20260318140000.txt`;
      return written.ok ? [{ dialect, kind, fileName, bytes: written.bytes }] : [];
    }),
  );
}
