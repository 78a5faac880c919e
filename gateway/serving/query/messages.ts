// What serving asks the query thread and what it answers: the calls of the Queries port as messages. Types only.

import type { Queries } from './port.ts';

export type QueryName = Exclude<keyof Queries, 'close'>;

export type QueryCall = {
  [N in QueryName]: { readonly name: N; readonly args: Parameters<Queries[N]> };
}[QueryName];

export interface QueryRequest {
  readonly request: number;
  readonly call: QueryCall;
  /** Wait until the record holds this event … */
  readonly atLeast: number;
  /** … but no longer than this. */
  readonly waitMs: number;
}

export type QueryFailure = 'NOT_RECORDED_YET' | 'UNAVAILABLE' | 'FAILED';

export type QueryResult = Awaited<ReturnType<Queries[QueryName]>>;

export type QueryReply =
  | { readonly request: number; readonly result: QueryResult }
  | { readonly request: number; readonly failed: QueryFailure; readonly detail: string };

/** Which history the projector writes, and so which one is read. */
export type HistoryChoice =
  | { readonly kind: 'sqlite' }
  /** Samples there, the rest in the embedded file. */
  | { readonly kind: 'questdb'; readonly url: string; readonly prefix: string };

/** What the query thread is started with. */
export interface QueryThreadOptions {
  readonly dataFolder: string;
  readonly history: HistoryChoice;
}

export type QueryControl = { readonly close: true };
