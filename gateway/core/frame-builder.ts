// From a decoded batch to the frame that step takes: names to slots, stamps ahead pulled back, values of declared
// simulators marked, stated units turned into the registered ones, what may not pass refused or put aside. One scratch
// frame, reused: it is valid until the next call.

import { statusBit } from '#alarms/kernel/quality.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import type { DecodedBatch, StatedUnit } from '../formats/batch.ts';
import { inRegisteredUnit } from '../formats/senml/units.ts';
import { otherMineSlot, otherUnitSlot, unknownSlot, type PointIndex } from './point-index.ts';

/** A stamp this much ahead of its arrival is not believed (DESIGN §5). */
const aheadMs = 30_000;

export interface AsideReading {
  readonly point: string;
  readonly time: number;
  readonly value: number | null;
  readonly status: number;
}

export interface BuiltFrame {
  readonly frame: ReadingsFrame;
  /** Readings of points nobody registered. */
  readonly unknown: readonly AsideReading[];
  /** Readings of points of another mine than the topic's. */
  readonly foreign: readonly string[];
  /** Readings in a unit that is not the registered one and cannot be turned into it: point and both units. */
  readonly otherUnit: readonly string[];
  /** Readings of points nobody registered that state a unit: kept without it they could be misread later. */
  readonly unknownUnit: readonly string[];
  readonly isClockAhead: boolean;
}

const none: readonly never[] = [];
const noUnits = { otherUnit: none, unknownUnit: none };

export class FrameBuilder {
  private capacity = 0;
  private slots = new Uint32Array(0);
  private readonly frame: ReadingsFrame = {
    received: 0,
    source: 0,
    sequence: -1,
    base: 0,
    shift: 0,
    count: 0,
    slots: new Uint32Array(0),
    times: new Float64Array(0),
    values: new Float64Array(0),
    status: new Uint16Array(0),
    outcomes: new Uint8Array(0),
  };

  build(
    batch: DecodedBatch,
    topic: string,
    mine: string,
    source: number,
    received: number,
    points: PointIndex,
  ): BuiltFrame {
    this.reserve(batch.count);
    const { frame, slots } = this;
    const isResolved = points.resolve(topic, mine, batch.points, batch.count, slots);
    const units = batch.units === null ? noUnits : this.convertUnits(batch, batch.units, points);
    const isClean = isResolved && units.otherUnit.length === 0;
    let newest = batch.base;
    for (let i = 0; i < batch.count; i += 1) if (batch.times[i]! > newest) newest = batch.times[i]!;
    const isClockAhead = newest > received + aheadMs;
    const shift = isClockAhead ? newest - received : 0;
    const added =
      (isClockAhead ? statusBit.clockAhead : 0) | (points.isSimulated(topic, mine) ? statusBit.simulated : 0);
    frame.received = received;
    frame.source = source;
    frame.sequence = batch.sequence;
    frame.base = batch.base - shift;
    frame.shift = shift;
    if (isClean) {
      this.copyAll(batch, shift, added);
      return { frame, unknown: none, foreign: none, ...units, isClockAhead };
    }
    return { frame, ...this.copyKnown(batch, shift, added), ...units, isClockAhead };
  }

  /** Changes the values in the batch; the slot of a reading that may not pass becomes `otherUnitSlot`. */
  private convertUnits(
    batch: DecodedBatch,
    units: readonly (StatedUnit | null)[],
    points: PointIndex,
  ): { otherUnit: string[]; unknownUnit: string[] } {
    const { slots } = this;
    const otherUnit: string[] = [];
    const unknownUnit: string[] = [];
    for (let i = 0; i < batch.count; i += 1) {
      const unit = units[i] ?? null;
      const slot = slots[i]!;
      if (unit === null || slot === otherMineSlot) continue;
      if (slot === unknownSlot) {
        unknownUnit.push(batch.points[i]!);
        slots[i] = otherUnitSlot;
        continue;
      }
      const registered = points.unitOf(slot);
      const value = inRegisteredUnit(batch.values[i]!, unit, registered);
      if (value === null) {
        otherUnit.push(`${batch.points[i]!}: ${textOf(unit)}, ${registered || '""'}`);
        slots[i] = otherUnitSlot;
      } else batch.values[i] = value;
    }
    return { otherUnit, unknownUnit };
  }

  private copyAll(batch: DecodedBatch, shift: number, added: number): void {
    const { frame } = this;
    const { count } = batch;
    for (let i = 0; i < count; i += 1) {
      frame.slots[i] = this.slots[i]!;
      frame.times[i] = batch.times[i]! - shift;
      frame.values[i] = batch.values[i]!;
      frame.status[i] = batch.status[i]! | added;
    }
    frame.count = count;
  }

  private copyKnown(
    batch: DecodedBatch,
    shift: number,
    added: number,
  ): { unknown: AsideReading[]; foreign: string[] } {
    const { frame } = this;
    const unknown: AsideReading[] = [];
    const foreign: string[] = [];
    let n = 0;
    for (let i = 0; i < batch.count; i += 1) {
      const slot = this.slots[i]!;
      const value = batch.values[i]!;
      if (slot === unknownSlot) {
        unknown.push({
          point: batch.points[i]!,
          time: batch.times[i]! - shift,
          value: Number.isNaN(value) ? null : value,
          status: batch.status[i]! | added,
        });
      } else if (slot === otherMineSlot) {
        foreign.push(batch.points[i]!);
      } else if (slot !== otherUnitSlot) {
        frame.slots[n] = slot;
        frame.times[n] = batch.times[i]! - shift;
        frame.values[n] = value;
        frame.status[n] = batch.status[i]! | added;
        n += 1;
      }
    }
    frame.count = n;
    return { unknown, foreign };
  }

  private reserve(count: number): void {
    if (count <= this.capacity) return;
    this.capacity = Math.max(256, 2 ** Math.ceil(Math.log2(count)));
    this.slots = new Uint32Array(this.capacity);
    this.frame.slots = new Uint32Array(this.capacity);
    this.frame.times = new Float64Array(this.capacity);
    this.frame.values = new Float64Array(this.capacity);
    this.frame.status = new Uint16Array(this.capacity);
    this.frame.outcomes = new Uint8Array(this.capacity);
  }
}

/** For the sample that a person reads; a unit may be as long as its message. */
function textOf(unit: StatedUnit): string {
  return typeof unit === 'string' ? unit.slice(0, 24) : 'true/false';
}
