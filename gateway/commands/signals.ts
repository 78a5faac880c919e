// Waits for the end: Ctrl-C, a termination signal. A second Ctrl-C ends at once.

/** Resolves with null at the first signal. */
export function untilSignal(): Promise<null> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (isAsked) process.exit(130);
        isAsked = true;
        resolve(null);
      });
    }
  });
}
