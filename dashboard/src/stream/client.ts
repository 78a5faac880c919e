// The page's side of the stream: folds what the worker hands over, says hello when the link opens and when a hole
// shows, and reports what was painted. Calls back; knows no component.

import type { StreamRequest } from '#gateway/protocol/stream.ts';
import { answerWithinMs, linkAtStart, type FromWorker, type LinkState, type ToWorker } from './link.ts';
import { emptyState, reduce, type StreamState } from './state.ts';

export interface StreamListener {
  changed(state: StreamState, before: StreamState): void;
  linkChanged(link: LinkState): void;
  /** The server's clock came with a message. */
  serverTimeHeard(serverTime: number): void;
}

/** The port to the worker: the tests give their own. */
export interface WorkerPort {
  post(order: ToWorker): void;
  onMessage(take: (message: FromWorker) => void): void;
  stop(): void;
}

export class StreamClient {
  private state: StreamState = emptyState;
  private link: LinkState = linkAtStart;
  private readonly port: WorkerPort;
  private readonly listener: StreamListener;
  private readonly now: () => number;
  private askedAt: number | null = null;

  constructor(port: WorkerPort, listener: StreamListener, now: () => number) {
    this.port = port;
    this.listener = listener;
    this.now = now;
    port.onMessage((message) => this.take(message));
  }

  connect(url: string): void {
    this.port.post({ kind: 'connect', url });
  }

  reconnectNow(): void {
    this.port.post({ kind: 'now' });
  }

  painted(seq: number): void {
    this.send({ type: 'painted', seq });
  }

  /** Called now and then: an unanswered hello ends the link. */
  check(): void {
    if (this.askedAt === null || this.now() - this.askedAt < answerWithinMs) return;
    this.askedAt = null;
    this.port.post({ kind: 'now' });
  }

  stop(): void {
    this.port.post({ kind: 'stop' });
    this.port.stop();
  }

  private take(message: FromWorker): void {
    switch (message.kind) {
      case 'open':
        this.hello();
        break;
      case 'closed':
        this.askedAt = null;
        this.setLink({
          ...this.link,
          isOpen: false,
          downSince: this.link.downSince ?? (message.lastHeard === 0 ? this.now() : message.lastHeard),
          attempt: message.attempt,
          retryAt: message.retryAt,
        });
        break;
      case 'message':
        this.fold(message);
        break;
    }
  }

  private fold(message: Extract<FromWorker, { readonly kind: 'message' }>): void {
    const before = this.state;
    const { state, mustAsk } = reduce(before, message.message);
    this.state = state;
    const { type } = message.message;
    if (type === 'snapshot' || type === 'resumed') {
      this.askedAt = null;
      this.setLink({ isOpen: true, downSince: null, attempt: 0, retryAt: 0, dropped: message.dropped });
    } else if (message.dropped !== this.link.dropped) {
      this.setLink({ ...this.link, dropped: message.dropped });
    }
    if (type === 'values') this.listener.serverTimeHeard(message.message.serverTime);
    else if ('status' in message.message) {
      this.listener.serverTimeHeard(message.message.status.serverTime);
    }
    if (mustAsk) this.hello();
    if (state !== before) this.listener.changed(state, before);
    if (type === 'values') this.port.post({ kind: 'ready' });
  }

  private hello(): void {
    const { epoch, lastSeq, isReady } = this.state;
    this.askedAt = this.now();
    this.send(isReady ? { type: 'hello', epoch, lastSeq } : { type: 'hello' });
  }

  private send(request: StreamRequest): void {
    this.port.post({ kind: 'send', request });
  }

  private setLink(link: LinkState): void {
    this.link = link;
    this.listener.linkChanged(link);
  }
}

export function startWorker(): WorkerPort {
  const worker = new Worker(new URL('./socket-worker.ts', import.meta.url), { type: 'module' });
  return {
    post: (order) => worker.postMessage(order),
    onMessage: (take) => {
      worker.addEventListener('message', (event: MessageEvent<FromWorker>) => take(event.data));
    },
    stop: () => worker.terminate(),
  };
}
