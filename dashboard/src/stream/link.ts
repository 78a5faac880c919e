// What passes between the page and its socket worker, and how long to wait before the next try. Pure.

import type { StreamMessage, StreamRequest } from '#gateway/protocol/stream.ts';

export type ToWorker =
  | { readonly kind: 'connect'; readonly url: string }
  | { readonly kind: 'now' }
  | { readonly kind: 'send'; readonly request: StreamRequest }
  /** The page has painted the last values: it may have the next. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly message: StreamMessage; readonly dropped: number }
  /** `lastHeard`: the worker's wall clock when the last message came, 0 = never. */
  | {
      readonly kind: 'closed';
      readonly attempt: number;
      readonly retryAt: number;
      readonly lastHeard: number;
      readonly wasOpen: boolean;
    };

export interface LinkState {
  readonly isOpen: boolean;
  /** Wall clock of the desk since when nothing is heard; null while the link is up. */
  readonly downSince: number | null;
  readonly attempt: number;
  readonly retryAt: number;
  readonly dropped: number;
}

export const linkAtStart: LinkState = { isOpen: false, downSince: null, attempt: 0, retryAt: 0, dropped: 0 };

/** The screen says so after this; a shorter break is not worth a banner. */
export const bannerAfterMs = 5_000;
/** No message for so long: the link is taken for dead (status comes at least every few seconds). */
export const silentAfterMs = 12_000;
/** An answer to hello that does not come: the link is made anew. */
export const answerWithinMs = 8_000;

const backoffFirstMs = 500;
const backoffMaxMs = 10_000;

/** Doubling, with a quarter of chance, so that all desks of a mine do not come back in the same moment. */
export function backoffMs(attempt: number, chance: number): number {
  const full = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(attempt, 10));
  return Math.round(full * (0.75 + 0.25 * chance));
}

export function isCutOff(link: LinkState, now: number): boolean {
  return link.downSince !== null && now - link.downSince >= bannerAfterMs;
}
