// The bounds of the embedded broker as data, each with its reason. All of them are counted when they bite (counters.ts).

export interface BrokerLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly connectionsPerSourceMax: number;
  readonly subscriptionsPerConnectionMax: number;
  readonly sourceMessagesPerSecond: number;
  readonly sourceBytesPerSecond: number;
  readonly failedLoginsBurst: number;
  readonly failedLoginForgivenMs: number;
  readonly failedLoginHoldMs: number;
  readonly packetBytesMax: number;
  readonly connectBytesMax: number;
  readonly partialBytesMax: number;
  readonly heldBytesPerConnectionMax: number;
  readonly heldMessagesPerConnectionMax: number;
  readonly heldBytesMax: number;
  readonly packetsPerReadMax: number;
  readonly bytesPerReadMax: number;
  readonly clientIdCharsMax: number;
  readonly connectTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

export const brokerLimits: BrokerLimits = {
  /** A mine has tens of gateways; more hints at a client that reconnects without closing. */
  connectionsMax: 512,
  /** A mine behind one address has tens; one address that takes half of all leaves the other half to the others. */
  connectionsPerAddressMax: 256,
  /** One, one that is about to take over, and some that are dead and not yet known to be. */
  connectionsPerSourceMax: 8,
  /** An edge node asks for its commands, those of its devices and the host's state. */
  subscriptionsPerConnectionMax: 64,
  /** A mine's gateway sends some hundred a second; the whole broker takes some 40 000. A setting (FENGSUI_MQTT_SOURCE_MESSAGES_S). */
  sourceMessagesPerSecond: 20_000,
  /** 250 000 readings a second in frames of 100; a disk writes many times as much. A setting (FENGSUI_MQTT_SOURCE_KIB_S). */
  sourceBytesPerSecond: 16 * mebibyte,
  /** A device with a wrong token tries for ever; its neighbours at the same address are not to suffer: only false ones wait. */
  failedLoginsBurst: 10,
  failedLoginForgivenMs: 30_000,
  /** Beyond them a false login waits so long for its refusal; a right one never waits. */
  failedLoginHoldMs: 5_000,
  /** Decoding refuses above 1 MiB with a reason the sender's people can see; up to here we still read to say so. */
  packetBytesMax: 8 * mebibyte,
  /** A CONNECT is some hundred bytes, with a will (which we ignore) some more: strangers get no buffers. */
  connectBytesMax: 64 * kibibyte,
  /** Memory in packets that are not complete yet, of all connections: four of the largest, thousands of the usual. */
  partialBytesMax: 32 * mebibyte,
  /** Unacknowledged, per connection. A commit takes milliseconds, so this is some 100 MB/s of one sender. */
  heldBytesPerConnectionMax: mebibyte,
  /** The same in messages: small ones cost objects rather than bytes. */
  heldMessagesPerConnectionMax: 2_000,
  /** Unacknowledged, of all connections: what may wait in memory when the disk stalls. */
  heldBytesMax: 64 * mebibyte,
  /** How much of one connection is handled before the others have their turn: about 2 ms of work. */
  packetsPerReadMax: 256,
  bytesPerReadMax: 256 * kibibyte,
  /** The id is in logs and on screens; MQTT 3.1.1 requires 23 to be allowed. */
  clientIdCharsMax: 128,
  connectTimeoutMs: 10_000,
  /** A client that does not read its PUBACKs is not read either, and is closed after this. */
  drainTimeoutMs: 15_000,
};

/** Beside the payload a held message costs its topic and a few objects. */
export const heldOverheadBytes = 256;

// eslint-disable-next-line no-control-regex -- control characters are what it keeps out
const unprintable = /[\u0000-\u001f\u007f-\u009f]/;

export function isClientId(id: string, charsMax: number): boolean {
  return id.length > 0 && id.length <= charsMax && !unprintable.test(id);
}
