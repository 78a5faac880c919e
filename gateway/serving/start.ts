// The serving thread's composition: accounts thread, query thread, core port, HTTP and stream. What comes from the core
// is handled in the call that brings it, and nothing on this thread may block: it is on the alarm path for screens.

import { once } from 'node:events';
import { MessagePort, Worker } from 'node:worker_threads';
import { assertNever } from '#alarms/kernel/result.ts';
import type { CoreToServing, ServingToCore } from '../ports.ts';
import type { Log } from '../observability/log.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createServingEvents, type ServingEvents } from '../observability/serving-events.ts';
import type { GatewayStatus } from '../protocol/stream.ts';
import { AccountsClient } from './accounts/client.ts';
import { LoginLimits } from './accounts/login-limits.ts';
import { HashQueue } from './accounts/password.ts';
import type { Session } from './accounts/store.ts';
import type { ServingContext } from './context.ts';
import { CoreClient } from './core-client.ts';
import { EvidenceStore } from './evidence-store.ts';
import { createApp } from './http/app.ts';
import { readingsBytesMax } from './http/readings-routes.ts';
import type { Routes } from './http/routes.ts';
import { LiveNotices, LiveState } from './live.ts';
import { QueryClient, type QueryPeer } from './query/client.ts';
import type { QueryReply, QueryRequest, HistoryChoice, QueryThreadOptions } from './query/messages.ts';
import { ReadingsClient } from './readings/client.ts';
import { ReadingsGate } from './readings/gate.ts';
import { Inflater } from './readings/inflater.ts';
import { KnownSources } from './readings/known-sources.ts';
import { PeerGone } from './requests.ts';
import { rolesOf, scopeOf } from './scope.ts';
import { StreamHub } from './stream/hub.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** `https://name` under which a proxy shows it; then cookies are Secure. */
  readonly publicOrigin?: string;
  /** Address or network of that proxy; absent: on this machine. */
  readonly trustedProxy?: string;
}

/** Counters of another thread in shared memory (observability/counters.ts): one Float64 per name. */
export interface SharedCounters {
  readonly subject: string;
  readonly names: readonly string[];
  readonly memory: SharedArrayBuffer;
}

export interface ServingOptions {
  /** To the core: CoreToServing comes, ServingToCore goes. */
  readonly port: MessagePort;
  readonly http: HttpOptions;
  readonly dataFolder: string;
  /** Absent: the embedded one. */
  readonly history?: HistoryChoice;
  /** dashboard/dist; null = API only. */
  readonly dashboardFolder: string | null;
  readonly demo: boolean;
  readonly insecure: boolean;
  readonly counters?: readonly SharedCounters[];
}

/** What tests put in the place of threads and clocks. */
export interface ServingParts {
  readonly log: Log;
  readonly queries?: QueryPeer;
  readonly now?: () => number;
  readonly withProcessMetrics?: boolean;
  readonly timing?: Partial<ServingTiming>;
  /** A thread of ours is gone: the process must stop and recover. */
  readonly onFatal?: (error: Error) => void;
}

