// The bounds of the embedded broker as data, each with its reason. All of them are counted when they bite (counters.ts).

export interface BrokerLimits {
  readonly connectionsMax: number;
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
