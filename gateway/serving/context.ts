// What the routes share: one object made at the start of the serving thread. No global state.

import type { ServingEvents } from '../observability/serving-events.ts';
import type { AccountsClient } from './accounts/client.ts';
import type { LoginLimits } from './accounts/login-limits.ts';
import type { HashQueue } from './accounts/password.ts';
import type { Session } from './accounts/store.ts';
import type { CoreClient } from './core-client.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { LiveNotices, LiveState } from './live.ts';
import type { QueryClient } from './query/client.ts';
import type { ReadingsClient } from './readings/client.ts';
import type { ReadingsGate } from './readings/gate.ts';
import type { Inflater } from './readings/inflater.ts';
import type { KnownSources } from './readings/known-sources.ts';
import type { Scope } from './scope.ts';
import type { StreamHub } from './stream/hub.ts';

/** Who a request comes from. `sessionKey` is the hash of the token: names the session, opens nothing. */
export interface Viewer {
  readonly session: Session;
  readonly sessionKey: string;
}

export interface ServingContext {
  readonly accounts: AccountsClient;
  readonly hashes: HashQueue;
  readonly loginLimits: LoginLimits;
  readonly core: CoreClient;
  /** Of sources that send over HTTP: who they are, what may wait, their way to the core. */
  readonly sources: KnownSources;
  readonly readingsGate: ReadingsGate;
  readonly inflater: Inflater;
  readonly readings: ReadingsClient;
  readonly queries: QueryClient;
  readonly evidence: EvidenceStore;
  readonly notices: LiveNotices;
  readonly hub: StreamHub;
  readonly events: ServingEvents;
  readonly now: () => number;
  /** Null until the core has told its state. */
  readonly live: () => LiveState | null;
  readonly demo: boolean;
  readonly insecure: boolean;
  readonly isTls: boolean;
  /** Served beside the Host the request names, behind a named proxy. */
  readonly extraOrigins: readonly string[];
}

export interface LiveView {
  readonly live: LiveState;
  readonly scope: Scope;
  readonly viewer: Viewer;
}
