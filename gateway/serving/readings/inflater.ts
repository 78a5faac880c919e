// Inflates gzip bodies off this thread, a few at a time: the pool that does it is shared by the whole process. What would
// grow beyond the bound is given up there, whatever it claims to be.

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Of the pool's four threads; a message takes some milliseconds at most. */
const atOnce = 2;

const inflateOnce = promisify<Uint8Array, { maxOutputLength: number }, Uint8Array>(gunzip);

export class Inflater {
  private readonly bytesMax: number;
  private running = 0;
  /** Bounded by who may wait at all (gate.ts). */
  private readonly waiting: (() => void)[] = [];

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  async inflate(body: Uint8Array): Promise<Uint8Array | 'tooLarge' | 'broken'> {
    if (this.running >= atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await inflateOnce(body, { maxOutputLength: this.bytesMax });
    } catch (error) {
      return isTooLarge(error) ? 'tooLarge' : 'broken';
    } finally {
      // The place goes on to who waits longest.
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
