// History whose samples lie in QuestDB: those questions go there, all others to the embedded file beside it.

import { QuestdbHttp } from '#gateway/adapters/questdb/http.ts';
import { QuestdbSampleQueries } from '#gateway/adapters/questdb/queries.ts';
import { tablesOf } from '#gateway/adapters/questdb/schema.ts';
import { Decimator } from '#gateway/adapters/sqlite/decimate.ts';
import { openHistoryQueries } from '#gateway/adapters/sqlite/history-queries.ts';
import type { HistoryQueries } from './port.ts';

export function questdbHistory(
  dataFolder: string,
  { url, prefix }: { readonly url: string; readonly prefix: string },
  rawSamplesMax?: number,
): HistoryQueries {
  const rest = openHistoryQueries(dataFolder);
  const samples = new QuestdbSampleQueries(
    new QuestdbHttp({ url }),
    tablesOf(prefix),
    (range) => new Decimator(range),
    rawSamplesMax,
  );
  return {
    history: (query) => samples.history(query),
    latest: (points) => samples.latest(points),
    rollup: (query) => samples.rollup(query),
    positions: (filter) => rest.positions(filter),
    switchChanges: (filter) => rest.switchChanges(filter),
    upstreamAlarms: (filter) => rest.upstreamAlarms(filter),
    statistics: (filter) => rest.statistics(filter),
    unknownPoints: (mines, limit) => rest.unknownPoints(mines, limit),
    close() {
      samples.close();
      rest.close();
    },
  };
}
