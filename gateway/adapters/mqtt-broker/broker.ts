// The embedded MQTT 3.1.1 broker: takes publishes on a TCP port and hands each to the intake handler.
// A PUBACK leaves only when the handler's `acknowledge` was called, in order per connection; it delivers nothing to
// anybody: no subscriptions, no retained messages, no wills. Under pressure it stops reading; it never drops a message.
// Not durable itself and no decoder: the promise behind a PUBACK is the handler's.

import type { EventEmitter } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import type { Intake, IntakeHandler } from '#gateway/ports.ts';
import type { HeldMessage } from '../ordered-acknowledgements.ts';
import {
  type AedesBookkeeping,
  BrokerConnection,
  type ConnectionOwner,
  type Identity,
} from './connection.ts';
import type { BrokerCounter, BrokerEvents } from './counters.ts';
import { type FramingFault, PartialBudget } from './framing.ts';
import { type BrokerLimits, brokerLimits, heldOverheadBytes } from './limits.ts';
import { closeServer, listen } from './listen.ts';
import { mayPublish } from './may-publish.ts';

export interface BrokerOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host?: string;
  readonly limits?: Partial<BrokerLimits>;
  readonly events?: Partial<BrokerEvents>;
  /** Absent: everybody may connect (loopback only; the composition root sees to that). Null: refused. */
  readonly authenticate?: (
    username: string | undefined,
    password: Uint8Array | undefined,
  ) => Identity | null | Promise<Identity | null>;
}

export interface BrokerStatus {
  readonly connections: number;
  readonly heldBytes: number;
  readonly partialBytes: number;
  readonly isPaused: boolean;
}

const readBufferBytes = 256 * 1024;
const keepaliveSweepMs = 1_000;
const taken = Buffer.alloc(0);

export class MqttBroker implements Intake {
  private readonly handler: IntakeHandler;
  private readonly options: BrokerOptions;
  private readonly limits: BrokerLimits;
  private readonly events: Partial<BrokerEvents>;
  private readonly owner: ConnectionOwner;
  private readonly connections = new Map<Client, BrokerConnection>();
  private readonly server: Server;
  private aedes: Aedes | null = null;
  private sweep: NodeJS.Timeout | null = null;
  private heldBytes = 0;
  /** By the caller, and by ourselves while too much is held. */
  private isPausedOutside = false;
  private isFull = false;
  private connectionsMade = 0;

  constructor(options: BrokerOptions, handler: IntakeHandler) {
    this.options = options;
    this.handler = handler;
    this.events = options.events ?? {};
    this.limits = { ...brokerLimits, ...options.limits };
    this.owner = {
      limits: this.limits,
      partials: new PartialBudget(this.limits.partialBytesMax),
      isStopped: () => this.isPausedOutside || this.isFull,
      heldChanged: (bytes) => {
        this.changeHeld(bytes);
      },
      acknowledged: (connection, wasSent) => {
        this.count(wasSent ? 'acknowledgementsSent' : 'acknowledgementsDropped', connection);
      },
      paused: (connection) => {
        this.count('readingPaused', connection, `${connection.heldBytes} bytes held`);
      },
      faulted: (connection, fault) => {
        this.closeFaulted(connection, fault);
      },
      published: (connection, { topic, payload, qos, messageId }) => {
        this.take(connection, topic, payload, qos, () => {
          if (qos === 1) connection.puback(messageId);
        });
      },
      stuck: (connection) => {
        this.count('connectionsClosedError', connection, 'it does not read its PUBACKs');
        connection.socket.destroy();
      },
    };
    this.server = createServer(
      { highWaterMark: readBufferBytes, noDelay: true, keepAlive: true },
      (socket) => {
        this.accept(socket);
      },
    );
    this.server.maxConnections = this.limits.connectionsMax;
    this.server.on('drop', () => {
      this.events.count?.('connectionsRefusedTooMany', '', `more than ${this.limits.connectionsMax}`);
    });
  }

  /** The port it listens on. */
  async start(): Promise<number> {
    this.aedes = await Aedes.createBroker(this.aedesOptions());
    this.aedes.on('clientReady', (client) => {
      this.ready(client);
    });
    // The declared events lack it, and an unheard 'error' would end the process.
    (this.aedes as EventEmitter).on('error', (error: Error) => {
      this.events.count?.('brokerErrors', '', error.message);
    });
    this.aedes.on('connectionError', (client, error) => {
      const connection = this.connections.get(client);
      if (connection !== undefined) this.countRefusal(connection, error);
    });
    this.aedes.on('clientError', (client, error) => {
      const connection = this.connections.get(client);
      if (connection !== undefined) this.count('connectionsClosedError', connection, error.message);
    });
    try {
      await listen(this.server, this.options.port, this.options.host ?? '127.0.0.1');
    } catch (error) {
      await this.close();
      throw error;
    }
    this.sweep = setInterval(() => {
      this.closeSilent();
    }, keepaliveSweepMs);
    return (this.server.address() as AddressInfo).port;
  }

