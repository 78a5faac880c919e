import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { type Packet, generate, parser } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import type { IncomingMessage } from '#gateway/ports.ts';
import { type BrokerOptions, MqttBroker } from './broker.ts';
import type { BrokerCounter } from './counters.ts';
import { ListenFailure } from './listen.ts';
import { Aedes } from 'aedes';

const deadlineMs = 10_000;
const topic = 'mine/v1/m1/safety/g1/data';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Waits for a condition that events in this process will bring about; fails at the deadline. */
async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function startBroker(options: Partial<BrokerOptions> = {}, acknowledgesAtOnce = false) {
  const messages: IncomingMessage[] = [];
  const connections: string[] = [];
  const counters = new Map<BrokerCounter, number>();
  const forbidden: string[] = [];
  const broker = new MqttBroker(
    {
      port: 0,
      events: {
        count: (counter) => counters.set(counter, (counters.get(counter) ?? 0) + 1),
        forbidden: (topicOfIt) => forbidden.push(topicOfIt),
      },
      ...options,
    },
    {
      message: (message) => {
        messages.push(message);
        if (acknowledgesAtOnce) message.acknowledge();
      },
      connected: (connection) => connections.push(`+${connection}`),
      disconnected: (connection) => connections.push(`-${connection}`),
    },
  );
  const port = await broker.start();
  closers.push(() => broker.close());
  return {
    broker,
    port,
    messages,
    connections,
    forbidden,
    counted: (name: BrokerCounter) => counters.get(name) ?? 0,
  };
}

/** A sender on a bare socket: nothing between the test and the wire. */
class RawClient {
  readonly socket: Socket;
  readonly received: Packet[] = [];
  isClosed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    const packets = parser();
    packets.on('packet', (packet) => this.received.push(packet));
    this.socket.on('data', (bytes) => packets.parse(bytes));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    closers.push(() => this.socket.destroy());
  }

  static async open(port: number, clientId: string, more: object = {}): Promise<RawClient> {
    const client = new RawClient(port);
    client.send(connectPacket(clientId, more));
    await client.got('connack', 1);
    return client;
  }

  send(...packets: Packet[]): void {
    this.socket.write(Buffer.concat(packets.map((packet) => generate(packet))));
  }

  ids(cmd: string): (number | undefined)[] {
    return this.received.filter((packet) => packet.cmd === cmd).map((packet) => packet.messageId);
  }

  got(cmd: string, count: number): Promise<void> {
    return until(`${count} ${cmd}`, () => this.ids(cmd).length >= count);
  }

  closed(): Promise<void> {
    return until('closed by the broker', () => this.isClosed);
  }

  /** All that the broker had to say before it is here now. */
  async ping(): Promise<void> {
    const before = this.ids('pingresp').length;
    this.send({ cmd: 'pingreq' });
    await this.got('pingresp', before + 1);
  }
}

function connectPacket(clientId: string, more: object = {}): Packet {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 0,
    ...more,
  };
}

