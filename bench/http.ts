// Readings over HTTP against a whole gateway process: a load generator that waits for each answer, as many connections as
// there are sources, each with its token and its own frames, so that the order within a source is that of its requests.
// Every frame is new; an answer other than 204, or a reading that was not accepted, spoils the measurement.

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { HealthAnswer } from '#gateway/protocol/api.ts';
import { newSourceToken, sourceTokenHash } from '#gateway/serving/accounts/source-tokens.ts';
import { AccountStore } from '#gateway/serving/accounts/store.ts';
import { Gateway, makePeople, sleep } from './children.ts';
import { latencyDuring, withLoad, type LatencyFigures, type LiveOptions } from './live.ts';
import { benchMine, pointId, pointsPerSource, sourceName, writeSite } from './site.ts';

export interface HttpOptions {
  readonly folder: string;
  readonly points: number;
  readonly connections: number;
  readonly warmMs: number;
  readonly measuredMs: number;
}

export interface HttpFigures {
  readonly readingsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What is used of autocannon, which has no types of its own. */
interface LoadRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Called before each request. */
  readonly setupRequest: (request: object) => object;
}
interface LoadClient {
  setRequests(requests: readonly LoadRequest[]): void;
}
interface LoadOptions {
  readonly url: string;
  readonly method: 'POST';
  readonly connections: number;
  readonly duration: number;
  /** Requests per second of all. */
  readonly overallRate?: number;
  readonly setupClient: (client: LoadClient) => void;
}
interface LoadResult {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly duration: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}
const autocannon = createRequire(import.meta.url)('autocannon') as (
  options: LoadOptions,
) => Promise<LoadResult>;

/** A frame holds every point of its source. */
const perFrame = pointsPerSource;

export async function measureHttp(options: HttpOptions): Promise<HttpFigures> {
  const siteFolder = join(options.folder, 'site');
  const dataFolder = join(options.folder, 'data');
  mkdirSync(dataFolder, { recursive: true });
  writeSite(siteFolder, options.points);
  const people = await makePeople(dataFolder);
  const senders = makeSenders(dataFolder, Math.min(options.connections, options.points / pointsPerSource));
  const gateway = await Gateway.start('serve', dataFolder, siteFolder);
  try {
    const cookie = await gateway.logIn(people[0]!);
    const warm = await load(gateway, senders, options.warmMs);
    const result = await load(gateway, senders, options.measuredMs);
    await refuseLosses(gateway, cookie, [warm, result]);
    return {
      readingsPerSecond: (result['2xx'] * perFrame) / result.duration,
      p50Ms: result.latency.p50,
      p99Ms: result.latency.p99,
    };
  } finally {
    await gateway.discard();
  }
}

/** Alarm latency from an MQTT publish to the screen while others send by HTTP at a fixed rate. */
export function measureLatencyBesideHttp(
  options: LiveOptions,
  connections: number,
  readingsPerSecond: number,
): Promise<LatencyFigures> {
  const firstSource = options.points / pointsPerSource;
  return withLoad({ ...options, morePoints: connections * pointsPerSource }, async (run) => {
    const senders = makeSenders(run.dataFolder, connections, firstSource);
    // Longer than what is measured, so that it begins before and ends after.
    const loading = load(run.gateway, senders, options.measuredMs + 2_000, readingsPerSecond);
    await sleep(1_000);
    const figures = await latencyDuring(run, options.measuredMs);
    await refuseLosses(run.gateway, run.cookie, [await loading]);
    return figures;
  });
}

class HttpSender {
  readonly token = newSourceToken();
  readonly source: number;
  private readonly points: string;
  private sequence = 0;
  private base = 0;

  constructor(source: number) {
    this.source = source;
    this.points = Array.from({ length: perFrame }, (_, i) => `"${pointId(source, i)}"`).join(',');
  }

  next(now: number): string {
    this.sequence += 1;
    this.base = Math.max(now, this.base + 1);
    const values = Array.from(
      { length: perFrame },
      (_, i) => 0.3 + ((this.sequence * 13 + i * 7) % 40) / 100,
    );
    const x = values.map((value) => value.toFixed(2)).join(',');
    return `{"v":1,"seq":${this.sequence},"t":${this.base},"p":[${this.points}],"x":[${x}]}`;
  }
}

function makeSenders(dataFolder: string, count: number, first = 0): readonly HttpSender[] {
  const senders = Array.from({ length: count }, (_, i) => new HttpSender(first + i));
  const store = new AccountStore(dataFolder);
  for (const { source, token } of senders) {
    const name = { mine: benchMine, system: 'safety', source: sourceName(source) } as const;
    store.sourceTokens.add(name, sourceTokenHash(token), Date.now());
  }
  store.close();
  return senders;
}

/** Without a rate: each connection sends as soon as it has its answer. */
function load(
  gateway: Gateway,
  senders: readonly HttpSender[],
  ms: number,
  readingsPerSecond?: number,
): Promise<LoadResult> {
  const unused = [...senders];
  return autocannon({
    url: `${gateway.run.url}/api/v1/readings`,
    method: 'POST',
    connections: senders.length,
    // It measures by the second.
    duration: Math.max(1, Math.round(ms / 1000)),
    ...(readingsPerSecond === undefined ? {} : { overallRate: readingsPerSecond / perFrame }),
    setupClient: (client) => {
      const sender = unused.pop()!;
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${sender.token}` };
      client.setRequests([
        { headers, setupRequest: (request) => ({ ...request, body: sender.next(Date.now()) }) },
      ]);
    },
  });
}

/** What was answered must have been accepted, all of it: anything else costs less. */
async function refuseLosses(gateway: Gateway, cookie: string, results: readonly LoadResult[]): Promise<void> {
  for (const { non2xx, errors, timeouts } of results)
    if (non2xx + errors + timeouts > 0)
      throw new Error(`${non2xx} answers other than 204, ${errors} errors, ${timeouts} timeouts`);
  const answered = results.reduce((sum, result) => sum + result['2xx'] * perFrame, 0);
  // The status is told once a second.
  const deadline = performance.now() + 5_000;
  for (;;) {
    const { counters } = ((await gateway.get('/health', cookie)) as HealthAnswer).status;
    for (const name of ['readingsRefused', 'framesRefused', 'readingsLate', 'framesDuplicate'])
      if ((counters[name] ?? 0) > 0) throw new Error(`the gateway counts ${counters[name]} ${name}`);
    const { readingsAccepted = 0 } = counters;
    if (readingsAccepted >= answered) return;
    if (performance.now() > deadline)
      throw new Error(`${answered} readings were answered with 204 and ${readingsAccepted} accepted`);
    await sleep(100);
  }
}