  readonly state = (): 'embedded' => 'embedded';

  status(): BrokerStatus {
    return {
      connections: this.connections.size,
      heldBytes: this.heldBytes,
      partialBytes: this.owner.partials.used,
      isPaused: this.owner.isStopped(),
    };
  }

  pause(): void {
    this.isPausedOutside = true;
  }

  resume(): void {
    this.isPausedOutside = false;
    this.wakeAll();
  }

  reconnectAll(): void {
    for (const connection of this.connections.values()) connection.socket.destroy();
  }

  async close(): Promise<void> {
    if (this.sweep !== null) clearInterval(this.sweep);
    this.sweep = null;
    const { aedes } = this;
    this.aedes = null;
    const closed = this.server.listening ? closeServer(this.server) : Promise.resolve();
    this.reconnectAll();
    if (aedes !== null) await closeAedes(aedes);
    await closed;
  }

  private aedesOptions(): AedesOptions {
    return {
      connectTimeout: this.limits.connectTimeoutMs,
      drainTimeout: this.limits.drainTimeoutMs,
      queueLimit: 1_000,
      maxClientsIdLength: this.limits.clientIdCharsMax,
      preConnect: (client, packet, callback) => {
        const connection = this.connections.get(client);
        if (connection === undefined) return callback(new Error('connection is gone'), false);
        if (packet.will !== undefined)
          this.count('willsIgnored', connection, packet.will.topic.slice(0, 128));
        // A will is somebody else's word for a device; silence has an alarm of its own.
        delete packet.will;
        // Nothing is delivered, so there is no session to keep: what a clean session leaves behind is bounded.
        packet.clean = true;
        // Kept by ourselves, since a connection that we do not read is not silent by its own fault.
        connection.keepaliveMs = (packet.keepalive ?? 0) * 1_000;
        packet.keepalive = 0;
        callback(null, true);
      },
      authenticate: (client, username, password, done) => {
        void this.admit(client, username, password).then(
          (code) => {
            if (code === null) done(null, true);
            else done(Object.assign(new Error('connection refused'), { returnCode: code }), false);
          },
          (error: unknown) => {
            const message = error instanceof Error ? error.message : 'authentication failed';
            done(Object.assign(new Error(message), { returnCode: unavailable }), false);
          },
        );
      },
      authorizeSubscribe: (client, subscription, callback) => {
        const connection = this.connections.get(client);
        if (connection !== undefined)
          this.count('subscriptionsDenied', connection, subscription.topic.slice(0, 128));
        callback(null, null);
      },
      authorizePublish: (client, packet, callback) => {
        const connection = client === null ? undefined : this.connections.get(client);
        if (connection === undefined) return callback(new Error('connection is gone'));
        const { topic, qos } = packet;
        const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
        // What aedes still does with the packet must cost nothing and reach nobody, not even its own $SYS listeners.
        packet.payload = taken;
        packet.retain = false;
        packet.topic = 'taken';
        this.take(connection, topic, payload, qos, () => {
          callback(null);
        });
      },
    };
  }

  private take(
    connection: BrokerConnection,
    topic: string,
    payload: Uint8Array,
    qos: 0 | 1 | 2,
    send: () => void,
  ): void {
    const held = qos === 0 ? notHeld : this.hold(connection, topic, payload, send);
    if (mayPublish(connection.identity, topic)) {
      this.count('messages', connection);
      this.handler.message({ topic, payload, qos, ...held, connection: connection.key });
    } else {
      this.count('messagesForbidden', connection, topic.slice(0, 128));
      this.events.forbidden?.(topic, connection.key, payload);
      held.acknowledge();
    }
    if (qos === 0) send();
  }

  private hold(
    connection: BrokerConnection,
    topic: string,
    payload: Uint8Array,
    send: () => void,
  ): HeldMessage {
    const bytes = payload.length + topic.length + heldOverheadBytes;
    connection.hold(bytes);
    return connection.acknowledgements.hold(bytes, send);
  }

  private accept(socket: Socket): void {
    const { aedes } = this;
    if (aedes === null) {
      socket.destroy();
      return;
    }
    this.connectionsMade += 1;
    const connection = new BrokerConnection(`mqtt-${this.connectionsMade}`, socket, this.owner);
    const client = aedes.handle(socket);
    connection.attach(client as unknown as AedesBookkeeping);
    this.connections.set(client, connection);
    socket.once('close', () => {
      this.connections.delete(client);
      connection.dispose();
      if (connection.isReady) this.handler.disconnected(connection.key);
    });
  }

