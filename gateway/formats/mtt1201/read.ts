// The envelope of an upload file: encoding, file end, dialect, header, records. Rows by field name or refusals, no
// meaning yet. Never throws; every count is bounded. The dialect is told by kind and header: the first that fits.

import type { RefusedRecord, UploadHeader, UploadResult } from '#gateway/formats/upload.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { timePatterns } from './fields.ts';
import type { RecordRow, Remark } from './meaning/meaning.ts';
import type { DialectProfile, KindProfile, Row } from './profile.ts';
import { dialects } from './profiles/dialects.ts';
import { headerShapes, readRecord, rowShapes } from './records.ts';
import { decodeText, type UploadText } from './text.ts';

/** The largest mine's definitions are 3,000 points of 300 bytes; a day's statistics of them are 12 MB. */
export const fileBytesMax = 16 * 1024 * 1024;
export const recordsMax = 200_000;

export interface UploadOptions {
  /** As in the topic or the file name. */
  readonly kind: string;
  /** Of dialects whose files do not name the mine, the name does. */
  readonly fileName?: string;
  /** ms */
  readonly receivedAt: number;
}

export interface ReadUpload {
  readonly ok: true;
  readonly kind: KindProfile;
  readonly dialect: DialectProfile;
  readonly encoding: UploadHeader['encoding'];
  readonly mineCode: string;
  readonly header: Row;
  readonly rows: readonly RecordRow[];
  readonly refused: readonly RefusedRecord[];
  readonly remarks: readonly Remark[];
}

export type RefusedUpload = Extract<UploadResult, { ok: false }>;

interface Candidate {
  readonly dialect: DialectProfile;
  readonly kind: KindProfile;
}

interface ReadHeader extends Candidate {
  readonly header: Row;
  readonly mineCode: string;
}

export function readUpload(bytes: Uint8Array, options: UploadOptions): ReadUpload | RefusedUpload {
  const kindName = options.kind.toUpperCase();
  const candidates = candidatesOf(kindName);
  const [first] = candidates;
  if (first === undefined)
    return refuseFile(
      'UPLOAD_KIND_UNKNOWN',
      `没有文件类型“${kindName.slice(0, 32)}”`,
      `no file kind "${kindName.slice(0, 32)}"`,
    );
  if (bytes.length > fileBytesMax)
    return refuseFile(
      'FRAME_TOO_LARGE',
      `文件有 ${bytes.length} 字节，最多 ${fileBytesMax}`,
      `${bytes.length} bytes, at most ${fileBytesMax}`,
    );
  const text = decodeText(bytes);
  if (text === null)
    return refuseFile('UPLOAD_ENCODING', '既不是 UTF-8 也不是 GB18030', 'neither UTF-8 nor GB18030');
  return readText(text, candidates, first.dialect, options);
}

function candidatesOf(kindName: string): readonly Candidate[] {
  return dialects.flatMap((dialect) => {
    const kind = dialect.kinds.get(kindName);
    return kind === undefined ? [] : [{ dialect, kind }];
  });
}

function readText(
  decoded: UploadText,
  candidates: readonly Candidate[],
  marks: DialectProfile,
  options: UploadOptions,
): ReadUpload | RefusedUpload {
  const { text } = decoded;
  if (text.trimStart().startsWith('<'))
    return refuseFile(
      'UPLOAD_XML',
      '是 XML 文件（DB14/T 671.2），不接收',
      'an XML file (DB14/T 671.2), not read',
    );
  // Kinds decide over the marks: no kind is in two dialects whose marks differ.
  const end = text.indexOf(marks.fileEnd);
  if (end === -1)
    return {
      ...refuseFile(
        'UPLOAD_INCOMPLETE',
        `没有结束符“${marks.fileEnd}”`,
        `the end mark ${marks.fileEnd} is missing`,
      ),
      isIncomplete: true,
    };
  const after = text.slice(end + marks.fileEnd.length);
  if (after.trim() !== '')
    return refuseFile(
      'UPLOAD_AFTER_END',
      `结束符“${marks.fileEnd}”之后还有内容`,
      `text after the end mark ${marks.fileEnd}`,
    );
  const body = text.slice(0, end);
  if (countOf(body, marks.recordEnd) > recordsMax + 1)
    return refuseFile('TOO_MANY_RECORDS', `超过 ${recordsMax} 条记录`, `more than ${recordsMax} records`);
  const [head = '', ...records] = body.split(marks.recordEnd);
  if (records.length === 0)
    return refuseFile(
      'UPLOAD_HEADER',
      `文件头没有结束符“${marks.recordEnd}”`,
      `the header has no end mark ${marks.recordEnd}`,
    );
  const read = readHeader(head, candidates, options);
  if ('bad' in read) return refuseFile(read.bad.reason, `文件头：${read.bad.zh}`, `header: ${read.bad.en}`);
  const isBroken = (body.includes('\n') || /[\r\n]/.test(after)) && read.dialect.lineBreak === undefined;
  return readRows(records, read, decoded, options, isBroken);
}

