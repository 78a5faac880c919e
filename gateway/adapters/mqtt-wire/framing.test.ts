import * as fc from 'fast-check';
import { generate } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { PacketFramer, PartialBudget } from './framing.ts';

const bounds = { packetBytesMax: 10_000, packetsPerReadMax: 3, bytesPerReadMax: 500 };

function publish(bytes: number): Buffer {
  return generate({
    cmd: 'publish',
    topic: 't',
    payload: Buffer.alloc(bytes, 1),
    qos: 0,
    retain: false,
    dup: false,
  });
}

/** All runs out of the chunks, as the connection takes them. */
function runsOf(framer: PacketFramer, chunks: readonly Buffer[]): Buffer[] {
  const runs: Buffer[] = [];
  for (const chunk of chunks) {
    let waiting = chunk;
    while (waiting.length > 0 && framer.fault === null) {
      framer.push(waiting);
      const run = framer.take(bounds);
      if (run !== null) runs.push(run);
      waiting = framer.takeRest();
    }
  }
  return runs;
}

test('however the bytes are cut, whole packets come out in order, within the bounds, and no memory stays', () => {
  const property = fc.property(
    fc.array(fc.nat(700), { minLength: 1, maxLength: 20 }),
    fc.array(fc.nat(8_000), { maxLength: 20 }),
    (sizes, cuts) => {
      const packets = sizes.map(publish);
      const whole = Buffer.concat(packets);
      const ends = [...new Set(cuts.map((cut) => cut % whole.length))].sort((a, b) => a - b);
      const chunks = [...ends, whole.length].map((end, index) =>
        whole.subarray(index === 0 ? 0 : ends[index - 1], end),
      );
      const budget = new PartialBudget(100_000);
      const framer = new PacketFramer(budget);
      const runs = runsOf(framer, chunks);
      expect(Buffer.concat(runs)).toEqual(whole);
      const starts = new Set<number>([0]);
      packets.reduce((at, packet) => {
        starts.add(at + packet.length);
        return at + packet.length;
      }, 0);
      runs.reduce((at, run) => {
        expect(starts).toContain(at + run.length);
        return at + run.length;
      }, 0);
      expect(budget.used).toBe(0);
    },
  );
  expect(() => {
    fc.assert(property, { seed: 5, numRuns: 500 });
  }).not.toThrow();
});

test('one byte at a time comes out whole', () => {
  const packet = publish(300);
  const framer = new PacketFramer(new PartialBudget(100_000));
  expect(
    runsOf(
      framer,
      [...packet].map((byte) => Buffer.from([byte])),
    ),
  ).toEqual([packet]);
});

test('a packet above the bound is known by its header, before its bytes are kept', () => {
  const budget = new PartialBudget(100_000);
  const framer = new PacketFramer(budget);
  runsOf(framer, [publish(20_000).subarray(0, 10)]);
  expect(framer.fault).toBe('packet too large');
  expect(budget.used).toBeLessThan(100);
});

test('memory follows what was received, not what was announced', () => {
  const budget = new PartialBudget(100_000);
  const framer = new PacketFramer(budget);
  runsOf(framer, [publish(9_000).subarray(0, 100)]);
  expect(framer.fault).toBeNull();
  expect(budget.used).toBeLessThan(300);
});

test('when all connections together keep too much, the one that wants more is at fault', () => {
  const budget = new PartialBudget(10_000);
  const first = new PacketFramer(budget);
  const second = new PacketFramer(budget);
  runsOf(first, [publish(9_000).subarray(0, 8_000)]);
  runsOf(second, [publish(9_000).subarray(0, 8_000)]);
  expect([first.fault, second.fault]).toEqual([null, 'no room']);
  first.release();
  second.release();
  expect(budget.used).toBe(0);
});

test('a remaining length of five bytes is malformed', () => {
  const framer = new PacketFramer(new PartialBudget(1_000));
  runsOf(framer, [Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])]);
  expect(framer.fault).toBe('malformed');
});
