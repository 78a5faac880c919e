// SenML (RFC 8428, JSON): an array of records with base fields that go on until the next of their kind. Parsed value
// in, columns or refusal out. Names are point ids; units go along with the values: only who knows the points can judge.
// Never throws; a bad record refuses itself. A base field that cannot be read refuses all that would have rested on it:
// the one before must not take its place. Readings leave in the order of their times, whatever order they came in.

import { parseTime } from '#alarms/kernel/time.ts';
import { onOff, type DecodedBatch, type DecodeResult, type StatedUnit } from '#gateway/formats/batch.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { parseJson, pointIdCharsMax, readingsMax, refuse } from '../decoding.ts';
import { addDecimal, thousandfoldRounded } from './decimal.ts';
import { inChronologicalOrder } from './order.ts';

/** Version that RFC 8428 defines and that holds where none is given; later ones may mean anything. */
const versionMax = 10;
/** From here on a time counts from 1970, below it from now (§4.5.3). */
const absoluteFromS = 2 ** 28;

interface RawRecord {
  readonly bn?: unknown;
  readonly bt?: unknown;
  readonly bu?: unknown;
  readonly bv?: unknown;
  readonly bver?: unknown;
  readonly n?: unknown;
  readonly u?: unknown;
  readonly v?: unknown;
  readonly vs?: unknown;
  readonly vb?: unknown;
  readonly vd?: unknown;
  readonly s?: unknown;
  readonly t?: unknown;
}

/** What the records so far have set. Each may be unreadable until it is set anew. */
interface Bases {
  name: string | null;
  /** Seconds; NaN when unreadable. */
  time: number;
  unit: string | null;
  isUnitReadable: boolean;
  /** NaN when unreadable. */
  value: number;
  /** A base field that must be understood and is not: it goes for all that follows. */
  isForeign: boolean;
}

interface Value {
  readonly number: number;
  readonly unit: StatedUnit | null;
}

export class SenmlDecoder {
  /** `received`: what times below 2^28 s count from, ms. */
  decode(bytes: Uint8Array, into: DecodedBatch, received: number): DecodeResult {
    const parsed = parseJson(bytes);
    return parsed.ok ? this.read(parsed.value, into, received) : parsed;
  }

  read(value: unknown, into: DecodedBatch, received: number): DecodeResult {
    if (!Array.isArray(value)) return refuse('FORMAT_UNKNOWN', 'a SenML pack is an array');
    const records: readonly unknown[] = value;
    if (records.length > readingsMax) return refuse('TOO_MANY_READINGS', `${records.length} records`);
    if (records.some(isOfLaterVersion))
      return refuse('VERSION_UNSUPPORTED', `bver is not 1 to ${versionMax}`);
    const bases = noBases();
    const units: (StatedUnit | null)[] = [];
    into.sequence = -1;
    into.points = [];
    into.refused = [];
    into.count = 0;
    records.forEach((record, index) => {
      const reason = put(record, bases, received, units, into);
      if (reason !== null) into.refused.push({ reason, index });
    });
    if (into.count === 0 && into.refused.length === 0) return refuse('EMPTY', 'no reading in the pack');
    into.units = units.some((unit) => unit !== null) ? units : null;
    inChronologicalOrder(into);
    into.base = into.count === 0 ? 0 : (into.times[0] ?? 0);
    return { ok: true, batch: into };
  }
}

function noBases(): Bases {
  return { name: '', time: 0, unit: null, isUnitReadable: true, value: 0, isForeign: false };
}

/** The pack must not be used then, whatever else is in it (§4.4). */
function isOfLaterVersion(record: unknown): boolean {
  if (!isObject(record) || record.bver === undefined) return false;
  const version = record.bver;
  return typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > versionMax;
}

