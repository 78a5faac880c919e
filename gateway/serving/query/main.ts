// The query thread: read-only SQLite, synchronous, slow if need be. It stands beside the serving thread so that a long
// history query delays no alarm on any screen. Its entry wires the adapter; dispatch.ts knows the port only.

import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import { openQueries } from '#gateway/adapters/sqlite/queries.ts';
import { QueryDispatcher } from './dispatch.ts';
import type { QueryControl, QueryRequest } from './messages.ts';

invariant(parentPort !== null, 'the query thread is started as a worker');
const port = parentPort;
const { dataFolder } = workerData as { dataFolder: string };
const dispatcher = new QueryDispatcher(
  () => openQueries(dataFolder),
  (reply) => port.postMessage(reply),
  () => performance.now(),
);

port.on('message', (message: QueryRequest | QueryControl) => {
  if ('close' in message) {
    dispatcher.close();
    port.close();
    return;
  }
  dispatcher.take(message);
});
