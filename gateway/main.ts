// The command line: `fengsui serve | demo | backtest | verify | doctor | backup | restore | history | simulate | user | source`. Only wires: each command has its own file.
// Exit codes: 0 done, 1 something was found wrong or failed, 2 the call or the settings are wrong (one clear sentence).

import { ConfigurationError } from './config.ts';

const usage = `Fengsui 烽燧
  npm start                                  演示 demonstration with a replayed recording
  npm run -s fengsui -- serve                运行网关 run the gateway (settings: docs/operations.md)
  npm run -s fengsui -- demo                 the same as npm start
  npm run -s fengsui -- backtest …           回测 back-test rules over a recording or a journal
  npm run -s fengsui -- verify --data DIR    校验 verify the hash chain of the event log
  npm run -s fengsui -- doctor [--json]      体检 check machine, broker, QuestDB, data folder
  npm run -s fengsui -- backup --to DIR|FILE.tar [--data DIR]             备份（可在运行中）
  npm run -s fengsui -- restore --from DIR|FILE.tar --data NEW            恢复到新目录
  npm run -s fengsui -- history resume       续写 let QuestDB go on with suspended tables
  npm run -s fengsui -- simulate …           模拟 a load, its site folder, a bad network (docs/simulators.md)
  npm run -s fengsui -- user reset NAME [--data DIR]                     重置口令
  npm run -s fengsui -- user add NAME ROLE SITE DISPLAYNAME [--data DIR] 新增人员
  npm run -s fengsui -- user list [--data DIR]                           人员清单
  npm run -s fengsui -- source add --mine M --system S --source X [--data DIR]  数据源令牌（HTTP）
  npm run -s fengsui -- source list | revoke NUMBER [--data DIR]         令牌清单，吊销
`;

async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case 'serve':
      return (await import('./commands/serve.ts')).serveCommand(rest);
    case 'demo':
      return (await import('./commands/demo.ts')).demoCommand(rest);
    case 'backtest':
      return (await import('./backtest/command.ts')).backtestCommand(rest);
    case 'verify':
      return (await import('./verify/command.ts')).verifyCommand(rest);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctorCommand(rest);
    case 'backup':
      return (await import('./commands/backup.ts')).backupCommand(rest);
    case 'restore':
      return (await import('./commands/restore.ts')).restoreCommand(rest);
    case 'history':
      return (await import('./commands/history.ts')).historyCommand(rest);
    case 'simulate':
      return (await import('#simulators/command.ts')).simulateCommand(rest);
    case 'user':
      return (await import('./commands/user.ts')).userCommand(rest);
    case 'source':
      return (await import('./commands/source.ts')).sourceCommand(rest);
    case undefined:
    case 'help':
    case '--help':
      process.stdout.write(usage);
      return command === undefined ? 2 : 0;
    default:
      process.stderr.write(`No command ${command}. 没有此命令。\n${usage}`);
      return 2;
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
