// Serving's side of the query thread: a call of the Queries port becomes a message, with a bounded queue and a deadline.
// A query that runs too long cannot be stopped, only no longer waited for; the bound keeps what piles up behind it small.

import { PeerGone, PendingRequests } from '../requests.ts';
import type {
  QueryCall,
  QueryFailure,
  QueryName,
  QueryReply,
  QueryRequest,
  QueryResult,
} from './messages.ts';
import type { Queries } from './port.ts';

/** One screen asks for a handful at once; more than this waiting means that the disk or a report is stuck. */
const waitingMax = 64;
const timeoutMs = 15_000;
/** Waiting for the projector: it is milliseconds behind, or in trouble. */
const recordWaitMs = 5_000;

/** A MessagePort, or a Worker. */
export interface QueryPeer {
  postMessage(message: QueryRequest): void;
  on(event: 'message', listener: (reply: QueryReply) => void): unknown;
}

export class QueryFailed extends Error {
  override readonly name = 'QueryFailed';
  readonly failure: QueryFailure;

  constructor(failure: QueryFailure, detail: string) {
    super(`${failure}: ${detail}`);
    this.failure = failure;
  }
}

export class QueryClient {
  private readonly peer: QueryPeer;
  private readonly pending = new PendingRequests<QueryResult>(waitingMax, timeoutMs);

  constructor(peer: QueryPeer) {
    this.peer = peer;
    peer.on('message', (reply) => {
      if ('failed' in reply) this.pending.fail(reply.request, new QueryFailed(reply.failed, reply.detail));
      else this.pending.settle(reply.request, reply.result);
    });
  }

  get waiting(): number {
    return this.pending.size;
  }

  /** `atLeast`: the answer holds everything up to this event; 0 = whatever is there. */
  async ask<N extends QueryName>(
    name: N,
    args: Parameters<Queries[N]>,
    atLeast = 0,
  ): Promise<Awaited<ReturnType<Queries[N]>>> {
    // The pair is one of the union's by the signature above; the compiler does not follow it through N.
    const call = { name, args } as unknown as QueryCall;
    const result = await this.pending.ask((request) =>
      this.peer.postMessage({ request, call, atLeast, waitMs: recordWaitMs }),
    );
    return result as Awaited<ReturnType<Queries[N]>>;
  }

  end(reason: string): void {
    this.pending.end(new PeerGone(reason));
  }
}
