// Acknowledgements of one connection, sent in the order of its messages (MQTT-4.6.0-2) whatever order they come in.
// After `drop` nothing is ever sent: message ids mean nothing on another connection.

interface Held {
  readonly bytes: number;
  send: (() => void) | null;
  isDone: boolean;
}

export class OrderedAcknowledgements {
  private queue: Held[] = [];
  private head = 0;
  private isDropped = false;
  /** Called with the bytes of a message once it is no longer held. */
  private readonly released: (bytes: number, wasSent: boolean) => void;

  constructor(released: (bytes: number, wasSent: boolean) => void) {
    this.released = released;
  }

  /** Holds a message; the answer acknowledges it (a second call does nothing). */
  hold(bytes: number, send: () => void): () => void {
    const held: Held = { bytes, send, isDone: false };
    this.queue.push(held);
    return () => {
      this.acknowledge(held);
    };
  }

  drop(): void {
    this.isDropped = true;
    for (let index = this.head; index < this.queue.length; index += 1) {
      const held = this.queue[index];
      if (held === undefined) continue;
      held.send = null;
      // Done and waiting behind an earlier one: nobody will ask for it again.
      if (held.isDone) this.released(held.bytes, false);
    }
    this.queue = [];
    this.head = 0;
  }

  private acknowledge(held: Held): void {
    if (held.isDone) return;
    held.isDone = true;
    if (this.isDropped) this.released(held.bytes, false);
    else this.flush();
  }

  private flush(): void {
    for (let held = this.queue[this.head]; held?.isDone === true; held = this.queue[this.head]) {
      this.head += 1;
      this.released(held.bytes, true);
      held.send?.();
    }
    if (this.head === this.queue.length) this.queue = [];
    else if (this.head > 1024) this.queue = this.queue.slice(this.head);
    else return;
    this.head = 0;
  }
}
