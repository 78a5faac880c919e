// The writers against the readers: all kinds of all dialects, both encodings, hostile texts. What is written reads back
// as it was; what could not is refused. And: whatever the bytes are, the reader says something and throws nothing.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { intakeRefusals } from '#gateway/protocol/refusals.ts';
import { decodeUpload } from './decode.ts';
import { encodeUpload, uploadFileName } from './encode.ts';
import { exampleFiles, exampleRow } from './examples.ts';
import type { FieldProfile, Row } from './profile.ts';
import { dialects } from './profiles/dialects.ts';
import { readUpload } from './read.ts';

const receivedAt = Date.UTC(2026, 2, 18, 6, 0, 5);
const mine = '150622004499';
const everyKind = dialects.flatMap((dialect) =>
  [...dialect.kinds.values()].map((kind) => ({ dialect, kind })),
);

test('every kind of every dialect has an example that is read without a refusal', () => {
  const files = exampleFiles();
  expect(files).toHaveLength(everyKind.length);
  for (const { dialect, kind, fileName, bytes } of files) {
    const result = decodeUpload(bytes, { kind: kind.kind, fileName, receivedAt });
    const refused = result.ok ? result.upload.refused.map(({ en }) => en) : [result.en];
    expect([dialect.id, kind.kind, refused]).toStrictEqual([dialect.id, kind.kind, []]);
    if (!result.ok) continue;
    // Document 42 differs in its mine codes alone, so that 12 digits are taken for the standard's.
    const expected = dialect.id === 'document42' ? 'mtt1201' : dialect.id;
    expect([kind.kind, result.upload.header.dialect, result.upload.records]).toStrictEqual([
      kind.kind,
      expected,
      kind.otherRows === undefined ? 2 : 3,
    ]);
  }
});

const hostile = fc.oneof(
  fc.constantFrom(
    '甲烷；T0',
    'a|',
    '|',
    ']]',
    '<x>',
    '联通',
    '€',
    '😀',
    '𠮷',
    '上隅角 T0',
    '-9999',
    '__proto__',
  ),
  fc.constantFrom('a;b', 'a~b', 'a||b', 'a\nb', 'a]]]b', 'a^b', ' a', '\uFEFFa', '\ud800', 'a\u0000'),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

function valueFor(field: FieldProfile): fc.Arbitrary<string | number | null> {
  const value = typed(field);
  if (field.name === 'mineCode') return fc.constant(mine);
  return field.isRequired === true ? value : fc.option(value, { nil: null, freq: 4 });
}

function typed({ type }: FieldProfile): fc.Arbitrary<string | number> {
  switch (type) {
    case 'text':
      return hostile;
    case 'code':
      return fc.stringMatching(/^[0-9A-Za-z]{1,40}$/);
    case 'number':
      // + 0: the text of -0 is that of 0.
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case 'integer':
      return fc.integer();
    case 'flag':
      return fc.constantFrom(0, 1);
    case 'bits':
      return fc.integer({ min: 0, max: 255 });
    case 'time':
      return fc.integer({ min: 946_700_000, max: 4_102_000_000 }).map((seconds) => seconds * 1000);
  }
}

function rowOf(fields: readonly FieldProfile[]): fc.Arbitrary<Row> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueFor(field)])));
}

// By numbers, so that a counterexample is not the whole dictionary.
const file = fc.nat(everyKind.length - 1).chain((which) => {
  const { kind } = kindAt(which);
  return fc.record({
    which: fc.constant(which),
    header: rowOf(kind.header),
    rows: fc.array(fc.oneof(...[kind.row, ...(kind.otherRows ?? [])].map(rowOf)), { maxLength: 4 }),
    encoding: fc.constantFrom('utf-8', 'gb18030'),
  });
});

function kindAt(which: number) {
  const found = everyKind[which];
  if (found === undefined) throw new Error(`no kind ${which}`);
  return found;
}

test('what is written reads back as it was', () => {
  let written = 0;
  const property = fc.property(file, ({ which, header, rows, encoding }) => {
    const { dialect, kind } = kindAt(which);
    const result = encodeUpload(kind.kind, header, rows, { dialect: dialect.id, encoding });
    if (!result.ok) return;
    written += 1;
    const fileName = `${mine}_${kind.kind}_20260318140000.txt`;
    const read = readUpload(result.bytes, { kind: kind.kind, fileName, receivedAt });
    if (!read.ok) throw new Error(read.en);
    expect(read.refused).toStrictEqual([]);
    expect(read.header).toEqual(header);
    expect(read.rows.map(({ row }) => row)).toEqual(rows);
    decodeUpload(result.bytes, { kind: kind.kind, fileName, receivedAt });
  });
  fc.assert(property, { seed: 1201, numRuns: 3000 });
  // The hostile texts must not have been refused everywhere.
  expect(written).toBeGreaterThan(500);
});

test.each(['a;b', 'a~b', 'a||b', 'a\nb', ' a', '\ud800', 'a'.repeat(257)])(
  'the writer refuses the text %j and names its record',
  (place) => {
    const cdss = dialects[0]?.kinds.get('CDSS');
    if (cdss === undefined) throw new Error('CDSS is a kind');
    const rows = [exampleRow(cdss.row, 1), { ...exampleRow(cdss.row, 2), place }];
    const header = exampleRow(cdss.header, 1);
    const result = encodeUpload('CDSS', header, rows, { dialect: 'mtt1201', encoding: 'utf-8' });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.record).toBe(place === '\ud800' ? 0 : 2);
  },
);

test('a file name is written from its parts, or not at all', () => {
  const time = Date.UTC(2026, 2, 18, 6, 0, 0);
  expect(uploadFileName(mine, 'CDSS', time)).toBe('150622004499_CDSS_20260318140000.txt');
  expect(uploadFileName('../x', 'CDSS', time)).toBeNull();
  expect(uploadFileName(mine, 'CD_SS', time)).toBeNull();
});

test('random bytes and mutations of valid files throw nothing and are refused by known codes', () => {
  const files = exampleFiles();
  const cut = fc.record({
    which: fc.nat(files.length - 1),
    at: fc.nat(4000),
    length: fc.nat(30),
    insert: fc.uint8Array({ maxLength: 12 }),
  });
  const mutated = cut.map(({ which, at, length, insert }) => {
    const bytes = files[which]?.bytes ?? new Uint8Array();
    const from = at % bytes.length;
    return {
      kind: files[which]?.kind.kind ?? '',
      bytes: Buffer.concat([bytes.slice(0, from), insert, bytes.slice(from + length)]),
    };
  });
  const random = fc.record({
    kind: fc.constantFrom(...everyKind.map(({ kind }) => kind.kind)),
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  const property = fc.property(fc.oneof(mutated, random), ({ kind, bytes }) => {
    const result = decodeUpload(bytes, { kind, fileName: `${mine}_X.txt`, receivedAt });
    const reasons = result.ok ? result.upload.refused.map(({ reason }) => reason) : [result.reason];
    expect(reasons.filter((reason) => !Object.hasOwn(intakeRefusals, reason))).toStrictEqual([]);
  });
  expect(() => fc.assert(property, { seed: 671, numRuns: 3000 })).not.toThrow();
});
