import * as fc from 'fast-check';
import { generate, parser, type IPublishPacket } from 'mqtt-packet';
import { expect, test } from 'vitest';
import { PublishReader, pubacks } from './publish-packet.ts';

/** What mqtt-packet makes of it: the second opinion. Null: nothing, or an error. */
function parsed(bytes: Buffer): IPublishPacket | null {
  const reader = parser();
  let found: IPublishPacket | null = null;
  let packets = 0;
  reader.on('packet', (packet) => {
    packets += 1;
    if (packet.cmd === 'publish') found = packet;
  });
  reader.on('error', () => (found = null));
  const rest = reader.parse(bytes);
  return packets === 1 && rest === 0 ? found : null;
}

const topics = fc.oneof(
  fc.constantFrom('mine/v1/m1/safety/kj/data', 'mine/v1/m1/safety/kj/date', '矿/一', '$SYS/x', 'a'),
  fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
);

const publishes = fc.record({
  topic: topics,
  payload: fc.uint8Array({ maxLength: 400 }),
  qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  messageId: fc.integer({ min: 1, max: 65_535 }),
  dup: fc.boolean(),
  retain: fc.boolean(),
});

function bytesOf({
  payload,
  ...rest
}: { payload: Uint8Array; topic: string; qos: 0 | 1 | 2 } & object): Buffer {
  return generate({ cmd: 'publish', dup: false, retain: false, payload: Buffer.from(payload), ...rest });
}

test('reads what mqtt-packet reads, one packet after the other and wherever they lie', () => {
  const reader = new PublishReader();
  fc.assert(
    fc.property(publishes, fc.nat(9), (drawn, before) => {
      if (!drawn.topic.isWellFormed() || Buffer.byteLength(drawn.topic) > 65_535) return;
      const packet = bytesOf(drawn);
      const bytes = Buffer.concat([Buffer.alloc(before, 0xff), packet, Buffer.alloc(3, 0xff)]);
      const read = reader.read(bytes, before, before + packet.length);
      // eslint-disable-next-line no-control-regex -- no publish may have them (MQTT-3.3.2-2, 1.5.3-2)
      if (drawn.qos === 2 || /[\u0000#+]/.test(drawn.topic)) {
        expect(read).toBeNull();
        return;
      }
      const wanted = parsed(packet)!;
      expect(read).toEqual({
        topic: wanted.topic,
        payload: wanted.payload,
        qos: drawn.qos,
        messageId: drawn.qos === 0 ? 0 : wanted.messageId,
      });
    }),
    { numRuns: 1_000 },
  );
});

test('takes no packet that mqtt-packet would not take, whatever its bytes', () => {
  const reader = new PublishReader();
  fc.assert(
    fc.property(
      publishes,
      fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 3 }),
      (drawn, changes) => {
        const packet = bytesOf({ ...drawn, topic: 'mine/v1/m1/safety/kj/data' });
        for (const [at, byte] of changes) {
          // The fixed header's length is the framer's care.
          if (at !== 1 && at !== 2) packet[at % packet.length] = byte;
        }
        if (packet[1]! > 127 && packet[2]! > 127) return;
        const length = packet[1]! < 128 ? packet[1]! + 2 : (packet[1]! & 127) + packet[2]! * 128 + 3;
        if (length !== packet.length) return;
        const read = reader.read(packet, 0, packet.length);
        if (read === null) return;
        const wanted = parsed(packet);
        expect(wanted).toMatchObject({ topic: read.topic, payload: read.payload, qos: read.qos });
        if (read.qos === 1) expect(wanted!.messageId).toBe(read.messageId);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('makes the PUBACKs that mqtt-packet makes', () => {
  const ids = [1, 2, 255, 256, 65_535];
  const wanted = Buffer.concat(ids.map((messageId) => generate({ cmd: 'puback', messageId })));
  expect(pubacks(ids)).toEqual(wanted);
});
