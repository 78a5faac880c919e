// A serving thread's inside started in the test: real HTTP, real sockets, real accounts, with a fake core and a fake query
// thread on MessageChannels. Every wait is for a message or a condition, with a deadline.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { WebSocket } from 'ws';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import type { Event } from '#alarms/log/event.ts';
import type { CommandAnswer } from '#alarms/workflow/command.ts';
import type { CoreToServing, ReadingsOutcome, ServingToCore } from '../../ports.ts';
import type { Log } from '../../observability/log.ts';
import { createLatestValuesMemory } from '../../protocol/latest-values.ts';
import type { RegistryChangeView } from '../../protocol/registry-api.ts';
import type { StreamMessage } from '../../protocol/stream.ts';
import { createFirstUsers, type FirstPerson } from '../accounts/people.ts';
import { QueryDispatcher } from '../query/dispatch.ts';
import type { QueryRequest } from '../query/messages.ts';
import type { Queries } from '../query/port.ts';
import { startServing, type Serving, type ServingTiming } from '../start.ts';
import { testSite, testTime, TestLog } from './site.ts';

const deadlineMs = 10_000;

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (event: string, fields?: Readonly<Record<string, unknown>>): void => {
    lines.push({ event, fields: fields ?? {} });
  };
  return { lines, error: write, warn: write, info: write, debug: write };
}

type Decide = (command: Extract<ServingToCore, { type: 'command' }>['command']) => {
  readonly answer: CommandAnswer;
  readonly events: readonly Event[];
};

/** The core's end of the port. */
export class FakeCore {
  readonly log = new TestLog();
  readonly commands: Extract<ServingToCore, { type: 'command' }>['command'][] = [];
  readonly readings: Extract<ServingToCore, { type: 'readings' }>[] = [];
  /** Null: not answered yet (`taken`). */
  judge: (message: Extract<ServingToCore, { type: 'readings' }>) => ReadingsOutcome | null = () => ({
    kind: 'recorded',
  });
  latest = createLatestValuesMemory(testSite.points.length);
  decide: Decide = () => ({ answer: { refused: false, version: 1 }, events: [] });
  private readonly port: MessagePort;

  constructor(port: MessagePort) {
    this.port = port;
    port.on('message', (message: ServingToCore) => {
      if (message.type === 'ready') return;
      if (message.type === 'readings') {
        this.readings.push(message);
        const outcome = this.judge(message);
        if (outcome !== null) this.taken(message.request, outcome);
        return;
      }
      this.commands.push(message.command);
      this.post({ type: 'answer', request: message.request, ...this.decide(message.command) });
    });
  }

  taken(request: number, outcome: ReadingsOutcome): void {
    this.post({ type: 'readingsTaken', taken: [{ request, outcome }] });
  }

  post(message: CoreToServing): void {
    this.port.postMessage(message);
  }

  live(epoch = 'epoch-1', documents: SiteDocuments = testSite): void {
    this.post({
      type: 'live',
      epoch,
      seq: this.log.seq,
      documents,
      alarms: [...this.log.fold.alarms.values()],
      cases: [...this.log.fold.cases.values()],
      latest: this.latest,
    });
  }

  tell(...events: readonly Event[]): void {
    this.post({ type: 'events', events, committedAt: testTime });
  }

  close(): void {
    this.port.close();
  }
}

/** The record as it stands in the fake core's log; `projected` may lag behind. */
export class FakeQueries implements Queries {
  projected = 0;
  /** How often somebody asked how far the record is. */
  looks = 0;
  changes: RegistryChangeView[] = [];
  private readonly log: TestLog;

  constructor(log: TestLog) {
    this.log = log;
  }

