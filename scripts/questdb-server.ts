// A QuestDB server from its Maven artifact, for tests, benches and bare machines: fetches the one jar (Maven verifies
// it, and so does the hash here), writes the settings of deploy/questdb, starts it on ports of loopback and waits until
// it answers a query. It is a real server; nothing here imitates one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export const questdbVersion = '9.3.4';
const jarSha256 = '939bc53ab22f93dbaa6545143a6e7c536d4904c07b7f2d381e8eef10436be062';
const root = join(import.meta.dirname, '..');
const jarFolder = join(root, 'node_modules', '.cache', 'questdb');
const jar = join(jarFolder, `questdb-${questdbVersion}.jar`);
const settingsFolder = join(root, 'deploy', 'questdb');
/** On a busy machine a first start takes six seconds. */
const startMs = 60_000;
/** 256 MiB of heap held every load that was measured; the rest of its memory is native. */
const heapMib = 256;

export interface QuestdbServer {
  readonly url: string;
  readonly pid: number;
  /** Where its tables lie. */
  readonly folder: string;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** As a power switch of the process: SIGKILL. */
  kill(): Promise<void>;
}

export interface QuestdbOptions {
  /** Made when it is not there; what it holds stays. */
  readonly folder: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Settings by their name in the file: stand above deploy/questdb/server.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Null when a server can be had; else the one reason why not. */
export function questdbMissing(): string | null {
  if (javaVersion() < 17) return 'Java 17 or newer is not installed';
  try {
    fetchJar();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The jar's path; fetched by Maven when it is not there. */
export function fetchJar(): string {
  if (!existsSync(jar)) {
    mkdirSync(jarFolder, { recursive: true });
    const done = spawnSync(
      'mvn',
      [
        '-q',
        '-B',
        'dependency:copy',
        `-Dartifact=org.questdb:questdb:${questdbVersion}`,
        `-DoutputDirectory=${jarFolder}`,
      ],
      { encoding: 'utf8', timeout: 180_000 },
    );
    if (done.error !== undefined) throw new Error(`Maven cannot be run: ${done.error.message}`);
    if (done.status !== 0) throw new Error(`Maven cannot fetch QuestDB: ${done.stdout.slice(-400)}`);
  }
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  if (hash !== jarSha256) throw new Error(`${jar} is not the QuestDB ${questdbVersion} that is known here`);
  return jar;
}

export async function startQuestdb(options: QuestdbOptions): Promise<QuestdbServer> {
  const { folder } = options;
  const [http, health, pg] = [
    options.port === undefined || options.port === 0 ? await freePort() : options.port,
    await freePort(),
    await freePort(),
  ];
  const conf = join(folder, 'conf');
  mkdirSync(conf, { recursive: true });
  for (const name of ['server.conf', 'log.conf']) copyFileSync(join(settingsFolder, name), join(conf, name));
  const child = spawn(java(), [...javaOptions(), '-p', fetchJar(), ...mainModule(folder)], {
    stdio: ['ignore', openSync(join(folder, 'out.txt'), 'a'), openSync(join(folder, 'out.txt'), 'a')],
    env: {
      ...process.env,
      QDB_HTTP_BIND_TO: `127.0.0.1:${http}`,
      QDB_HTTP_MIN_NET_BIND_TO: `127.0.0.1:${health}`,
      QDB_PG_NET_BIND_TO: `127.0.0.1:${pg}`,
      ...asEnvironment(options.settings ?? {}),
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${http}`;
  await untilItAnswers(url, child, folder);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { url, pid: child.pid!, folder, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function untilItAnswers(url: string, child: ChildProcess, folder: string): Promise<void> {
  const until = performance.now() + startMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `QuestDB has ended at its start: ${readFileSync(join(folder, 'out.txt'), 'utf8').slice(-800)}`,
      );
    }
    try {
      const answer = await fetch(`${url}/exec?query=select%201`);
      await answer.arrayBuffer();
      if (answer.ok) return;
    } catch {
      // Not listening yet.
    }
    if (performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`QuestDB did not answer within ${startMs} ms`);
    }
    await setTimeout(50);
  }
}

function javaOptions(): string[] {
  const opens = ['java.lang', 'java.lang.reflect', 'java.nio', 'java.time.zone'];
  return [
    '-Dcontainerized=false',
    '-ea',
    '-Dnoebug',
    `-Xms${heapMib}m`,
    `-Xmx${heapMib}m`,
    '-XX:+UseParallelGC',
    '-XX:ParallelGCThreads=1',
    // Java 17 refuses to start with the first of these.
    ...(javaVersion() >= 23
      ? ['--sun-misc-unsafe-memory-access=allow', '--enable-native-access=io.questdb']
      : []),
    ...opens.map((name) => `--add-opens=java.base/${name}=io.questdb`),
  ];
}

const mainModule = (folder: string): string[] => [
  '-m',
  'io.questdb/io.questdb.ServerMain',
  '-d',
  folder,
  '-n',
];

/** JAVA_HOME's, or the one in the path. */
function java(): string {
  const home = process.env['JAVA_HOME'];
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

/** 0 when there is none. */
function javaVersion(): number {
  const { stderr } = spawnSync(java(), ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

function asEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `QDB_${name.toUpperCase().replaceAll('.', '_')}`,
      value,
    ]),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(),
      );
    });
  });
}
