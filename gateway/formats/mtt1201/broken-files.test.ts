// Files as they go wrong in the field, each with the one line of the report that says why. The whole reports stand in
// broken-files.txt beside this, for people to read (UPDATE_DOCS=1 renews it).

import { readFileSync, writeFileSync } from 'node:fs';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { decodeUpload } from './decode.ts';
import { conformanceReport } from './report.ts';

const receivedAt = Date.UTC(2026, 2, 18, 6, 0, 5);
const head = '150622004499;演示矿;2026-03-18 14:00:00~';
const point = '15062200449901MN0001';
const good = `${point};环境瓦斯;上隅角;0.52;%;0;2026-03-18 13:59:58~`;

interface Broken {
  readonly what: string;
  readonly kind?: string;
  readonly bytes: string | Uint8Array;
  readonly fileName?: string;
  readonly line: string;
}

const cdss = (row: string) => `${head}${good}${row}~||`;
const alarm = (times: string) =>
  `${head}${point};环境瓦斯;上隅角;%;001;${times};1.2;;0.4;;0.8;;;;;2026-03-18 14:00:00~||`;

const broken: readonly Broken[] = [
  { what: 'nothing in it', bytes: '', line: 'file: UPLOAD_INCOMPLETE' },
  {
    what: 'cut in the middle of a record',
    bytes: `${head}${good.slice(0, 40)}`,
    line: 'file: UPLOAD_INCOMPLETE',
  },
  {
    what: 'cut in the middle of a character',
    bytes: Buffer.from(`${head}${point};环`).subarray(0, -1),
    line: 'file: UPLOAD_INCOMPLETE',
  },
  { what: 'half an end mark', bytes: `${head}${good}|`, line: 'file: UPLOAD_INCOMPLETE' },
  { what: 'two files in one', bytes: `${head}${good}||${head}${good}||`, line: 'file: UPLOAD_AFTER_END' },
  { what: 'zeros after the end', bytes: `${head}${good}||\0\0`, line: 'file: UPLOAD_AFTER_END' },
  { what: 'UTF-16', bytes: Buffer.from(`\uFEFF${head}||`, 'utf16le'), line: 'file: UPLOAD_ENCODING' },
  { what: 'XML', bytes: '<?xml version="1.0"?><MineData/>', line: 'file: UPLOAD_XML' },
  { what: 'a kind nobody knows', kind: 'ABCD', bytes: `${head}||`, line: 'file: UPLOAD_KIND_UNKNOWN' },
  { what: 'no header', bytes: '||', line: 'file: UPLOAD_HEADER' },
  { what: 'a header of two fields', bytes: '150622004499;演示矿~||', line: 'file: RECORD_FIELD_COUNT' },
  {
    what: 'a header in full-width semicolons',
    bytes: '150622004499；演示矿；2026-03-18 14:00:00~||',
    line: 'file: RECORD_FULL_WIDTH',
  },
  { what: 'a header without its time', bytes: '150622004499;演示矿;~||', line: 'file: FIELD_EMPTY' },
  {
    what: 'a header time with slashes',
    bytes: '150622004499;演示矿;2026/03/18 14:00~||',
    line: 'file: BAD_TIME',
  },
  { what: 'a short mine code', bytes: '1506;演示矿;2026-03-18 14:00:00~||', line: 'file: UPLOAD_MINE_CODE' },
  {
    what: 'the marks of the non-coal edition in a coal mine kind',
    bytes: '150622004499;演示矿;2026-03-18 14:00:00^]]]',
    line: 'file: UPLOAD_INCOMPLETE',
  },
  {
    what: 'no mine code in file or name',
    kind: 'KGBH',
    bytes: '2026-03-18 14:00:00;0;~\r\n||',
    fileName: 'KGBH.TXT',
    line: 'file: UPLOAD_MINE_CODE',
  },
  {
    what: 'more records than the bound',
    bytes: `${head}${'~'.repeat(200_001)}||`,
    line: 'file: TOO_MANY_RECORDS',
  },
  {
    what: 'a file of 17 MiB',
    bytes: Buffer.alloc(17 * 1024 * 1024, 0x30),
    line: 'file: FRAME_TOO_LARGE',
  },
  {
    what: 'a field too few',
    bytes: cdss(`${point};环境瓦斯;上隅角;0.52;0;2026-03-18 13:59:58`),
    line: 'record 2: RECORD_FIELD_COUNT',
  },
  {
    what: 'a field too many',
    bytes: cdss(`${point};环境瓦斯;上隅角;0.52;%;0;2026-03-18 13:59:58;`),
    line: 'record 2: RECORD_FIELD_COUNT',
  },
  {
    what: 'one full-width semicolon',
    bytes: cdss(`${point};环境瓦斯；上隅角;0.52;%;0;2026-03-18 13:59:58`),
    line: 'record 2: RECORD_FULL_WIDTH',
  },
  {
    what: 'ten thousand fields',
    bytes: cdss(';'.repeat(10_000)),
    line: 'record 2: RECORD_FIELD_COUNT',
  },
  {
    what: 'a last record without its end',
    bytes: `${head}${good}${good.slice(0, -1)}||`,
    line: 'record 2: RECORD_UNFINISHED',
  },
  {
    what: 'no point',
    bytes: cdss(';环境瓦斯;上隅角;0.52;%;0;2026-03-18 13:59:58'),
    line: 'record 2: FIELD_EMPTY',
  },
  {
    what: 'a blank inside the point',
    bytes: cdss('15062 01MN;环境瓦斯;上隅角;0.52;%;0;2026-03-18 13:59:58'),
    line: 'record 2: FIELD_INVALID',
  },
  {
    what: 'a value that is no number',
    bytes: cdss(`${point};环境瓦斯;上隅角;0,52;%;0;2026-03-18 13:59:58`),
    line: 'record 2: BAD_VALUE',
  },
  {
    what: 'a status beyond eight bits',
    bytes: cdss(`${point};环境瓦斯;上隅角;0.52;%;256;2026-03-18 13:59:58`),
    line: 'record 2: BAD_STATUS',
  },
  {
    what: 'the thirtieth of February',
    bytes: cdss(`${point};环境瓦斯;上隅角;0.52;%;0;2026-02-30 13:59:58`),
    line: 'record 2: BAD_TIME',
  },
  {
    what: 'a required time that is "not yet"',
    bytes: cdss(`${point};环境瓦斯;上隅角;0.52;%;0;xxxx-xx-xx xx:xx:xx`),
    line: 'record 2: FIELD_EMPTY',
  },
  {
    what: 'a place of 300 characters',
    bytes: cdss(`${point};环境瓦斯;${'长'.repeat(300)};0.52;%;0;2026-03-18 13:59:58`),
    line: 'record 2: FIELD_TOO_LONG',
  },
  {
    what: 'a line break inside a field',
    bytes: cdss(`${point};环境瓦斯;上\n隅角;0.52;%;0;2026-03-18 13:59:58`),
    line: 'record 2: FIELD_INVALID',
  },
  {
    what: 'an alarm that ends before it begins',
    kind: 'YCBJ',
    bytes: alarm('2026-03-18 13:50:00;2026-03-18 13:40:00'),
    line: 'record 1: BAD_TIME',
  },
];

