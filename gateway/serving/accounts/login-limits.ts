// How often a login may fail: per person from one address, per address, and per person from anywhere. Attempts count
// when they begin and are given back when they succeed, so that many at once do not slip through. In an emergency the
// dispatcher must get in: a desk where the person has logged in before is not hindered by guesses made elsewhere.

/** Failures in one span: 5 min. Several people share a control room's address. */
const spanMs = 5 * 60_000;
const failuresMax = { pair: 8, address: 60, person: 100 };
/** Memory bounds; with more keys than that the oldest are forgotten. */
const keysMax = 20_000;
const knownDesksMax = 2_000;

interface Tally {
  count: number;
  readonly until: number;
}

export class LoginLimits {
  private readonly tallies = new Map<string, Tally>();
  private readonly knownDesks = new Set<string>();

  /** Seconds to wait, or null: go on (and the attempt counts). */
  begin(user: string, address: string, now: number): number | null {
    const limits = this.limitsOf(user, address);
    for (const [key, max] of limits) {
      const tally = this.tallies.get(key);
      if (tally !== undefined && tally.until > now && tally.count >= max) {
        return Math.ceil((tally.until - now) / 1000);
      }
    }
    for (const [key] of limits) this.count(key, now);
    return null;
  }

  /** The right password clears the pair (it was the person) and gives back the attempt elsewhere. */
  succeeded(user: string, address: string): void {
    const [pair, ...others] = this.limitsOf(user, address);
    this.tallies.delete(pair![0]);
    for (const [key] of others) {
      const tally = this.tallies.get(key);
      if (tally !== undefined && tally.count > 0) tally.count -= 1;
    }
    this.knownDesks.delete(pair![0]);
    this.knownDesks.add(pair![0]);
    if (this.knownDesks.size > knownDesksMax) forgetOldest(this.knownDesks);
  }

  private limitsOf(user: string, address: string): readonly (readonly [key: string, max: number])[] {
    const pair = JSON.stringify([address, user]);
    if (this.knownDesks.has(pair)) return [[pair, failuresMax.pair]];
    return [
      [pair, failuresMax.pair],
      [`address ${address}`, failuresMax.address],
      [`person ${user}`, failuresMax.person],
    ];
  }

  private count(key: string, now: number): void {
    const tally = this.tallies.get(key);
    if (tally !== undefined && tally.until > now) {
      tally.count += 1;
      return;
    }
    this.tallies.delete(key);
    this.tallies.set(key, { count: 1, until: now + spanMs });
    if (this.tallies.size > keysMax) forgetOldest(this.tallies);
  }
}

function forgetOldest(keys: Set<string> | Map<string, unknown>): void {
  for (const key of keys.keys()) {
    keys.delete(key);
    return;
  }
}
