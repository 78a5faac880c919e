// Waits for the end: Ctrl-C, a termination signal. A second Ctrl-C ends at once; one that wrappers (npm, a shell) pass
// on beside the terminal arrives more than once within a moment and is still one.

/** Nobody presses twice this fast on purpose. */
const sameSignalMs = 300;

/** Resolves with null at the first signal. */
export function untilSignal(): Promise<null> {
  return new Promise((resolve) => {
    let askedAt: number | null = null;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        if (askedAt !== null && performance.now() - askedAt > sameSignalMs) process.exit(130);
        askedAt ??= performance.now();
        resolve(null);
      });
    }
  });
}
