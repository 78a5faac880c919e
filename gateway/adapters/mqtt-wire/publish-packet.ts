// Reads the packet that nearly all packets are: PUBLISH at QoS 0 or 1 (MQTT 3.1.1 and 5, §3.3), without a parser's
// objects and events. Whatever is not plainly that (QoS 2, a topic that no publish may have, a topic alias, lengths that
// do not fit) is left to the slow path, which answers or closes as the standard wants. Also makes the PUBACKs.

export interface PublishPacket {
  readonly topic: string;
  /** A view of the bytes given, not a copy. */
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  /** 0 at QoS 0. */
  readonly messageId: number;
}

export interface ReaderOptions {
  /** MQTT 5: properties stand before the payload. */
  readonly hasProperties: boolean;
  /** So many topics are kept as text (a power of two). */
  readonly topics: number;
}

const publishType = 3;
const pubackHeader = 0x40;
const pubackBytes = 4;
/** A longer topic is not kept: what is kept stays small whatever comes. */
const keptTopicBytesMax = 256;
/** A code unit that no topic of a publish holds: U+0000 # + */
// eslint-disable-next-line no-control-regex -- it is one of them
const unfit = /[\u0000#+]/;

/** A device publishes under the same topic again and again: one kept topic. A broker sends those of many: many. */
const ofDevice: ReaderOptions = { hasProperties: false, topics: 1 };
export const ofBroker: ReaderOptions = { hasProperties: true, topics: 4096 };

interface KeptTopic {
  readonly bytes: Buffer;
  readonly text: string;
}

/** One per connection. */
export class PublishReader {
  private readonly hasProperties: boolean;
  private readonly kept: (KeptTopic | undefined)[];
  private readonly slotMask: number;

  constructor(options: ReaderOptions = ofDevice) {
    this.hasProperties = options.hasProperties;
    this.slotMask = options.topics - 1;
    this.kept = Array.from({ length: options.topics });
  }

  /** Null when the packet from `at` to `end` of `bytes` (whole, by its fixed header) is for the slow path. */
  read(bytes: Buffer, at: number, end: number): PublishPacket | null {
    const header = bytes[at]!;
    const qos = (header >> 1) & 3;
    if (header >> 4 !== publishType || qos > 1) return null;
    let start = at + 2;
    while (bytes[start - 1]! > 127) start += 1; // behind the remaining length
    if (start + 2 > end) return null;
    const topicStart = start + 2;
    const topicEnd = topicStart + ((bytes[start]! << 8) | bytes[start + 1]!);
    let payloadStart = qos === 0 ? topicEnd : topicEnd + 2;
    if (topicEnd === topicStart || payloadStart > end) return null;
    const messageId = qos === 0 ? 0 : (bytes[topicEnd]! << 8) | bytes[topicEnd + 1]!;
    if (qos === 1 && messageId === 0) return null;
    if (this.hasProperties) payloadStart = behindProperties(bytes, payloadStart, end);
    if (payloadStart < 0) return null;
    const topic = this.topicOf(bytes, topicStart, topicEnd);
    if (topic === null) return null;
    return { topic, payload: bytes.subarray(payloadStart, end), qos: qos === 0 ? 0 : 1, messageId };
  }

  private topicOf(bytes: Buffer, start: number, end: number): string | null {
    const slot = this.slotMask === 0 ? 0 : slotOf(bytes, start, end) & this.slotMask;
    const kept = this.kept[slot];
    if (
      kept !== undefined &&
      kept.bytes.length === end - start &&
      kept.bytes.compare(bytes, start, end) === 0
    )
      return kept.text;
    const text = bytes.toString('utf8', start, end);
    if (unfit.test(text)) return null;
    if (end - start <= keptTopicBytesMax)
      this.kept[slot] = { bytes: Buffer.from(bytes.subarray(start, end)), text };
    return text;
  }
}

export function isDuplicate(header: number): boolean {
  return (header & 8) !== 0;
}

/** By the length and the last bytes, in which topics differ; topics that share a slot only push one another out. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let at = Math.max(start, end - 24); at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

/** MQTT 5 §2.2.2.2, those a PUBLISH may have (§3.3.2.3), and how the value of each is written. */
const propertySizes: Readonly<Record<number, 'byte' | 'four' | 'text' | 'number' | 'pair' | undefined>> = {
  0x01: 'byte', // payload format
  0x02: 'four', // message expiry
  0x03: 'text', // content type
  0x08: 'text', // response topic
  0x09: 'text', // correlation data
  0x0b: 'number', // subscription identifier
  0x26: 'pair', // user property
};

/** Where the payload begins, or negative for the slow path: a topic alias (none is allowed), or no such property. */
function behindProperties(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  if (bytes[at] === 0) return at + 1;
  let length = 0;
  let begin = at;
  for (let factor = 1; ; factor *= 128) {
    if (begin >= end || begin - at > 3) return -1;
    const byte = bytes[begin]!;
    begin += 1;
    length += (byte & 127) * factor;
    if (byte < 128) break;
  }
  const behind = begin + length;
  if (behind > end) return -1;
  for (let next = begin; next < behind;) {
    next = behindProperty(bytes, next, behind);
    if (next < 0) return -1;
  }
  return behind;
}

function behindProperty(bytes: Buffer, at: number, end: number): number {
  const next = at + 1;
  switch (propertySizes[bytes[at]!]) {
    case 'byte':
      return next + 1 <= end && bytes[next]! < 2 ? next + 1 : -1;
    case 'four':
      return next + 4 <= end ? next + 4 : -1;
    case 'number':
      return behindNumber(bytes, next, end);
    case 'text':
      return behindText(bytes, next, end);
    case 'pair': {
      const value = behindText(bytes, next, end);
      return value < 0 ? -1 : behindText(bytes, value, end);
    }
    case undefined:
      return -1;
  }
}

function behindText(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const behind = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
  return behind <= end ? behind : -1;
}

function behindNumber(bytes: Buffer, at: number, end: number): number {
  for (let next = at; next < end && next < at + 4; next += 1) if (bytes[next]! < 128) return next + 1;
  return -1;
}

export function pubacks(messageIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(messageIds.length * pubackBytes);
  for (let i = 0; i < messageIds.length; i += 1) {
    bytes.writeUInt16BE((pubackHeader << 8) | 2, i * pubackBytes);
    bytes.writeUInt16BE(messageIds[i]!, i * pubackBytes + 2);
  }
  return bytes;
}
