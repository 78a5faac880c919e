// Plain JSON: one reading or an array of {"point","time","value","status"}. Parsed value in, columns or refusal out.
// time: ISO 8601 with offset, or ms; value absent or null: a sample without a number; status absent: 0.
// Never throws; a bad reading refuses itself, never its neighbours. Unknown keys are ignored.

import { wireStatusMask } from '#alarms/kernel/quality.ts';
import { parseTime } from '#alarms/kernel/time.ts';
import type { DecodedBatch, DecodeResult } from '#gateway/formats/batch.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { isPointId, parseJson, readingsMax, refuse } from '../decoding.ts';

interface RawReading {
  readonly point?: unknown;
  readonly time?: unknown;
  readonly value?: unknown;
  readonly status?: unknown;
}

export class JsonDecoder {
  decode(bytes: Uint8Array, into: DecodedBatch): DecodeResult {
    const parsed = parseJson(bytes);
    return parsed.ok ? this.read(parsed.value, into) : parsed;
  }

  read(value: unknown, into: DecodedBatch): DecodeResult {
    const readings: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (readings.length === 0) return refuse('EMPTY', 'no reading in the array');
    if (readings.length > readingsMax) return refuse('TOO_MANY_READINGS', `${readings.length} readings`);
    into.sequence = -1;
    into.points = [];
    into.units = null;
    into.refused = [];
    into.count = 0;
    readings.forEach((reading, index) => {
      const reason = put(reading, into);
      if (reason !== null) into.refused.push({ reason, index });
    });
    into.base = into.count === 0 ? 0 : (into.times[0] ?? 0);
    return { ok: true, batch: into };
  }
}

/** Appends the reading, or says why not. */
function put(reading: unknown, into: DecodedBatch): IntakeRefusal | null {
  if (typeof reading !== 'object' || reading === null) return 'BAD_POINT';
  const { point, time, value, status = 0 } = reading as RawReading;
  if (!isPointId(point)) return 'BAD_POINT';
  const stamp = parseTime(time);
  if (stamp === null) return 'BAD_TIME';
  const number = value ?? null;
  if (number !== null && (typeof number !== 'number' || !Number.isFinite(number))) return 'BAD_VALUE';
  if (typeof status !== 'number' || status !== (status & wireStatusMask)) return 'BAD_STATUS';
  const to = into.count;
  into.points.push(point);
  into.times[to] = stamp;
  into.values[to] = number ?? Number.NaN;
  into.status[to] = status;
  into.count += 1;
  return null;
}
