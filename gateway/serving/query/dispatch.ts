// The query thread's desk: takes requests one by one, holds back those that want a later event than the record has,
// and turns failures into answers. Reads of the record answer at once; those of history may take their time (a server),
// and others pass them. Knows the ports only, not the databases. Bounded by the client's queue.

import { assertNever } from '#alarms/kernel/result.ts';
import type { QueryCall, QueryFailure, QueryReply, QueryRequest, QueryResult } from './messages.ts';
import type { EventQueries, HistoryQueries } from './port.ts';

/** The projector is milliseconds behind; looking so often costs one indexed read each time. */
const lookEveryMs = 5;

/** Each is tried anew with every request that needs it until it works: the projector makes the stores. */
export interface QueryStores {
  readonly events: () => EventQueries;
  readonly history: () => HistoryQueries;
}

type EventCall = Extract<QueryCall, { readonly name: Exclude<keyof EventQueries, 'close'> }>;
type HistoryCall = Exclude<QueryCall, EventCall>;

export class QueryDispatcher {
  private readonly stores: QueryStores;
  private readonly reply: (reply: QueryReply) => void;
  private readonly now: () => number;
  private events: EventQueries | null = null;
  private history: HistoryQueries | null = null;
  private waiting: { readonly request: QueryRequest; readonly until: number }[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(stores: QueryStores, reply: (reply: QueryReply) => void, now: () => number) {
    this.stores = stores;
    this.reply = reply;
    this.now = now;
  }

  take(request: QueryRequest): void {
    if (this.isReadyFor(request)) this.answer(request);
    else this.hold(request);
  }

  async close(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.events?.close();
    await this.history?.close();
  }

  private hold(request: QueryRequest): void {
    this.waiting.push({ request, until: this.now() + request.waitMs });
    this.timer ??= setInterval(() => this.look(), lookEveryMs);
  }

  private look(): void {
    const now = this.now();
    const held = this.waiting;
    this.waiting = [];
    for (const entry of held) {
      if (this.isReadyFor(entry.request)) this.answer(entry.request);
      else if (now >= entry.until) this.fail(entry.request, 'NOT_RECORDED_YET', 'waited for its event');
      else this.waiting.push(entry);
    }
    if (this.waiting.length > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private isReadyFor(request: QueryRequest): boolean {
    if (request.atLeast === 0) return true;
    try {
      return this.openEvents().projectedSeq() >= request.atLeast;
    } catch {
      return false;
    }
  }

  private answer(request: QueryRequest): void {
    const { call } = request;
    try {
      if (!isHistoryCall(call)) return this.tell(request, askEvents(this.openEvents(), call));
      const answer = askHistory(this.openHistory(), call);
      if (!(answer instanceof Promise)) return this.tell(request, answer);
      answer.then(
        (result) => this.tell(request, result),
        (error: unknown) => this.failed(request, error),
      );
    } catch (error) {
      this.failed(request, error);
    }
  }

  private tell(request: QueryRequest, result: QueryResult): void {
    this.reply({ request: request.request, result });
  }

  private failed(request: QueryRequest, error: unknown): void {
    const isMissing = error instanceof Error && error.name === 'StoreMissing';
    this.fail(request, isMissing ? 'UNAVAILABLE' : 'FAILED', messageOf(error));
  }

  private fail(request: QueryRequest, failed: QueryFailure, detail: string): void {
    this.reply({ request: request.request, failed, detail });
  }

  private openEvents(): EventQueries {
    this.events ??= opened(this.stores.events);
    return this.events;
  }

  private openHistory(): HistoryQueries {
    this.history ??= opened(this.stores.history);
    return this.history;
  }
}

/** A store that does not open is one that is not there (yet). */
function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw Object.assign(new Error(messageOf(cause), { cause }), { name: 'StoreMissing' });
  }
}

function isHistoryCall(call: QueryCall): call is HistoryCall {
  switch (call.name) {
    case 'history':
    case 'latest':
    case 'rollup':
    case 'positions':
    case 'switchChanges':
    case 'upstreamAlarms':
    case 'statistics':
    case 'unknownPoints':
      return true;
    default:
      return false;
  }
}

function askEvents(queries: EventQueries, call: EventCall): QueryResult {
  switch (call.name) {
    case 'projectedSeq':
      return queries.projectedSeq();
    case 'alarm':
      return queries.alarm(...call.args);
    case 'alarms':
      return queries.alarms(...call.args);
    case 'case':
      return queries.case(...call.args);
    case 'cases':
      return queries.cases(...call.args);
    case 'alarmEvents':
      return queries.alarmEvents(...call.args);
    case 'caseEvents':
      return queries.caseEvents(...call.args);
    case 'events':
      return queries.events(...call.args);
    case 'registryChanges':
      return queries.registryChanges(...call.args);
    default:
      return assertNever(call, 'query');
  }
}

function askHistory(queries: HistoryQueries, call: HistoryCall): QueryResult | Promise<QueryResult> {
  switch (call.name) {
    case 'history':
      return queries.history(...call.args);
    case 'latest':
      return queries.latest(...call.args);
    case 'rollup':
      return queries.rollup(...call.args);
    case 'positions':
      return queries.positions(...call.args);
    case 'switchChanges':
      return queries.switchChanges(...call.args);
    case 'upstreamAlarms':
      return queries.upstreamAlarms(...call.args);
    case 'statistics':
      return queries.statistics(...call.args);
    case 'unknownPoints':
      return queries.unknownPoints(...call.args);
    default:
      return assertNever(call, 'query');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
