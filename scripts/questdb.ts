// `npm run questdb -- FOLDER [PORT]`: QuestDB on a bare machine with the settings of deploy/questdb, until Ctrl-C.
// Needs Java 17 or newer and, the first time, Maven.

import { questdbMissing, questdbVersion, startQuestdb } from './questdb-server.ts';

const [folder, port] = process.argv.slice(2);
if (folder === undefined || !/^\d{0,5}$/.test(port ?? '')) {
  console.error('usage: npm run questdb -- FOLDER [PORT]   用法：npm run questdb -- 数据目录 [端口]');
  process.exit(2);
}
const missing = questdbMissing();
if (missing !== null) {
  console.error(`QuestDB cannot be started: ${missing}. 无法启动 QuestDB。`);
  process.exit(1);
}
const server = await startQuestdb({ folder, port: Number(port ?? 9000) });
console.log(
  `QuestDB ${questdbVersion} on ${server.url}, data in ${folder}. Set FENGSUI_QUESTDB_URL=${server.url}`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop());