/** Appends the reading of the record, if it has one; or says why not. */
function put(
  record: unknown,
  bases: Bases,
  received: number,
  units: (StatedUnit | null)[],
  into: DecodedBatch,
): IntakeRefusal | null {
  if (!isObject(record)) return 'BAD_POINT';
  const labels = Object.keys(record);
  setBases(record, labels, bases);
  if (bases.isForeign || labels.some(mustBeUnderstood)) return 'FIELD_NOT_UNDERSTOOD';
  if (labels.length > 0 && labels.every(hasBaseMeaning)) return null;
  const name = nameOf(record, bases);
  if (name === null) return 'BAD_POINT';
  const time = timeOf(record, bases, received);
  if (time === null) return 'BAD_TIME';
  const value = valueOf(record, bases);
  if (typeof value === 'string') return value;
  into.points.push(name);
  units.push(value.unit);
  into.times[into.count] = time;
  into.values[into.count] = value.number;
  into.status[into.count] = 0;
  into.count += 1;
  return null;
}

function isObject(value: unknown): value is RawRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setBases(record: RawRecord, labels: readonly string[], bases: Bases): void {
  const { bn, bt, bu, bv } = record;
  if (bn !== undefined) bases.name = typeof bn === 'string' ? bn : null;
  if (bt !== undefined) bases.time = typeof bt === 'number' ? bt : Number.NaN;
  if (bv !== undefined) bases.value = typeof bv === 'number' ? bv : Number.NaN;
  if (bu !== undefined) {
    bases.isUnitReadable = typeof bu === 'string';
    bases.unit = typeof bu === 'string' ? bu : null;
  }
  if (labels.some((label) => hasBaseMeaning(label) && mustBeUnderstood(label))) bases.isForeign = true;
}

/** §4.4; none of the labels we know ends so. */
function mustBeUnderstood(label: string): boolean {
  return label.endsWith('_');
}

/** §12.2: every base field begins so, known or not, and no other does. */
function hasBaseMeaning(label: string): boolean {
  return label.startsWith('b');
}

/** §4.5.1. */
const nameAllowed = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;

function nameOf({ n = '' }: RawRecord, { name: base }: Bases): string | null {
  if (base === null || typeof n !== 'string' || base.length + n.length > pointIdCharsMax) return null;
  const name = base + n;
  return nameAllowed.test(name) ? name : null;
}

function timeOf({ t = 0 }: RawRecord, bases: Bases, received: number): number | null {
  if (typeof t !== 'number') return null;
  const seconds = addDecimal(bases.time, t);
  if (!Number.isFinite(seconds)) return null;
  const time = thousandfoldRounded(seconds);
  return parseTime(seconds < absoluteFromS ? received + time : time);
}

/** Exactly one kind of value (§4.2): none is not zero, and two are not one. */
function valueOf(record: RawRecord, bases: Bases): Value | IntakeRefusal {
  const { v, vb, vs, vd, s } = record;
  const kinds = [v, vb, vs, vd].filter((value) => value !== undefined).length;
  if (kinds === 0) return s === undefined ? 'BAD_VALUE' : 'VALUE_KIND_UNSUPPORTED';
  if (kinds > 1) return 'BAD_VALUE';
  if (v !== undefined) return numberOf(v, record, bases);
  if (vb !== undefined) return switchOf(vb, record);
  return 'VALUE_KIND_UNSUPPORTED';
}

function numberOf(v: unknown, { u }: RawRecord, bases: Bases): Value | IntakeRefusal {
  if (typeof v !== 'number' || !Number.isFinite(v) || !Number.isFinite(bases.value)) return 'BAD_VALUE';
  const number = addDecimal(bases.value, v);
  if (!Number.isFinite(number)) return 'BAD_VALUE';
  if (u === undefined) return bases.isUnitReadable ? { number, unit: bases.unit } : 'UNIT_MISMATCH';
  return typeof u === 'string' ? { number, unit: u } : 'UNIT_MISMATCH';
}

/** Base value and base unit are those of numbers; a unit of its own may only say what a switch is. */
function switchOf(vb: unknown, { u = '/' }: RawRecord): Value | IntakeRefusal {
  if (typeof vb !== 'boolean') return 'BAD_VALUE';
  return u === '/' ? { number: vb ? 1 : 0, unit: onOff } : 'UNIT_MISMATCH';
}
