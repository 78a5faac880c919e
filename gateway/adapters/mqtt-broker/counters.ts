// What the embedded broker counts and tells: names fixed at compile time, one call per occurrence, nothing is logged here.

export const brokerCounters = [
  'connectionsAccepted',
  /** Above connectionsMax: closed before a byte was read. */
  'connectionsRefusedTooMany',
  'connectionsRefusedClientId',
  'connectionsRefusedCredentials',
  /** MQTT 5, broken CONNECT, no CONNECT in time. */
  'connectionsRefusedProtocol',
  /** Packet above packetBytesMax: the connection was closed. */
  'connectionsClosedPacketTooLarge',
  /** partialBytesMax used up: the connection that wanted more was closed. */
  'connectionsClosedNoRoom',
  'connectionsClosedMalformed',
  'connectionsClosedKeepalive',
  /** Any other error of a connection after CONNECT (reset, drain timeout, forbidden packet). */
  'connectionsClosedError',
  'connectionsTakenOver',
  'messages',
  'messagesForbidden',
  'acknowledgementsSent',
  /** The connection was gone: the sender repeats the message. */
  'acknowledgementsDropped',
  'readingPaused',
  'readingPausedAll',
  'subscriptionsDenied',
  'willsIgnored',
  /** Inside aedes; none is known to happen. */
  'brokerErrors',
] as const;

export type BrokerCounter = (typeof brokerCounters)[number];

export interface BrokerEvents {
  /** `detail` is text from outside at times: bounded, for people. */
  count(counter: BrokerCounter, connection: string, detail: string): void;
  /** A publish outside the sender's own mine or source; acknowledged here, never handed over. */
  forbidden(topic: string, connection: string, payload: Uint8Array): void;
}