  /** Null when the client may come in, else the CONNACK return code. */
  private async admit(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<number | null> {
    const connection = this.connections.get(client);
    if (connection === undefined) return unavailable;
    connection.clientId = client.id;
    if (!isClientId(client.id, this.limits.clientIdCharsMax)) {
      this.count('connectionsRefusedClientId', connection, 'length or characters of the client id');
      return identifierRejected;
    }
    const { authenticate } = this.options;
    if (authenticate !== undefined) connection.identity = await authenticate(username, password);
    if (authenticate !== undefined && connection.identity === null) {
      this.count('connectionsRefusedCredentials', connection, (username ?? '').slice(0, 64));
      return badCredentials;
    }
    return this.admitTakeOver(connection);
  }

  /** The same client id closes the older connection (MQTT-3.1.4-2), unless it is of somebody else. */
  private admitTakeOver(connection: BrokerConnection): number | null {
    for (const other of this.connections.values()) {
      if (other === connection || !other.isReady || other.clientId !== connection.clientId) continue;
      if (
        other.identity?.mine !== connection.identity?.mine ||
        other.identity?.source !== connection.identity?.source
      ) {
        this.count('connectionsRefusedClientId', connection, 'client id is in use by another identity');
        return identifierRejected;
      }
      this.count('connectionsTakenOver', other, connection.key);
    }
    return null;
  }

  private ready(client: Client): void {
    const connection = this.connections.get(client);
    if (connection === undefined) return;
    const { socket } = connection;
    connection.isReady = true;
    this.count('connectionsAccepted', connection, connection.clientId);
    this.handler.connected(
      connection.key,
      `${connection.clientId} @ ${socket.remoteAddress}:${socket.remotePort}`,
    );
    // Behind the CONNACK that aedes has only just written: its own state is not settled inside this event.
    setImmediate(() => {
      connection.wake();
    });
  }

  private changeHeld(bytes: number): void {
    this.heldBytes += bytes;
    if (!this.isFull && this.heldBytes > this.limits.heldBytesMax) {
      this.isFull = true;
      this.events.count?.('readingPausedAll', '', `${this.heldBytes} bytes held`);
    } else if (this.isFull && this.heldBytes <= this.limits.heldBytesMax / 2) {
      this.isFull = false;
      setImmediate(() => {
        this.wakeAll();
      });
    }
  }

  private wakeAll(): void {
    if (this.owner.isStopped()) return;
    for (const connection of this.connections.values()) connection.wake();
  }

  private closeFaulted(connection: BrokerConnection, fault: FramingFault): void {
    if (connection.socket.destroyed) return;
    this.count(faultCounters[fault], connection, fault);
    connection.socket.destroy();
  }

  private closeSilent(): void {
    const now = performance.now();
    for (const connection of this.connections.values()) {
      // Its silence is ours, up to now.
      if (connection.isWaiting) connection.lastReadAt = now;
      const { isReady, keepaliveMs, lastReadAt } = connection;
      if (!isReady || keepaliveMs === 0 || now - lastReadAt <= keepaliveMs * 1.5) continue;
      this.count('connectionsClosedKeepalive', connection, `${keepaliveMs} ms`);
      connection.socket.destroy();
    }
  }

  private countRefusal(connection: BrokerConnection, error: Error): void {
    const isCounted =
      'errorCode' in error && (error.errorCode === badCredentials || error.errorCode === identifierRejected);
    if (!isCounted) this.count('connectionsRefusedProtocol', connection, error.message);
  }

  private count(counter: BrokerCounter, connection: BrokerConnection, detail = ''): void {
    this.events.count?.(counter, connection.key, detail);
  }
}

// CONNACK return codes of MQTT 3.1.1 §3.2.2.3.
const identifierRejected = 2;
const unavailable = 3;
const badCredentials = 4;

const faultCounters: Record<FramingFault, BrokerCounter> = {
  'packet too large': 'connectionsClosedPacketTooLarge',
  'no room': 'connectionsClosedNoRoom',
  malformed: 'connectionsClosedMalformed',
};

/** QoS 0 wants no acknowledgement. */
const notHeld: HeldMessage = { acknowledge() {}, abandon() {} };

// eslint-disable-next-line no-control-regex -- control characters are what it keeps out
const unprintable = /[\u0000-\u001f\u007f-\u009f]/;

function isClientId(id: string, charsMax: number): boolean {
  return id.length > 0 && id.length <= charsMax && !unprintable.test(id);
}

function closeAedes(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => {
    aedes.close(() => {
      resolve();
    });
  });
}
