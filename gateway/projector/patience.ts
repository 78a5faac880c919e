// Opening a store that may not be there yet, be locked, or lie on a full disk: tried again, less and less often, until
// it works or the projector is to stop.

import { setTimeout } from 'node:timers/promises';

const firstMs = 100;
const mostMs = 10_000;
/** A wait is cut into pieces so that a stop is heard. */
const pieceMs = 100;

export async function openWithPatience<T>(
  open: () => T | Promise<T>,
  onFailure: (message: string, attempt: number) => void,
  isStopped: () => boolean,
): Promise<T | null> {
  for (let attempt = 1; !isStopped(); attempt += 1) {
    try {
      return await open();
    } catch (error) {
      onFailure(error instanceof Error ? error.message : String(error), attempt);
    }
    const until = performance.now() + Math.min(firstMs * 2 ** (attempt - 1), mostMs);
    while (!isStopped() && performance.now() < until) await setTimeout(pieceMs);
  }
  return null;
}
