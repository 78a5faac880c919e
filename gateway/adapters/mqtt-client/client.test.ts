// The client against a scripted broker on a bare socket: what mqtt.js does on the wire, packet by packet.

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { MqttClient } from 'mqtt';
import { type Packet, generate, parser } from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import type { IncomingMessage } from '#gateway/ports.ts';
import { MqttIntakeClient } from './client.ts';
import type { ClientCounter, ClientOptions } from './options.ts';

const v5 = { protocolVersion: 5 };
const topic = 'mine/v1/m1/safety/g1/data';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Answers CONNECT, SUBSCRIBE and PINGREQ; everything else is the test's doing. */
class ScriptedBroker {
  readonly server: Server;
  readonly received: Packet[] = [];
  sockets: Socket[] = [];
  sessionPresent = false;
  granted = 1;
  connectReason = 0;
  /** Sent in one write with the CONNACK. */
  atConnect: Packet[] = [];

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      const packets = parser(v5);
      packets.on('packet', (packet) => {
        this.received.push(packet);
        this.answer(packet, socket);
      });
      socket.on('data', (bytes) => packets.parse(bytes));
      socket.on('error', () => undefined);
    });
    closers.push(() => {
      this.cut();
      this.server.close();
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  send(...packets: Packet[]): void {
    this.sockets.at(-1)?.write(Buffer.concat(packets.map((packet) => generate(packet, v5))));
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  of(cmd: string): Packet[] {
    return this.received.filter((packet) => packet.cmd === cmd);
  }

  pubacks(): (number | undefined)[] {
    return this.of('puback').map((packet) => packet.messageId);
  }

  private answer(packet: Packet, socket: Socket): void {
    const say = (...answers: Packet[]): void => {
      socket.write(Buffer.concat(answers.map((answer) => generate(answer, v5))));
    };
    if (packet.cmd === 'connect') {
      const { sessionPresent, connectReason } = this;
      say({ cmd: 'connack', sessionPresent, reasonCode: connectReason }, ...this.atConnect);
    } else if (packet.cmd === 'subscribe') {
      say({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [this.granted] });
    } else if (packet.cmd === 'pingreq') say({ cmd: 'pingresp' });
  }
}

function publish(messageId: number, payload = 'x', more: object = {}): Packet {
  return { cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup: false, ...more };
}

async function start(broker: ScriptedBroker, options: Partial<ClientOptions> = {}) {
  const port = await broker.listen();
  const messages: IncomingMessage[] = [];
  const connections: string[] = [];
  const counters = new Map<ClientCounter, number>();
  const client = new MqttIntakeClient(
    {
      url: `mqtt://127.0.0.1:${port}`,
      clientId: 'gateway',
      reconnectMsMin: 10,
      reconnectMsMax: 40,
      events: { count: (name) => counters.set(name, (counters.get(name) ?? 0) + 1) },
      ...options,
    },
    {
      message: (message) => messages.push(message),
      connected: (connection) => connections.push(`+${connection}`),
      disconnected: (connection) => connections.push(`-${connection}`),
    },
  );
  closers.push(() => client.close());
  return { client, messages, connections, counted: (name: ClientCounter) => counters.get(name) ?? 0 };
}

const isUp = (client: MqttIntakeClient) => () => client.state() === 'connected';

test('the version of mqtt.js is the one whose behaviour the other tests hold fast', () => {
  expect(MqttClient.VERSION).toBe('5.16.0');
});

test('it asks for MQTT 5, a session that stays, a receive maximum, and its filter with QoS 1', async () => {
  const broker = new ScriptedBroker();
  const { client } = await start(broker, { username: 'u', password: 'p' });
  await until('up', isUp(client));
  expect(broker.of('connect')[0]).toMatchObject({
    protocolVersion: 5,
    clean: false,
    clientId: 'gateway',
    username: 'u',
    password: Buffer.from('p'),
    properties: { sessionExpiryInterval: 604_800, receiveMaximum: 4_000, maximumPacketSize: 8_388_608 },
  });
  expect(broker.of('subscribe')[0]).toMatchObject({ subscriptions: [{ topic: 'mine/v1/#', qos: 1, rh: 2 }] });
});

test('many messages are handed over before any PUBACK, and PUBACKs leave in order when they are acknowledged', async () => {
  const broker = new ScriptedBroker();
  const { client, messages } = await start(broker);
  await until('up', isUp(client));
  const ids = Array.from({ length: 300 }, (_, index) => index + 1);
  broker.send(...ids.map((id) => publish(id)));
  await until('all messages', () => messages.length === 300);
  expect(broker.pubacks()).toEqual([]);
  for (const message of messages.slice(1).reverse()) message.acknowledge();
  expect(client.status().heldMessages).toBe(300);
  messages[0]?.acknowledge();
  messages[0]?.acknowledge();
  await until('all PUBACKs', () => broker.pubacks().length === 300);
  expect(broker.pubacks()).toEqual(ids);
  expect(client.status()).toMatchObject({ heldMessages: 0, heldBytes: 0 });
});

test('what is acknowledged after its connection is gone is never sent on the next, whose ids are the same', async () => {
  const broker = new ScriptedBroker();
  const { client, messages, connections, counted } = await start(broker);
  await until('up', isUp(client));
  broker.send(publish(1, 'old'), publish(2, 'old too'));
  await until('both', () => messages.length === 2);
  broker.cut();
  await until('down', () => client.state() === 'disconnected');
  messages[0]?.acknowledge();
  broker.sessionPresent = true;
  await until('up again', isUp(client));
  messages[1]?.acknowledge();
  broker.send(publish(1, 'new'), publish(2, 'new too', { dup: true }));
  await until('the new ones', () => messages.length === 4);
  messages[3]?.acknowledge();
  messages[2]?.acknowledge();
  await until('two PUBACKs', () => broker.pubacks().length >= 2);
  expect(broker.pubacks()).toEqual([1, 2]);
  expect([counted('acknowledgementsDropped'), counted('acknowledgementsSent')]).toEqual([2, 2]);
  expect([counted('messagesRedelivered'), counted('disconnects'), counted('sessionsNew')]).toEqual([1, 1, 1]);
  expect(connections).toEqual(['+mqtt-out-1', '-mqtt-out-1', '+mqtt-out-2']);
  expect(client.status().heldMessages).toBe(0);
});

test('an abandoned message is never acknowledged, nor what is behind it, and a reconnect brings both again', async () => {
  const broker = new ScriptedBroker();
  const { client, messages } = await start(broker);
  await until('up', isUp(client));
  broker.send(publish(1), publish(2), publish(3));
  await until('three', () => messages.length === 3);
  messages[1]?.abandon();
  messages[2]?.acknowledge();
  messages[0]?.acknowledge();
  expect(client.status()).toMatchObject({ heldMessages: 0, heldBytes: 0 });
  await until('the first PUBACK', () => broker.pubacks().length === 1);
  broker.sessionPresent = true;
  client.reconnectAll();
  await until('a second connection', () => broker.of('subscribe').length === 2);
  broker.send(publish(2, 'x', { dup: true }), publish(3, 'x', { dup: true }));
  await until('both again', () => messages.length === 5);
  for (const message of messages.slice(3)) message.acknowledge();
  await until('three PUBACKs', () => broker.pubacks().length === 3);
  expect(broker.pubacks()).toEqual([1, 2, 3]);
});

test('messages that come in one piece with CONNACK, before the subscription, are held and acknowledged', async () => {
  const broker = new ScriptedBroker();
  broker.sessionPresent = true;
  broker.atConnect = [publish(7), publish(8)];
  const { client, messages } = await start(broker);
  await until('up', isUp(client));
  await until('both', () => messages.length === 2);
  for (const message of messages) message.acknowledge();
  await until('both PUBACKs', () => broker.pubacks().length === 2);
  expect(broker.pubacks()).toEqual([7, 8]);
});

test('while paused nothing is read, the connection is kept alive, and nothing is lost', async () => {
  const broker = new ScriptedBroker();
  const { client, messages } = await start(broker, { keepaliveS: 1 });
  await until('up', isUp(client));
  client.pause();
  broker.send(publish(1), publish(2), publish(3));
  await until('the first', () => messages.length === 1);
  // Three keep-alives: without our pings mqtt.js would have given up after one and a half.
  await until('pings', () => broker.of('pingreq').length >= 9);
  expect(messages).toHaveLength(1);
  expect(client.status()).toMatchObject({ state: 'connected', isPaused: true });
  client.resume();
  await until('all', () => messages.length === 3);
  expect(broker.sockets).toHaveLength(1);
});

test('above the bound on held bytes nothing more is read until half of it is acknowledged', async () => {
  const broker = new ScriptedBroker();
  const { client, messages, counted } = await start(broker, { heldBytesMax: 5_000 });
  await until('up', isUp(client));
  broker.send(...Array.from({ length: 100 }, (_, index) => publish(index + 1, 'x'.repeat(1_000))));
  await until('full', () => counted('readingPaused') === 1);
  const held = messages.length;
  expect(held).toBe(4);
  for (const message of messages) message.acknowledge();
  let done = held;
  await until('all', () => {
    for (; done < messages.length; done += 1) messages[done]?.acknowledge();
    return messages.length === 100;
  });
  await until('all PUBACKs', () => broker.pubacks().length === 100);
});

test('QoS 0 is handed over without an acknowledgement', async () => {
  const broker = new ScriptedBroker();
  const { client, messages } = await start(broker);
  await until('up', isUp(client));
  broker.send({ cmd: 'publish', topic, payload: 'zero', qos: 0, retain: false, dup: false });
  await until('it', () => messages.length === 1);
  messages[0]?.acknowledge();
  expect(messages[0]).toMatchObject({ topic, qos: 0 });
  expect(client.status().heldMessages).toBe(0);
});

test('a subscription that is not granted is told and never looks connected', async () => {
  const broker = new ScriptedBroker();
  broker.granted = 135;
  const { client, counted } = await start(broker);
  await until('refused', () => counted('subscriptionsRefused') === 1);
  expect(client.status()).toMatchObject({ state: 'disconnected' });
  expect(client.status().lastError).toContain('mine/v1/#');
});

test('a refused CONNECT is tried again, at growing distances with jitter, until it is let in', async () => {
  const broker = new ScriptedBroker();
  broker.connectReason = 135;
  const { client, counted } = await start(broker, { random: () => 0 });
  await until('five attempts', () => broker.of('connect').length === 5);
  expect(client.status().lastError).toContain('Not authorized');
  expect(counted('connectFailures')).toBeGreaterThanOrEqual(4);
  broker.connectReason = 0;
  await until('up', isUp(client));
  expect(client.status().lastError).toBe('');
});

test('it starts without a broker and connects when there is one', async () => {
  const broker = new ScriptedBroker();
  const port = await broker.listen();
  await new Promise((resolve) => broker.server.close(resolve));
  const client = new MqttIntakeClient(
    { url: `mqtt://127.0.0.1:${port}`, clientId: 'gateway', reconnectMsMin: 5, reconnectMsMax: 20 },
    { message() {}, connected() {}, disconnected() {} },
  );
  closers.push(() => client.close());
  await until('a failure', () => client.status().lastError !== '');
  expect(client.state()).toBe('disconnected');
  broker.server.listen(port, '127.0.0.1');
  await until('up', isUp(client));
});

test.each([
  ['while connected', true],
  ['while nobody answers', false],
])('close %s ends within half a second and sends nothing afterwards', async (_, isAnswered) => {
  const broker = new ScriptedBroker();
  if (!isAnswered) broker.server.removeAllListeners('connection');
  const { client, messages, counted } = await start(broker);
  if (isAnswered) {
    await until('up', isUp(client));
    broker.send(publish(1));
    await until('the message', () => messages.length === 1);
  }
  const begin = performance.now();
  await client.close();
  expect(performance.now() - begin).toBeLessThan(500);
  messages[0]?.acknowledge();
  expect(client.state()).toBe('disconnected');
  expect(broker.pubacks()).toEqual([]);
  expect(counted('acknowledgementsDropped')).toBe(isAnswered ? 1 : 0);
});
