// `fengsui serve`: the gateway on a site folder, until a signal. Never starts a replay, refuses a demo folder.

import { ConfigurationError, readSettings } from '../config.ts';
import { openDataFolder } from '../data-folder.ts';
import { startGateway } from '../gateway.ts';
import { buildDashboard } from '#dashboard/build.ts';
import { createFirstUsers } from '../serving/accounts/people.ts';
import { loadSite } from '#seeds/load.ts';
import { untilSignal } from './signals.ts';
import { printPasswords, printReady } from './announce.ts';

export async function serveCommand(args: readonly string[]): Promise<number> {
  if (args.length > 0)
    throw new ConfigurationError([`serve takes no arguments: ${args.join(' ')} (settings are FENGSUI_*)`]);
  const settings = readSettings(process.env);
  if (settings.siteFolder === null) {
    throw new ConfigurationError([
      'FENGSUI_SITE is missing: the folder with site.json, places.json, points.json. 未设置站点目录 FENGSUI_SITE',
    ]);
  }
  if (settings.dataFolder === null)
    throw new ConfigurationError(['FENGSUI_DATA is missing: the data folder. 未设置数据目录 FENGSUI_DATA']);
  const site = loadSite(settings.siteFolder);
  const root = site.documents.sites.find((node) => node.parent === undefined);
  const lock = openDataFolder(settings.dataFolder, false);
  try {
    const signal = untilSignal();
    const gateway = await startGateway({
      settings,
      dataFolder: settings.dataFolder,
      documents: site.documents,
      isDemo: false,
      dashboardFolder: buildDashboard(),
    });
    const first = await createFirstUsers(
      settings.dataFolder,
      [{ id: 'admin', name: '系统管理员', grants: [{ role: 'administrator', site: root?.id ?? '' }] }],
      { forcesChange: true },
    );
    if (first !== null) printPasswords(first);
    printReady(gateway, false);
    const failure = await Promise.race([signal, gateway.failed]);
    await gateway.close();
    return failure === null ? 0 : 1;
  } finally {
    lock.release();
  }
}
