// Facts of a QuestDB, asked over its HTTP query interface with statements that only read. One that does not answer, or
// answers something else, is a fault with its words, never a throw.

import type { QuestdbFacts } from './facts.ts';

const answerMs = 10_000;
/** Rows of one answer that are looked at: our tables are a dozen. */
const rowsMost = 1_000;

type Row = readonly unknown[];
type Known = Omit<QuestdbFacts, 'url' | 'isLocal' | 'fault'>;

const nothing: Known = {
  version: null,
  commitMode: null,
  ramLimitBytes: null,
  suspended: [],
  behind: [],
  invalidViews: [],
  tables: [],
};

/** `url` may carry user and password; they are not shown. */
export async function gatherQuestdb(url: string): Promise<QuestdbFacts> {
  const place = new URL(url);
  const credentials = `${decodeURIComponent(place.username)}:${decodeURIComponent(place.password)}`;
  place.username = '';
  place.password = '';
  const shown = place.origin;
  const isLocal = ['localhost', '[::1]'].includes(place.hostname) || place.hostname.startsWith('127.');
  const headers: Record<string, string> =
    credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  const rows = (sql: string) => ask(shown, sql, headers);
  try {
    return { url: shown, isLocal, fault: null, ...(await know(rows)) };
  } catch (error) {
    return { url: shown, isLocal, fault: wordsOf(error), ...nothing };
  }
}

async function know(rows: (sql: string) => Promise<readonly Row[]>): Promise<Known> {
  const said = (await rows('select build'))[0]?.[0];
  const build = typeof said === 'string' ? said : '';
  const parameters = new Map(
    (
      await rows(
        "select property_path, value from (show parameters) where property_path in ('cairo.commit.mode', 'ram.usage.limit.bytes')",
      )
    ).map(([name, value]) => [String(name), String(value)]),
  );
  const wal = await rows(
    'select name, suspended, writerTxn, sequencerTxn, errorTag, errorMessage from wal_tables()',
  );
  const views = await rows('select view_name, view_status, invalidation_reason from materialized_views()');
  const tables = await rows(
    'select table_name, ttlValue, ttlUnit, dedup from tables() where walEnabled = true order by table_name',
  );
  const viewNames = new Set(views.map(([name]) => String(name)));
  const ramLimit = Number(parameters.get('ram.usage.limit.bytes') ?? 'none');
  return {
    version: /QuestDB (\d[\w.]*)/.exec(build)?.[1] ?? null,
    commitMode: parameters.get('cairo.commit.mode') ?? null,
    ramLimitBytes: Number.isFinite(ramLimit) ? ramLimit : null,
    suspended: wal
      .filter(([, isSuspended]) => isSuspended === true)
      .map(([name, , , , tag, message]) => ({ table: String(name), reason: reasonOf(tag, message) })),
    behind: wal.map(([name, , written, sequenced]) => ({
      table: String(name),
      commits: Number(sequenced) - Number(written),
    })),
    invalidViews: views
      .filter(([, status]) => status === 'invalid')
      .map(([view, , reason]) => ({ view: String(view), reason: typeof reason === 'string' ? reason : '' })),
    tables: tables
      .filter(([name]) => !viewNames.has(String(name)))
      .map(([name, value, unit, dedup]) => ({
        name: String(name),
        keeps: Number(value) > 0 ? `${Number(value)} ${String(unit)}` : null,
        hasDedup: dedup === true,
      })),
  };
}

function reasonOf(tag: unknown, message: unknown): string {
  return [tag, message].filter((one) => typeof one === 'string' && one !== '').join(': ') || '?';
}

async function ask(origin: string, sql: string, headers: Record<string, string>): Promise<readonly Row[]> {
  const answer = await fetch(`${origin}/exec?limit=${rowsMost}&query=${encodeURIComponent(sql)}`, {
    headers,
    signal: AbortSignal.timeout(answerMs),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status} ${text.slice(0, 200)}`);
  const json: unknown = JSON.parse(text);
  const isAnswer =
    typeof json === 'object' && json !== null && 'dataset' in json && Array.isArray(json.dataset);
  if (!isAnswer) throw new Error('the answer is not one of QuestDB');
  return (json.dataset as unknown[]).filter((row): row is Row => Array.isArray(row));
}

/** fetch hides why it failed in the cause. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
