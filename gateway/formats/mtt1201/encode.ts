// The writers of upload files, from the same profiles that the reader has: what is written reads back as it was. What
// could not (a separator inside a text, half a second, a character that the encoding lacks) is refused, not written.

import iconv from 'iconv-lite';
import type { UploadHeader } from '#gateway/formats/upload.ts';
import { isBad, readField, timePatterns, writeField } from './fields.ts';
import type { DialectProfile, FieldProfile, KindProfile, Row } from './profile.ts';
import { dialects } from './profiles/dialects.ts';
import { partsOfName, recordsMax } from './read.ts';
import { decodeText } from './text.ts';

export interface EncodeOptions {
  /** id */
  readonly dialect: string;
  readonly encoding: UploadHeader['encoding'];
}

export type EncodeResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `record` 0: the header or the whole file. */
  | { readonly ok: false; readonly record: number; readonly zh: string; readonly en: string };

type Refused = Extract<EncodeResult, { ok: false }>;
type Written = { readonly text: string } | Refused;

export function encodeUpload(
  kindName: string,
  header: Row,
  rows: readonly Row[],
  options: EncodeOptions,
): EncodeResult {
  const dialect = dialects.find(({ id }) => id === options.dialect);
  const kind = dialect?.kinds.get(kindName);
  if (dialect === undefined || kind === undefined)
    return refuse(
      0,
      `方言“${options.dialect}”没有类型“${kindName}”`,
      `${options.dialect} has no kind ${kindName}`,
    );
  if (rows.length > recordsMax) return refuse(0, `超过 ${recordsMax} 条`, `more than ${recordsMax} records`);
  const written = writeAll(kind, dialect, header, rows);
  return 'text' in written ? toBytes(written.text, options.encoding) : written;
}

function writeAll(kind: KindProfile, dialect: DialectProfile, header: Row, rows: readonly Row[]): Written {
  const wrongCode = header['mineCode'] !== undefined && !hasMineCode(header, dialect);
  if (wrongCode) return refuse(0, '煤矿编码不合规', 'mine code is not one of the dialect');
  const times = timePatterns(dialect);
  const head = writeRecord(0, header, [kind.header], dialect, 'header', times);
  if (!('text' in head)) return head;
  // The reader would take it for XML.
  if (head.text.startsWith('<')) return refuse(0, '文件头以“<”开头', 'the header begins with <');
  const parts = [head.text];
  const shapes = [kind.row, ...(kind.otherRows ?? [])];
  for (const [index, row] of rows.entries()) {
    const record = writeRecord(index + 1, row, shapes, dialect, 'row', times);
    if (!('text' in record)) return record;
    parts.push(record.text);
  }
  return { text: `${parts.join('')}${dialect.fileEnd}${dialect.lineBreak ?? ''}` };
}

function hasMineCode({ mineCode }: Row, dialect: DialectProfile): boolean {
  return typeof mineCode === 'string' && new RegExp(`^(?:${dialect.mineCode})$`).test(mineCode);
}

function writeRecord(
  record: number,
  row: Row,
  shapes: readonly (readonly FieldProfile[])[],
  dialect: DialectProfile,
  part: 'header' | 'row',
  times: readonly RegExp[],
): Written {
  const names = Object.keys(row);
  const fields = shapes.find((shape) => names.every((name) => shape.some((field) => field.name === name)));
  if (fields === undefined) return refuse(record, '有此类型没有的字段', 'has a field that the kind has not');
  const texts: string[] = [];
  for (const field of fields) {
    const value = row[field.name] ?? null;
    const text = writeField(value, field);
    const isSeparated = [dialect.fieldSeparator, dialect.recordEnd, dialect.fileEnd].some((mark) =>
      text.includes(mark),
    );
    const back = readField(text, field, times);
    if (isSeparated || isBad(back) || back !== value)
      return refuse(
        record,
        `字段“${field.zh}”的内容不能写入`,
        `the content of field ${field.name} cannot be written`,
      );
    texts.push(text);
  }
  const closing = dialect.closes?.includes(part) === true ? dialect.fieldSeparator : '';
  return {
    text: `${texts.join(dialect.fieldSeparator)}${closing}${dialect.recordEnd}${dialect.lineBreak ?? ''}`,
  };
}

/** Bytes that the reader would take for another text, or in another encoding, are none. */
function toBytes(text: string, encoding: UploadHeader['encoding']): EncodeResult {
  const bytes = encoding === 'utf-8' ? new TextEncoder().encode(text) : iconv.encode(text, 'gb18030');
  if (decodeText(bytes)?.text === text) return { ok: true, bytes };
  return refuse(0, `有字符不能用 ${encoding} 写出`, `a character cannot be written in ${encoding}`);
}

/** Null when the mine code cannot stand in a file name. */
export function uploadFileName(mineCode: string, kind: string, uploadedAt: number): string | null {
  const time = { name: 'uploadedAt', zh: '数据上传时间', type: 'time' } as const;
  const stamp = writeField(uploadedAt, time).replaceAll(/\D/g, '');
  const name = `${mineCode}_${kind}_${stamp}.txt`;
  const parts = partsOfName(name);
  return parts?.mineCode === mineCode && parts.kind === kind ? name : null;
}

function refuse(record: number, zh: string, en: string): Refused {
  return { ok: false, record, zh, en };
}