export interface ServingTiming {
  /** The screen's pace. */
  readonly valuesMs: number;
  /** A socket that does not answer within one more is ended. */
  readonly heartbeatMs: number;
  /** How soon a logout elsewhere, an expiry or a reset closes a stream. */
  readonly sessionCheckMs: number;
  /** How old the list of sources' tokens may be before it is asked for anew. */
  readonly tokensFreshMs: number;
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const usualTiming: ServingTiming = {
  valuesMs: 1_000,
  heartbeatMs: 15_000,
  sessionCheckMs: 5_000,
  tokensFreshMs: 2_000,
};

/** Throws what `listen` throws (EADDRINUSE …) after undoing what was begun. */
export async function startServing(options: ServingOptions, parts: ServingParts): Promise<Serving> {
  const now = parts.now ?? Date.now;
  const metrics = createMetrics({ withProcess: parts.withProcessMetrics ?? true });
  const events = createServingEvents(parts.log, metrics, now);
  const onFatal = parts.onFatal ?? throwLater;
  const queryThread =
    parts.queries === undefined
      ? new QueryThread(options.dataFolder, options.history ?? { kind: 'sqlite' }, onFatal)
      : null;
  const core = new CoreClient((message) => options.port.postMessage(message));
  const readings = new ReadingsClient((message, transfer) => options.port.postMessage(message, transfer));
  const timing = { ...usualTiming, ...parts.timing };
  const notices = new LiveNotices(statusBeforeTheFirst(options, now()));
  const hub = new StreamHub(notices, events, now);
  const desk = new CoreDesk(core, readings, notices, hub, events);
  const accounts = new AccountsClient(options.dataFolder, onFatal);
  const context: ServingContext = {
    accounts,
    hashes: new HashQueue(),
    loginLimits: new LoginLimits(),
    core,
    sources: new KnownSources(
      (version) => accounts.sourceTokens(version),
      () => performance.now(),
      timing.tokensFreshMs,
    ),
    readingsGate: new ReadingsGate(),
    inflater: new Inflater(readingsBytesMax),
    readings,
    queries: new QueryClient(parts.queries ?? queryThread!),
    evidence: await EvidenceStore.open(options.dataFolder),
    notices,
    hub,
    events,
    now,
    live: () => desk.live,
    demo: options.demo,
    insecure: options.insecure,
    isTls: options.http.tls !== undefined || (options.http.publicOrigin ?? '').startsWith('https:'),
    extraOrigins: options.http.publicOrigin === undefined ? [] : [options.http.publicOrigin],
  };
  exportMetrics(metrics, context, options.counters ?? []);
  let app: Routes | null = null;
  const stop = async (): Promise<void> => {
    hub.closeAll();
    await app?.close();
    core.end(new PeerGone('serving stops'));
    readings.end(new PeerGone('serving stops'));
    context.queries.end('serving stops');
    options.port.close();
    await Promise.all([context.accounts.close(), queryThread?.close()]);
  };
  try {
    app = await createApp(context, {
      tls: options.http.tls ?? null,
      // Without it everybody behind a proxy would have the proxy's address, and its loopback rights.
      trustedProxy:
        options.http.trustedProxy ?? (options.http.publicOrigin === undefined ? null : 'loopback'),
      dashboardFolder: options.dashboardFolder,
      metrics,
    });
    await app.listen({ host: options.http.host, port: options.http.port });
  } catch (error) {
    await stop();
    throw error;
  }
  options.port.on('message', (message: CoreToServing) => desk.take(message));
  options.port.on('close', () => {
    core.end(new PeerGone('the core is gone'));
    readings.end(new PeerGone('the core is gone'));
  });
  options.port.postMessage({ type: 'ready' } satisfies ServingToCore);
  const timers = startTimers(context, timing);
  const url = urlOf(app, options.http);
  events.servingStarted(url);
  return {
    url,
    port: portOf(app),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await stop();
      events.servingStopped();
    },
  };
}

/** Takes what the core says, in its order. */
class CoreDesk {
  live: LiveState | null = null;
  private readonly core: CoreClient;
  private readonly readings: ReadingsClient;
  private readonly notices: LiveNotices;
  private readonly hub: StreamHub;
  private readonly events: ServingEvents;

  constructor(
    core: CoreClient,
    readings: ReadingsClient,
    notices: LiveNotices,
    hub: StreamHub,
    events: ServingEvents,
  ) {
    this.core = core;
    this.readings = readings;
    this.notices = notices;
    this.hub = hub;
    this.events = events;
  }

  take(message: CoreToServing): void {
    switch (message.type) {
      case 'events':
        return this.hub.tell(message.events, message.committedAt);
      case 'answer':
        return this.core.answered(message.request, { answer: message.answer, events: message.events });
      case 'readingsTaken':
        return this.readings.answered(message.taken);
      case 'live':
        return this.setLive(message);
      case 'status':
        this.notices.setStatus(message.status);
        return this.hub.tellStatus();
      case 'quarantine':
        this.notices.addQuarantine(message.samples);
        return this.hub.tellQuarantine(message.samples);
      case 'unrecorded':
        this.notices.setUnrecorded(message.alarms);
        return this.hub.tellUnrecorded();
      default:
        return assertNever(message, 'message of the core');
    }
  }

  private setLive(message: Extract<CoreToServing, { type: 'live' }>): void {
    const before = this.live;
    this.live = new LiveState(message, before);
    // Who sees what follows the site tree: screens come again and are given their new scope.
    const hasSameTree =
      before === null || JSON.stringify(before.documents.sites) === JSON.stringify(message.documents.sites);
    if (!hasSameTree) this.hub.closeAll();
    this.hub.setLive(this.live);
    this.events.liveStateTaken(message.seq, message.alarms.length, message.cases.length);
  }
}

function startTimers(context: ServingContext, timing: ServingTiming): readonly NodeJS.Timeout[] {
  return [
    setInterval(() => void context.hub.tellValues(), timing.valuesMs),
    setInterval(() => context.hub.beat(), timing.heartbeatMs),
    setInterval(() => void checkSessions(context), timing.sessionCheckMs),
  ];
}

/** A connected screen keeps its session alive; one whose session ended, or whose roles changed, is closed. */
async function checkSessions(context: ServingContext): Promise<void> {
  const sessionKeys = new Set(context.hub.clients().map((client) => client.sessionKey));
  for (const sessionKey of sessionKeys) {
    try {
      const session = await context.accounts.session(sessionKey, context.now());
      if (session === null || !isAsBefore(context, sessionKey, session)) context.hub.closeSession(sessionKey);
    } catch {
      // The accounts thread is busy or gone (that is told elsewhere): nobody is thrown out for it.
      return;
    }
  }
}

