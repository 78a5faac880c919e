// Messages of sources on their way through the core, by request number. The buffer of a payload is handed over, not
// copied. A lease is held until the core has answered, also when nobody waits for the answer any more: what waits in the
// core stays counted. An answer that does not come in time says nothing; the sender repeats the message.

import type { ReadingsOutcome, ReadingsTaken, ServingToCore } from '../../ports.ts';
import { RequestTimedOut } from '../requests.ts';
import type { Lease } from './gate.ts';

/** A commit takes milliseconds; longer than a disk stalls, shorter than senders wait. */
const usualTimeoutMs = 10_000;

interface Waiting {
  readonly lease: Lease;
  readonly resolve: (outcome: ReadingsOutcome) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

type Post = (message: ServingToCore, transfer: readonly ArrayBuffer[]) => void;

export class ReadingsClient {
  private readonly post: Post;
  private readonly timeoutMs: number;
  private readonly waitingFor = new Map<number, Waiting>();
  private last = 0;
  private gone: Error | null = null;

  constructor(post: Post, timeoutMs = usualTimeoutMs) {
    this.post = post;
    this.timeoutMs = timeoutMs;
  }

  /** As many as may hold a lease. */
  get waiting(): number {
    return this.waitingFor.size;
  }

  send(topic: string, body: Uint8Array, lease: Lease): Promise<ReadingsOutcome> {
    if (this.gone !== null) {
      lease.leave();
      return Promise.reject(this.gone);
    }
    this.last += 1;
    const request = this.last;
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new RequestTimedOut(`no answer in ${this.timeoutMs} ms`));
      const timer = setTimeout(late, this.timeoutMs);
      this.waitingFor.set(request, { lease, resolve, reject, timer });
      const payload = ownCopy(body);
      this.post({ type: 'readings', request, topic, payload }, [payload.buffer]);
    });
  }

  answered(taken: readonly ReadingsTaken[]): void {
    for (const { request, outcome } of taken) this.take(request)?.resolve(outcome);
  }

  /** The core is gone: everything waiting and everything later fails with this. */
  end(error: Error): void {
    this.gone = error;
    for (const request of this.waitingFor.keys()) this.take(request)?.reject(error);
  }

  private take(request: number): Waiting | undefined {
    const waiting = this.waitingFor.get(request);
    if (waiting === undefined) return undefined;
    this.waitingFor.delete(request);
    clearTimeout(waiting.timer);
    waiting.lease.leave();
    return waiting;
  }
}

/** Small buffers lie in a pool with others, which must not be handed over with them. */
function ownCopy(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(body);
}
