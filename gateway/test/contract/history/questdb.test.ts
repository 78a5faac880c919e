// The contract of history on a real QuestDB: samples there, all the rest in the embedded file beside them. Without Java
// and Maven it says so; where FENGSUI_CI is set their absence is a failure.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { QuestdbHttp } from '../../../adapters/questdb/http.ts';
import { QuestdbSamples } from '../../../adapters/questdb/samples.ts';
import { tablesOf } from '../../../adapters/questdb/schema.ts';
import { HistoryStore } from '../../../adapters/sqlite/history-store.ts';
import { historyFile } from '../../../adapters/sqlite/queries.ts';
import type { HistoryQueries } from '../../../serving/query/port.ts';
import { questdbHistory } from '../../../serving/query/questdb-history.ts';
import { questdbMissing, startQuestdb, type QuestdbServer } from '../../../../scripts/questdb-server.ts';
import { historyContract } from './contract.ts';
import { giveInput } from './give-input.ts';
import type { ContractInput, ContractStore, StoredReading } from './facade.ts';

const missing = questdbMissing();
const isWanted = missing === null || process.env['FENGSUI_CI'] === '1';
if (!isWanted)
  console.warn(`QUESTDB IS MISSING (${missing}): the contract of history was not held against it`);

describe.skipIf(!isWanted)('with a real QuestDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'questdb-contract-'));
  let server: QuestdbServer;
  beforeAll(async () => {
    server = await startQuestdb({ folder, settings: { 'cairo.commit.mode': 'nosync' } });
  }, 90_000);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  let stores = 0;
  historyContract('QuestDB', () => QuestdbUnderTest.open(server.url, `s${(stores += 1)}_`), {
    runs: 6,
    timeoutMs: 120_000,
    // The server drops what is older than its tables' TTL by its own clock.
    retains: false,
  });
});

const days = { raw: 3_000, rollups: 9_000 };
const ignore = { refusedRow: (row: string, message: string): never => expect.fail(`${row}: ${message}`) };

class QuestdbUnderTest implements ContractStore {
  private readonly folder = mkdtempSync(join(tmpdir(), 'history-contract-'));
  private readonly path = join(this.folder, historyFile);
  private readonly http: QuestdbHttp;
  private readonly tables: ReturnType<typeof tablesOf>;
  private readonly given: ContractInput[] = [];
  private samples: QuestdbSamples;
  private store: HistoryStore;
  readonly queries: HistoryQueries;

  private constructor(http: QuestdbHttp, url: string, prefix: string, samples: QuestdbSamples) {
    this.http = http;
    this.tables = tablesOf(prefix);
    this.samples = samples;
    this.store = new HistoryStore(this.path, { samples });
    this.queries = questdbHistory(this.folder, { url, prefix }, 500);
  }

  static async open(url: string, prefix: string): Promise<QuestdbUnderTest> {
    const http = new QuestdbHttp({ url });
    const samples = await QuestdbSamples.open(http, tablesOf(prefix), days, ignore);
    return new QuestdbUnderTest(http, url, prefix, samples);
  }

  async apply(inputs: readonly ContractInput[]): Promise<void> {
    await this.applyOpen(inputs);
    await this.commit();
  }

  applyOpen(inputs: readonly ContractInput[]): Promise<void> {
    for (const input of inputs) giveInput(this.store, input);
    this.given.push(...inputs);
    return Promise.resolve();
  }

  async crashAndReopen(): Promise<void> {
    // A group may have reached the server before the end came.
    if (this.given.length % 2 === 0) await this.samples.flush();
    this.store.close();
    this.samples = await QuestdbSamples.open(this.http, this.tables, days, ignore);
    this.store = new HistoryStore(this.path, { samples: this.samples });
    for (const input of this.given.slice(this.store.cursor.position)) giveInput(this.store, input);
    await this.commit();
  }

  retain(): Promise<void> {
    return Promise.resolve();
  }

  counts(): HistoryStore['counts'] {
    return this.store.counts;
  }

  async wholeReadings(): ReturnType<ContractStore['wholeReadings']> {
    const [samples, late] = await Promise.all(
      [this.tables.samples, this.tables.late].map(async (table) => {
        const { rows } = await this.http.ask(`SELECT point, ts::long, value, status FROM ${table}`);
        return rows.map(([point, micros, value, status]): StoredReading => ({
          point: String(point),
          t: Number(micros) / 1000,
          v: typeof value === 'number' ? value : null,
          s: Number(status),
        }));
      }),
    );
    return { samples: samples!, late: late! };
  }

  async close(): Promise<void> {
    await this.queries.close();
    this.store.close();
    for (const view of [this.tables.hours, this.tables.minutes]) {
      await this.http.ask(`DROP MATERIALIZED VIEW ${view}`);
    }
    for (const table of [this.tables.samples, this.tables.late]) await this.http.ask(`DROP TABLE ${table}`);
    this.http.close();
    rmSync(this.folder, { recursive: true });
  }

  private async commit(): Promise<void> {
    this.store.settledElsewhere(await this.samples.flush());
    this.store.commit({ position: this.given.length, inputSequence: this.given.length });
    await this.samples.visible();
  }
}
