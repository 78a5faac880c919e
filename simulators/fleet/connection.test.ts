// The connection against a server that acknowledges when the test says so: bound, order, DUP after a reconnect, the same
// packet twice, and what it thinks of a server that answers out of turn.

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../test/until.ts';
import { Connection } from './connection.ts';

interface Publish {
  readonly isDup: boolean;
  readonly topic: string;
  readonly id: number;
  readonly payload: string;
}

let server: Server;
let sockets: Socket[] = [];
let published: Publish[] = [];
let connection: Connection;
let broken: string[] = [];

/** One reader of MQTT 3.1.1, written from the standard: fixed header, remaining length, then the fields. */
function read(bytes: Buffer, socket: Socket): Buffer {
  let at = 0;
  for (;;) {
    let length = 0;
    let body = at + 1;
    for (let shift = 0; body < bytes.length; shift += 7) {
      const byte = bytes[body++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      if (body === bytes.length) return bytes.subarray(at);
    }
    if (bytes.length < at + 2 || bytes.length < body + length) return bytes.subarray(at);
    const packet = bytes.subarray(body, body + length);
    const type = bytes[at]! >> 4;
    if (type === 1) socket.write(Buffer.from([0x20, 2, 0, 0]));
    if (type === 3) {
      expect((bytes[at]! >> 1) & 3).toBe(1);
      const topicEnd = 2 + packet.readUInt16BE(0);
      published.push({
        isDup: (bytes[at]! & 8) !== 0,
        topic: packet.subarray(2, topicEnd).toString(),
        id: packet.readUInt16BE(topicEnd),
        payload: packet.subarray(topicEnd + 2).toString(),
      });
    }
    at = body + length;
  }
}

const acknowledge = (id: number) => sockets.at(-1)!.write(Buffer.from([0x40, 2, id >> 8, id & 0xff]));
const publishedAre = (count: number) => until(`${count} are published`, () => published.length === count);

beforeEach(async () => {
  sockets = [];
  published = [];
  broken = [];
  server = createServer((socket) => {
    sockets.push(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => (rest = read(Buffer.concat([rest, bytes]), socket)));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const onBroken = (error: Error) => broken.push(error.message);
  connection = new Connection({ host: '127.0.0.1', port, clientId: 'station', window: 3, onBroken });
  await connection.opened;
});

afterEach(async () => {
  connection.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

const acknowledged: string[] = [];
const send = (text: string, isTwice = false) =>
  connection.send(Buffer.from('a/b'), Buffer.from(text), () => acknowledged.push(text), isTwice);

test('what it sends is MQTT, of any length', async () => {
  const texts = [
    '',
    'x'.repeat(119),
    'x'.repeat(120),
    'x'.repeat(16_376),
    'x'.repeat(16_377),
    'x'.repeat(2_200_000),
  ];
  for (const text of texts) send(text);
  await publishedAre(texts.length);
  expect(published).toEqual(texts.map((payload, n) => ({ isDup: false, topic: 'a/b', id: n + 1, payload })));
});

test('takes no more than its window, and more again with each acknowledgement', async () => {
  acknowledged.length = 0;
  for (const text of ['1', '2', '3']) {
    expect(connection.mayTake).toBe(true);
    send(text);
  }
  expect(connection.mayTake).toBe(false);
  await publishedAre(3);
  acknowledge(1);
  await until('it is acknowledged', () => acknowledged.length === 1);
  expect([acknowledged, connection.waiting, connection.mayTake]).toEqual([['1'], 2, true]);
});

test('after a lost connection all unacknowledged ones come again first, in order, with DUP', async () => {
  for (const text of ['1', '2', '3']) send(text);
  await publishedAre(3);
  acknowledge(1);
  await until('one is acknowledged', () => connection.waiting === 2);
  sockets.at(-1)!.resetAndDestroy();
  await until('it is lost', () => !sockets.at(-1)!.readable);
  await publishedAre(5);
  send('4');
  await publishedAre(6);
  expect(published.slice(3).map(({ payload, isDup, id }) => [payload, isDup, id])).toEqual([
    ['2', true, 2],
    ['3', true, 3],
    ['4', false, 4],
  ]);
  expect([connection.resent, connection.connects]).toEqual([2, 2]);
});

test('a packet twice is the same packet with DUP, and is acknowledged twice', async () => {
  acknowledged.length = 0;
  send('1', true);
  await publishedAre(2);
  expect(published.map(({ id, isDup }) => [id, isDup])).toEqual([
    [1, false],
    [1, true],
  ]);
  acknowledge(1);
  acknowledge(1);
  await until('both are acknowledged', () => connection.waiting === 0);
  expect([acknowledged, broken]).toEqual([['1'], []]);
});

test('an acknowledgement out of turn ends it and is told', async () => {
  send('1');
  send('2');
  await publishedAre(2);
  acknowledge(2);
  await until('it is told', () => broken.length === 1);
  expect(broken[0]).toContain('PUBACK 2 is out of turn (1)');
});
