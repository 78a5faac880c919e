import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { generate } from 'mqtt-packet';
import { expect, test, vi } from 'vitest';
import { BrokerConnection } from './connection.ts';
import { PartialBudget } from '../mqtt-wire/framing.ts';
import { brokerLimits } from './limits.ts';

/** A socket whose peer never reads: writes stay where they are until `drainNow`. */
function deafSocket() {
  const waiting: (() => void)[] = [];
  const stream = new Duplex({
    writableHighWaterMark: 8,
    read() {},
    write(_chunk, _encoding, done) {
      waiting.push(done);
    },
  });
  return { socket: stream as unknown as Socket, stream, drainNow: () => waiting.shift()?.() };
}

function connectionOn(socket: Socket, stuck: () => void = () => undefined): BrokerConnection {
  return new BrokerConnection('mqtt-1', socket, {
    limits: brokerLimits,
    partials: new PartialBudget(brokerLimits.partialBytesMax),
    isStopped: () => false,
    heldChanged: () => undefined,
    acknowledged: () => undefined,
    paused: () => undefined,
    slowed: () => undefined,
    faulted: () => undefined,
    published: () => undefined,
    stuck,
  });
}

const first = generate({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'a',
  keepalive: 0,
});
const ping = generate({ cmd: 'pingreq' });

test('a sender that does not read its PUBACKs is not read until it does', async () => {
  const { socket, stream, drainNow } = deafSocket();
  const connection = connectionOn(socket);
  stream.push(Buffer.concat([first, ping]));
  expect(socket.read()).toEqual(first);
  expect(socket.read()).toBeNull();
  connection.isReady = true;
  // The next turn of the event loop, in which it may have its next packets.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  socket.write(Buffer.alloc(16));
  expect([socket.writableNeedDrain, socket.read()]).toEqual([true, null]);
  const drained = new Promise((resolve) => {
    stream.once('drain', resolve);
  });
  drainNow();
  await drained;
  expect(socket.read()).toEqual(ping);
});

test('a connection whose first byte is not that of CONNECT is at fault', () => {
  const { socket, stream } = deafSocket();
  connectionOn(socket);
  stream.push(Buffer.from('GET / HTTP/1.1\r\n'));
  expect(socket.read()).toBeNull();
});

test('PUBACKs that nobody reads end the connection after the time to drain, those that are read in time do not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { socket, stream, drainNow } = deafSocket();
    let stuck = 0;
    const connection = connectionOn(socket, () => (stuck += 1));
    const write = async (): Promise<void> => {
      for (const id of [1, 2, 3]) connection.puback(id);
      await new Promise((resolve) => process.nextTick(resolve));
    };
    await write();
    expect(stream.writableLength).toBe(12); // in one write
    vi.advanceTimersByTime(brokerLimits.drainTimeoutMs - 1);
    const drained = new Promise((resolve) => stream.once('drain', resolve));
    drainNow();
    await drained;
    vi.advanceTimersByTime(brokerLimits.drainTimeoutMs);
    expect(stuck).toBe(0);
    await write();
    vi.advanceTimersByTime(brokerLimits.drainTimeoutMs);
    expect(stuck).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