function publish(
  messageId: number,
  payload: string | Buffer = 'x',
  qos: 0 | 1 | 2 = 1,
  more: object = {},
): Packet {
  const id = qos === 0 ? {} : { messageId };
  return { cmd: 'publish', topic, payload, qos, retain: false, dup: false, ...id, ...more };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('a PUBACK leaves only when the message was acknowledged, while pings are answered', async () => {
  const { port, messages } = await startBroker();
  const client = await RawClient.open(port, 'a');
  client.send(publish(1, 'hello'));
  await until('the message', () => messages.length === 1);
  await client.ping();
  expect(client.ids('puback')).toEqual([]);
  expect(messages[0]).toMatchObject({ topic, qos: 1 });
  expect(Buffer.from(messages[0]?.payload ?? []).toString()).toBe('hello');
  messages[0]?.acknowledge();
  messages[0]?.acknowledge();
  await client.got('puback', 1);
  await client.ping();
  expect(client.ids('puback')).toEqual([1]);
});

test('PUBACKs keep the order of the messages when they are acknowledged backwards', async () => {
  const { port, messages } = await startBroker();
  const client = await RawClient.open(port, 'a');
  client.send(...upTo(50).map((id) => publish(id)));
  await until('all messages', () => messages.length === 50);
  for (const message of messages.slice(1).reverse()) message.acknowledge();
  await client.ping();
  expect(client.ids('puback')).toEqual([]);
  messages[0]?.acknowledge();
  await client.got('puback', 50);
  expect(client.ids('puback')).toEqual(upTo(50));
});

test('QoS 0 needs no acknowledgement and QoS 2 goes through its four steps after it', async () => {
  const { port, messages, broker } = await startBroker();
  const client = await RawClient.open(port, 'a');
  client.send(publish(0, 'zero', 0), publish(9, 'two', 2));
  await until('both', () => messages.length === 2);
  await client.ping();
  expect(client.ids('pubrec')).toEqual([]);
  messages[0]?.acknowledge();
  messages[1]?.acknowledge();
  await client.got('pubrec', 1);
  client.send({ cmd: 'pubrel', messageId: 9 });
  await client.got('pubcomp', 1);
  expect(broker.status().heldBytes).toBe(0);
});

test('a connection that holds too much is not read until it holds half, and loses nothing', async () => {
  const { port, messages, counted, broker } = await startBroker({
    limits: { heldBytesPerConnectionMax: 20_000 },
  });
  const client = await RawClient.open(port, 'a');
  const other = await RawClient.open(port, 'b');
  const payload = Buffer.alloc(1_000, 0x20);
  client.send(...upTo(5_000).map((id) => publish(id, payload)));
  await until('a pause', () => counted('readingPaused') === 1);
  for (let round = 0; round < 20; round += 1) await other.ping();
  // One run of packets may pass the bound.
  expect(broker.status().heldBytes).toBeLessThan(20_000 + 2 * 256 * 1_400);
  expect(messages.length).toBeLessThan(600);
  let done = 0;
  await until('all messages', () => {
    for (; done < messages.length; done += 1) messages[done]?.acknowledge();
    return messages.length === 5_000;
  });
  for (; done < messages.length; done += 1) messages[done]?.acknowledge();
  await client.got('puback', 5_000);
  expect(client.ids('puback')).toEqual(upTo(5_000));
  expect(broker.status().heldBytes).toBe(0);
});

test('when all together hold too much nobody is read, and all go on afterwards', async () => {
  const { port, messages, counted, broker } = await startBroker({ limits: { heldBytesMax: 3_000 } });
  const first = await RawClient.open(port, 'a');
  const second = await RawClient.open(port, 'b');
  first.send(...upTo(20).map((id) => publish(id)));
  await until('full', () => counted('readingPausedAll') === 1);
  expect(broker.status().isPaused).toBe(true);
  const before = messages.length;
  second.send(publish(1));
  const third = await RawClient.open(port, 'c');
  expect(third.isClosed).toBe(false);
  expect(messages).toHaveLength(before);
  for (const message of messages) message.acknowledge();
  await until('the second', () => messages.length === 21);
  messages[20]?.acknowledge();
  await second.got('puback', 1);
});

test('pause and resume of the whole intake', async () => {
  const { port, messages, broker } = await startBroker();
  const client = await RawClient.open(port, 'a');
  broker.pause();
  client.send(publish(1));
  const other = await RawClient.open(port, 'b');
  other.send(publish(2));
  await RawClient.open(port, 'c');
  expect(messages).toHaveLength(0);
  broker.resume();
  await until('both', () => messages.length === 2);
  expect(broker.state()).toBe('embedded');
});

test('a 5 MB frame is handed over to be refused, and acknowledged, beside others that go on', async () => {
  const { port, messages, broker } = await startBroker();
  const client = await RawClient.open(port, 'a');
  const other = await RawClient.open(port, 'b');
  client.send(publish(1, Buffer.alloc(5_000_000, 0x20)), publish(2, 'after'));
  other.send(publish(1, 'other'));
  await until('the first two', () => messages.length === 2);
  for (const message of messages) message.acknowledge();
  await until('all three', () => messages.length === 3);
  expect(messages.map((message) => message.payload.length).sort((a, b) => a - b)).toEqual([5, 5, 5_000_000]);
  messages[2]?.acknowledge();
  await client.got('puback', 2);
  await other.got('puback', 1);
  expect(broker.status()).toMatchObject({ heldBytes: 0, partialBytes: 0 });
});

test('a packet above 8 MiB closes its connection by its header, and no other', async () => {
  const { port, messages, counted, broker } = await startBroker();
  const client = await RawClient.open(port, 'a');
  const other = await RawClient.open(port, 'b');
  client.socket.write(Buffer.from([0x32, 0x80, 0x80, 0x80, 0x05, 0x00]));
  await client.closed();
  expect(counted('connectionsClosedPacketTooLarge')).toBe(1);
  other.send(publish(1));
  await until('the other', () => messages.length === 1);
  await until('gone', () => broker.status().connections === 1);
  expect(broker.status().partialBytes).toBe(0);
});

test('acknowledgements of a connection that is gone are dropped and counted, and its memory is given back', async () => {
  const { port, messages, connections, counted, broker } = await startBroker();
  const client = await RawClient.open(port, 'a');
  client.send(publish(1), publish(2), publish(3));
  await until('three', () => messages.length === 3);
  messages[2]?.acknowledge();
  client.socket.destroy();
  await until('gone', () => connections.length === 2);
  expect(connections[1]).toBe(connections[0]?.replace('+', '-'));
  messages[0]?.acknowledge();
  messages[1]?.acknowledge();
  messages[1]?.acknowledge();
  expect(counted('acknowledgementsDropped')).toBe(3);
  expect(counted('acknowledgementsSent')).toBe(0);
  expect(broker.status().heldBytes).toBe(0);
});

test('an abandoned message is let go and never acknowledged, nor what is behind it, until all reconnect', async () => {
  const { broker, port, messages, connections, counted } = await startBroker();
  const client = await RawClient.open(port, 'a');
  client.send(publish(1), publish(2), publish(3), publish(4));
  await until('four', () => messages.length === 4);
  messages[1]?.abandon();
  messages[1]?.acknowledge();
  messages[2]?.acknowledge();
  messages[0]?.acknowledge();
  messages[3]?.acknowledge();
  await client.ping();
  expect(client.ids('puback')).toEqual([1]);
  expect(broker.status().heldBytes).toBe(0);
  expect([counted('acknowledgementsSent'), counted('acknowledgementsDropped')]).toEqual([1, 3]);
  broker.reconnectAll();
  await client.closed();
  await until('told', () => connections.length === 2);
  const again = await RawClient.open(port, 'a');
  again.send(publish(2));
  await until('the fifth', () => messages.length === 5);
  messages[4]?.acknowledge();
  await again.got('puback', 1);
});

test('the same client id takes over: the old connection closes and its acknowledgements never reach the new one', async () => {
  const { port, messages, counted } = await startBroker();
  const old = await RawClient.open(port, 'same');
  old.send(publish(1, 'old'));
  await until('old', () => messages.length === 1);
  const fresh = await RawClient.open(port, 'same');
  await old.closed();
  fresh.send(publish(1, 'again'));
  await until('again', () => messages.length === 2);
  messages[0]?.acknowledge();
  await fresh.ping();
  expect(fresh.ids('puback')).toEqual([]);
  messages[1]?.acknowledge();
  await fresh.got('puback', 1);
  expect(counted('connectionsTakenOver')).toBe(1);
});

test('a flood of small frames of one client does not starve another', async () => {
  const { port, messages } = await startBroker({}, true);
  const flood = await RawClient.open(port, 'flood');
  const quiet = await RawClient.open(port, 'quiet');
  const frames = Buffer.concat(upTo(30_000).map((id) => generate(publish(id))));
  flood.socket.write(frames);
  await until('the flood has begun', () => messages.length > 0);
  quiet.send(publish(1, 'quiet'));
  await quiet.got('puback', 1);
  const at = messages.findIndex((message) => message.payload.length === 5);
  expect(at).toBeLessThan(15_000);
  await flood.got('puback', 30_000);
  expect(flood.ids('puback')).toEqual(upTo(30_000));
});

test('what is sent together with CONNECT, and before the end of the stream, is all taken', async () => {
  const { port, messages } = await startBroker();
  const client = new RawClient(port);
  client.send(connectPacket('a'), ...upTo(3_000).map((id) => publish(id, 'x', 0)), { cmd: 'disconnect' });
  client.socket.end();
  await client.closed();
  expect(messages).toHaveLength(3_000);
});

test('bytes that come one by one are taken like others', async () => {
  const { port, messages } = await startBroker();
  const client = new RawClient(port);
  client.socket.setNoDelay(true);
  const bytes = Buffer.concat([generate(connectPacket('slow')), generate(publish(1, 'piecemeal'))]);
  for (const byte of bytes) {
    client.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await until('the message', () => messages.length === 1);
  messages[0]?.acknowledge();
  await client.got('puback', 1);
  expect(Buffer.from(messages[0]?.payload ?? []).toString()).toBe('piecemeal');
});

test('nothing can be read through it: no subscriptions, no retained messages, no wills', async () => {
  const { port, messages, counted } = await startBroker({}, true);
  const reader = await RawClient.open(port, 'reader');
  reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] });
  await reader.got('suback', 1);
  expect(reader.received.find((packet) => packet.cmd === 'suback')).toMatchObject({ granted: [128] });
  const will = { topic, payload: Buffer.from('will'), qos: 1, retain: true };
  const writer = await RawClient.open(port, 'writer', { will });
  writer.send(publish(1, 'kept', 1, { retain: true }));
  await writer.got('puback', 1);
  writer.socket.destroy();
  await writer.closed();
  const late = await RawClient.open(port, 'late');
  late.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic, qos: 1 }] });
  await late.got('suback', 1);
  await reader.ping();
  await late.ping();
  expect([...reader.ids('publish'), ...late.ids('publish')]).toEqual([]);
  expect(messages.map((message) => Buffer.from(message.payload).toString())).toEqual(['kept']);
  expect([counted('subscriptionsDenied'), counted('willsIgnored')]).toEqual([2, 1]);
});