  registryChanges(filter: Parameters<Queries['registryChanges']>[0]): ReturnType<Queries['registryChanges']> {
    const items = this.changes.filter(
      ({ mine, id }) => filter.mines.includes(mine) && (filter.id === undefined || filter.id === id),
    );
    return { items: items.slice(0, filter.limit), cursor: null };
  }
  projectedSeq(): number {
    this.looks += 1;
    return this.projected;
  }
  alarm(id: string): ReturnType<Queries['alarm']> {
    return this.log.fold.alarms.get(id) ?? null;
  }
  alarms(filter: Parameters<Queries['alarms']>[0]): ReturnType<Queries['alarms']> {
    const items = [...this.log.fold.alarms.values()].filter(
      (alarm) =>
        filter.mines.includes(alarm.mine) && (filter.case === undefined || alarm.case === filter.case),
    );
    return { items: items.slice(0, filter.limit), cursor: null };
  }
  case(id: string): ReturnType<Queries['case']> {
    return this.log.fold.cases.get(id) ?? null;
  }
  cases(filter: Parameters<Queries['cases']>[0]): ReturnType<Queries['cases']> {
    const items = [...this.log.fold.cases.values()].filter((state) => filter.mines.includes(state.mine));
    return { items, cursor: null };
  }
  alarmEvents(id: string): readonly Event[] {
    return this.recorded().filter((event) => event.alarm === id);
  }
  caseEvents(id: string): readonly Event[] {
    return this.recorded().filter((event) => event.case === id);
  }
  events(filter: Parameters<Queries['events']>[0]): readonly Event[] {
    return this.recorded().filter((event) => event.seq > filter.afterSeq);
  }
  history(query: Parameters<Queries['history']>[0]): ReturnType<Queries['history']> {
    return query.points.map(({ id }) => ({ point: id, bucketMs: 0, t: [query.from], v: [1], s: [0] }));
  }
  latest(points: readonly string[]): ReturnType<Queries['latest']> {
    return points.map((_, i) => (i % 2 === 0 ? { t: 1_000 + i, v: i, s: 0 } : null));
  }
  rollup({ points, from }: Parameters<Queries['rollup']>[0]): ReturnType<Queries['rollup']> {
    return points.map((point) => ({
      point,
      t: [from],
      total: [4],
      count: [3],
      min: [1],
      max: [2],
      mean: [1.5],
    }));
  }
  positions(): ReturnType<Queries['positions']> {
    return { items: [], cursor: null };
  }
  switchChanges(): ReturnType<Queries['switchChanges']> {
    return { items: [], cursor: null };
  }
  upstreamAlarms(): ReturnType<Queries['upstreamAlarms']> {
    return { items: [], cursor: null };
  }
  statistics(): ReturnType<Queries['statistics']> {
    return { items: [], cursor: null };
  }
  unknownPoints(): ReturnType<Queries['unknownPoints']> {
    return [];
  }
  close(): void {}

  private recorded(): readonly Event[] {
    return this.log.events.slice(0, this.projected);
  }
}

export const testPeople: readonly FirstPerson[] = [
  { id: 'dispatcher', name: '陈立军', grants: [{ role: 'dispatcher', site: 'group' }] },
  { id: 'west', name: '孙敏', grants: [{ role: 'leader', site: 'west' }] },
];

export interface KitOptions {
  readonly people?: readonly FirstPerson[];
  readonly forcesChange?: boolean;
  readonly timing?: Partial<ServingTiming>;
  readonly dashboardFolder?: string;
  readonly isLive?: boolean;
}

export class ServingKit {
  readonly dataFolder: string;
  readonly passwords: ReadonlyMap<string, string>;
  readonly log = recordingLog();
  core!: FakeCore;
  queries!: FakeQueries;
  serving!: Serving;
  clock = testTime;
  private readonly options: KitOptions;
  private queryPort!: MessagePort;
  private dispatcher!: QueryDispatcher;

  private constructor(dataFolder: string, passwords: ReadonlyMap<string, string>, options: KitOptions) {
    this.dataFolder = dataFolder;
    this.passwords = passwords;
    this.options = options;
  }

  static async start(options: KitOptions = {}): Promise<ServingKit> {
    const dataFolder = await mkdtemp(join(tmpdir(), 'fengsui-serving-'));
    const first = await createFirstUsers(dataFolder, options.people ?? testPeople, {
      forcesChange: options.forcesChange ?? false,
    });
    const passwords = new Map((first ?? []).map(({ id, password }) => [id, password]));
    const kit = new ServingKit(dataFolder, passwords, options);
    await kit.open();
    return kit;
  }

