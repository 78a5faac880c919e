// Acknowledgements of one connection, sent in the order of its messages (MQTT-4.6.0-2) whatever order they come in.
// After `drop`, and behind a message that was abandoned, nothing is ever sent: the other side repeats it all on the next
// connection, where the same message ids may name other messages. Used by both MQTT adapters.

interface Held {
  readonly bytes: number;
  readonly send: () => void;
  state: 'held' | 'acknowledged' | 'abandoned';
}

/** The two ways to let go of a message; only the first call counts. */
export interface HeldMessage {
  readonly acknowledge: () => void;
  readonly abandon: () => void;
}

export class OrderedAcknowledgements {
  private queue: Held[] = [];
  private head = 0;
  private isEnded = false;
  /** Called with the bytes of a message once it is no longer held. */
  private readonly released: (bytes: number, wasSent: boolean) => void;

  constructor(released: (bytes: number, wasSent: boolean) => void) {
    this.released = released;
  }

  hold(bytes: number, send: () => void): HeldMessage {
    const held: Held = { bytes, send, state: 'held' };
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
      if (held.state === 'acknowledged') this.released(held.bytes, false);
    }
    this.queue = [];
    this.head = 0;
  }

  private letGo(held: Held, state: 'acknowledged' | 'abandoned'): void {
    if (held.state !== 'held') return;
    held.state = state;
    if (this.isEnded || state === 'abandoned') this.released(held.bytes, false);
    if (!this.isEnded) this.flush();
  }

  private flush(): void {
    for (let held = this.queue[this.head]; held !== undefined; held = this.queue[this.head]) {
      if (held.state === 'held') break;
      this.head += 1;
      if (held.state === 'abandoned') return this.drop();
      this.released(held.bytes, true);
      held.send();
    }
    if (this.head === this.queue.length) this.queue = [];
    else if (this.head > 1024) this.queue = this.queue.slice(this.head);
    else return;
    this.head = 0;
  }
}
