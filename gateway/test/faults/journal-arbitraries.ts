// Random inputs and events for the tests of the journal: every kind, odd texts, readings of all shapes.

import * as fc from 'fast-check';
import type { Input } from '#alarms/engine/input.ts';
import type { Event } from '#alarms/log/event.ts';
import { defaultWorkflowTimes } from '#alarms/registry/site.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';

const now = fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 });
const text = fc.string({ unit: 'binary', maxLength: 40 });
/** JSON knows no -0; nothing that is journalled as JSON tells it from 0. */
const jsonNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (value === 0 ? 0 : value));

interface Reading {
  readonly slot: number;
  readonly time: number;
  readonly value: number;
  readonly status: number;
  readonly outcome: number;
}

const reading: fc.Arbitrary<Reading> = fc.record({
  slot: fc.nat(0xffff_ffff),
  time: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -1e12, max: 1e12 }) },
  ),
  value: fc.oneof(fc.double(), fc.constant(Number.NaN)),
  status: fc.nat(0xffff),
  outcome: fc.nat(2),
});

export const readingsFrame: fc.Arbitrary<ReadingsFrame> = fc
  .record({
    received: now,
    source: fc.nat(0xffff_ffff),
    sequence: fc.oneof(fc.constant(-1), fc.nat(Number.MAX_SAFE_INTEGER)),
    base: now,
    shift: fc.integer({ min: -1e9, max: 1e9 }).map((shift) => (shift === 0 ? 0 : shift)),
    readings: fc.array(reading, { maxLength: 40 }),
    isReal: fc.boolean(),
  })
  .map(({ readings, isReal, ...head }) => ({
    ...head,
    count: readings.length,
    slots: Uint32Array.from(readings, ({ slot }) => slot),
    // Real stamps lie near the base; the others must survive as well.
    times: Float64Array.from(readings, ({ time }) => head.base + (isReal ? Math.trunc(time) : time + 0.25)),
    values: Float64Array.from(readings, ({ value }) => value),
    status: Uint16Array.from(readings, ({ status }) => status),
    outcomes: Uint8Array.from(readings, ({ outcome }) => outcome),
  }));

export const input: fc.Arbitrary<Input> = fc.oneof(
  { weight: 4, arbitrary: readingsFrame.map((frame): Input => ({ kind: 'readings', frame })) },
  fc.record({ kind: fc.constant('tick' as const), now }),
  fc.record({ kind: fc.constant('started' as const), now, blindFrom: fc.option(now) }),
  fc.record({
    kind: fc.constant('sourceSeen' as const),
    now,
    source: fc.nat(),
    name: fc.record({ mine: text, system: text, source: text }),
  }),
  fc.record({
    kind: fc.constant('configured' as const),
    now,
    documents: fc
      .array(fc.record({ id: text, name: text, kind: fc.constant('mine' as const) }), { maxLength: 4 })
      .map((sites) => ({ sites, places: [], points: [], rules: [], times: defaultWorkflowTimes })),
  }),
  fc.record({
    kind: fc.constant('command' as const),
    now,
    command: fc.record({
      name: fc.constant('ArchiveCase' as const),
      by: fc.record({
        id: text,
        name: text,
        grants: fc.constant([{ role: 'leader' as const, site: 'demo' }]),
      }),
      payload: fc.record({ commandId: text, case: text, text }),
    }),
  }),
  fc.record({
    kind: fc.constant('quarantined' as const),
    now,
    source: fc.nat(),
    readings: fc.array(
      fc.record({ point: text, time: now, value: fc.option(jsonNumber), status: fc.nat(255) }),
      { maxLength: 4 },
    ),
  }),
  fc.record({
    kind: fc.constant('roomChanged' as const),
    now,
    state: fc.constantFrom('ok' as const, 'low' as const, 'sacrificing' as const, 'full' as const),
    freeBytes: fc.nat(),
  }),
  fc.record({ kind: fc.constant('recoveryDiffered' as const), now, detail: text }),
);

export const event: fc.Arbitrary<Event> = fc.record({
  v: fc.constant(1 as const),
  id: text,
  seq: fc.nat(),
  type: fc.constant('CaseArchived' as const),
  at: now,
  mine: text,
  case: text,
  data: fc.record({ text }),
  prevHash: text,
});
