// What the projector's threads are started with and what they say by message. Types only; progress, lag and counters
// are in shared memory (journal/projection-progress.ts).

import type { LogLevel } from '../observability/log.ts';

/** Where samples go instead. */
export interface QuestdbChoice {
  readonly url: string;
  /** Before the names of its tables. */
  readonly prefix: string;
}

export interface ProjectorOptions {
  /** Where events.db and history.db lie. */
  readonly dataFolder: string;
  readonly journalFolder: string;
  /** `DurablePosition.shared`: how far the journal is on disk, and the word to stop. */
  readonly durable: SharedArrayBuffer;
  /** `ProjectorControl.memory`. */
  readonly control: SharedArrayBuffer;
  /** `ProjectorProgress.memory`. */
  readonly progress: SharedArrayBuffer;
  /** Of samples and positions. */
  readonly historyDays: number;
  /** Of rollups and of what was reported. */
  readonly rollupDays: number;
  /** Null: the embedded history. */
  readonly questdb: QuestdbChoice | null;
  readonly logLevel: LogLevel;
}

/** Projector → whoever started it. All else is in the progress memory. */
export type ProjectorMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly lane: string; readonly message: string; readonly attempt: number }
  | { readonly type: 'lost'; readonly lane: string; readonly from: number; readonly to: number }
  | { readonly type: 'stopped' };

/** History thread → projector thread. */
export type HistoryMessage =
  | { readonly type: 'failed'; readonly message: string; readonly attempt: number }
  | { readonly type: 'recovered'; readonly attempts: number }
  | { readonly type: 'lost'; readonly from: number; readonly to: number };
