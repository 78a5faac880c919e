// Readings of a back-test from CSV (docs/rules.md §7), streamed: `time,point,value,status[,received]`, plain or gzip.
// A line that cannot be read stops everything with its number, for a back-test over half a file says nothing.
// Memory is bounded by one chunk and one line; a packed file is unpacked beside, to disk, first.

import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { recordedStatusMask } from '#alarms/kernel/quality.ts';
import { parseTime } from '#alarms/kernel/time.ts';

export interface CsvReading {
  readonly time: number;
  readonly point: string;
  /** null = a reading without a finite number. */
  readonly value: number | null;
  readonly status: number;
  /** Drives the clock when the file has the fifth column. */
  readonly received?: number;
}

export class CsvFault extends Error {
  override readonly name = 'CsvFault';
  readonly line: number;

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
    this.line = line;
  }
}

/** A reading is below 200 characters; a longer line is another kind of file. */
const lineCharactersMax = 1_000;
/** The eight bits of a source and our own two: what history gives out is taken in again. */
const statusMax = recordedStatusMask;

export interface OpenedCsv {
  /** In arrival order; throws CsvFault where the file is at fault. To be gone through once. */
  readonly readings: Iterable<CsvReading>;
  /** Removes what was unpacked. */
  close(): void;
}

/** The engine takes readings one by one without waiting, so a gzip stream is unpacked to a temporary file. */
export async function openCsv(path: string): Promise<OpenedCsv> {
  if (!isGzip(path)) return { readings: readCsv(path), close: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-backtest-'));
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const plain = join(folder, 'readings.csv');
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(plain));
    return { readings: readCsv(plain), close };
  } catch (error) {
    close();
    throw error;
  }
}

const chunkBytes = 256 * 1024;

function* readCsv(path: string): Generator<CsvReading> {
  const file = openSync(path, 'r');
  try {
    const parser = new CsvParser();
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const chunk = Buffer.alloc(chunkBytes);
    for (let size = readSync(file, chunk); size > 0; size = readSync(file, chunk))
      yield* parser.push(decoder.decode(chunk.subarray(0, size), { stream: true }));
    yield* parser.push(decoder.decode());
    yield* parser.end();
  } finally {
    closeSync(file);
  }
}

export class CsvParser {
  #rest = '';
  #line = 0;
  #columns: 4 | 5 | null = null;

  push(text: string): CsvReading[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > lineCharactersMax)
      throw new CsvFault(this.#line + lines.length + 1, 'line too long');
    return this.#parseAll(lines);
  }

  end(): CsvReading[] {
    const last = this.#rest;
    this.#rest = '';
    return this.#parseAll([last]);
  }

  #parseAll(lines: readonly string[]): CsvReading[] {
    const readings: CsvReading[] = [];
    for (const line of lines) {
      this.#line += 1;
      const reading = this.#parse(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (reading !== null) readings.push(reading);
    }
    return readings;
  }

  #parse(line: string): CsvReading | null {
    if (line === '') return null;
    if (line.length > lineCharactersMax) throw this.#fault('line too long');
    const cells = line.split(',');
    if (this.#columns === null) {
      this.#columns = cells.length === 5 ? 5 : 4;
      if (cells[0] === 'time') return this.#checkHeader(line);
    }
    if (cells.length !== this.#columns)
      throw this.#fault(`${cells.length} fields, expected ${this.#columns}`);
    const [timeText = '', point = '', valueText = '', statusText = '', receivedText = ''] = cells;
    const time = this.#time(timeText, 'time');
    if (point === '') throw this.#fault('no point');
    const reading = { time, point, value: this.#value(valueText), status: this.#status(statusText) };
    return this.#columns === 5 ? { ...reading, received: this.#time(receivedText, 'received') } : reading;
  }

  #checkHeader(line: string): null {
    if (line === 'time,point,value,status' || line === 'time,point,value,status,received') return null;
    throw this.#fault('the header is not time,point,value,status[,received]');
  }

  #time(text: string, what: string): number {
    const time = parseTime(text);
    if (time === null)
      throw this.#fault(`${what} is neither ISO 8601 with a zone nor epoch milliseconds: ${quoted(text)}`);
    return time;
  }

  /** Empty, NaN and infinities are readings without a number; any other text is a fault of the file. */
  #value(text: string): number | null {
    if (text === '' || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text)) return null;
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text))
      throw this.#fault(`value is not a number: ${quoted(text)}`);
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }

  #status(text: string): number {
    const status = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (!(status <= statusMax)) throw this.#fault(`status is not an integer 0…${statusMax}: ${quoted(text)}`);
    return status;
  }

  #fault(what: string): CsvFault {
    return new CsvFault(this.#line, what);
  }
}

/** By its first bytes: a name may lie. */
function isGzip(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(2);
    return readSync(file, magic) === 2 && magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    closeSync(file);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