  /** Starts serving on the folder; again after `stop` it is a restart. */
  async open(): Promise<void> {
    const toCore = new MessageChannel();
    const toQueries = new MessageChannel();
    this.core = new FakeCore(toCore.port2);
    this.queries = new FakeQueries(this.core.log);
    this.queryPort = toQueries.port2;
    this.dispatcher = new QueryDispatcher(
      { events: () => this.queries, history: () => this.queries },
      (reply) => toQueries.port2.postMessage(reply),
      () => performance.now(),
    );
    toQueries.port2.on('message', (request: QueryRequest) => this.dispatcher.take(request));
    this.serving = await startServing(
      {
        port: toCore.port1,
        http: { host: '127.0.0.1', port: 0 },
        dataFolder: this.dataFolder,
        dashboardFolder: this.options.dashboardFolder ?? null,
        demo: true,
        insecure: false,
      },
      {
        log: this.log,
        queries: toQueries.port1,
        now: () => this.clock,
        withProcessMetrics: false,
        timing: this.options.timing ?? {},
      },
    );
    if (this.options.isLive === false) return;
    this.core.live();
    await this.until(async () => (await fetch(`${this.serving.url}/readyz`)).status === 200);
  }

  async stop(): Promise<void> {
    await this.serving.close();
    await this.dispatcher.close();
    this.core.close();
    this.queryPort.close();
  }

  async end(): Promise<void> {
    await this.stop();
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  /** A condition that another thread or socket brings about. */
  async until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const giveUpAt = performance.now() + deadlineMs;
    while (!(await isTrue())) {
      if (performance.now() > giveUpAt) throw new Error('the condition did not come about');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  fetch(path: string, init: RequestInit & { readonly cookie?: string } = {}): Promise<Response> {
    const { cookie, headers, ...rest } = init;
    return fetch(`${this.serving.url}${path}`, {
      ...rest,
      headers: {
        origin: this.serving.url,
        'x-requested-with': 'fengsui',
        ...(cookie === undefined ? {} : { cookie }),
        ...(headers as Record<string, string> | undefined),
      },
    });
  }

  post(path: string, body: unknown, cookie?: string): Promise<Response> {
    return this.fetch(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      ...(cookie === undefined ? {} : { cookie }),
    });
  }

  tryLogin(user: string, password = this.passwords.get(user) ?? ''): Promise<Response> {
    return this.post('/api/v1/session', { user, password });
  }

  /** The Cookie header of a new session. */
  async login(user: string, password?: string): Promise<string> {
    const response = await this.tryLogin(user, password);
    if (response.status !== 200) throw new Error(`login answered ${response.status}`);
    return (response.headers.get('set-cookie') ?? '').split(';')[0]!;
  }

  async stream(cookie: string, hello: object = { type: 'hello' }): Promise<TestStream> {
    const socket = this.socket(cookie);
    const stream = new TestStream(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    socket.send(JSON.stringify(hello));
    return stream;
  }

  socket(cookie: string, origin = this.serving.url): WebSocket {
    const url = `${this.serving.url.replace('http', 'ws')}/stream`;
    return new WebSocket(url, { headers: { cookie }, origin });
  }
}

type OfType<T extends StreamMessage['type']> = Extract<StreamMessage, { type: T }>;

/** What a screen receives, in order. */
export class TestStream {
  readonly socket: WebSocket;
  readonly messages: StreamMessage[] = [];
  closeCode: number | null = null;
  private taken = 0;
  private wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString('utf8')) as StreamMessage);
      this.wake();
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.wake();
    });
  }

  /** The next message of the type; others before it are passed over. */
  async next<T extends StreamMessage['type']>(type: T): Promise<OfType<T>> {
    for (;;) {
      while (this.taken < this.messages.length) {
        const message = this.messages[this.taken]!;
        this.taken += 1;
        if (message.type === type) return message as OfType<T>;
      }
      await this.change(`no ${type}`);
    }
  }

  async closed(): Promise<number> {
    while (this.closeCode === null) await this.change('not closed');
    return this.closeCode;
  }

  close(): void {
    this.socket.terminate();
  }

  private async change(otherwise: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.wake = resolve;
      timer = setTimeout(() => reject(new Error(otherwise)), deadlineMs);
    });
    clearTimeout(timer);
  }
}
