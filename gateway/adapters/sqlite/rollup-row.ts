// What 64 neighbouring points sent in one minute or hour, in figures: how many readings, how many of them usable, least,
// most and sum. Merging is exact: while values have at most four decimals and stay within ±100 000 (as those of sensors
// do) sums are whole numbers of the last decimal, so that it does not matter in which order and in how many portions samples came; other
// values are summed as they are, in the order of arrival. −0 counts as 0. Pure. Persisted: a new layout gets a new
// number in the first byte, this one stays readable.
//
//   u8 layout (1) · 8 bytes: a bit per point that is there · for each of these:
//   u8 decimals (5: not scaled) | 8 when some are not usable · varint total · [varint usable]
//   and when any is usable: zigzag varint least · varint most − least · varint sum − usable × least, all scaled;
//   or f64 least, most, sum

import { unusableMask } from '#alarms/kernel/quality.ts';
import { invariant } from '#alarms/kernel/result.ts';
import type { SampleColumns } from './sample-block.ts';

export const pointsPerRow = 64;
const layout = 1;
const decimalsMax = 4;
const notScaled = 5;
const flagUnusable = 8;
const scales = [1, 10, 100, 1_000, 10_000, 1] as const;
/** So that a zigzag stays a 32-bit integer. */
const scaledMax = 2 ** 30 - 1;
/** Per point: head, two counts, and three numbers; varints of 53 bits have 8 bytes. */
const bytesMax = 9 + pointsPerRow * (1 + 10 + 24);

export class RollupRow {
  /** All by place within the row; what lies where `total` is 0 means nothing. */
  readonly total = new Float64Array(pointsPerRow);
  readonly count = new Float64Array(pointsPerRow);
  readonly min = new Float64Array(pointsPerRow);
  readonly max = new Float64Array(pointsPerRow);
  /** In units of the last decimal, or as it is. */
  private readonly sum = new Float64Array(pointsPerRow);
  private readonly decimals = new Uint8Array(pointsPerRow);

  clear(): void {
    this.total.fill(0);
  }

  /** Within [min, max] also where the sum has left what a number holds. */
  mean(place: number): number | null {
    const count = this.count[place]!;
    if (this.total[place] === 0 || count === 0) return null;
    const [min, max] = [this.min[place]!, this.max[place]!];
    const mean = this.sum[place]! / scales[this.decimals[place]!]! / count;
    return Number.isNaN(mean) ? min / 2 + max / 2 : Math.min(Math.max(mean, min), max);
  }

  /** Samples besides what is there. */
  addSamples(place: number, { values, status, count: total }: SampleColumns): void {
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let decimals = 0;
    let scale = 1;
    let sum = 0;
    for (let i = 0; i < total; i += 1) {
      const value = values[i]! + 0;
      if (value !== value || (status[i]! & unusableMask) !== 0) continue;
      count += 1;
      if (value < min) min = value;
      if (value > max) max = value;
      let scaled = value;
      if (decimals !== notScaled) {
        for (;;) {
          scaled = Math.round(value * scale);
          if (scaled / scale === value && scaled <= scaledMax && scaled >= -scaledMax) break;
          if (decimals === decimalsMax) {
            sum /= scale;
            decimals = notScaled;
            scale = 1;
            scaled = value;
            break;
          }
          decimals += 1;
          scale *= 10;
          sum *= 10;
        }
      }
      sum += scaled;
    }
    this.add(place, total, count, min, max, sum, decimals);
  }

