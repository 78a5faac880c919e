// `fengsui doctor [--data DIR] [--questdb URL] [--json]`: looks at the machine, the data folder, the broker and QuestDB
// with the settings that `serve` would take, beside a running gateway or before its first start; changes nothing.
// Exit code 0: all well, 1: warnings, 2: failures (or a wrong call).

import { parseArgs } from 'node:util';
import { ConfigurationError, readSettings, type Settings } from '../config.ts';
import type { BrokerFacts, Facts } from '../doctor/facts.ts';
import { gatherData } from '../doctor/gather-data.ts';
import { gatherClock, gatherLimits, gatherMemory, gatherPorts, gatherTls } from '../doctor/gather-machine.ts';
import { gatherQuestdb } from '../doctor/gather-questdb.ts';
import { examine, exitCodeOf, jsonOf, tableOf } from '../doctor/report.ts';
import { standardOutput, type UserOutput } from './user.ts';

const usage = 'usage: fengsui doctor [--data DIR] [--questdb URL] [--json]';
const defaultJournalMib = 1024;

/** Asks the outside broker what it does with what it has accepted. */
export type BrokerQuestion = (settings: Settings & { readonly mqttUrl: string }) => Promise<BrokerFacts>;

export async function doctorCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const { data, questdb, json } = parse(args);
  const settings = readSettings(environment);
  const findings = examine(
    await gather(settings, data ?? settings.dataFolder, questdb ?? settings.questdb?.url ?? null),
  );
  if (json === true) output.out(jsonOf(findings));
  else for (const line of tableOf(findings)) output.out(line);
  return exitCodeOf(findings);
}

export async function gather(
  settings: Settings,
  folder: string | null,
  questdb: string | null,
): Promise<Facts> {
  const { httpHost, httpPort, mqttHost, mqttPort, mqttUrl, tls } = settings;
  const reserveBytes = (settings.journalMib ?? defaultJournalMib) * 1024 * 1024;
  return {
    node: { version: process.versions.node },
    data: folder === null ? null : gatherData(folder, reserveBytes),
    clock: await gatherClock(),
    limits: gatherLimits(),
    memory: gatherMemory(),
    ports: await gatherPorts(
      [
        { setting: 'FENGSUI_HTTP_PORT', host: httpHost, port: httpPort },
        ...(mqttUrl === null ? [{ setting: 'FENGSUI_MQTT_PORT', host: mqttHost, port: mqttPort }] : []),
      ],
      folder,
    ),
    tls: tls === null ? null : gatherTls(tls.certFile, tls.keyFile),
    broker: null,
    questdb: questdb === null ? null : await gatherQuestdb(questdb),
  };
}

function parse(args: readonly string[]): {
  readonly data?: string;
  readonly questdb?: string;
  readonly json?: boolean;
} {
  const text = { type: 'string' } as const;
  try {
    const options = { data: text, questdb: text, json: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options, strict: true });
    if (values.questdb !== undefined && !/^https?:\/\/[^\s]+$/.test(values.questdb))
      throw new Error('--questdb must look like http://host:9000');
    return values;
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
}
