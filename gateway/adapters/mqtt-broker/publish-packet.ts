// Reads the packet that nearly all packets are: PUBLISH at QoS 0 or 1 (MQTT 3.1.1 §3.3), without a parser's objects and
// events. Whatever is not plainly that (QoS 2, a topic that no publish may have, lengths that do not fit) is left to
// aedes, which answers or closes as the standard wants. Also makes the PUBACKs.

export interface PublishPacket {
  readonly topic: string;
  /** A view of the bytes given, not a copy. */
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  /** 0 at QoS 0. */
  readonly messageId: number;
}

const publishType = 3;
const pubackHeader = 0x40;
const pubackBytes = 4;
/** A code unit that no topic of a publish holds: U+0000 # + */
// eslint-disable-next-line no-control-regex -- it is one of them
const unfit = /[\u0000#+]/;

/** One per connection: a device publishes under the same topic again and again, so the last one is kept as text. */
export class PublishReader {
  private topicBytes: Buffer = Buffer.alloc(0);
  private topic = '';

  /** Null when the packet from `at` to `end` of `bytes` (whole, by its fixed header) is for aedes. */
  read(bytes: Buffer, at: number, end: number): PublishPacket | null {
    const header = bytes[at]!;
    const qos = (header >> 1) & 3;
    if (header >> 4 !== publishType || qos > 1) return null;
    let start = at + 2;
    while (bytes[start - 1]! > 127) start += 1; // behind the remaining length
    if (start + 2 > end) return null;
    const topicStart = start + 2;
    const topicEnd = topicStart + ((bytes[start]! << 8) | bytes[start + 1]!);
    const payloadStart = qos === 0 ? topicEnd : topicEnd + 2;
    if (topicEnd === topicStart || payloadStart > end) return null;
    const messageId = qos === 0 ? 0 : (bytes[topicEnd]! << 8) | bytes[topicEnd + 1]!;
    if (qos === 1 && messageId === 0) return null;
    const topic = this.topicOf(bytes, topicStart, topicEnd);
    if (topic === null) return null;
    return { topic, payload: bytes.subarray(payloadStart, end), qos: qos === 0 ? 0 : 1, messageId };
  }

  private topicOf(bytes: Buffer, start: number, end: number): string | null {
    const { topicBytes } = this;
    if (topicBytes.length === end - start && topicBytes.compare(bytes, start, end) === 0) {
      return this.topic;
    }
    const topic = bytes.toString('utf8', start, end);
    if (unfit.test(topic)) return null;
    this.topicBytes = Buffer.from(bytes.subarray(start, end));
    this.topic = topic;
    return topic;
  }
}

export function pubacks(messageIds: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(messageIds.length * pubackBytes);
  for (let i = 0; i < messageIds.length; i += 1) {
    bytes.writeUInt16BE((pubackHeader << 8) | 2, i * pubackBytes);
    bytes.writeUInt16BE(messageIds[i]!, i * pubackBytes + 2);
  }
  return bytes;
}