function isAsBefore(context: ServingContext, sessionKey: string, { person }: Session): boolean {
  const roles = rolesOf(person.grants).join();
  const scopeKey = scopeOf(person.grants, context.live()?.documents.sites ?? []).key;
  const clients = context.hub.clients().filter((client) => client.sessionKey === sessionKey);
  return clients.every((client) => client.viewer.roles.join() === roles && client.scope.key === scopeKey);
}

/** The query thread, started by the first question: nobody asks before a person has logged in, and it holds 13 MB. */
class QueryThread implements QueryPeer {
  private readonly dataFolder: string;
  private readonly history: HistoryChoice;
  private readonly onFatal: (error: Error) => void;
  private readonly listeners: ((reply: QueryReply) => void)[] = [];
  private worker: Worker | null = null;
  private isClosing = false;

  constructor(dataFolder: string, history: HistoryChoice, onFatal: (error: Error) => void) {
    this.dataFolder = dataFolder;
    this.history = history;
    this.onFatal = onFatal;
  }

  on(_event: 'message', listener: (reply: QueryReply) => void): void {
    this.listeners.push(listener);
  }

  postMessage(message: QueryRequest): void {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    if (this.worker === null || this.worker.threadId === -1) return;
    const exited = once(this.worker, 'exit');
    this.worker.postMessage({ close: true });
    await exited;
  }

  private start(): Worker {
    const worker = new Worker(new URL('./query/main.ts', import.meta.url), {
      workerData: { dataFolder: this.dataFolder, history: this.history } satisfies QueryThreadOptions,
      name: 'query',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (reply: QueryReply) => {
      for (const listener of this.listeners) listener(reply);
    });
    worker.on('error', (error) => this.onFatal(new PeerGone(`query thread: ${String(error)}`)));
    worker.on('exit', () => {
      if (!this.isClosing) this.onFatal(new PeerGone('query thread has ended'));
    });
    return worker;
  }
}

function exportMetrics(metrics: Metrics, context: ServingContext, counters: readonly SharedCounters[]): void {
  const { notices, hub, queries, hashes, core, evidence, readings, readingsGate } = context;
  metrics.gauge('fengsui_stream_clients', 'screens connected', () => hub.clientCount);
  metrics.gauge('fengsui_queries_waiting', 'queries asked and not answered', () => queries.waiting);
  metrics.gauge('fengsui_commands_waiting', 'commands sent and not answered', () => core.waiting);
  metrics.gauge('fengsui_http_readings_waiting', 'messages with the core', () => readings.waiting);
  metrics.gauge('fengsui_http_readings_held_bytes', 'of 32 MiB', () => readingsGate.held.bytes);
  metrics.gauge('fengsui_hashes_waiting', 'password hashes waiting or under way', () => hashes.waiting);
  metrics.gauge('fengsui_evidence_bytes', 'evidence on disk', () => evidence.bytes);
  metrics.gauge('fengsui_live_seq', 'last event told', () => context.live()?.seq ?? 0);
  metrics.gauge(
    'fengsui_projection_lag_ms',
    'events.db behind the core',
    () => notices.status.projectionLagMs,
  );
  metrics.gauge('fengsui_history_lag_ms', 'history behind the core', () => notices.status.historyLagMs);
  metrics.gauge('fengsui_room_free_bytes', 'free on the data disk', () => notices.status.freeBytes);
  metrics.totals('fengsui_refused_total', 'refused input by reason', () => notices.status.refusedByReason);
  metrics.totals('fengsui_gateway_total', 'counters of the status', () => notices.status.counters);
  for (const { subject, names, memory } of counters) {
    const cells = new Float64Array(memory);
    metrics.totals(`fengsui_${subject}_total`, `counters of the ${subject} thread`, () =>
      Object.fromEntries(names.map((name, i) => [name, cells[i] ?? 0])),
    );
  }
}

function statusBeforeTheFirst(options: ServingOptions, now: number): GatewayStatus {
  return {
    serverTime: now,
    startedAt: now,
    demo: options.demo,
    insecure: options.insecure,
    room: 'ok',
    freeBytes: 0,
    counters: {},
    refusedByReason: {},
    sources: [],
    projectionLagMs: 0,
    historyLagMs: 0,
    historyPaused: false,
    broker: 'disconnected',
  };
}

function throwLater(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

function portOf(app: Routes): number {
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function urlOf(app: Routes, http: HttpOptions): string {
  if (http.publicOrigin !== undefined) return http.publicOrigin;
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return `${http.tls === undefined ? 'http' : 'https'}://${host}:${portOf(app)}`;
}
