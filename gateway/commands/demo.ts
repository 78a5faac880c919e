// `fengsui demo` = `npm start`: its own data folder, the demo mine, and a replay process that publishes a real
// recording over MQTT. Ctrl-C ends all within two seconds; the next start goes on where it was.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ConfigurationError, readSettings } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { startGateway } from '../gateway.ts';
import { buildDashboard } from '#dashboard/build.ts';
import { createFirstUsers, demoPeople } from '../serving/accounts/people.ts';
import { loadSite } from '#seeds/load.ts';
import { printPasswords, printReady, printReplayEnded, printResetHint } from './announce.ts';
import { untilSignal } from './signals.ts';

const replayEndMs = 700;
const root = join(import.meta.dirname, '..', '..');

export async function demoCommand(args: readonly string[]): Promise<number> {
  if (args.length > 0) throw new ConfigurationError([`demo takes no arguments: ${args.join(' ')}`]);
  // A newcomer reads the passwords and the address, not our log.
  const settings = readSettings({ FENGSUI_LOG_LEVEL: 'warn', ...process.env });
  const dataFolder = settings.dataFolder ?? join(root, 'var', 'demo');
  const siteFolder = join(root, 'seeds', 'demo');
  const { documents } = loadSite(siteFolder);
  const lock = openDataFolder(dataFolder, true);
  let replay: ChildProcess | null = null;
  try {
    const signal = untilSignal();
    const gateway = await startGateway({
      settings,
      dataFolder,
      documents,
      isDemo: true,
      dashboardFolder: buildDashboard(),
    });
    const top = documents.sites.find((node) => node.kind === 'mine')!;
    const first = await createFirstUsers(dataFolder, demoPeople(top.id), { forcesChange: false });
    if (first !== null) printPasswords(first);
    else printResetHint();
    printReady(gateway, true);
    replay = startReplay(settings.mqttUrl ?? `mqtt://127.0.0.1:${gateway.mqttPort}`, siteFolder, dataFolder);
    replay.once('exit', printReplayEnded);
    const failure = await Promise.race([signal, gateway.failed]);
    replay.off('exit', printReplayEnded);
    await endReplay(replay);
    await gateway.close();
    return failure === null ? 0 : 1;
  } finally {
    replay?.kill('SIGKILL');
    lock.release();
  }
}

/** Ends by itself when its standard input closes, so it never outlives the gateway. */
function startReplay(url: string, siteFolder: string, dataFolder: string): ChildProcess {
  return spawn(
    process.execPath,
    [
      '--max-semi-space-size=1', // some thirty readings a second
      join(root, 'simulators', 'main.ts'),
      '--url',
      url,
      '--site',
      siteFolder,
      '--state',
      join(dataFolder, 'replay.json'),
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
}

/** It stores where it was as soon as its standard input closes; it is not waited for longer than a moment. */
async function endReplay(replay: ChildProcess): Promise<void> {
  if (replay.exitCode !== null || replay.signalCode !== null) return; // killed: no code, and no second exit
  const exited = once(replay, 'exit');
  replay.stdin?.end();
  const timer = setTimeout(() => replay.kill('SIGKILL'), replayEndMs);
  await exited;
  clearTimeout(timer);
}
