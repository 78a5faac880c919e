// Messages that came over HTTP: they take the way of any other message through the loop, and their outcome goes back to
// serving by request number, in the order in which the batches became durable. Every request is answered once.
// Under pressure a message is turned away unread (serving says 429): unlike a socket, a request cannot be left unread.

import type { IntakeRefusal } from '../protocol/refusals.ts';
import type { IncomingMessage, ReadingsOutcome, ReadingsTaken, ServingToCore } from '../ports.ts';

/** Payloads not yet on disk: what an eighth of a second of the largest load brings. Serving has a bound of its own. */
export const httpHeldBytesMax = 32 * 1024 * 1024;
/** Handled before others have their turn, about 2 ms of work: as of one MQTT connection. */
const bytesPerTurnMax = 256 * 1024;
/** Beside its payload a held message costs its topic and a few objects. */
const overheadBytes = 256;

/** What it needs of the loop. */
export interface MessageTaker {
  readonly isPressed: boolean;
  message(message: IncomingMessage): void;
}

type Readings = Extract<ServingToCore, { type: 'readings' }>;

const recorded: ReadingsOutcome = { kind: 'recorded' };
const pressed: ReadingsOutcome = { kind: 'pressed' };
const abandoned: ReadingsOutcome = { kind: 'abandoned' };

export class HttpIntake {
  private readonly loop: MessageTaker;
  private readonly tell: (taken: readonly ReadingsTaken[]) => void;
  /** Calls back after what is at hand now. */
  private readonly soon: (work: () => void) => void;
  private queue: Readings[] = [];
  private taken: ReadingsTaken[] = [];
  /** Of the queue and of what the loop holds. */
  private heldBytes = 0;
  private isTurnPlanned = false;
  private isClosing = false;

  constructor(
    loop: MessageTaker,
    tell: (taken: readonly ReadingsTaken[]) => void,
    soon: (work: () => void) => void,
  ) {
    this.loop = loop;
    this.tell = tell;
    this.soon = soon;
  }

  message(message: Readings): void {
    if (this.isClosing) return this.answer(message.request, abandoned);
    const bytes = sizeOf(message);
    if (this.heldBytes + bytes > httpHeldBytesMax) return this.answer(message.request, pressed);
    this.heldBytes += bytes;
    this.queue.push(message);
    this.planTurn();
  }

  /** What has not gone into a batch is turned away; what has is still answered. */
  close(): void {
    this.isClosing = true;
    for (const message of this.queue) this.letGo(message, abandoned);
    this.queue = [];
  }

  /** A port brings all that waits in it at once; in one go a thousand messages would keep an alarm waiting. */
  private planTurn(): void {
    if (this.isTurnPlanned) return;
    this.isTurnPlanned = true;
    this.soon(() => {
      this.isTurnPlanned = false;
      let bytes = 0;
      let count = 0;
      for (const message of this.queue) {
        if (bytes >= bytesPerTurnMax) break;
        bytes += sizeOf(message);
        count += 1;
        this.take(message);
      }
      this.queue = this.queue.slice(count);
      if (this.queue.length > 0) this.planTurn();
    });
  }

  private take(message: Readings): void {
    if (this.loop.isPressed) return this.letGo(message, pressed);
    const { topic, payload } = message;
    let refusal: IntakeRefusal | null = null;
    this.loop.message({
      topic,
      payload,
      qos: 1,
      connection: 'http',
      refused: (reason) => (refusal = reason),
      acknowledge: () =>
        this.letGo(message, refusal === null ? recorded : { kind: 'refused', reason: refusal }),
      abandon: () => this.letGo(message, abandoned),
    });
  }

  private letGo(message: Readings, outcome: ReadingsOutcome): void {
    this.heldBytes -= sizeOf(message);
    this.answer(message.request, outcome);
  }

  /** Those of one batch leave in one message. */
  private answer(request: number, outcome: ReadingsOutcome): void {
    this.taken.push({ request, outcome });
    if (this.taken.length > 1) return;
    process.nextTick(() => {
      const { taken } = this;
      this.taken = [];
      this.tell(taken);
    });
  }
}

function sizeOf({ payload }: Readings): number {
  return payload.byteLength + overheadBytes;
}
