// Who is connected, by address and by source: bounds on connections of one address and of one source, the budget that
// the connections of one source share, and how often an address may fail to log in. Time is an argument.

import { type Identity, identityKey } from './access.ts';
import type { BrokerConnection } from './connection.ts';
import type { BrokerLimits } from './limits.ts';
import { SourceRate } from './source-rate.ts';

/** Addresses whose failures are remembered; beyond, the longest known goes. */
const addressesMax = 10_000;

interface SourcePeers {
  readonly rate: SourceRate;
  readonly connections: Set<BrokerConnection>;
}

export class Peers {
  private readonly limits: BrokerLimits;
  private readonly byAddress = new Map<string, number>();
  private readonly bySource = new Map<string, SourcePeers>();
  /** When the failures of an address will all be forgiven: each moves it on by `failedLoginForgivenMs`. */
  private readonly failures = new Map<string, number>();

  constructor(limits: BrokerLimits) {
    this.limits = limits;
  }

  /** False: the address has enough. */
  enter(address: string): boolean {
    const count = this.byAddress.get(address) ?? 0;
    if (count >= this.limits.connectionsPerAddressMax) return false;
    this.byAddress.set(address, count + 1);
    return true;
  }

  leave(address: string): void {
    const count = (this.byAddress.get(address) ?? 0) - 1;
    if (count > 0) this.byAddress.set(address, count);
    else this.byAddress.delete(address);
  }

  /** The connection is of this source from now on; false: the source has enough. */
  join(connection: BrokerConnection, identity: Identity, now: number): boolean {
    const key = identityKey(identity);
    if (key === null) return true;
    const peers = this.bySource.get(key) ?? {
      rate: new SourceRate(this.limits, now),
      connections: new Set(),
    };
    // One that is taken over counts until its socket is closed.
    if (peers.connections.size >= this.limits.connectionsPerSourceMax) return false;
    this.bySource.set(key, peers);
    peers.connections.add(connection);
    connection.rate = peers.rate;
    return true;
  }

  part(connection: BrokerConnection): void {
    const key = identityKey(connection.identity);
    if (key === null) return;
    const peers = this.bySource.get(key);
    peers?.connections.delete(connection);
    if (peers?.connections.size === 0) this.bySource.delete(key);
  }

  /** False: so many have failed from there of late that the answer is to wait. */
  mayFail(address: string, now: number): boolean {
    const { failedLoginsBurst, failedLoginForgivenMs } = this.limits;
    const until = Math.max(this.failures.get(address) ?? 0, now) + failedLoginForgivenMs;
    if (until - now > failedLoginsBurst * failedLoginForgivenMs) return false;
    this.failures.delete(address);
    this.failures.set(address, until);
    if (this.failures.size > addressesMax) this.failures.delete(this.failures.keys().next().value ?? '');
    return true;
  }
}
