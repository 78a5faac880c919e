// The serving thread's side of the accounts thread: every call is a message with a bound and a deadline.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PeerGone, PendingRequests } from '../requests.ts';
import type { AccountsMessage, AccountsRequest, AccountsResult } from './messages.ts';
import type { KnownTokens } from './source-tokens.ts';
import type { Session } from './store.ts';

/** Each takes well under a millisecond; so many waiting means that the thread is stuck. */
const waitingMax = 500;
/** Longer than the store's own busy timeout. */
const timeoutMs = 10_000;

export class AccountsClient {
  private readonly worker: Worker;
  private readonly pending = new PendingRequests<AccountsResult>(waitingMax, timeoutMs);

  private isClosing = false;

  /** `onFatal`: the thread ended without being told to. */
  constructor(dataFolder: string, onFatal: (error: Error) => void) {
    this.worker = new Worker(new URL('./main.ts', import.meta.url), {
      workerData: { dataFolder },
      name: 'accounts',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.worker.on('message', (message: AccountsMessage) => {
      if ('failed' in message) this.pending.fail(message.request, new Error(message.failed));
      else this.pending.settle(message.request, message.result);
    });
    this.worker.on('error', (error) => onFatal(new PeerGone(`accounts thread: ${String(error)}`)));
    this.worker.on('exit', () => {
      const error = new PeerGone('accounts thread has ended');
      this.pending.end(error);
      if (!this.isClosing) onFatal(error);
    });
  }

  async passwordHash(id: string): Promise<string | null> {
    const result = await this.ask({ type: 'passwordHash', id });
    return typeof result === 'string' ? result : null;
  }

  async openSession(
    id: string,
    checkedHash: string,
    tokenHash: string,
    now: number,
  ): Promise<Session | null> {
    return sessionOf(await this.ask({ type: 'openSession', id, checkedHash, tokenHash, now }));
  }

  async session(tokenHash: string, now: number): Promise<Session | null> {
    return sessionOf(await this.ask({ type: 'session', tokenHash, now }));
  }

  async supervisorSites(): Promise<readonly string[]> {
    const result = await this.ask({ type: 'supervisorSites' });
    return isSites(result) ? result : [];
  }

  async closeSession(tokenHash: string): Promise<void> {
    await this.ask({ type: 'closeSession', tokenHash });
  }

  async changePassword(id: string, hash: string, tokenHash: string): Promise<void> {
    await this.ask({ type: 'changePassword', id, hash, tokenHash });
  }

  /** Every token of a source that is not revoked; null when nothing has changed since `version`. */
  async sourceTokens(version: string | null): Promise<KnownTokens | null> {
    const result = await this.ask({ type: 'sourceTokens', version });
    return result !== null && typeof result === 'object' && 'tokens' in result ? result : null;
  }

  async close(): Promise<void> {
    this.isClosing = true;
    if (this.worker.threadId === -1) return;
    const exited = once(this.worker, 'exit');
    this.worker.postMessage({ request: 0, ask: null });
    await exited;
  }

  private ask(ask: AccountsRequest): Promise<AccountsResult> {
    return this.pending.ask((request) => this.worker.postMessage({ request, ask }));
  }
}

function sessionOf(result: AccountsResult): Session | null {
  return result !== null && typeof result === 'object' && 'person' in result ? result : null;
}

function isSites(result: AccountsResult): result is readonly string[] {
  return Array.isArray(result);
}