test('a publish to $SYS is an input like any other: it goes to be refused, and closes nobody', async () => {
  const { port, messages } = await startBroker({}, true);
  const victim = await RawClient.open(port, 'victim');
  const attacker = await RawClient.open(port, 'attacker');
  attacker.send(publish(1, 'victim', 1, { topic: '$SYS/other/new/clients' }));
  await attacker.got('puback', 1);
  await victim.ping();
  expect(messages[0]?.topic).toBe('$SYS/other/new/clients');
});

test('names and passwords are asked for, and a device publishes only under its own mine and source', async () => {
  const { port, messages, forbidden, counted } = await startBroker(
    {
      authenticate: async (username, password) => {
        await Promise.resolve();
        if (Buffer.from(password ?? []).toString() !== 'secret') return null;
        return username === 'g1' ? { mine: 'm1', source: 'g1' } : { mine: 'm2' };
      },
    },
    true,
  );
  const wrong = await RawClient.open(port, 'a', { username: 'g1', password: Buffer.from('guess') });
  await wrong.closed();
  expect(wrong.received[0]).toMatchObject({ cmd: 'connack', returnCode: 4 });
  const right = await RawClient.open(port, 'a', { username: 'g1', password: Buffer.from('secret') });
  right.send(
    publish(1, 'own'),
    publish(2, 'other mine', 1, { topic: 'mine/v1/m2/safety/g1/data' }),
    publish(3, 'other source', 1, { topic: 'mine/v1/m1/safety/g2/data' }),
    publish(4, 'no topic of ours', 1, { topic: 'x' }),
  );
  await right.got('puback', 4);
  expect(right.ids('puback')).toEqual([1, 2, 3, 4]);
  expect(messages.map((message) => Buffer.from(message.payload).toString())).toEqual(['own']);
  expect(forbidden).toHaveLength(3);
  const thief = await RawClient.open(port, 'a', { username: 'other', password: Buffer.from('secret') });
  expect(thief.received[0]).toMatchObject({ cmd: 'connack', returnCode: 2 });
  await right.ping();
  expect([counted('connectionsRefusedCredentials'), counted('connectionsRefusedClientId')]).toEqual([1, 1]);
});

