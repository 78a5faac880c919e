// Client of an outside MQTT 5 broker: hands each message to the intake handler and sends its PUBACK when the
// handler's `acknowledge` was called: pipelined, in order, and only on the connection the message came by.
// With the persistent session the broker delivers again whatever was not acknowledged. The PUBACK to the device is
// the broker's promise, not ours (docs/operations.md says what the broker must be set to).
//
// Leans on mqtt.js 5.16.0 (pinned; client.test.ts holds it to this): an error from `handleMessage` skips its own
// PUBACK and nothing else, and `_sendPacket` writes a packet at once while connected.

import {
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
  connect,
} from 'mqtt';
import type { Intake, IntakeHandler } from '#gateway/ports.ts';
import { type HeldMessage, OrderedAcknowledgements } from '../ordered-acknowledgements.ts';
import {
  type ClientCounter,
  type ClientOptions,
  clientDefaults,
  heldOverheadBytes,
  packetBytesMax,
} from './options.ts';

export interface ClientStatus {
  readonly state: 'connected' | 'disconnected';
  readonly heldBytes: number;
  readonly heldMessages: number;
  readonly isPaused: boolean;
  /** Of the last failed attempt, for the screen; empty while connected. */
  readonly lastError: string;
}

/** One network connection: message ids and held acknowledgements mean something within it only. */
interface Epoch {
  readonly key: string;
  readonly stream: MqttClient['stream'];
  readonly acknowledgements: OrderedAcknowledgements;
}

const pausedPingMs = 5_000;
const closeWithinMs = 400;
const noPuback = new Error('acknowledged later');

export class MqttIntakeClient implements Intake {
  private readonly handler: IntakeHandler;
  private readonly options: Required<Omit<ClientOptions, 'username' | 'password' | 'events'>> & ClientOptions;
  private readonly client: MqttClient;
  private epoch: Epoch | null = null;
  private epochs = 0;
  private isSubscribed = false;
  private isClosing = false;
  private failures = 0;
  private lastError = '';
  private heldBytes = 0;
  private heldMessages = 0;
  private isPausedOutside = false;
  private isFull = false;
  /** mqtt.js takes one packet after the other: it reads nothing while this waits to be called. */
  private goOn: (() => void) | null = null;
  private pinging: NodeJS.Timeout | null = null;

  /** Begins to connect at once, and goes on trying; never fails for a broker that is away. */
  constructor(options: ClientOptions, handler: IntakeHandler) {
    this.options = { ...clientDefaults, random: Math.random, ...options };
    this.handler = handler;
    this.client = connect(options.url, this.clientOptions());
    this.client.handleMessage = (packet, done) => {
      this.receive(packet, () => {
        done(noPuback);
      });
    };
    this.client.on('connect', (packet) => {
      this.connected(packet);
    });
    this.client.on('reconnect', () => {
      this.client.options.reconnectPeriod = this.backOffMs();
    });
    this.client.on('close', () => {
      this.disconnected();
    });
    this.client.on('error', (error) => {
      this.lastError = error.message === '' ? error.name : error.message;
    });
    this.client.on('disconnect', (packet) => {
      this.lastError = `the broker closed the connection, reason ${packet.reasonCode ?? 0}`;
    });
  }

  readonly state = (): 'connected' | 'disconnected' => (this.isSubscribed ? 'connected' : 'disconnected');

  status(): ClientStatus {
    return {
      state: this.state(),
      heldBytes: this.heldBytes,
      heldMessages: this.heldMessages,
      isPaused: this.isWaiting(),
      lastError: this.lastError,
    };
  }

  pause(): void {
    this.isPausedOutside = true;
  }

  resume(): void {
    this.isPausedOutside = false;
    this.readOn();
  }

  /** The broker delivers again what was not acknowledged. */
  reconnectAll(): void {
    if (this.epoch !== null) this.client.stream.destroy();
  }

