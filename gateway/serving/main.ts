// The serving thread's entry: options come as workerData, its life is told to whoever started it. Ends when told to, and
// with the process when something of its own is broken.

import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import { createLog, type LogLevel } from '../observability/log.ts';
import { startServing, type ServingOptions } from './start.ts';

export interface ServingWorkerData {
  readonly options: ServingOptions;
  readonly logLevel: LogLevel;
}

export type ServingToParent =
  | { readonly type: 'listening'; readonly url: string; readonly port: number }
  /** `code` as of Node: EADDRINUSE, EACCES … */
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

export type ParentToServing = { readonly type: 'close' };

invariant(parentPort !== null, 'the serving thread is started as a worker');
const parent = parentPort;
const { options, logLevel } = workerData as ServingWorkerData;

try {
  const serving = await startServing(options, { log: createLog('serving', logLevel) });
  tell({ type: 'listening', url: serving.url, port: serving.port });
  parent.once('message', (_message: ParentToServing) => {
    void serving.close().then(() => parent.close());
  });
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'FAILED';
  tell({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  parent.close();
}

function tell(message: ServingToParent): void {
  parent.postMessage(message);
}
