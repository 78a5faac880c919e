// The read side of samples in QuestDB: thinned ranges, newest readings, rollups. Everything else of history is asked of
// the embedded file beside it. Thinning is the server's work: it sends the minimum and the maximum of each bucket with
// their times and the breaks, not the samples.

import { statusBit, unusableMask } from '#alarms/kernel/quality.ts';
import {
  type HistoryQuery,
  type HistorySeries,
  type LatestReading,
  type RollupQuery,
  type RollupSeries,
} from '../../serving/query/port.ts';
import { type Answer, moment, type QuestdbHttp, quoted } from './http.ts';
import type { QuestdbTables } from './schema.ts';

/** Thins ascending samples; the one of the embedded history is given in (an adapter does not import another). */
export interface Thinner {
  add(time: number, value: number | null, status: number): void;
  finish(): Omit<HistorySeries, 'point'>;
}

export type MakeThinner = (range: { from: number; to: number; gapMs: number; samplesMax: number }) => Thinner;

/** So many raw samples are sent and thinned here; a longer range is thinned by the server first. */
const rawSamplesMaxDefault = 50_000;
const namesPerQuestion = 300;

export class QuestdbSampleQueries {
  private readonly http: QuestdbHttp;
  private readonly tables: QuestdbTables;
  private readonly makeThinner: MakeThinner;
  private readonly rawSamplesMax: number;

  constructor(
    http: QuestdbHttp,
    tables: QuestdbTables,
    makeThinner: MakeThinner,
    rawSamplesMax = rawSamplesMaxDefault,
  ) {
    this.http = http;
    this.tables = tables;
    this.makeThinner = makeThinner;
    this.rawSamplesMax = rawSamplesMax;
  }

  async history(query: HistoryQuery): Promise<readonly HistorySeries[]> {
    const series: HistorySeries[] = [];
    for (const point of query.points) series.push(await this.series(point.id, point.gapMs, query));
    return series;
  }

  async latest(points: readonly string[]): Promise<readonly (LatestReading | null)[]> {
    const found = new Map<string, LatestReading>();
    const take = ({ rows }: Answer): void => {
      for (const [point, micros, value, status] of rows) {
        const v = typeof value === 'number' ? value : null;
        found.set(String(point), { t: Number(micros) / 1000, v, s: Number(status) });
      }
    };
    const select = `SELECT point, ts::long, value, status FROM ${this.tables.samples}`;
    const order = 'LATEST ON ts PARTITION BY point';
    // Version 9.3.4 finds no LATEST of a symbol with a quote in it when it is asked for by name.
    const asksAll = points.length > namesPerQuestion || points.some((id) => id.includes("'"));
    if (asksAll) take(await this.http.ask(`${select} ${order}`));
    else if (points.length > 0) take(await this.http.ask(`${select} WHERE ${among(points)} ${order}`));
    return points.map((id) => found.get(id) ?? null);
  }

  async rollup({ points, from, to, step }: RollupQuery): Promise<readonly RollupSeries[]> {
    const table = step === '1m' ? this.tables.minutes : this.tables.hours;
    const byPoint = new Map(points.map((point) => [point, emptyRollup(point)]));
    if (points.length === 0) return [];
    const { rows } = await this.http.ask(
      `SELECT ts::long, point, low, high, sum, usable, total FROM ${table}
       WHERE ${among(points)} AND ${within(from, to)} ORDER BY ts`,
    );
    for (const row of rows) {
      const series = byPoint.get(String(row[1]));
      if (series !== undefined) putRollup(series, row);
    }
    return points.map((point) => byPoint.get(point)!);
  }

  close(): void {
    this.http.close();
  }

  private async series(point: string, gapMs: number, query: HistoryQuery): Promise<HistorySeries> {
    const { from, to, maxSamples } = query;
    const where = `point = ${quoted(point)} AND ${within(from, to)}`;
    const thinner = this.makeThinner({ from, to, gapMs, samplesMax: maxSamples });
    const { rows } = await this.http.ask(
      `SELECT ts::long, value, status FROM ${this.tables.samples} WHERE ${where} ORDER BY ts LIMIT ${this.rawSamplesMax + 1}`,
    );
    const samples = rows.length > this.rawSamplesMax ? await this.thinned(where, gapMs, query) : rows;
    for (const [micros, value, status] of samples) {
      thinner.add(Number(micros) / 1000, typeof value === 'number' ? value : null, Number(status));
    }
    return { point, ...thinner.finish() };
  }

  /** Of many samples those that thinning would keep anyway: extremes of each bucket, and both sides of each gap. */
  private async thinned(
    where: string,
    gapMs: number,
    { from, to, maxSamples }: HistoryQuery,
  ): Promise<Answer['rows']> {
    const bucketUs = Math.max(1, Math.ceil((to - from) / Math.max(1, Math.floor(maxSamples / 4)))) * 1000;
    const { samples } = this.tables;
    const bucket = `(ts::long - ${Math.round(from * 1000)}) / ${bucketUs}`;
    const rank = `CASE WHEN value IS NULL THEN 0 WHEN (status & ${unusableMask}) = 0 THEN 2 ELSE 1 END`;
    const inner = `SELECT ts::long t, value, status, ${bucket} b, ${rank} r FROM ${samples} WHERE ${where}`;
    const ranked = `SELECT t, value, status, b, r, max(r) OVER (PARTITION BY b) best,
        lag(t) OVER (ORDER BY t) before, lead(t) OVER (ORDER BY t) after FROM (${inner})`;
    const numbered = `SELECT *, row_number() OVER (PARTITION BY b, r ORDER BY value, t) up,
        row_number() OVER (PARTITION BY b, r ORDER BY value DESC, t) down FROM (${ranked})`;
    const kept = await this.http.ask(
      `SELECT t, value, status FROM (${numbered}) WHERE (r = best AND (up = 1 OR down = 1))
       OR t - before > ${gapMs * 1000} OR after - t > ${gapMs * 1000} OR (status & ${toldOneByOne}) != 0 ORDER BY t`,
    );
    return kept.rows;
  }
}

/** Samples with any of these bits are sent one by one: their bucket must show them. */
const toldOneByOne =
  unusableMask | statusBit.alarm | statusBit.powerOff | statusBit.overRange | statusBit.calibration;

function among(points: readonly string[]): string {
  return `point IN (${points.map(quoted).join(',')})`;
}

function within(from: number, to: number): string {
  return `ts >= ${moment(from)} AND ts < ${moment(to)}`;
}

type Columns = { [K in keyof RollupSeries]: RollupSeries[K] extends string ? string : (number | null)[] } & {
  point: string;
  t: number[];
  total: number[];
  count: number[];
};

function emptyRollup(point: string): Columns {
  return { point, t: [], total: [], count: [], min: [], max: [], mean: [] };
}

function putRollup(series: Columns, row: readonly unknown[]): void {
  const [micros, , low, high, sum, usable, total] = row;
  const count = Number(usable);
  series.t.push(Number(micros) / 1000);
  series.total.push(Number(total));
  series.count.push(count);
  series.min.push(count === 0 ? null : Number(low) + 0);
  series.max.push(count === 0 ? null : Number(high) + 0);
  series.mean.push(count === 0 ? null : Number(sum) / count);
}