test('client ids that are too long or unprintable are refused, an empty one is given a name', async () => {
  const { port, counted } = await startBroker();
  for (const id of ['x'.repeat(129), 'line\nbreak']) {
    const refused = await RawClient.open(port, id);
    expect(refused.received[0]).toMatchObject({ returnCode: 2 });
    await refused.closed();
  }
  const nameless = await RawClient.open(port, '');
  expect(nameless.received[0]).toMatchObject({ returnCode: 0 });
  expect(counted('connectionsRefusedClientId')).toBe(2);
});

test('MQTT 5 and bytes that are no MQTT are turned away and counted', async () => {
  const { port, counted } = await startBroker();
  const five = new RawClient(port);
  five.send(connectPacket('five', { protocolVersion: 5 }));
  await five.closed();
  const http = new RawClient(port);
  http.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await http.closed();
  expect([counted('connectionsRefusedProtocol'), counted('connectionsClosedMalformed')]).toEqual([1, 1]);
});

test('random bytes after CONNECT close that connection at most', async () => {
  const { port, messages } = await startBroker({}, true);
  const good = await RawClient.open(port, 'good');
  let state = 1;
  for (let round = 0; round < 60; round += 1) {
    const client = await RawClient.open(port, `bad-${round}`);
    const noise = Buffer.alloc(200);
    for (let at = 0; at < noise.length; at += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      noise[at] = state >>> 16;
    }
    client.socket.end(noise);
    await client.closed();
  }
  good.send(publish(1, 'good'));
  await good.got('puback', 1);
  expect(messages.at(-1)?.payload.length).toBe(4);
});