  /** The session stays with the broker; what is unacknowledged comes again at the next start. */
  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    // A subscription on its way would be waited for.
    const isPolite = this.client.connected && this.isSubscribed;
    this.endEpoch();
    this.isSubscribed = false;
    this.stopPinging();
    this.goOn = null;
    const forced = setTimeout(() => {
      this.client.stream.destroy();
    }, closeWithinMs);
    await this.client.endAsync(!isPolite);
    clearTimeout(forced);
  }

  private clientOptions(): IClientOptions {
    const { clientId, username, password, keepaliveS, connectTimeoutMs, sessionExpiryS, receiveMaximum } =
      this.options;
    return {
      protocolVersion: 5,
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      clean: false,
      keepalive: keepaliveS,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: this.backOffMs(),
      reconnectOnConnackError: true,
      resubscribe: false,
      queueQoSZero: false,
      properties: {
        sessionExpiryInterval: sessionExpiryS,
        receiveMaximum,
        maximumPacketSize: packetBytesMax,
        topicAliasMaximum: 0,
      },
    };
  }

  private connected(packet: IConnackPacket): void {
    this.failures = 0;
    this.lastError = '';
    this.client.options.reconnectPeriod = this.backOffMs();
    this.beginEpoch();
    this.count('connects', this.options.url);
    if (!packet.sessionPresent) this.count('sessionsNew', this.options.clientId);
    this.subscribe(this.epoch);
  }

  /** At every connect: the session of an earlier configuration may have another filter, or none. */
  private subscribe(epoch: Epoch | null): void {
    const { topicFilter } = this.options;
    // rh 2: retained messages were sent to somebody before us, with stamps of then.
    this.client.subscribe(topicFilter, { qos: 1, rh: 2 }, (error, granted) => {
      if (epoch === null || epoch !== this.epoch) return;
      const qos = granted?.[0]?.qos ?? 128;
      if (error !== null || qos !== 1) {
        this.lastError = `the broker does not let us subscribe to ${topicFilter} with QoS 1`;
        this.count('subscriptionsRefused', this.lastError);
        return;
      }
      this.isSubscribed = true;
    });
  }

  private beginEpoch(): void {
    const { stream } = this.client;
    if (this.epoch?.stream === stream) return;
    this.endEpoch();
    this.epochs += 1;
    const acknowledgements = new OrderedAcknowledgements((bytes, wasSent) => {
      this.release(bytes, wasSent);
    });
    this.epoch = { key: `mqtt-out-${this.epochs}`, stream, acknowledgements };
    this.handler.connected(this.epoch.key, this.options.url);
  }

  private endEpoch(): void {
    const { epoch } = this;
    if (epoch === null) return;
    this.epoch = null;
    epoch.acknowledgements.drop();
    this.handler.disconnected(epoch.key);
  }

  private disconnected(): void {
    const wasUp = this.epoch !== null;
    this.endEpoch();
    // What waited to be read belonged to the old connection and comes again.
    this.goOn = null;
    this.stopPinging();
    this.isSubscribed = false;
    if (this.isClosing) return;
    this.failures += 1;
    this.count(wasUp ? 'disconnects' : 'connectFailures', this.lastError);
  }

  private receive(packet: IPublishPacket, done: () => void): void {
    // A session that exists delivers before our SUBACK, even before mqtt.js says that it is connected.
    if (!this.isClosing) this.beginEpoch();
    const { epoch } = this;
    if (epoch === null) return;
    const { topic, qos, messageId = 0, dup } = packet;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const held = qos === 0 ? notHeld : this.hold(epoch, topic, payload, messageId);
    this.count('messages', '');
    if (dup) this.count('messagesRedelivered', '');
    this.handler.message({ topic, payload, qos, ...held, connection: epoch.key });
    if (this.isWaiting()) this.waitWith(done);
    else done();
  }

  private hold(epoch: Epoch, topic: string, payload: Uint8Array, messageId: number): HeldMessage {
    const bytes = payload.length + topic.length + heldOverheadBytes;
    this.heldBytes += bytes;
    this.heldMessages += 1;
    if (!this.isFull && this.heldBytes > this.options.heldBytesMax) {
      this.isFull = true;
      this.count('readingPaused', `${this.heldBytes} bytes held`);
    }
    return epoch.acknowledgements.hold(bytes, () => {
      // Between a stream's end and our hearing of it mqtt.js would queue the packet for the next connection.
      if (this.client.stream !== epoch.stream || !this.client.connected) return;
      this.client['_sendPacket']({ cmd: 'puback', messageId, reasonCode: 0 });
    });
  }

  private release(bytes: number, wasSent: boolean): void {
    this.heldBytes -= bytes;
    this.heldMessages -= 1;
    this.count(wasSent ? 'acknowledgementsSent' : 'acknowledgementsDropped', '');
    if (!this.isFull || this.heldBytes > this.options.heldBytesMax / 2) return;
    this.isFull = false;
    setImmediate(() => {
      this.readOn();
    });
  }

  private isWaiting(): boolean {
    return this.isPausedOutside || this.isFull;
  }

  /** While nothing is read no ping answer is seen either: we ping by ourselves and do not count the answers. */
  private waitWith(done: () => void): void {
    this.goOn = done;
    this.pinging ??= setInterval(
      () => {
        if (!this.client.connected) return;
        this.client.sendPing();
        this.client.reschedulePing(true);
      },
      Math.min(pausedPingMs, (this.options.keepaliveS * 1_000) / 3),
    );
  }

  private readOn(): void {
    if (this.isWaiting()) return;
    this.stopPinging();
    const { goOn } = this;
    this.goOn = null;
    goOn?.();
  }

  private stopPinging(): void {
    if (this.pinging !== null) clearInterval(this.pinging);
    this.pinging = null;
  }

  /** Doubles with each failure, between half and the whole of it by chance: restarted gateways come one by one. */
  private backOffMs(): number {
    const { reconnectMsMin, reconnectMsMax, random } = this.options;
    const whole = Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(this.failures, 20));
    return Math.round(whole * (0.5 + random() / 2));
  }

  private count(counter: ClientCounter, detail: string): void {
    this.options.events?.count?.(counter, detail);
  }
}

/** QoS 0 wants no acknowledgement. */
const notHeld: HeldMessage = { acknowledge() {}, abandon() {} };
