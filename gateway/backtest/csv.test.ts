// The CSV reader: what it takes, what it refuses with the number of the line, and that chunks leave no trace.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { array, assert, nat, property } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CsvParser, openCsv } from './csv.ts';

function parse(text: string) {
  const parser = new CsvParser();
  return [...parser.push(text), ...parser.end()];
}

const header = 'time,point,value,status\n';
const good = '2026-01-05T00:00:00.000Z,A,1.5,0\n';
const t0 = Date.UTC(2026, 0, 5);

describe('a line is read', () => {
  test.each([
    [
      'with a time in ISO 8601',
      '2026-01-05T08:00:00+08:00,A,1.5,0',
      { time: t0, point: 'A', value: 1.5, status: 0 },
    ],
    ['with a time in epoch milliseconds', `${t0},A,1.5,0`, { time: t0, point: 'A', value: 1.5, status: 0 }],
    [
      'with a negative value and an exponent',
      `${t0},A,-2.55e2,1`,
      { time: t0, point: 'A', value: -255, status: 1 },
    ],
    ['with an empty value as no number', `${t0},A,,8`, { time: t0, point: 'A', value: null, status: 8 }],
    ['with NaN as no number', `${t0},A,NaN,0`, { time: t0, point: 'A', value: null, status: 0 }],
    [
      'with a number beyond all bounds as no number',
      `${t0},A,1e999,0`,
      { time: t0, point: 'A', value: null, status: 0 },
    ],
    ['with a carriage return at its end', `${t0},A,1,0\r`, { time: t0, point: 'A', value: 1, status: 0 }],
  ])('%s', (_, line, reading) => {
    expect(parse(`${header}${line}\n`)).toEqual([reading]);
  });
  test('without a header, without a last line feed, and past empty lines', () => {
    expect(parse(`${good}\n${good.trimEnd()}`)).toHaveLength(2);
  });
  test('with a fifth column that drives the clock', () => {
    expect(parse(`time,point,value,status,received\n${t0},A,1,0,${t0 + 5}\n`)).toEqual([
      { time: t0, point: 'A', value: 1, status: 0, received: t0 + 5 },
    ]);
  });
});

describe('a file is refused with the number of its line for', () => {
  test.each([
    ['another header', 'time,sensor,value,status\n', /line 1: the header/],
    ['a line that lacks a field', `${header}${good}${t0},A,1\n`, /line 3: 3 fields, expected 4/],
    ['a line with a field too many', `${header}${t0},A,1,0,${t0},9\n`, /line 2: 6 fields, expected 4/],
    [
      'a fifth column that is not always there',
      `time,point,value,status,received\n${t0},A,1,0\n`,
      /line 2: 4 fields, expected 5/,
    ],
    ['a time without a zone', `${header}2026-01-05T00:00:00,A,1,0\n`, /line 2: time is neither/],
    ['a day that does not exist', `${header}2026-02-30T00:00:00Z,A,1,0\n`, /line 2: time is neither/],
    [
      'a received time that is none',
      `time,point,value,status,received\n${t0},A,1,0,x\n`,
      /line 2: received is neither/,
    ],
    ['a value that is text', `${header}${t0},A,high,0\n`, /line 2: value is not a number: "high"/],
    ['a value in hexadecimal', `${header}${t0},A,0x10,0\n`, /line 2: value is not a number/],
    ['a value with a blank', `${header}${t0},A, 1,0\n`, /line 2: value is not a number/],
    ['a status that is no integer', `${header}${t0},A,1,0.5\n`, /line 2: status/],
    ['an empty status', `${header}${t0},A,1,\n`, /line 2: status/],
    ['a status beyond its bits', `${header}${t0},A,1,1024\n`, /line 2: status/],
    ['no point', `${header}${t0},,1,0\n`, /line 2: no point/],
    ['a line without end', `${header}${'9'.repeat(2_000)}`, /line 2: line too long/],
    ['quotes', `${header}"${t0}","A","1","0"\n`, /line 2: time is neither/],
  ])('%s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

test('however a text is cut into chunks, its readings are the same', () => {
  const text = `${header}${good}${t0},B,,8\r\n\n${t0},C,2,0\n${t0},甲烷,-1e-3,1`;
  const whole = parse(text);
  expect(whole).toHaveLength(4);
  assert(
    property(array(nat({ max: text.length })), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const parser = new CsvParser();
      const readings = at.slice(1).flatMap((end, index) => parser.push(text.slice(at[index], end)));
      expect([...readings, ...parser.end()]).toEqual(whole);
    }),
  );
});

describe('a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'csv-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Over several chunks, with a character of three bytes on their edges. */
  const lines = Array.from(
    { length: 40_000 },
    (_, index) => `${t0 + index},上隅角${index % 7},${index / 8},0`,
  );
  const bytes = Buffer.from(`${header}${lines.join('\n')}\n`);

  async function digestOf(path: string) {
    const opened = await openCsv(path);
    const hash = createHash('sha256');
    let count = 0;
    for (const { time, point, value } of opened.readings) {
      hash.update(`${time} ${point} ${value}\n`);
      count += 1;
    }
    opened.close();
    return { count, digest: hash.digest('hex') };
  }

  test('is the same plain and packed, whatever its name says', async () => {
    writeFileSync(join(folder, 'plain.csv'), bytes);
    writeFileSync(join(folder, 'packed.csv'), gzipSync(bytes));
    const plain = await digestOf(join(folder, 'plain.csv'));
    expect(plain.count).toBe(40_000);
    expect(await digestOf(join(folder, 'packed.csv'))).toEqual(plain);
  });
  test('that was packed and cut short is refused', async () => {
    writeFileSync(join(folder, 'torn.csv.gz'), gzipSync(bytes).subarray(0, 5_000));
    await expect(openCsv(join(folder, 'torn.csv.gz'))).rejects.toThrow(/unexpected end/);
  });
  test('that is not UTF-8 is refused', async () => {
    writeFileSync(
      join(folder, 'gbk.csv'),
      Buffer.from([...Buffer.from(`${header}${t0},`), 0xbc, 0xd7, 0x0a]),
    );
    await expect(digestOf(join(folder, 'gbk.csv'))).rejects.toThrow(/encoded data was not valid/);
  });
});
