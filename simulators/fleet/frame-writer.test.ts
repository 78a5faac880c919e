// Frames as bytes: what is in them is what the writer says is in them, for the gateway's decoder too; and how the
// readings are cut into frames changes none of them.

import { expect, test } from 'vitest';
import { emptyBatch } from '#gateway/formats/decoding.ts';
import { DataDecoder } from '#gateway/formats/recognise.ts';
import { FrameWriter, payloadOf } from './frame-writer.ts';
import { planDefaults, stationsOf, type FleetPlan } from './plan.ts';

const plan: FleetPlan = {
  ...planDefaults,
  mines: 2,
  points: 130,
  perFrame: 45,
  startMs: 1_767_000_000_000,
  absentShare: 0.3,
  stuckShare: 0.2,
  blastEveryS: 600,
};
type Row = readonly [point: string, time: number, value: number | null, status: number];

function rowsOf(writer: FrameWriter): Row[] {
  return Array.from(writer.points, (point, n) => [
    writer.pointIds[point]!,
    writer.times[n]!,
    Number.isNaN(writer.values[n]!) ? null : writer.values[n]!,
    writer.statuses[n]!,
  ]);
}

function readings(of: FleetPlan, station: number, count: number): Row[] {
  const writer = new FrameWriter(of, stationsOf(of)[station]!);
  const rows: Row[] = [];
  while (rows.length < count) {
    writer.next();
    rows.push(...rowsOf(writer));
  }
  return rows.slice(0, count);
}

test('the payload is JSON that holds just the readings that the writer tells', () => {
  const writer = new FrameWriter(plan, stationsOf(plan)[1]!);
  for (let frame = 0; frame < 2_000; frame += 1) {
    const made = writer.next();
    expect(made.frame).toBe(frame);
    const { v, seq, t, p, d, x, s } = JSON.parse(payloadOf(made, frame + 1, made.timeMs).toString()) as {
      [key in 'v' | 'seq' | 't']: number;
    } & { p: string[]; d: number[]; x: (number | null)[]; s: number[] };
    expect([v, seq]).toEqual([1, frame + 1]);
    expect(p.map((point, n) => [point, t + d[n]!, x[n], s[n]])).toEqual(rowsOf(writer));
  }
});

test('the gateway decodes it, and refuses none of it', () => {
  const writer = new FrameWriter(plan, stationsOf(plan)[0]!);
  const batch = emptyBatch();
  for (let frame = 0; frame < 50; frame += 1) {
    const result = new DataDecoder().decode(payloadOf(writer.next(), frame, 1_767_000_000_000), batch, 0);
    expect(result).toMatchObject({ ok: true });
  }
});

test('readings are the same however they are cut into frames', () => {
  const wanted = readings(plan, 0, 5_000);
  for (const perFrame of [1, 7, 100, 250]) expect(readings({ ...plan, perFrame }, 0, 5_000)).toEqual(wanted);
  expect(readings({ ...plan, seed: 5 }, 0, 5_000)).not.toEqual(wanted);
});

test('a point is read once a period, in the order of time, and stands on one station', () => {
  const stations = stationsOf(plan);
  expect(stations).toHaveLength(4);
  const seen = new Set<string>();
  for (const { index, points } of stations) {
    const rows = readings(plan, index, points * 20);
    const times = rows.map(([, time]) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const id of new Set(rows.map(([point]) => point))) {
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      const own = rows.filter(([point]) => point === id).map(([, time]) => time);
      expect(own.slice(1).map((time, n) => time - own[n]!)).toEqual(
        Array.from({ length: 19 }, () => plan.periodMs),
      );
    }
  }
  expect(seen.size).toBe(260);
});

test('digests tell frames apart', () => {
  const digestsOf = (seed: number) => {
    const writer = new FrameWriter({ ...plan, seed }, stationsOf(plan)[0]!);
    return Array.from({ length: 1_000 }, () => writer.next().digest);
  };
  expect(new Set([...digestsOf(1), ...digestsOf(2)]).size).toBeGreaterThan(1_990);
  expect(digestsOf(1)).toEqual(digestsOf(1));
});
