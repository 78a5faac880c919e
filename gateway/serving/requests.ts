// Requests over a MessagePort: numbered, bounded, each with a deadline. Used for the accounts thread, the query thread and
// the core. An answer that comes after its deadline is dropped; nothing is ever repeated by this side.

export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
}

export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';
}

export class PeerGone extends Error {
  override readonly name = 'PeerGone';
}

interface Pending<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class PendingRequests<Answer> {
  private readonly limit: number;
  private readonly timeoutMs: number;
  private readonly pending = new Map<number, Pending<Answer>>();
  private last = 0;
  private gone: Error | null = null;

  constructor(limit: number, timeoutMs: number) {
    this.limit = limit;
    this.timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.pending.size;
  }

  /** `send` posts the message with the request's number. */
  ask(send: (request: number) => void): Promise<Answer> {
    if (this.gone !== null) return Promise.reject(this.gone);
    if (this.pending.size >= this.limit) return Promise.reject(new TooManyRequests('too many requests wait'));
    this.last += 1;
    const request = this.last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(request);
        reject(new RequestTimedOut(`no answer in ${this.timeoutMs} ms`));
      }, this.timeoutMs);
      this.pending.set(request, { resolve, reject, timer });
      send(request);
    });
  }

  settle(request: number, answer: Answer): void {
    this.take(request)?.resolve(answer);
  }

  fail(request: number, error: Error): void {
    this.take(request)?.reject(error);
  }

  /** The other side is gone: everything waiting and everything later fails with this. */
  end(error: Error): void {
    this.gone = error;
    for (const request of this.pending.keys()) this.fail(request, error);
  }

  private take(request: number): Pending<Answer> | undefined {
    const pending = this.pending.get(request);
    if (pending !== undefined) clearTimeout(pending.timer);
    this.pending.delete(request);
    return pending;
  }
}
