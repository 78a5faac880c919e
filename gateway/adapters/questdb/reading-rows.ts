// Readings as the bytes of an ILP v2 request over HTTP: one row of ~80 bytes each, the constant front of a point's rows
// made once. Byte for byte what @questdb/nodejs-client writes for the same rows (the test holds it to that), at a
// fifteenth of its cost; so no general encoder, only the one table that every reading goes to.
//
//   readings,point=M01-CH4-7 value==<0x10><8 bytes, little-endian>,status=0i 1763700000000000t
//
// A sample without a number has no `value` column, which QuestDB stores as NULL. Times are ms here, µs there.

const newline = 0x0a;
const digitZero = 0x30;
/** Most bytes that a row has behind its point's front. */
const tailBytesMax = 64;
const latestMs = 8.64e15;

export class ReadingRows {
  count = 0;
  private bytes: Buffer;
  private length = 0;
  private starts: Uint32Array;
  private readonly fronts: PointFronts;
  private readonly double = new Float64Array(1);
  private readonly doubleBytes = new Uint8Array(this.double.buffer);
  /** The text of the last time: the rows of a frame often share it. */
  private lastTime = Number.NaN;
  private readonly timeText = new Uint8Array(32);
  private timeLength = 0;

  /** Grows beyond `rows` when it must. */
  constructor(fronts: PointFronts, rows: number) {
    this.fronts = fronts;
    this.bytes = Buffer.allocUnsafeSlow(rows * 96);
    this.starts = new Uint32Array(rows);
  }

  clear(): void {
    this.count = 0;
    this.length = 0;
  }

  /** `slot` has a front; `timeMs` may have a fraction of µs, which is rounded. */
  add(slot: number, timeMs: number, value: number, status: number): void {
    const { offsets, text } = this.fronts;
    const from = offsets[slot]!;
    const to = offsets[slot + 1]!;
    const needed = this.length + (to - from) + tailBytesMax;
    if (needed > this.bytes.length || this.count === this.starts.length) this.grow(needed);
    const { bytes } = this;
    this.starts[this.count] = this.length;
    this.count += 1;
    let at = this.length;
    for (let i = from; i < to; i += 1, at += 1) bytes[at] = text[i]!;
    at = Number.isNaN(value) ? at : this.writeValue(at, value);
    at = this.writeStatus(at, status, !Number.isNaN(value));
    if (timeMs !== this.lastTime) this.formatTime(timeMs);
    const { timeText, timeLength } = this;
    for (let i = 0; i < timeLength; i += 1, at += 1) bytes[at] = timeText[i]!;
    this.length = at;
  }

  /** What is to be sent; valid until the next change. */
  body(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** Row `index` (from 0) as it was to be sent, without its line end. */
  row(index: number): Buffer {
    return Buffer.from(this.bytes.subarray(this.starts[index], this.endOf(index) - 1));
  }

  remove(index: number): void {
    const start = this.starts[index]!;
    const end = this.endOf(index);
    this.bytes.copy(this.bytes, start, end, this.length);
    for (let i = index + 1; i < this.count; i += 1) this.starts[i - 1] = this.starts[i]! - (end - start);
    this.length -= end - start;
    this.count -= 1;
  }

  private endOf(index: number): number {
    return index + 1 < this.count ? this.starts[index + 1]! : this.length;
  }

  /** ` value==` and the number. */
  private writeValue(at: number, value: number): number {
    const { bytes, doubleBytes } = this;
    for (let i = 0; i < valueFront.length; i += 1) bytes[at + i] = valueFront[i]!;
    at += valueFront.length;
    this.double[0] = value;
    for (let i = 0; i < 8; i += 1) bytes[at + i] = doubleBytes[i]!;
    return at + 8;
  }

  private writeStatus(at: number, status: number, hasValue: boolean): number {
    const { bytes } = this;
    bytes[at] = hasValue ? comma : space;
    at += 1;
    for (let i = 0; i < statusFront.length; i += 1) bytes[at + i] = statusFront[i]!;
    at += statusFront.length;
    at = writeDigits(bytes, at, status, digitsOf(status));
    bytes[at] = 0x69; // i
    bytes[at + 1] = space;
    return at + 2;
  }

  /** `<µs>t` and the line end. */
  private formatTime(timeMs: number): void {
    this.lastTime = timeMs;
    this.timeLength = formatMicros(this.timeText, timeMs);
  }

  private grow(needed: number): void {
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    if (this.count === this.starts.length) {
      const larger = new Uint32Array(this.starts.length * 2 + 1);
      larger.set(this.starts);
      this.starts = larger;
    }
  }
}

/** `table,point=<id>` of every slot, one behind the other. */
export class PointFronts {
  /** Front of slot s: text[offsets[s] … offsets[s + 1]). */
  offsets = new Uint32Array(1);
  text = new Uint8Array(0);
  private readonly table: string;

  constructor(table: string) {
    this.table = table;
  }

  set(ids: readonly string[]): void {
    const text = ids.map((id) => `${this.table},point=${escapeSymbol(id)}`);
    this.text = Buffer.from(text.join(''), 'utf8');
    this.offsets = new Uint32Array(ids.length + 1);
    text.forEach((front, slot) => {
      this.offsets[slot + 1] = this.offsets[slot]! + Buffer.byteLength(front);
    });
  }
}

/** As the protocol wants names and symbols. */
export function escapeSymbol(text: string): string {
  return text.replace(/[ ,=\\\n\r]/g, String.raw`\$&`);
}

const comma = 0x2c;
const space = 0x20;
/** 0x10 says: a binary double follows. */
const valueFront = Buffer.from(' value==\u0010', 'latin1');
const statusFront = Buffer.from('status=', 'latin1');

function formatMicros(into: Uint8Array, timeMs: number): number {
  const isWhole = Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= latestMs;
  if (!isWhole) {
    const text = `${Math.round(timeMs * 1000)}t\n`;
    for (let i = 0; i < text.length; i += 1) into[i] = text.charCodeAt(i);
    return text.length;
  }
  // Two halves below 2^31: divisions of doubles cost several times those of small integers.
  const high = Math.floor(timeMs / 1e7);
  const low = timeMs - high * 1e7;
  let at = 0;
  if (high > 0) {
    at = writeDigits(into, 0, high, digitsOf(high));
    at = writeDigits(into, at, low, 7);
  } else at = writeDigits(into, 0, low, digitsOf(low));
  if (timeMs > 0) for (let i = 0; i < 3; i += 1, at += 1) into[at] = digitZero;
  into[at] = 0x74; // t
  into[at + 1] = newline;
  return at + 2;
}

function writeDigits(into: Uint8Array, at: number, number: number, digits: number): number {
  for (let i = at + digits - 1; i >= at; i -= 1) {
    const rest = Math.floor(number / 10);
    into[i] = digitZero + (number - rest * 10);
    number = rest;
  }
  return at + digits;
}

function digitsOf(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits += 1;
  return digits;
}
