import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Input } from '#alarms/engine/input.ts';
import type { Event } from '#alarms/log/event.ts';
import * as arbitrary from '#gateway/test/faults/journal-arbitraries.ts';
import { BatchEncoder, EntryDecoder, makeFrame } from './entry.ts';
import { isIntact, sealRecord } from './record.ts';

const group = fc.record({ input: arbitrary.input, events: fc.array(arbitrary.event, { maxLength: 3 }) });

/** Plain data with the columns cut to the count, as the decoder's frame is larger and reused. */
function plain(input: Input): unknown {
  if (input.kind !== 'readings') return input;
  const { frame } = input;
  const { received, source, sequence, base, shift, count } = frame;
  const columns = [frame.slots, frame.times, frame.values, frame.status, frame.outcomes];
  return {
    received,
    source,
    sequence,
    base,
    shift,
    columns: columns.map((column) => [...column.subarray(0, count)]),
  };
}

function encode(
  groups: readonly { readonly input: Input; readonly events: readonly Event[] }[],
  first: number,
) {
  const encoder = new BatchEncoder(new ArrayBuffer(256));
  for (const [index, { input, events }] of groups.entries()) {
    encoder.appendInput(input);
    for (const event of events) encoder.appendEvent(first + index, event);
  }
  const columns = encoder.finish(4096, first);
  sealRecord(columns, 0, encoder.length);
  return { columns, length: encoder.length };
}

describe('the codec of journal entries', () => {
  test('gives back every input and event as it was, numbered, in order', () => {
    const decoder = new EntryDecoder();
    fc.assert(
      fc.property(fc.array(group, { maxLength: 6 }), fc.nat(2 ** 50), (groups, first) => {
        const { columns, length } = encode(groups, first);
        const expected = groups.flatMap(({ input, events }, index) => [
          { kind: 'input', sequence: first + index, value: plain(input) },
          ...events.map((event) => ({ kind: 'event', sequence: first + index, value: event })),
        ]);
        const got = [];
        for (const entry of decoder.entries(columns, 0, length, 'all')) {
          const value = entry.kind === 'input' ? plain(entry.input) : entry.event;
          got.push({ kind: entry.kind, sequence: entry.sequence, value });
        }
        expect(got).toEqual(expected);
        expect(isIntact(columns, 0, length)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('gives only inputs, or only events, with the same numbers', () => {
    const decoder = new EntryDecoder();
    fc.assert(
      fc.property(fc.array(group, { maxLength: 6 }), (groups) => {
        const { columns, length } = encode(groups, 7);
        const numbers = (wanted: 'inputs' | 'events') =>
          [...decoder.entries(columns, 0, length, wanted)].map(({ kind, sequence }) => `${kind} ${sequence}`);
        expect(numbers('inputs')).toEqual(groups.map((_, index) => `input ${7 + index}`));
        expect(numbers('events')).toEqual(
          groups.flatMap(({ events }, index) => events.map(() => `event ${7 + index}`)),
        );
      }),
    );
  });

  test('takes 19 bytes a reading when the stamps lie near the base, 23 otherwise', () => {
    const frame = makeFrame(1000);
    frame.count = 1000;
    frame.base = 1_700_000_000_000;
    frame.times.fill(frame.base + 5);
    const near = encode([{ input: { kind: 'readings', frame }, events: [] }], 1).length;
    frame.times[999] = frame.base + 2 ** 31;
    const far = encode([{ input: { kind: 'readings', frame }, events: [] }], 1).length;
    expect(near).toBe(40 + 8 + 40 + 19_000);
    expect(far).toBe(40 + 8 + 40 + 23_000);
  });

  test('knows every changed byte of a record', () => {
    const { columns, length } = encode([{ input: { kind: 'tick', now: 5 }, events: [] }], 1);
    for (let at = 8; at < length; at += 1) {
      columns.bytes[at]! ^= 1;
      expect(isIntact(columns, 0, length)).toBe(false);
      columns.bytes[at]! ^= 1;
    }
    expect(isIntact(columns, 0, length)).toBe(true);
  });
});
