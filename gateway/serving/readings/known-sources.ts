// Whose token is it? All tokens that are not revoked are held here and asked for anew every few seconds, so that no
// request waits for the accounts thread and a flood of false tokens costs it nothing. A token that is not known here may
// have been added a moment ago: then the list is asked for at once, a few times a second at most.
// Always holds: a revoked token opens nothing for longer than twice `freshMs` after its revocation.

import { TooManyRequests } from '../requests.ts';
import {
  sourceTokenHash,
  sourceTokenPattern,
  type KnownToken,
  type KnownTokens,
} from '../accounts/source-tokens.ts';

/** How soon a list is asked for again because of a token that is not on it. */
const againMs = 250;
/** Requests that wait for the list: it comes within milliseconds, so many mean that the accounts thread is stuck. */
const waitingMax = 256;

export class KnownSources {
  private readonly ask: (version: string | null) => Promise<KnownTokens | null>;
  /** A clock that never jumps, ms. */
  private readonly clock: () => number;
  private readonly freshMs: number;
  private byHash = new Map<string, KnownToken>();
  private version: string | null = null;
  private askedAt = -Infinity;
  private asking: Promise<void> | null = null;
  private waiting = 0;

  constructor(
    ask: (version: string | null) => Promise<KnownTokens | null>,
    clock: () => number,
    freshMs: number,
  ) {
    this.ask = ask;
    this.clock = clock;
    this.freshMs = freshMs;
  }

  /** Null: nobody's. Throws when the accounts thread does not answer. */
  async find(token: string): Promise<KnownToken | null> {
    if (!sourceTokenPattern.test(token)) return null;
    const hash = sourceTokenHash(token);
    const ageMs = this.clock() - this.askedAt;
    if (ageMs >= 2 * this.freshMs) await this.wait();
    else if (ageMs >= this.freshMs) this.refresh().catch(() => {}); // who finds it too old waits, and hears of it
    const known = this.byHash.get(hash);
    if (known !== undefined || this.clock() - this.askedAt < againMs) return known ?? null;
    await this.wait();
    return this.byHash.get(hash) ?? null;
  }

  private async wait(): Promise<void> {
    if (this.waiting >= waitingMax) throw new TooManyRequests('too many wait for the tokens of sources');
    this.waiting += 1;
    try {
      await this.refresh();
    } finally {
      this.waiting -= 1;
    }
  }

  /** One question at a time; whoever needs the answer meanwhile shares it. */
  private refresh(): Promise<void> {
    this.asking ??= this.load().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async load(): Promise<void> {
    // The list is good as of the question: what is revoked while the answer is on its way may be on it.
    const askedAt = this.clock();
    const changed = await this.ask(this.version);
    this.askedAt = askedAt;
    if (changed === null) return;
    this.version = changed.version;
    this.byHash = new Map(changed.tokens.map((token) => [token.tokenHash, token]));
  }
}
