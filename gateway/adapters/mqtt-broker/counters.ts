// What the embedded broker counts and tells: names fixed at compile time, one call per occurrence, nothing is logged here.

export const brokerCounters = [
  'connectionsAccepted',
  /** Above connectionsMax, or above what one address or one source may have. */
  'connectionsRefusedTooMany',
  'connectionsRefusedClientId',
  'connectionsRefusedCredentials',
  /** Too many of these from one address: the refusal comes late. */
  'failedLoginsHeld',
  /** The tokens of sources are not known yet, just after a start. */
  'connectionsRefusedUnready',
  'connectionsRefusedTls',
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
  /** Its token was revoked. */
  'connectionsClosedRevoked',
  'messages',
  'messagesForbidden',
  /** At QoS 0, by a source that sends more than it may. */
  'messagesDropped',
  /** To those who had asked for it: commands and the host's state. */
  'messagesPublished',
  'acknowledgementsSent',
  /** The connection was gone: the sender repeats the message. */
  'acknowledgementsDropped',
  'readingPaused',
  'readingPausedAll',
  /** A source that sends more than it may was not read for a while. */
  'readingSlowed',
  'subscriptionsDenied',
  'willsIgnored',
  /** Inside aedes; none is known to happen. */
  'brokerErrors',
] as const;

export type BrokerCounter = (typeof brokerCounters)[number];

export interface BrokerEvents {
  /** `detail` is text from outside at times: bounded, for people. */
  count(counter: BrokerCounter, connection: string, detail: string, amount?: number): void;
  /** A publish outside the sender's own mine or source; acknowledged here, never handed over. */
  forbidden(topic: string, connection: string, payload: Uint8Array): void;
  /** Publishes at QoS 0 that were beyond what their source may send; together, about once a second. */
  dropped(topic: string, connection: string, count: number): void;
}
