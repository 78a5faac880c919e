// The clock of the proxy. It is handed in, so that a test can move one of its own.

export interface Clock {
  now(): number;
  /** Calls once, after so many milliseconds; the result takes it back. */
  after(ms: number, call: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
