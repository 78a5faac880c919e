// The embedded MQTT 3.1.1 broker: takes publishes on a TCP port and hands each to the intake handler.
// A PUBACK leaves only when the handler's `acknowledge` was called, in order per connection. What sources send is
// delivered to nobody; what they may hear are our own commands and state (`publish`). Under pressure it stops reading; a
// source beyond its rate is not read for a while, and only what it sends at QoS 0 is dropped, counted by its topic.
// Not durable itself and no decoder: the promise behind a PUBACK is the handler's.

import type { EventEmitter } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import type { Intake, IntakeHandler } from '#gateway/ports.ts';
import type { HeldMessage } from '../ordered-acknowledgements.ts';
import { type Identity, isDeathCertificate, mayPublish, maySubscribe } from './access.ts';
import { type AedesBookkeeping, BrokerConnection, type ConnectionOwner } from './connection.ts';
import type { BrokerCounter, BrokerEvents } from './counters.ts';
import { type FramingFault, PartialBudget } from '../mqtt-wire/framing.ts';
import { isClientId, type BrokerLimits, brokerLimits, heldOverheadBytes } from './limits.ts';
import { closedOrAfter, closeServer, createBrokerServer, listen } from './listen.ts';
import { Peers } from './peers.ts';

export interface BrokerOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host?: string;
  readonly limits?: Partial<BrokerLimits>;
  readonly events?: Partial<BrokerEvents>;
  /** PEM texts; absent: without TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * Absent: everybody may connect (loopback only; the composition root sees to that). Null: refused; an identity
   * without a source: nameless; 'unready': to come again, whose token it is cannot be told yet.
   */
  readonly authenticate?: (
    username: string | undefined,
    password: Uint8Array | undefined,
  ) => Authenticated | Promise<Authenticated>;
}

type Authenticated = Identity | null | 'unready';

export interface BrokerStatus {
  readonly connections: number;
  readonly heldBytes: number;
  readonly partialBytes: number;
  readonly isPaused: boolean;
}

/** Silence is looked for, and what was dropped is told, so often. */
const sweepMs = 1_000;
const taken = Buffer.alloc(0);

