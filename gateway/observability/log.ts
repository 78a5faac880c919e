// The application log: JSON lines on standard error, for engineers. It is not the record (that is the event log), and
// nothing is written per reading. Repeats of one line are held back and counted (RepeatLimit).

import { pino, type DestinationStream } from 'pino';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent';

export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}

/** Written synchronously: a line that says why the process ends must not be lost with it. */
export function createLog(thread: string, level: LogLevel, destination?: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: { thread },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
      redact: ['password', 'token', 'cookie'],
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return {
    error: (event, fields) => logger.error(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    debug: (event, fields) => logger.debug(fields ?? {}, event),
  };
}

/** Lets one line per key through in each span and says how many were held back in the last one. */
export class RepeatLimit {
  private readonly spanMs: number;
  private readonly keysMax: number;
  private readonly seen = new Map<string, { from: number; heldBack: number }>();

  /** `keysMax` bounds the memory; with more keys than that the oldest is forgotten and may be written again. */
  constructor(spanMs = 60_000, keysMax = 1_000) {
    this.spanMs = spanMs;
    this.keysMax = keysMax;
  }

  /** Null: hold it back. A number: write it, so many were held back before. */
  pass(key: string, now: number): number | null {
    const entry = this.seen.get(key);
    if (entry !== undefined && now - entry.from < this.spanMs) {
      entry.heldBack += 1;
      return null;
    }
    this.seen.delete(key);
    this.seen.set(key, { from: now, heldBack: 0 });
    if (this.seen.size > this.keysMax) this.forgetOldest();
    return entry?.heldBack ?? 0;
  }

  private forgetOldest(): void {
    for (const key of this.seen.keys()) {
      this.seen.delete(key);
      return;
    }
  }
}
