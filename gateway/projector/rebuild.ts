// Projections from the journal without threads: catching up to its end, or from nothing. For tests (projection =
// journal), for repair, and for looking at a copied journal elsewhere. The folder must not be in use by a gateway.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { documentsAt } from '../adapters/sqlite/documents.ts';
import { EventsStore } from '../adapters/sqlite/events-store.ts';
import { HistoryStore } from '../adapters/sqlite/history-store.ts';
import { eventsFile, historyFile } from '../adapters/sqlite/queries.ts';
import type { JournalFiles } from '../journal/file-port.ts';
import { JournalReader } from '../journal/reader.ts';
import { EventsWork } from './events-lane.ts';
import { HistoryWork } from './history-lane.ts';
import { Lane, type LaneEvents } from './lane.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';

/** Removes events.db and history.db in `dataFolder` and makes them anew from the beginning of the journal. */
export function rebuild(dataFolder: string, journal: JournalFiles): ProjectorProgress {
  for (const name of [eventsFile, historyFile]) {
    for (const end of ['', '-wal', '-shm']) rmSync(join(dataFolder, name + end), { force: true });
  }
  return catchUp(dataFolder, journal);
}

/** Projects what the journal holds behind the cursors. Throws at the first failure. */
export function catchUp(dataFolder: string, journal: JournalFiles): ProjectorProgress {
  const progress = new ProjectorProgress();
  const eventsPath = join(dataFolder, eventsFile);
  const events = new EventsStore(eventsPath);
  try {
    runToEnd(new Lane(new EventsWork(events, progress), new JournalReader(journal, 0), strict));
  } finally {
    events.close();
  }
  const history = new HistoryStore(join(dataFolder, historyFile));
  try {
    const work = new HistoryWork({
      store: history,
      progress,
      documentsAt: (position) => documentsAt(eventsPath, position),
      rawDays: Infinity,
      rollupDays: Infinity,
      clock: () => 0,
    });
    runToEnd(new Lane(work, new JournalReader(journal, 0), { ...strict, lost: () => {} }));
  } finally {
    history.close();
  }
  return progress;
}

const strict: LaneEvents = {
  failed: (lane, message) => {
    throw new Error(`${lane}: ${message}`);
  },
  recovered: () => {},
  lost: (lane, from, to) => {
    throw new Error(`${lane}: the journal has a hole from ${from} to ${to}`);
  },
};

function runToEnd(lane: Lane): void {
  while (lane.advance(Number.POSITIVE_INFINITY, 0) === 'more');
  lane.finish(0);
}
