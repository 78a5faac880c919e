// The samples of one point as bytes: times, values, status and sources as columns, each in the smallest of a few plain
// encodings that gives back exactly what went in. Pure; times ascend strictly within a block. Persisted: a new layout
// gets a new number in the first byte, this one stays readable.
//
//   u8 layout (1) · varint count · u8 kinds · varint last time · times · status runs · source runs · values
//   times    whole ms as distance to `base`: first varint, then 0 one varint step / 1 a varint each; or 2 f64 each
//   runs     varint number of runs, then (varint length, varint value) each
//   values   0-4: zigzag varint of value × 10^kind, then of each difference; 5: f64 each. With flag 128 some samples have
//            no number: a bit per sample comes first (1 = has none) and only the others follow

import { invariant } from '#alarms/kernel/result.ts';

const layout = 1;
const timeKind = { step: 0, each: 1, wide: 2 } as const;
const decimalsMax = 4;
const valueKindWide = 5;
const flagHoles = 128;
const valueKindShift = 2;
/** So that a difference of two scaled values stays a 32-bit integer. */
const scaledMax = 2 ** 30 - 1;
/** Widest per sample: 8 time, 8 value, 6 + 6 of runs of one, one bit; and the head. */
const bytesPerSampleMax = 29;
const headBytesMax = 64;

/** Growing columns, reused. */
export class SampleColumns {
  count = 0;
  times = new Float64Array(256);
  /** NaN = without a number. */
  values = new Float64Array(256);
  status = new Uint16Array(256);
  sources = new Uint32Array(256);

  add(time: number, value: number, status: number, source: number): void {
    const i = this.count;
    if (i === this.times.length) this.reserve(i + 1);
    this.times[i] = time;
    this.values[i] = value;
    this.status[i] = status;
    this.sources[i] = source;
    this.count = i + 1;
  }

  reserve(count: number): void {
    if (count <= this.times.length) return;
    const length = 2 ** Math.ceil(Math.log2(count));
    const { times, values, status, sources } = this;
    this.times = new Float64Array(length);
    this.values = new Float64Array(length);
    this.status = new Uint16Array(length);
    this.sources = new Uint32Array(length);
    this.times.set(times);
    this.values.set(values);
    this.status.set(status);
    this.sources.set(sources);
  }

  clear(): void {
    this.count = 0;
  }
}

export class BlockEncoder {
  private bytes = new Uint8Array(8_192);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  /** Of the last block: with so many decimals every number comes back exactly; null = its values are not scaled. */
  decimals: number | null = null;

