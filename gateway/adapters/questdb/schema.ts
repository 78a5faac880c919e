// The tables of samples in QuestDB and their rollups: made when they are not there, retention brought to what is set.
// Every statement may run again at any time, so this is also the cure of a table that somebody dropped. Rollups are
// refreshed when the gateway says so, once a minute: refreshed with each commit they would double the server's CPU.

import { unusableMask } from '#alarms/kernel/quality.ts';
import type { QuestdbHttp } from './http.ts';

export interface QuestdbTables {
  readonly samples: string;
  readonly late: string;
  readonly minutes: string;
  readonly hours: string;
}

/** `prefix`: of letters, digits and _; several gateways may share a server. */
export function tablesOf(prefix: string): QuestdbTables {
  return {
    samples: `${prefix}readings`,
    late: `${prefix}readings_late`,
    minutes: `${prefix}readings_1m`,
    hours: `${prefix}readings_1h`,
  };
}

export interface RetentionDays {
  readonly raw: number;
  readonly rollups: number;
}

const usable = `CASE WHEN (status & ${unusableMask}) = 0 THEN value END`;

export async function prepareSchema(
  http: QuestdbHttp,
  { samples, late, minutes, hours }: QuestdbTables,
  days: RetentionDays,
): Promise<void> {
  const columns = 'ts TIMESTAMP, point SYMBOL CAPACITY 16384, value DOUBLE, status INT';
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${samples} (${columns}) TIMESTAMP(ts)
     PARTITION BY HOUR TTL ${days.raw} DAYS WAL DEDUP UPSERT KEYS(ts, point)`,
    `CREATE TABLE IF NOT EXISTS ${late} (${columns}) TIMESTAMP(ts)
     PARTITION BY DAY TTL ${days.raw} DAYS WAL DEDUP UPSERT KEYS(ts, point, value, status)`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${minutes} WITH BASE ${samples} REFRESH MANUAL DEFERRED AS (
       SELECT ts, point, min(${usable}) low, max(${usable}) high, sum(${usable}) sum, count(${usable}) usable,
         count() total
       FROM ${samples} SAMPLE BY 1m) PARTITION BY DAY TTL ${days.rollups} DAYS`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${hours} WITH BASE ${minutes} REFRESH MANUAL DEFERRED AS (
       SELECT ts, point, min(low) low, max(high) high, sum(sum) sum, sum(usable) usable, sum(total) total
       FROM ${minutes} SAMPLE BY 1h) PARTITION BY MONTH TTL ${Math.ceil(days.rollups / 30)} MONTHS`,
    `ALTER TABLE ${samples} SET TTL ${days.raw} DAYS`,
    `ALTER TABLE ${late} SET TTL ${days.raw} DAYS`,
  ];
  for (const sql of statements) await http.ask(sql);
}

/** Starts it; the server works it off by itself. */
export async function refreshRollups(http: QuestdbHttp, { minutes, hours }: QuestdbTables): Promise<void> {
  for (const view of [minutes, hours]) await http.ask(`REFRESH MATERIALIZED VIEW ${view} INCREMENTAL`);
}

/** `sync`: what is acknowledged is on the server's disk. */
export async function commitMode(http: QuestdbHttp): Promise<string> {
  const { rows } = await http.ask(
    "SELECT value FROM (SHOW PARAMETERS) WHERE property_path = 'cairo.commit.mode'",
  );
  const mode = rows[0]?.[0];
  return typeof mode === 'string' ? mode : 'unknown';
}
