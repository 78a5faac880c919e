// What a frame is when the engine gets it: slots for names, stamps pulled back, and the bits that only the gateway sets.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statusBit, wireStatusMask } from '#alarms/kernel/quality.ts';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { defaultWorkflowTimes, type SiteNode } from '#alarms/registry/site.ts';
import { onOff, type DecodedBatch, type StatedUnit } from '../formats/batch.ts';
import { FrameBuilder } from './frame-builder.ts';
import { PointIndex } from './point-index.ts';

const received = Date.UTC(2026, 2, 18, 6, 32, 8);
const aheadMs = 30_000;

const mineOf = (id: string, change: Partial<SiteNode> = {}): SiteNode => ({
  id,
  name: id,
  kind: 'mine',
  ...change,
});

const sites = [
  mineOf('demo', { demo: true, simulatedSources: ['replay-sim', 'calm'] }),
  mineOf('real'),
  mineOf('other', { demo: true, simulatedSources: ['replay'] }),
];

const documents: SiteDocuments = {
  sites,
  places: [],
  rules: [],
  times: defaultWorkflowTimes,
  points: sites.flatMap(({ id }) =>
    Array.from({ length: 12 }, (_, index) => ({
      id: `${id}-${index}`,
      measurand: 'CH4',
      unit: '%CH4',
      periodS: 1,
      place: 'P',
      mine: id,
      limits: {},
    })),
  ),
};

type Row = readonly [point: string, status: number, offsetMs?: number];

function batchOf(rows: readonly Row[], base = received): DecodedBatch {
  return {
    base,
    sequence: 1,
    count: rows.length,
    points: rows.map(([point]) => point),
    times: Float64Array.from(rows, ([, , offsetMs]) => base + (offsetMs ?? 0)),
    values: Float64Array.from(rows, (_, index) => index),
    status: Uint16Array.from(rows, ([, status]) => status),
    units: null,
    binds: null,
    refused: [],
  };
}

/** As the loop calls it. */
function built(mine: string, source: string, batch: DecodedBatch) {
  const topic = `mine/v1/${mine}/safety/${source}/data`;
  const { frame, unknown, foreign, otherUnit, unknownUnit } = new FrameBuilder().build(
    batch,
    topic,
    mine,
    0,
    received,
    new PointIndex(documents),
  );
  return {
    status: Array.from(frame.status.subarray(0, frame.count)),
    slots: Array.from(frame.slots.subarray(0, frame.count)),
    times: Array.from(frame.times.subarray(0, frame.count)),
    unknown: unknown.map(({ point, status }) => [point, status]),
    foreign,
    values: Array.from(frame.values.subarray(0, frame.count)),
    otherUnit,
    unknownUnit,
  };
}

describe('values of a declared simulator', () => {
  test('carry the bit beside what the source said, in frames of known points', () => {
    const { status } = built(
      'demo',
      'replay-sim',
      batchOf([
        ['demo-0', 0],
        ['demo-1', statusBit.sensorFault],
      ]),
    );
    expect(status).toEqual([statusBit.simulated, statusBit.simulated | statusBit.sensorFault]);
  });

  test('carry it in quarantine as in the frame, where some points are unknown or of another mine', () => {
    const { status, unknown, foreign } = built(
      'demo',
      'calm',
      batchOf([
        ['demo-0', 1],
        ['nobody', 4],
        ['real-0', 0],
      ]),
    );
    expect(status).toEqual([statusBit.simulated | 1]);
    expect(unknown).toEqual([['nobody', statusBit.simulated | 4]]);
    expect(foreign).toEqual(['real-0']);
  });

  test('carry it beside clockAhead when their stamps lie ahead', () => {
    const { status, times } = built('demo', 'calm', batchOf([['demo-3', 0]], received + aheadMs + 1));
    expect(status).toEqual([statusBit.simulated | statusBit.clockAhead]);
    expect(times).toEqual([received]);
  });
});

describe('values of any other source', () => {
  test.each([
    ['the same mine, not declared', 'demo', 'replay'],
    ['the declared name under a mine that declares none', 'real', 'replay-sim'],
    ['the declared name under a mine that declares another', 'other', 'replay-sim'],
    ['a name that only begins like a declared one', 'demo', 'calm2'],
  ])('are never marked: %s', (_, mine, source) => {
    expect(built(mine, source, batchOf([[`${mine}-0`, wireStatusMask]])).status).toEqual([wireStatusMask]);
  });
});

