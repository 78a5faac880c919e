// `fengsui history resume`: tells QuestDB to go on with tables that it has suspended (after its disk was full, or a
// power cut), once their cause is gone. Everything that it had taken is there again; nothing needs to be sent anew.

import { QuestdbHttp } from '../adapters/questdb/http.ts';
import { tablesOf } from '../adapters/questdb/schema.ts';
import { ConfigurationError, readSettings } from '../config.ts';
import { standardOutput, type UserOutput } from './user.ts';

const usage = 'usage: fengsui history resume   (with FENGSUI_QUESTDB_URL 需设置 FENGSUI_QUESTDB_URL)';

export async function historyCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const { questdb } = readSettings(environment);
  if (args.length !== 1 || args[0] !== 'resume' || questdb === null) throw new ConfigurationError([usage]);
  const http = new QuestdbHttp(questdb);
  try {
    const ours = new Set(Object.values(tablesOf(questdb.prefix)));
    const { rows } = await http.ask('SELECT name, suspended FROM wal_tables()');
    const suspended = rows.flatMap(([name, is]) =>
      is === true && ours.has(String(name)) ? [String(name)] : [],
    );
    for (const table of suspended) {
      await http.ask(`ALTER TABLE ${table} RESUME WAL`);
      output.out(`${table}: resumed 已恢复写入`);
    }
    if (suspended.length === 0) output.out('no table is suspended 没有被挂起的表');
    return 0;
  } catch (error) {
    output.error(`QuestDB: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    http.close();
  }
}
