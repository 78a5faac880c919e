// The frames of one station, one after another: `perFrame` readings each out of the endless sequence "every point of
// the station, tick after tick". Columnar v1, written straight into bytes. The sequence number and the stamp are not in
// the body, so that a stage may change them. Frame n is the same whenever and wherever it is made.

import { statusBit } from '#alarms/kernel/quality.ts';
import { stationPhasesMs, stationPointIds, type FleetPlan, type Station } from './plan.ts';
import { StationSignal } from './signal.ts';

/** Bytes of one reading's value and status at most, with commas. */
const readingBytesMax = 20;
const comma = 0x2c;
const zero = 0x30;

/** The frame last made; its arrays are written over by the next. */
export interface MadeFrame {
  readonly frame: number;
  /** Stamp of its first reading. */
  readonly timeMs: number;
  /** Payload behind `{"v":1,"seq":…,"t":…`. */
  readonly body: Buffer;
  readonly digest: number;
}

export class FrameWriter {
  readonly perFrame: number;
  readonly pointIds: readonly string[];
  /** Of the frame last made, reading by reading: which of `pointIds`, its stamp, its value (NaN: none) and status. */
  readonly points: Int32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly statuses: Uint8Array;
  private readonly plan: FleetPlan;
  private readonly signal: StationSignal;
  private readonly phases: readonly number[];
  /** `,"p":[…],"d":[…],"x":[` by the place of the first reading: they come round. */
  private readonly heads = new Map<number, Buffer>();
  private readonly calmTail: Buffer;
  private readonly buffer: Buffer;
  private readonly scales: Float64Array;
  private made = 0;
  private place = 0;
  private tick = 0;

  constructor(plan: FleetPlan, station: Station) {
    const { perFrame } = plan;
    this.plan = plan;
    this.perFrame = perFrame;
    this.pointIds = stationPointIds(station);
    this.phases = stationPhasesMs(plan, station);
    this.signal = new StationSignal(plan, station);
    this.scales = Float64Array.from(this.signal.decimals, (decimals) => 10 ** decimals);
    this.points = new Int32Array(perFrame);
    this.times = new Float64Array(perFrame);
    this.values = new Float64Array(perFrame);
    this.statuses = new Uint8Array(perFrame);
    this.calmTail = Buffer.from(`],"s":[${Array.from({ length: perFrame }, () => 0).join(',')}]}`);
    this.buffer = Buffer.allocUnsafe(this.headAt(0).length + 64 + perFrame * (readingBytesMax + 40));
  }

  next(): MadeFrame {
    const { buffer, perFrame, signal, points, values, statuses, plan } = this;
    const head = this.headAt(this.place);
    const timeMs = plan.startMs + this.tick * plan.periodMs + this.phases[this.place]!;
    const frame = this.made;
    this.made += 1;
    let at = head.copy(buffer, 0);
    let digest = 0x811c_9dc5 ^ frame;
    let odd = 0;
    for (let n = 0; n < perFrame; n += 1) {
      const i = this.place;
      if (i === 0) signal.next();
      const status = signal.statuses[i]!;
      const step = signal.steps[i]!;
      const isMissing = status === statusBit.sensorFault;
      if (n > 0) buffer[at++] = comma;
      at = isMissing ? writeNull(buffer, at) : writeSteps(buffer, at, step, signal.decimals[i]!);
      points[n] = i;
      this.times[n] = plan.startMs + this.tick * plan.periodMs + this.phases[i]!;
      values[n] = isMissing ? NaN : step / this.scales[i]!;
      statuses[n] = status;
      odd |= status;
      digest = Math.imul(digest ^ (isMissing ? 0x7fff_ffff : step), 0x0100_0193) + status;
      this.place = i + 1 === signal.size ? 0 : i + 1;
      if (this.place === 0) this.tick += 1;
    }
    at +=
      odd === 0
        ? this.calmTail.copy(buffer, at)
        : buffer.write(`],"s":[${statuses.join(',')}]}`, at, 'latin1');
    return { frame, timeMs, body: buffer.subarray(0, at), digest: finish(digest, timeMs) };
  }

  private headAt(place: number): Buffer {
    let head = this.heads.get(place);
    if (head === undefined) {
      const readings = Array.from({ length: this.perFrame }, (_, n) => place + n);
      const size = this.pointIds.length;
      const names = readings.map((r) => `"${this.pointIds[r % size]!}"`).join(',');
      const offsets = readings.map(
        (r) => Math.floor(r / size) * this.plan.periodMs + this.phases[r % size]! - this.phases[place]!,
      );
      head = Buffer.from(`,"p":[${names}],"d":[${offsets.join(',')}],"x":[`);
      this.heads.set(place, head);
    }
    return head;
  }
}

/** The whole payload: with the number and stamp that the frame is to have on the wire. */
export function payloadOf(made: MadeFrame, sequence: number, timeMs: number): Buffer {
  const front = `{"v":1,"seq":${sequence},"t":${timeMs}`;
  const payload = Buffer.allocUnsafe(front.length + made.body.length);
  payload.write(front, 0, 'latin1');
  made.body.copy(payload, front.length);
  return payload;
}

function writeNull(buffer: Buffer, at: number): number {
  return at + buffer.write('null', at, 'latin1');
}

/** A whole number of meter steps as a decimal number: 42 with two decimals is 0.42. */
function writeSteps(buffer: Buffer, at: number, steps: number, decimals: number): number {
  let rest = steps;
  let next = at;
  if (rest < 0) {
    buffer[next++] = 0x2d;
    rest = -rest;
  }
  let digits = decimals + 1;
  for (let bound = 10 ** digits; rest >= bound; bound *= 10) digits += 1;
  const end = next + digits + (decimals > 0 ? 1 : 0);
  let to = end;
  for (let written = 0; written < digits; written += 1) {
    if (written === decimals && decimals > 0) buffer[--to] = 0x2e;
    const tenth = (rest / 10) | 0;
    buffer[--to] = zero + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}

function finish(digest: number, timeMs: number): number {
  let h = Math.imul(digest ^ (timeMs % 0x1_0000_0000), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