const understood: readonly Broken[] = [
  { what: 'a BOM', bytes: `\uFEFF${head}${good}||`, line: 'file: remark – the file begins with a BOM' },
  {
    what: 'line breaks',
    bytes: `${head}\r\n${good}\r\n||\r\n`,
    line: 'file: remark – line breaks between records',
  },
  {
    what: 'GB18030',
    bytes: iconv.encode(`${head}${good}||`, 'gb18030'),
    line: 'file: remark – GB18030 where the standard asks for UTF-8',
  },
  {
    what: 'a point twice at one time',
    bytes: `${head}${good}${good}||`,
    line: `record 2: remark – ${point} stands in the file twice: the last one counts`,
  },
  {
    what: 'a header that counts wrongly',
    kind: 'KGBH',
    bytes: '2026-03-18 14:00:00;2;~\r\n||\r\n',
    line: 'file: remark – header says 2 records, there are 0',
  },
  {
    what: 'a name of another mine',
    bytes: `${head}${good}||`,
    fileName: '150622004500_CDSS_20260318140000.txt',
    line: 'file: remark – file name has mine code 150622004500',
  },
];

function reportOf({ kind = 'CDSS', bytes, fileName = `150622004499_${kind}_20260318140000.txt` }: Broken) {
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return conformanceReport(decodeUpload(data, { kind, fileName, receivedAt }), fileName);
}

describe('a broken file has one line that says why', () => {
  test.each(broken)('$what', (file) => {
    const { en, zh, json } = reportOf(file);
    const reasons = en.filter((line) => /: [A-Z_]{5,} /.test(line));
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(`${file.line} `);
    expect(zh).toHaveLength(en.length);
    expect(json.refused.map(({ reason }) => reason)).toStrictEqual([file.line.split(': ')[1]]);
  });
});

describe('what is against the standard but clear is read and remarked', () => {
  test.each(understood)('$what', (file) => {
    const { en, json } = reportOf(file);
    expect(json.refused).toStrictEqual([]);
    expect(json.verdict).toBe('understood');
    expect(en.filter((line) => line.includes('remark'))).toStrictEqual([file.line]);
  });
});

test('only a file without its end is waited for', () => {
  const awaited = broken.filter((file) => reportOf(file).json.verdict === 'incomplete');
  expect(awaited.map(({ line }) => line)).toStrictEqual(
    broken.map(({ line }) => line).filter((line) => line.includes('UPLOAD_INCOMPLETE')),
  );
});

test('the printed reports are those of broken-files.txt', () => {
  const printed = [...broken, ...understood].map((file) => {
    const { zh, en } = reportOf(file);
    return [`## ${file.what}`, ...zh, ...en].join('\n');
  });
  const text = `${printed.join('\n\n')}\n`;
  const path = new URL('broken-files.txt', import.meta.url);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
});