test('above the bound on connections new ones are closed and counted', async () => {
  const { port, counted } = await startBroker({ limits: { connectionsMax: 2 } });
  const kept = [await RawClient.open(port, 'a'), await RawClient.open(port, 'b')];
  const third = new RawClient(port);
  await third.closed();
  expect(counted('connectionsRefusedTooMany')).toBe(1);
  await kept[1]?.ping();
});

test('a silent client is closed after one and a half keep-alives, one that we do not read is not', async () => {
  const { port, counted } = await startBroker({ limits: { heldMessagesPerConnectionMax: 1 } });
  const waiting = await RawClient.open(port, 'waiting', { keepalive: 1 });
  waiting.send(publish(1));
  await until('paused', () => counted('readingPaused') === 1);
  const silent = await RawClient.open(port, 'silent', { keepalive: 1 });
  await silent.closed();
  expect(counted('connectionsClosedKeepalive')).toBe(1);
  expect(waiting.isClosed).toBe(false);
});

test('who connects and says nothing is closed', async () => {
  const { port, counted } = await startBroker({ limits: { connectTimeoutMs: 50 } });
  const mute = new RawClient(port);
  await mute.closed();
  expect(counted('connectionsRefusedProtocol')).toBe(1);
});

test('a port in use is said in one sentence', async () => {
  const { port } = await startBroker();
  const second = new MqttBroker({ port }, { message() {}, connected() {}, disconnected() {} });
  const failure = await second.start().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ListenFailure);
  expect(failure).toMatchObject({ name: 'DependencyFailure', code: 'EADDRINUSE', retryable: false });
  expect(String(failure)).toContain(`127.0.0.1:${port} is in use`);
});

test('close ends open connections within half a second, and what is acknowledged later is dropped', async () => {
  const { broker, port, messages, counted } = await startBroker();
  const clients = [await RawClient.open(port, 'a'), await RawClient.open(port, 'b')];
  clients[0]?.send(publish(1));
  await until('the message', () => messages.length === 1);
  const start = performance.now();
  await broker.close();
  expect(performance.now() - start).toBeLessThan(500);
  for (const client of clients) await client.closed();
  messages[0]?.acknowledge();
  expect(counted('acknowledgementsDropped')).toBe(1);
  const refused = connect(port, '127.0.0.1');
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});

test('the version of aedes is the one whose bookkeeping we lean on', () => {
  // Elsewhere: pings and later publishes are read while others wait for their acknowledgement (first two tests).
  expect(new Aedes()).toHaveProperty('version', '1.2.0');
});