test('whatever a frame holds, what its source said of each reading stays, and nothing but our bits is added', () => {
  const rows = fc.array(
    fc.tuple(
      fc.constantFrom(...documents.points.map(({ id }) => id), 'nobody'),
      fc.integer({ min: 0, max: wireStatusMask }),
      fc.integer({ min: -5_000, max: 0 }),
    ),
    { maxLength: 40 },
  );
  const holds = fc.property(
    rows,
    fc.constantFrom(...sites.map(({ id }) => id)),
    fc.constantFrom('replay-sim', 'calm', 'replay', 'gateway'),
    fc.boolean(),
    (sent, mine, source, isAhead) => {
      const got = built(mine, source, batchOf(sent, received + (isAhead ? aheadMs + 5_001 : 0)));
      const isDeclared = sites.find(({ id }) => id === mine)?.simulatedSources?.includes(source) ?? false;
      const added =
        (isDeclared ? statusBit.simulated : 0) | (isAhead && sent.length > 0 ? statusBit.clockAhead : 0);
      const known = sent.filter(([point]) => point.startsWith(`${mine}-`));
      expect(got.status).toEqual(known.map(([, status]) => status | added));
      expect(got.slots).toEqual(known.map(([point]) => documents.points.findIndex(({ id }) => id === point)));
      expect(got.unknown).toEqual(
        sent.flatMap(([point, status]) => (point === 'nobody' ? [[point, status | added]] : [])),
      );
    },
  );
  fc.assert(holds);
});

describe('readings that state a unit', () => {
  const stating = (rows: readonly (readonly [string, number, StatedUnit | null])[]): DecodedBatch => ({
    ...batchOf(rows.map(([point]) => [point, 0])),
    values: Float64Array.from(rows, ([, value]) => value),
    units: rows.map(([, , unit]) => unit),
  });

  test('come out in the unit of their point: a methane ratio of 0.02 is 2 %, never 0.02 %', () => {
    const { values, slots, otherUnit } = built(
      'real',
      'gateway',
      stating([
        ['real-0', 0.02, '/'],
        ['real-1', 0.02, '%CH4'],
        ['real-2', 0.02, null],
        ['real-3', 200, 'ppm'],
      ]),
    );
    expect(values).toEqual([2, 0.02, 0.02, 0.02]);
    expect(slots).toHaveLength(4);
    expect(otherUnit).toEqual([]);
  });

  test('in a unit that cannot be converted are left out alone, with both units named', () => {
    const { values, otherUnit, unknownUnit } = built(
      'real',
      'gateway',
      stating([
        ['real-0', 0.02, '%'],
        ['real-1', 1, null],
        ['real-2', 1, onOff],
        ['real-3', 5, 'x'.repeat(1000)],
        ['real-4', 0.01, '/'],
      ]),
    );
    expect(values).toEqual([1, 1]);
    expect(otherUnit).toEqual([
      'real-0: %, %CH4',
      'real-2: true/false, %CH4',
      `real-3: ${'x'.repeat(24)}, %CH4`,
    ]);
    expect(unknownUnit).toEqual([]);
  });

  test('of a point nobody registered are not kept: without their unit they would be misread later', () => {
    const { values, unknown, unknownUnit, foreign, otherUnit } = built(
      'real',
      'gateway',
      stating([
        ['nobody', 0.02, '/'],
        ['nobody', 1.5, null],
        ['demo-0', 0.02, '/'],
        ['real-0', 0.02, '/'],
      ]),
    );
    expect(unknown).toEqual([['nobody', 0]]);
    expect(unknownUnit).toEqual(['nobody']);
    expect(foreign).toEqual(['demo-0']);
    expect(otherUnit).toEqual([]);
    expect(values).toEqual([2]);
  });

  test('leave the next message of the same names as it is, though its list is known from before', () => {
    const rows = Array.from(
      { length: 9 },
      (_, index) => [`real-${index}`, 0.02, index === 4 ? 'V' : '/'] as const,
    );
    const index = new PointIndex(documents);
    const builder = new FrameBuilder();
    const build = (batch: DecodedBatch) => {
      const { frame } = builder.build(batch, 'mine/v1/real/safety/s/data', 'real', 0, received, index);
      return Array.from(frame.values.subarray(0, frame.count));
    };
    expect(build(stating(rows))).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    expect(build({ ...stating(rows), units: null })).toEqual(rows.map(() => 0.02));
  });
});
