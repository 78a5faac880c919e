// Acknowledgements of one connection to the broker, sent in the order of its messages (MQTT-4.6.0-2).
// After `drop`, and behind a message that was abandoned, nothing is ever sent: the broker delivers it all again on
// the next connection, where the same message ids may name other messages.

interface Held {
  readonly bytes: number;
  readonly messageId: number;
  state: 'held' | 'acknowledged' | 'abandoned';
}

/** The two ways to let go of a message; only the first call counts. */
export interface HeldMessage {
  readonly acknowledge: () => void;
  readonly abandon: () => void;
}

export interface AcknowledgementSink {
  send(messageId: number): void;
  /** The message is no longer held. */
  released(bytes: number, wasSent: boolean): void;
}

export class OrderedAcknowledgements {
  private queue: Held[] = [];
  private head = 0;
  private isEnded = false;
  private readonly sink: AcknowledgementSink;

  constructor(sink: AcknowledgementSink) {
    this.sink = sink;
  }

  hold(bytes: number, messageId: number): HeldMessage {
    const held: Held = { bytes, messageId, state: 'held' };
    this.queue.push(held);
    return {
      acknowledge: () => {
        this.letGo(held, 'acknowledged');
      },
      abandon: () => {
        this.letGo(held, 'abandoned');
      },
    };
  }

  drop(): void {
    this.isEnded = true;
    // Acknowledged and waiting behind an earlier one: nobody will ask for it again.
    for (const held of this.queue.slice(this.head)) {
      if (held.state === 'acknowledged') this.sink.released(held.bytes, false);
    }
    this.queue = [];
    this.head = 0;
  }

  private letGo(held: Held, state: 'acknowledged' | 'abandoned'): void {
    if (held.state !== 'held') return;
    held.state = state;
    if (this.isEnded || state === 'abandoned') this.sink.released(held.bytes, false);
    if (!this.isEnded) this.flush();
  }

  private flush(): void {
    for (let held = this.queue[this.head]; held !== undefined; held = this.queue[this.head]) {
      if (held.state === 'held') break;
      this.head += 1;
      if (held.state === 'abandoned') return this.drop();
      this.sink.released(held.bytes, true);
      this.sink.send(held.messageId);
    }
    if (this.head === this.queue.length) this.queue = [];
    else if (this.head > 1024) this.queue = this.queue.slice(this.head);
    else return;
    this.head = 0;
  }
}