  /** The bytes of `columns`, valid until the next call. `base` ≤ every time. */
  encode(columns: SampleColumns, base: number): Uint8Array {
    const { count, times } = columns;
    invariant(count > 0, 'a block holds at least one sample');
    const most = headBytesMax + count * bytesPerSampleMax;
    if (most > this.bytes.length) {
      this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(most)));
      this.view = new DataView(this.bytes.buffer);
    }
    this.at = 0;
    this.byte(layout);
    this.varint(count);
    const time = timeKindOf(columns, base);
    const value = valueKindOf(columns);
    this.decimals = (value & 7) === valueKindWide ? null : value & 7;
    this.byte(time | (value << valueKindShift));
    const last = times[count - 1]!;
    if (time !== timeKind.wide) this.varint(last - base);
    this.putTimes(columns, base, time);
    this.putRuns(columns.status, count);
    this.putRuns(columns.sources, count);
    this.putValues(columns, value);
    return this.bytes.subarray(0, this.at);
  }

  private putTimes({ times, count }: SampleColumns, base: number, kind: number): void {
    if (kind === timeKind.wide) {
      for (let i = 0; i < count; i += 1) this.double(times[i]!);
      return;
    }
    this.varint(times[0]! - base);
    if (count === 1) return;
    if (kind === timeKind.step) this.varint(times[1]! - times[0]!);
    else for (let i = 1; i < count; i += 1) this.varint(times[i]! - times[i - 1]!);
  }

  private putRuns(column: Uint16Array | Uint32Array, count: number): void {
    let runs = 1;
    for (let i = 1; i < count; i += 1) if (column[i] !== column[i - 1]) runs += 1;
    this.varint(runs);
    let start = 0;
    for (let i = 1; i <= count; i += 1) {
      if (i < count && column[i] === column[start]) continue;
      this.varint(i - start);
      this.varint(column[start]!);
      start = i;
    }
  }

  private putValues({ values, count }: SampleColumns, kind: number): void {
    const hasHoles = (kind & (flagHoles >> valueKindShift)) !== 0;
    const decimals = kind & 7;
    if (hasHoles) this.putHoles(values, count);
    if (decimals === valueKindWide) {
      for (let i = 0; i < count; i += 1) if (!hasHoles || values[i] === values[i]) this.double(values[i]!);
      return;
    }
    const scale = 10 ** decimals;
    let previous = 0;
    for (let i = 0; i < count; i += 1) {
      const value = values[i]!;
      if (value !== value) continue;
      const scaled = Math.round(value * scale);
      const difference = scaled - previous;
      previous = scaled;
      this.small(((difference << 1) ^ (difference >> 31)) >>> 0);
    }
  }

  private putHoles(values: Float64Array, count: number): void {
    for (let start = 0; start < count; start += 8) {
      let bits = 0;
      for (let i = start; i < Math.min(start + 8, count); i += 1) {
        if (values[i] !== values[i]) bits |= 1 << (i - start);
      }
      this.byte(bits);
    }
  }

  private byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  private double(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Up to 2^32 - 1. */
  private small(value: number): void {
    const { bytes } = this;
    let { at } = this;
    while (value > 127) {
      bytes[at++] = (value & 127) | 128;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.at = at;
  }

  /** Up to 2^53 - 1. */
  private varint(value: number): void {
    while (value > 0xffff_ffff) {
      this.byte((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    this.small(value >>> 0);
  }
}

function timeKindOf({ times, count }: SampleColumns, base: number): number {
  if (!Number.isSafeInteger(times[0]! - base)) return timeKind.wide;
  const step = count > 1 ? times[1]! - times[0]! : 0;
  let kind: number = timeKind.step;
  for (let i = 1; i < count; i += 1) {
    const distance = times[i]! - times[i - 1]!;
    if (distance !== step) kind = timeKind.each;
    if (!Number.isSafeInteger(distance)) return timeKind.wide;
  }
  return kind;
}

/** The fewest decimals with which every number comes back exactly (more decimals keep what fewer kept). */
function valueKindOf({ values, count }: SampleColumns): number {
  let decimals = 0;
  let scale = 1;
  let holes = 0;
  for (let i = 0; i < count; i += 1) {
    const value = values[i]!;
    if (value !== value) {
      holes = flagHoles >> valueKindShift;
      continue;
    }
    if (decimals === valueKindWide) continue;
    if (value === 0 && 1 / value < 0) decimals = valueKindWide;
    while (decimals <= decimalsMax) {
      const scaled = Math.round(value * scale);
      if (scaled / scale === value && scaled <= scaledMax && scaled >= -scaledMax) break;
      decimals += 1;
      scale *= 10;
    }
  }
  const isScaled = decimals <= decimalsMax && fits(values, count, scale);
  return (isScaled ? decimals : valueKindWide) | holes;
}

/** A value that came back with fewer decimals may be too large with more. */
function fits(values: Float64Array, count: number, scale: number): boolean {
  for (let i = 0; i < count; i += 1) {
    const value = values[i]!;
    const scaled = Math.round(value * scale);
    if (value === value && (scaled / scale !== value || scaled > scaledMax || scaled < -scaledMax))
      return false;
  }
  return true;
}

/** Reads blocks; one object may read many, one after the other. */
export class BlockDecoder {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(this.bytes.buffer);
  private at = 0;

  /** Appends the samples of `block` to `columns`. Throws InvariantViolation when it is not a block. */
  decode(block: Uint8Array, base: number, columns: SampleColumns): void {
    const { count, kinds } = this.open(block);
    const from = columns.count;
    columns.reserve(from + count);
    this.takeTimes(columns.times.subarray(from, from + count), base, kinds & 3);
    this.takeRuns(columns.status.subarray(from, from + count));
    this.takeRuns(columns.sources.subarray(from, from + count));
    this.takeValues(columns.values.subarray(from, from + count), kinds >> valueKindShift);
    invariant(this.at === block.length, 'a block of samples has another length than its content');
    columns.count = from + count;
  }

  /** The last time in `block`, without reading all of it. */
  lastTime(block: Uint8Array, base: number): number {
    const { count, kinds } = this.open(block);
    if ((kinds & 3) === timeKind.wide) return this.view.getFloat64(this.at + (count - 1) * 8, true);
    return base + this.varint();
  }

  private open(block: Uint8Array): { count: number; kinds: number } {
    this.bytes = block;
    this.view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    this.at = 1;
    invariant(block[0] === layout, `a block of samples of unknown layout ${block[0]}`);
    const count = this.varint();
    invariant(count > 0 && count <= block.length * 8, 'a block of samples with an impossible count');
    return { count, kinds: this.byte() };
  }

  private takeTimes(times: Float64Array, base: number, kind: number): void {
    if (kind === timeKind.wide) {
      for (let i = 0; i < times.length; i += 1) times[i] = this.double();
      return;
    }
    this.varint(); // the last time
    let time = base + this.varint();
    times[0] = time;
    if (times.length === 1) return;
    const step = kind === timeKind.step ? this.varint() : 0;
    for (let i = 1; i < times.length; i += 1) {
      time += kind === timeKind.step ? step : this.varint();
      times[i] = time;
    }
  }

  private takeRuns(column: Uint16Array | Uint32Array): void {
    const runs = this.varint();
    let start = 0;
    for (let run = 0; run < runs; run += 1) {
      const length = this.varint();
      column.fill(this.varint(), start, start + length);
      start += length;
    }
    invariant(start === column.length, 'the runs of a block are not as long as the block');
  }

  private takeValues(values: Float64Array, kind: number): void {
    const hasHoles = (kind & (flagHoles >> valueKindShift)) !== 0;
    const holesAt = this.at;
    if (hasHoles) this.at += (values.length + 7) >> 3;
    const isHole = (i: number): boolean => ((this.bytes[holesAt + (i >> 3)]! >> (i & 7)) & 1) === 1;
    const decimals = kind & 7;
    const scale = 10 ** decimals;
    let scaled = 0;
    for (let i = 0; i < values.length; i += 1) {
      if (hasHoles && isHole(i)) values[i] = Number.NaN;
      else if (decimals === valueKindWide) values[i] = this.double();
      else {
        const zigzag = this.varint();
        scaled += (zigzag >>> 1) ^ -(zigzag & 1);
        values[i] = scaled / scale;
      }
    }
  }

  private byte(): number {
    const value = this.bytes[this.at++];
    invariant(value !== undefined, 'a block of samples ends too early');
    return value;
  }

  private double(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  private varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      invariant(factor <= 2 ** 56, 'a number in a block of samples is too long');
    }
  }
}
