// The query thread: reads of the record (read-only SQLite, synchronous, slow if need be) and of history. It stands
// beside the serving thread so that a long query delays no alarm on any screen. Its entry wires the adapters; which
// history is read is chosen here and nowhere else. dispatch.ts knows the ports only.

import { parentPort, workerData } from 'node:worker_threads';
import { assertNever, invariant } from '#alarms/kernel/result.ts';
import { questdbHistory } from './questdb-history.ts';
import { openHistoryQueries } from '#gateway/adapters/sqlite/history-queries.ts';
import { openQueries } from '#gateway/adapters/sqlite/queries.ts';
import { QueryDispatcher } from './dispatch.ts';
import type { QueryControl, QueryRequest, QueryThreadOptions } from './messages.ts';
import type { HistoryQueries } from './port.ts';

invariant(parentPort !== null, 'the query thread is started as a worker');
const port = parentPort;
const options = workerData as QueryThreadOptions;
const dispatcher = new QueryDispatcher(
  { events: () => openQueries(options.dataFolder), history: () => openHistory(options) },
  (reply) => port.postMessage(reply),
  () => performance.now(),
);

port.on('message', (message: QueryRequest | QueryControl) => {
  if ('close' in message) {
    void dispatcher.close().finally(() => port.close());
    return;
  }
  dispatcher.take(message);
});

function openHistory({ dataFolder, history }: QueryThreadOptions): HistoryQueries {
  switch (history.kind) {
    case 'sqlite':
      return openHistoryQueries(dataFolder);
    case 'questdb':
      return questdbHistory(dataFolder, history);
    default:
      return assertNever(history, 'history');
  }
}