export class MqttBroker implements Intake {
  private readonly handler: IntakeHandler;
  private readonly options: BrokerOptions;
  private readonly limits: BrokerLimits;
  private readonly events: Partial<BrokerEvents>;
  private readonly owner: ConnectionOwner;
  private readonly connections = new Map<Client, BrokerConnection>();
  private readonly server: Server;
  private readonly peers: Peers;
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
      slowed: (connection, ms) => {
        this.count('readingSlowed', connection, `${Math.ceil(ms)} ms`);
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
    this.peers = new Peers(this.limits);
    this.server = createBrokerServer({
      tls: options.tls,
      handshakeTimeoutMs: this.limits.connectTimeoutMs,
      accept: (socket) => {
        this.accept(socket);
      },
      refusedTls: (message) => {
        this.events.count?.('connectionsRefusedTls', '', message);
      },
    });
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
      for (const connection of this.connections.values()) this.tellDropped(connection);
    }, sweepMs);
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

  /** Ours to those who asked for it; kept for those who ask later when `retain`. */
  publish(
    topic: string,
    payload: Uint8Array,
    { qos, retain }: { readonly qos: 0 | 1; readonly retain: boolean },
  ): void {
    const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain, dup: false } as const;
    this.aedes?.publish(packet, (error) => {
      if (error) this.events.count?.('brokerErrors', '', error.message);
      else this.events.count?.('messagesPublished', '', topic);
    });
  }

  /** Their tokens were revoked. */
  closeRevoked(tokens: ReadonlySet<number>): void {
    for (const connection of this.connections.values()) {
      const token = connection.identity?.token;
      if (token === undefined || !tokens.has(token)) continue;
      this.count('connectionsClosedRevoked', connection, `token ${token}`);
      connection.socket.destroy();
    }
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
        if (packet.will !== undefined) this.keepWill(connection, packet.will);
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
        callback(null, this.allowsSubscription(connection, subscription.topic) ? subscription : null);
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
    if (!connection.rate.take(payload.length + topic.length, qos)) {
      connection.drop(topic);
      send();
      return;
    }
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

  /** One that is its sender's own death certificate; any other is somebody else's word for a device. */
  private keepWill(
    connection: BrokerConnection,
    { topic, payload }: { readonly topic: string; readonly payload: Uint8Array | string },
  ): void {
    if (isDeathCertificate(topic)) {
      connection.will = { topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload };
    } else this.count('willsIgnored', connection, topic.slice(0, 128));
  }

  private allowsSubscription(connection: BrokerConnection | undefined, filter: string): boolean {
    if (connection === undefined) return false;
    const isAllowed =
      maySubscribe(connection.identity, filter) &&
      connection.subscriptions < this.limits.subscriptionsPerConnectionMax;
    if (isAllowed) connection.subscriptions += 1;
    else this.count('subscriptionsDenied', connection, filter.slice(0, 128));
    return isAllowed;
  }

  private accept(socket: Socket): void {
    const { aedes } = this;
    const address = socket.remoteAddress ?? '';
    if (aedes === null || socket.destroyed) {
      socket.destroy();
      return;
    }
    if (!this.peers.enter(address)) {
      this.events.count?.('connectionsRefusedTooMany', '', `of ${address}`);
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
      this.peers.leave(address);
      this.peers.part(connection);
      this.tellDropped(connection);
      connection.dispose();
      if (!connection.isReady) return;
      this.tellWill(connection);
      this.handler.disconnected(connection.key);
    });
  }

  private tellWill({ key, will, identity }: BrokerConnection): void {
    // When we end, nobody has died.
    if (will === null || this.aedes === null || !mayPublish(identity, will.topic)) return;
    this.handler.message({ ...will, qos: 0, ...notHeld, connection: key });
  }

  private tellDropped(connection: BrokerConnection): void {
    for (const [topic, count] of connection.takeDropped()) {
      this.events.count?.('messagesDropped', connection.key, topic.slice(0, 128), count);
      this.events.dropped?.(topic, connection.key, count);
    }
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
    if (authenticate !== undefined) {
      const identity = await authenticate(username, password);
      if (identity === 'unready') {
        this.count('connectionsRefusedUnready', connection);
        return unavailable;
      }
      if (identity === null) return this.refuseLogin(connection, username ?? '');
      if (!this.connections.has(client)) return unavailable;
      connection.identity = identity;
      if (!this.peers.join(connection, identity, performance.now())) {
        connection.identity = null;
        this.count('connectionsRefusedTooMany', connection, `of ${(username ?? '').slice(0, 64)}`);
        return unavailable;
      }
    }
    return this.admitTakeOver(connection);
  }

  /** From an address with many failures the answer comes late; who gives the right token there does not notice. */
  private async refuseLogin(connection: BrokerConnection, username: string): Promise<number> {
    this.count(
      'connectionsRefusedCredentials',
      connection,
      `${username.slice(0, 64)} @ ${connection.address}`,
    );
    if (!this.peers.mayFail(connection.address, performance.now())) {
      this.count('failedLoginsHeld', connection, connection.address);
      await closedOrAfter(connection.socket, this.limits.failedLoginHoldMs);
    }
    return badCredentials;
  }

  /** The same client id closes the older connection (MQTT-3.1.4-2), unless it is of somebody else. */
  private admitTakeOver(connection: BrokerConnection): number | null {
    for (const other of this.connections.values()) {
      if (other === connection || !other.isReady || other.clientId !== connection.clientId) continue;
      if (
        other.identity?.mine !== connection.identity?.mine ||
        other.identity?.system !== connection.identity?.system ||
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
    const isCounted = 'errorCode' in error && countedAlready.has(error.errorCode);
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
const countedAlready = new Set<unknown>([identifierRejected, unavailable, badCredentials]);

const faultCounters: Record<FramingFault, BrokerCounter> = {
  'packet too large': 'connectionsClosedPacketTooLarge',
  'no room': 'connectionsClosedNoRoom',
  malformed: 'connectionsClosedMalformed',
};

/** QoS 0 wants no acknowledgement. */
const notHeld: HeldMessage = { acknowledge() {}, abandon() {} };

function closeAedes(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()));
}
