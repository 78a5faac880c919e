// The query thread's desk: takes requests one by one, holds back those that want a later event than the record has,
// and turns failures into answers. Knows the port only, not the database. Bounded by the client's queue.

import { assertNever } from '#alarms/kernel/result.ts';
import type { QueryCall, QueryFailure, QueryReply, QueryRequest, QueryResult } from './messages.ts';
import type { Queries } from './port.ts';

/** The projector is milliseconds behind; looking so often costs one indexed read each time. */
const lookEveryMs = 5;

export class QueryDispatcher {
  private readonly open: () => Queries;
  private readonly reply: (reply: QueryReply) => void;
  private readonly now: () => number;
  private queries: Queries | null = null;
  private waiting: { readonly request: QueryRequest; readonly until: number }[] = [];
  private timer: NodeJS.Timeout | null = null;

  /** `open` is tried anew with each request until it works: the projector makes the database. */
  constructor(open: () => Queries, reply: (reply: QueryReply) => void, now: () => number) {
    this.open = open;
    this.reply = reply;
    this.now = now;
  }

  take(request: QueryRequest): void {
    if (this.isReadyFor(request)) this.answer(request);
    else this.hold(request);
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.queries?.close();
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
      return this.opened().projectedSeq() >= request.atLeast;
    } catch {
      return false;
    }
  }

  private answer(request: QueryRequest): void {
    let queries: Queries;
    try {
      queries = this.opened();
    } catch (error) {
      this.fail(request, 'UNAVAILABLE', messageOf(error));
      return;
    }
    try {
      this.reply({ request: request.request, result: carryOut(queries, request.call) });
    } catch (error) {
      const isMissing = error instanceof Error && error.name === 'StoreMissing';
      this.fail(request, isMissing ? 'UNAVAILABLE' : 'FAILED', messageOf(error));
    }
  }

  private fail(request: QueryRequest, failed: QueryFailure, detail: string): void {
    this.reply({ request: request.request, failed, detail });
  }

  private opened(): Queries {
    this.queries ??= this.open();
    return this.queries;
  }
}

function carryOut(queries: Queries, call: QueryCall): QueryResult {
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
    case 'history':
      return queries.history(...call.args);
    default:
      return assertNever(call, 'query');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