  /** The same of samples that are known to have no more than `decimals`. */
  addScaled(place: number, { values, status, count: total }: SampleColumns, decimals: number): void {
    const scale = scales[decimals]!;
    let count = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = 0; i < total; i += 1) {
      const value = values[i]!;
      if (value !== value || (status[i]! & unusableMask) !== 0) continue;
      count += 1;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += Math.round(value * scale);
    }
    this.add(place, total, count, min, max, sum, decimals);
  }

  /** What `other` has of the same points besides what is there. */
  merge(other: RollupRow): void {
    for (let place = 0; place < pointsPerRow; place += 1) {
      const total = other.total[place]!;
      if (total > 0) {
        const { count, min, max, sum, decimals } = other;
        this.add(place, total, count[place]!, min[place]!, max[place]!, sum[place]!, decimals[place]!);
      }
    }
  }

  encode(bytes: RollupBytes): Uint8Array {
    bytes.begin();
    bytes.byte(layout);
    for (let start = 0; start < pointsPerRow; start += 8) {
      let bits = 0;
      for (let place = start; place < start + 8; place += 1) {
        if (this.total[place]! > 0) bits |= 1 << (place - start);
      }
      bytes.byte(bits);
    }
    for (let place = 0; place < pointsPerRow; place += 1) {
      if (this.total[place]! > 0) this.encodePoint(bytes, place);
    }
    return bytes.written();
  }

  /** In place of what is there. Throws InvariantViolation when `row` is not a row of rollups. */
  decode(bytes: RollupBytes, row: Uint8Array): void {
    bytes.read(row);
    invariant(bytes.take() === layout, `rollups of unknown layout ${row[0]}`);
    const from = 9;
    bytes.skip(from - 1);
    for (let place = 0; place < pointsPerRow; place += 1) {
      if (((row[1 + (place >> 3)]! >> (place & 7)) & 1) === 0) this.total[place] = 0;
      else this.decodePoint(bytes, place);
    }
    bytes.end();
  }

  private add(
    place: number,
    total: number,
    count: number,
    min: number,
    max: number,
    sum: number,
    decimals: number,
  ): void {
    const before = this.total[place]!;
    this.total[place] = before + total;
    if (before === 0 || this.count[place] === 0) {
      this.count[place] = count;
      this.min[place] = min;
      this.max[place] = max;
      this.sum[place] = sum;
      this.decimals[place] = decimals;
    } else if (count > 0) {
      this.count[place] = this.count[place]! + count;
      if (min < this.min[place]!) this.min[place] = min;
      if (max > this.max[place]!) this.max[place] = max;
      const most = Math.max(this.decimals[place]!, decimals);
      const own = rescaled(this.sum[place]!, this.decimals[place]!, most);
      this.sum[place] = own + rescaled(sum, decimals, most);
      this.decimals[place] = most;
    } else return;
    this.keepExact(place);
  }

  /** Beyond what is exact, or what the layout holds, a sum goes on without scale. */
  private keepExact(place: number): void {
    const decimals = this.decimals[place]!;
    if (decimals === notScaled || this.count[place] === 0) return;
    const scale = scales[decimals]!;
    const widest = Math.max(Math.abs(this.min[place]!), Math.abs(this.max[place]!)) * scale;
    if (
      Math.abs(this.sum[place]!) + this.count[place]! * widest < Number.MAX_SAFE_INTEGER &&
      widest < scaledMax
    )
      return;
    this.sum[place] = this.sum[place]! / scale;
    this.decimals[place] = notScaled;
  }

  private encodePoint(bytes: RollupBytes, place: number): void {
    const [total, count, decimals] = [this.total[place]!, this.count[place]!, this.decimals[place]!];
    bytes.byte(decimals | (count === total ? 0 : flagUnusable));
    bytes.varint(total);
    if (count !== total) bytes.varint(count);
    if (count === 0) return;
    const [min, max, sum] = [this.min[place]!, this.max[place]!, this.sum[place]!];
    if (decimals === notScaled) {
      for (const value of [min, max, sum]) bytes.double(value);
      return;
    }
    const scale = scales[decimals]!;
    const least = Math.round(min * scale);
    bytes.varint(((least << 1) ^ (least >> 31)) >>> 0);
    bytes.varint(Math.round(max * scale) - least);
    bytes.varint(sum - count * least);
  }

  private decodePoint(bytes: RollupBytes, place: number): void {
    const head = bytes.take();
    const decimals = head & 7;
    const total = bytes.takeVarint();
    const count = (head & flagUnusable) === 0 ? total : bytes.takeVarint();
    this.total[place] = total;
    this.count[place] = count;
    this.decimals[place] = decimals;
    if (count === 0) return;
    if (decimals === notScaled) {
      this.min[place] = bytes.takeDouble();
      this.max[place] = bytes.takeDouble();
      this.sum[place] = bytes.takeDouble();
      return;
    }
    const scale = scales[decimals]!;
    const zigzag = bytes.takeVarint();
    const least = (zigzag >>> 1) ^ -(zigzag & 1);
    this.min[place] = least / scale;
    this.max[place] = (least + bytes.takeVarint()) / scale;
    this.sum[place] = bytes.takeVarint() + count * least;
  }
}

function rescaled(sum: number, from: number, to: number): number {
  if (from === to) return sum;
  return to === notScaled ? sum / scales[from]! : sum * (scales[to]! / scales[from]!);
}

/** Where rows are written to and read from: one object for many rows, one after the other. */
export class RollupBytes {
  private readonly own = new Uint8Array(bytesMax);
  private bytes: Uint8Array = this.own;
  private at = 0;
  private readonly number = new DataView(new ArrayBuffer(8));

  begin(): void {
    this.bytes = this.own;
    this.at = 0;
  }

  /** Valid until the next `begin`. */
  written(): Uint8Array {
    return this.own.subarray(0, this.at);
  }

  read(row: Uint8Array): void {
    this.bytes = row;
    this.at = 0;
  }

  skip(count: number): void {
    this.at += count;
  }

  end(): void {
    invariant(this.at === this.bytes.length, 'a row of rollups has another length than its content');
  }

  byte(value: number): void {
    this.own[this.at++] = value;
  }

  /** Up to 2^53 − 1. */
  varint(value: number): void {
    while (value > 0x7fff_ffff) {
      this.byte((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.byte((value & 127) | 128);
      value >>>= 7;
    }
    this.byte(value);
  }

  double(value: number): void {
    this.number.setFloat64(0, value, true);
    for (let i = 0; i < 8; i += 1) this.byte(this.number.getUint8(i));
  }

  take(): number {
    const value = this.bytes[this.at++];
    invariant(value !== undefined, 'a row of rollups ends too early');
    return value;
  }

  takeVarint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.take();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
      invariant(factor <= 2 ** 56, 'a number in a row of rollups is too long');
    }
  }

  takeDouble(): number {
    for (let i = 0; i < 8; i += 1) this.number.setUint8(i, this.take());
    return this.number.getFloat64(0, true);
  }
}
