// The client against a real mosquitto, when there is one on this machine: nothing is lost over cuts and restarts.
// Without it the tests are skipped, loudly; with FENGSUI_CI=1 its absence fails.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type MqttClient, connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import type { IncomingMessage } from '#gateway/ports.ts';
import { MqttIntakeClient } from './client.ts';
import type { ClientCounter } from './options.ts';

const topic = 'mine/v1/m1/safety/g1/data';
const program = findMosquitto();
const isRequired = process.env['FENGSUI_CI'] === '1';
if (program === null) console.warn('SKIPPED: mosquitto missing');

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function findMosquitto(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders
    .map((folder) => join(folder, 'mosquitto'))
    .find((path) => spawnSync(path, ['-h']).error === undefined);
  return found ?? null;
}

async function until(what: string, isTrue: () => boolean, withinMs = 15_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

class Mosquitto {
  readonly port: number;
  private readonly folder = mkdtempSync(join(tmpdir(), 'fengsui-mosquitto-'));
  private process: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
    const settings = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_inflight_messages 1000',
      'max_queued_messages 0',
      'set_tcp_nodelay true',
      // Saved at an orderly end, so that a restart keeps sessions and queues.
      'persistence true',
      `persistence_location ${this.folder}/`,
      'user root',
    ];
    writeFileSync(join(this.folder, 'mosquitto.conf'), `${settings.join('\n')}\n`);
    closers.push(async () => {
      await this.stop();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  async start(): Promise<void> {
    const child = spawn(program ?? '', ['-c', join(this.folder, 'mosquitto.conf')], { stdio: 'ignore' });
    this.process = child;
    let isUp = false;
    const tryOnce = (): void => {
      const socket = connectSocket(this.port, '127.0.0.1', () => {
        isUp = true;
        socket.destroy();
      });
      socket.on('error', () => setTimeout(tryOnce, 20));
    };
    tryOnce();
    await until('mosquitto listens', () => isUp);
  }

  async stop(): Promise<void> {
    const child = this.process;
    this.process = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

/** Between client and broker, so that a connection can be cut without either being told. */
class Cable {
  readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(to: number) {
    this.server = createServer((near) => {
      const far = connectSocket(to, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
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

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

async function setUp(onMessage: (message: IncomingMessage) => void) {
  const broker = new Mosquitto(await freePort());
  await broker.start();
  const cable = new Cable(broker.port);
  const counters = new Map<ClientCounter, number>();
  const client = new MqttIntakeClient(
    {
      url: `mqtt://127.0.0.1:${await cable.listen()}`,
      clientId: 'fengsui-test',
      reconnectMsMin: 20,
      reconnectMsMax: 100,
      events: { count: (name) => counters.set(name, (counters.get(name) ?? 0) + 1) },
    },
    { message: onMessage, connected() {}, disconnected() {} },
  );
  closers.push(() => client.close());
  await until('subscribed', () => client.state() === 'connected');
  return { broker, cable, client, counted: (name: ClientCounter) => counters.get(name) ?? 0 };
}

async function sender(port: number): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'sender', reconnectPeriod: 50 });
  client.on('error', () => undefined);
  closers.push(() => client.endAsync(true));
  return client;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const numberIn = (message: IncomingMessage): number => Number(Buffer.from(message.payload).toString());

test('mosquitto is here when the environment demands it', () => {
  expect(program !== null || !isRequired).toBe(true);
});

describe.skipIf(program === null)('against mosquitto', () => {
  test('what is not acknowledged comes again in order after a cut, late acknowledgements are never sent', async () => {
    const messages: IncomingMessage[] = [];
    const { broker, cable, client, counted } = await setUp((message) => messages.push(message));
    const publisher = await sender(broker.port);
    const sent = Promise.all(upTo(300).map((id) => publisher.publishAsync(topic, String(id), { qos: 1 })));
    await until('all', () => messages.length === 300);
    await sent;
    for (const message of messages.slice(0, 100)) message.acknowledge();
    await publisher.publishAsync(topic, '301', { qos: 1 });
    await until('the last', () => messages.length === 301);
    const old = messages.splice(0);
    cable.cut();
    await until('cut', () => counted('disconnects') === 1);
    for (const message of old.slice(100)) message.acknowledge();
    await until('all that was not acknowledged', () => messages.some((message) => numberIn(message) === 301));
    // The last of the hundred acknowledgements may have been in the cable when it was cut.
    const first = numberIn(messages[0] as IncomingMessage);
    expect(first).toBeLessThanOrEqual(101);
    expect(messages.map(numberIn)).toEqual(upTo(301).slice(first - 1));
    const again = messages.length;
    expect(counted('messagesRedelivered')).toBe(again);
    expect(counted('acknowledgementsDropped')).toBe(201);
    for (const message of messages) message.acknowledge();
    await publisher.publishAsync(topic, '302', { qos: 1 });
    await until('the new one', () => messages.length === again + 1);
    expect(messages.map(numberIn).at(-1)).toBe(302);
    expect([client.status().heldMessages, counted('sessionsNew')]).toEqual([1, 1]);
  });

  test('a restart of the broker loses nothing of what was unacknowledged or sent meanwhile', async () => {
    const seen: number[] = [];
    const held: IncomingMessage[] = [];
    const { broker, client, counted } = await setUp((message) => {
      seen.push(numberIn(message));
      held.push(message);
    });
    const publisher = await sender(broker.port);
    await Promise.all(upTo(50).map((id) => publisher.publishAsync(topic, String(id), { qos: 1 })));
    await until('the first', () => seen.length === 50);
    await broker.stop();
    await until('gone', () => client.state() === 'disconnected');
    const later = Promise.all(
      upTo(20).map((id) => publisher.publishAsync(topic, String(50 + id), { qos: 1 })),
    );
    seen.length = 0;
    await broker.start();
    await later;
    await until('everything again', () => new Set(seen).size === 70);
    expect(counted('sessionsNew')).toBe(1);
    for (const message of held) message.acknowledge();
    expect(client.status().heldMessages).toBe(0);
  });

  test('5,000 single messages a second for three seconds all arrive in order while acknowledgements lag', async () => {
    const seen: number[] = [];
    let waiting: IncomingMessage[] = [];
    const { broker, client, counted } = await setUp((message) => {
      seen.push(numberIn(message));
      waiting.push(message);
      // As a journal would: the next batch is acknowledged a moment after the last.
      if (waiting.length === 1) {
        setTimeout(() => {
          const batch = waiting;
          waiting = [];
          for (const one of batch) one.acknowledge();
        }, 2);
      }
    });
    const publisher = await sender(broker.port);
    const total = 15_000;
    let sent = 0;
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(total, Math.floor((performance.now() - begin) * 5));
        for (; sent < due; sent += 1) publisher.publish(topic, String(sent + 1), { qos: 1 });
        if (sent < total) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    await until('all', () => seen.length >= total);
    expect(seen).toEqual(upTo(total));
    await until('all acknowledged', () => client.status().heldMessages === 0);
    expect([counted('messagesRedelivered'), counted('acknowledgementsSent')]).toEqual([0, total]);
  });
});