function readRows(
  records: readonly string[],
  read: ReadHeader,
  { encoding, hasBom }: UploadText,
  options: UploadOptions,
  isBroken: boolean,
): ReadUpload {
  const { dialect, kind } = read;
  const rows: RecordRow[] = [];
  const refused: RefusedRecord[] = [];
  const [shapes, times] = [rowShapes(kind), timePatterns(dialect)];
  const isClosed = dialect.closes?.includes('row') === true;
  for (const [index, text] of records.entries()) {
    const record = index + 1;
    if (record === records.length) {
      if (text.trim() !== '') refused.push(unfinished(record, dialect.recordEnd));
      break;
    }
    const result = readRecord(text, shapes, dialect, isClosed, times);
    if ('row' in result) rows.push({ record, row: result.row });
    else refused.push({ record, ...result.bad });
  }
  const remarks = remarksOn(read, records.length - 1, encoding, options);
  if (hasBom) remarks.push({ record: 0, zh: '文件以 BOM 开头', en: 'the file begins with a BOM' });
  if (isBroken) remarks.push({ record: 0, zh: '记录之间有换行', en: 'line breaks between records' });
  return { ok: true, ...read, encoding, rows, refused, remarks };
}

function unfinished(record: number, recordEnd: string): RefusedRecord {
  return {
    reason: 'RECORD_UNFINISHED',
    record,
    zh: `最后一条记录没有结束符“${recordEnd}”`,
    en: `the last record has no end mark ${recordEnd}`,
  };
}

type BadHeader = {
  readonly bad: { readonly reason: IntakeRefusal; readonly zh: string; readonly en: string };
};

/** Of several refusals the one that came furthest: it is nearest to what the sender meant. */
function readHeader(
  head: string,
  candidates: readonly Candidate[],
  options: UploadOptions,
): ReadHeader | BadHeader {
  let nearest: BadHeader = {
    bad: { reason: 'UPLOAD_HEADER', zh: '无法识别', en: 'not that of any dialect' },
  };
  let reached = 0;
  for (const candidate of candidates) {
    const { dialect, kind } = candidate;
    const isClosed = dialect.closes?.includes('header') === true;
    const result = readRecord(head, headerShapes(kind), dialect, isClosed, timePatterns(dialect));
    if ('bad' in result) {
      const step = result.bad.reason.startsWith('RECORD') ? 1 : 2;
      if (step > reached) [nearest, reached] = [result, step];
      continue;
    }
    const mineCode = mineCodeOf(result.row, options);
    if (new RegExp(`^(?:${dialect.mineCode})$`).test(mineCode))
      return { ...candidate, header: result.row, mineCode };
    [nearest, reached] = [badMineCode(mineCode), 3];
  }
  return nearest;
}

function badMineCode(mineCode: string): BadHeader {
  const shown = mineCode.slice(0, 32);
  if (shown === '')
    return {
      bad: {
        reason: 'UPLOAD_MINE_CODE',
        zh: '文件和文件名都没有煤矿编码',
        en: 'neither the file nor its name has a mine code',
      },
    };
  return {
    bad: {
      reason: 'UPLOAD_MINE_CODE',
      zh: `煤矿编码“${shown}”应为 9…24 位数字或字母`,
      en: `mine code "${shown}" is not 9…24 digits or letters`,
    },
  };
}

function mineCodeOf(header: Row, { fileName }: UploadOptions): string {
  const stated = header['mineCode'];
  if (typeof stated === 'string') return stated;
  return partsOfName(fileName)?.mineCode ?? '';
}

const namePattern = /^([^_/\\]{1,64})_([A-Za-z]{2,16})_(\d{14})\.txt$/i;

/** `<煤矿编码>_<文件类型>_<yyyyMMddHHmmss>.txt`; null when the name has another shape. */
export function partsOfName(
  fileName = '',
): { readonly mineCode: string; readonly kind: string; readonly stamp: string } | null {
  const match = namePattern.exec(fileName.slice(fileName.lastIndexOf('/') + 1));
  if (match === null) return null;
  const [, mineCode = '', kind = '', stamp = ''] = match;
  return { mineCode, kind: kind.toUpperCase(), stamp };
}

/** A clock that is further ahead than this is wrong, and the resend rules go by it. */
const aheadMsMax = 600_000;

function remarksOn(
  { header, mineCode, kind }: ReadHeader,
  records: number,
  encoding: UploadHeader['encoding'],
  { fileName, receivedAt }: UploadOptions,
): Remark[] {
  const remarks: Remark[] = [];
  const remark = (zh: string, en: string) => remarks.push({ record: 0, zh, en });
  if (encoding === 'gb18030')
    remark('编码是 GB18030，标准要求 UTF-8', 'GB18030 where the standard asks for UTF-8');
  const { recordCount, uploadedAt } = header;
  if (typeof recordCount === 'number' && recordCount !== records)
    remark(
      `文件头称有 ${recordCount} 条，实有 ${records} 条`,
      `header says ${recordCount} records, there are ${records}`,
    );
  if (typeof uploadedAt === 'number' && uploadedAt > receivedAt + aheadMsMax)
    remark('数据上传时间晚于接收时间', 'upload time lies after the time of reception');
  const name = partsOfName(fileName);
  if (fileName !== undefined && name === null)
    remark('文件名不合“编码_类型_时间.txt”', 'file name is not <mine code>_<kind>_<time>.txt');
  if (name !== null && name.mineCode !== mineCode)
    remark(`文件名的煤矿编码是 ${name.mineCode}`, `file name has mine code ${name.mineCode}`);
  if (name !== null && name.kind !== kind.kind)
    remark(`文件名的类型是 ${name.kind}`, `file name has kind ${name.kind}`);
  return remarks;
}

function countOf(text: string, mark: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at !== -1 && count <= recordsMax + 1; at = text.indexOf(mark, at + 1))
    count += 1;
  return count;
}

function refuseFile(reason: IntakeRefusal, zh: string, en: string): RefusedUpload {
  return { ok: false, reason, isIncomplete: false, zh, en };
}
