// Settings of the gateway: one schema over FENGSUI_* variables (and a file of the same names, FENGSUI_CONFIG).
// Every problem is reported at once; units are in the names; each setting has its default and bounds here
// and stands in .env.example and docs/operations.md.

import { readFileSync } from 'node:fs';
import { z } from 'zod';

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((text) => text === '1');

const schema = z.strictObject({
  FENGSUI_DATA: z.string().min(1).optional(),
  FENGSUI_SITE: z.string().min(1).optional(),
  FENGSUI_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  FENGSUI_HTTP_PORT: port(8080),
  FENGSUI_MQTT_HOST: z.string().min(1).default('127.0.0.1'),
  FENGSUI_MQTT_PORT: port(1883),
  FENGSUI_MQTT_URL: z
    .string()
    .regex(/^mqtts?:\/\/[^\s]+$/, 'must look like mqtt://host:1883 or mqtts://host:8883')
    .optional(),
  FENGSUI_MQTT_CLIENT_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .default('fengsui-gateway'),
  FENGSUI_MQTT_USERNAME: z.string().max(128).optional(),
  FENGSUI_MQTT_PASSWORD: z.string().max(256).optional(),
  FENGSUI_JOURNAL_MIB: z.coerce.number().int().min(32).max(1_048_576).optional(),
  FENGSUI_CHECKPOINT_S: z.coerce.number().min(1).max(30).default(20),
  FENGSUI_HISTORY_DAYS: z.coerce.number().int().min(1).max(3650).default(90),
  FENGSUI_ROLLUP_DAYS: z.coerce.number().int().min(1).max(36_500).default(1_826),
  FENGSUI_QUESTDB_URL: z
    .string()
    .regex(/^http:\/\/[^\s]+$/, 'must look like http://127.0.0.1:9000')
    .optional(),
  FENGSUI_QUESTDB_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/)
    .default('fengsui_'),
  FENGSUI_LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
  FENGSUI_INSECURE: flag,
  FENGSUI_TLS_CERT: z.string().min(1).optional(),
  FENGSUI_TLS_KEY: z.string().min(1).optional(),
});

export interface Settings {
  readonly dataFolder: string | null;
  readonly siteFolder: string | null;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly mqttHost: string;
  readonly mqttPort: number;
  readonly mqttUrl: string | null;
  readonly mqttClientId: string;
  readonly mqttUsername: string | null;
  readonly mqttPassword: string | null;
  readonly journalMib: number | null;
  readonly checkpointS: number;
  readonly historyDays: number;
  readonly rollupDays: number;
  readonly questdb: { readonly url: string; readonly prefix: string } | null;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly insecure: boolean;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
}

/** `environment`: process.env. Throws ConfigurationError with every problem. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = [];
  const given: Record<string, string> = { ...readFile(environment['FENGSUI_CONFIG'], problems) };
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('FENGSUI_') && name !== 'FENGSUI_CONFIG' && value !== undefined && value !== '') {
      if (!toolNames.has(name)) given[name] = value;
    }
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const keys =
        'keys' in issue && Array.isArray(issue.keys) ? issue.keys.join(', ') : issue.path.join('.');
      const words =
        issue.code === 'unrecognized_keys'
          ? 'there is no such setting 没有这个设置'
          : `${issue.message} 取值不对`;
      problems.push(`${keys}: ${words}`);
    }
    throw new ConfigurationError(problems);
  }
  const s = parsed.data;
  if ((s.FENGSUI_TLS_CERT === undefined) !== (s.FENGSUI_TLS_KEY === undefined)) {
    problems.push('FENGSUI_TLS_CERT and FENGSUI_TLS_KEY belong together 证书与私钥须同时给出');
  }
  if (!isLoopback(s.FENGSUI_HTTP_HOST) && s.FENGSUI_TLS_CERT === undefined && !s.FENGSUI_INSECURE) {
    problems.push(
      `FENGSUI_HTTP_HOST=${s.FENGSUI_HTTP_HOST}: beyond loopback needs TLS (FENGSUI_TLS_CERT, FENGSUI_TLS_KEY), or FENGSUI_INSECURE=1 超出本机须启用 TLS`,
    );
  }
  if (!isLoopback(s.FENGSUI_MQTT_HOST) && s.FENGSUI_MQTT_URL === undefined && !s.FENGSUI_INSECURE) {
    problems.push(
      `FENGSUI_MQTT_HOST=${s.FENGSUI_MQTT_HOST}: the embedded broker has no TLS and no passwords and stays on loopback unless FENGSUI_INSECURE=1; use FENGSUI_MQTT_URL with a real broker 内置代理仅限本机`,
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    dataFolder: s.FENGSUI_DATA ?? null,
    siteFolder: s.FENGSUI_SITE ?? null,
    httpHost: s.FENGSUI_HTTP_HOST,
    httpPort: s.FENGSUI_HTTP_PORT,
    mqttHost: s.FENGSUI_MQTT_HOST,
    mqttPort: s.FENGSUI_MQTT_PORT,
    mqttUrl: s.FENGSUI_MQTT_URL ?? null,
    mqttClientId: s.FENGSUI_MQTT_CLIENT_ID,
    mqttUsername: s.FENGSUI_MQTT_USERNAME ?? null,
    mqttPassword: s.FENGSUI_MQTT_PASSWORD ?? null,
    journalMib: s.FENGSUI_JOURNAL_MIB ?? null,
    checkpointS: s.FENGSUI_CHECKPOINT_S,
    historyDays: s.FENGSUI_HISTORY_DAYS,
    rollupDays: s.FENGSUI_ROLLUP_DAYS,
    questdb:
      s.FENGSUI_QUESTDB_URL === undefined
        ? null
        : { url: s.FENGSUI_QUESTDB_URL, prefix: s.FENGSUI_QUESTDB_PREFIX },
    logLevel: s.FENGSUI_LOG_LEVEL,
    insecure: s.FENGSUI_INSECURE,
    tls:
      s.FENGSUI_TLS_CERT !== undefined && s.FENGSUI_TLS_KEY !== undefined
        ? { certFile: s.FENGSUI_TLS_CERT, keyFile: s.FENGSUI_TLS_KEY }
        : null,
  };
}

/** Names that belong to the project's tools and tests, not to the gateway. */
const toolNames = new Set([
  'FENGSUI_CI',
  'FENGSUI_CHROMIUM',
  'FENGSUI_CONFORMANCE',
  'FENGSUI_DEV_GATEWAY',
  'FENGSUI_KILLS',
  'FENGSUI_REPLAY_SPEED',
  'FENGSUI_SEED',
  'FENGSUI_SIMULATIONS',
]);

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** `NAME=value` lines; # starts a comment line. */
function readFile(path: string | undefined, problems: string[]): Record<string, string> {
  if (path === undefined || path === '') return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    problems.push(`FENGSUI_CONFIG: cannot read ${path} 配置文件无法读取`);
    return {};
  }
  const found: Record<string, string> = {};
  text.split(/\r?\n/).forEach((line, i) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const at = trimmed.indexOf('=');
    if (at <= 0) problems.push(`${path}:${i + 1}: not NAME=value`);
    else found[trimmed.slice(0, at).trim()] = trimmed.slice(at + 1).trim();
  });
  return found;
}
