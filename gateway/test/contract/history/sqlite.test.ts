// The contract of history on the embedded store.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistoryQueries } from '../../../adapters/sqlite/history-queries.ts';
import { HistoryStore } from '../../../adapters/sqlite/history-store.ts';
import { historyFile } from '../../../adapters/sqlite/queries.ts';
import type { HistoryCutoffs } from '../../../projector/store-port.ts';
import { historyContract } from './contract.ts';
import { giveInput } from './give-input.ts';
import type { ContractInput, ContractStore, StoredReading } from './facade.ts';

historyContract('the embedded history', () => Promise.resolve(new SqliteUnderTest()), { runs: 60 });

class SqliteUnderTest implements ContractStore {
  private readonly folder = mkdtempSync(join(tmpdir(), 'history-contract-'));
  private readonly path = join(this.folder, historyFile);
  private store = new HistoryStore(this.path);
  readonly queries = openHistoryQueries(this.folder);
  private readonly given: ContractInput[] = [];

  async apply(inputs: readonly ContractInput[]): Promise<void> {
    await this.applyOpen(inputs);
    this.commit();
  }

  applyOpen(inputs: readonly ContractInput[]): Promise<void> {
    for (const input of inputs) giveInput(this.store, input);
    this.given.push(...inputs);
    return Promise.resolve();
  }

  crashAndReopen(): Promise<void> {
    this.store.close();
    this.store = new HistoryStore(this.path);
    for (const input of this.given.slice(this.store.cursor.position)) giveInput(this.store, input);
    this.commit();
    return Promise.resolve();
  }

  retain(cutoffs: HistoryCutoffs): Promise<void> {
    // Each pass takes a minute of data of each kind at most.
    for (let pass = 0; pass < 2_000; pass += 1) this.store.retain(cutoffs, 10);
    return Promise.resolve();
  }

  counts(): HistoryStore['counts'] {
    return this.store.counts;
  }

  wholeReadings(): ReturnType<ContractStore['wholeReadings']> {
    const db = new DatabaseSync(this.path, { readOnly: true });
    try {
      const ids = db
        .prepare('SELECT id FROM points')
        .all()
        .map(({ id }) => String(id));
      const points = ids.map((id) => ({ id, gapMs: Number.POSITIVE_INFINITY }));
      const range = { from: -8e15, to: 8e15, maxSamples: Number.MAX_SAFE_INTEGER };
      const samples = this.queries
        .history({ points, ...range })
        .flatMap(({ point, t, v, s }) =>
          t.map((time, i): StoredReading => ({ point, t: time, v: v[i]!, s: s[i]! })),
        );
      const late = db
        .prepare(
          'SELECT id, t, value, status FROM readings_late JOIN points ON points.n = readings_late.point',
        )
        .all()
        .map(({ id, t, value, status }): StoredReading => ({
          point: String(id),
          t: Number(t),
          v: typeof value === 'number' ? value : null,
          s: Number(status),
        }));
      return Promise.resolve({ samples, late });
    } finally {
      db.close();
    }
  }

  close(): Promise<void> {
    this.queries.close();
    this.store.close();
    rmSync(this.folder, { recursive: true });
    return Promise.resolve();
  }

  private commit(): void {
    this.store.commit({ position: this.given.length, inputSequence: this.given.length });
  }
}
