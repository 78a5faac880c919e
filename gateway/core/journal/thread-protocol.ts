// What core and journal thread share: a few words of memory for the batch on its way, messages for all that is rare.
// The core writes the words, then rings; the thread sleeps on the bell. One batch at a time, so one slot suffices.

import type { LogRecovery } from './recover-log.ts';
import type { LogOptions } from './segment-log.ts';
import type { ServiceStatus } from './log-service.ts';

/** Words of the control memory. */
export const word = {
  bell: 0,
  /** Counts submitted batches; the thread compares with what it took. */
  submitted: 1,
  /** Which of the two buffers, and how long. */
  buffer: 2,
  length: 3,
  /** Counts buffers sent by message, so that the thread looks for them before it takes the batch. */
  buffersSent: 4,
  isClosing: 5,
} as const;

/** Of the 64-bit view: position up to which segments are released. */
export const releasedWord = 4;
export const controlBytes = 40;

export interface ThreadData {
  readonly directory: string;
  readonly options: LogOptions;
  readonly control: SharedArrayBuffer;
  readonly durable: SharedArrayBuffer;
}

export interface BufferMessage {
  readonly buffer: number;
  readonly memory: SharedArrayBuffer;
}

/** Thread → core; a bare number is the durable position. */
export type ThreadMessage =
  | number
  | { readonly kind: 'opened'; readonly recovery: LogRecovery; readonly status: ServiceStatus }
  | { readonly kind: 'status'; readonly status: ServiceStatus }
  | { readonly kind: 'failed'; readonly message: string; readonly code: string };
