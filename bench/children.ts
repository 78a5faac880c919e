// The processes of a live measurement: the gateway as an operator starts it, the sender, the screen. Each is known by its
// own handle and ended by it; sender and screen end when their channel goes, gateways when the bench exits for any reason
// but kill -9.

import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFirstUsers } from '#gateway/serving/accounts/people.ts';
import type { AlarmSeen, FromScreen, ScreenOptions, ToScreen } from './screen.ts';
import type { AlarmSent, FromSender, SenderMark, SenderOptions, ToSender } from './sender.ts';
import { benchMine } from './site.ts';

const root = join(import.meta.dirname, '..');
const readyWithinMs = 60_000;
/** CPU profiles of every thread of the gateways go there; it is then ended in order, for only so are they written. */
const profileFolder = process.env['BENCH_PROFILE'];
/** Who looks at the screen, and eight who log in meanwhile. */
export const loginPeople = Array.from({ length: 8 }, (_, i) => `person-${i}`);
const screenPerson = 'dispatcher';

export interface Person {
  readonly id: string;
  readonly password: string;
}

export async function makePeople(dataFolder: string): Promise<readonly Person[]> {
  const people = [screenPerson, ...loginPeople].map((id) => ({
    id,
    name: id,
    grants: [{ role: 'dispatcher' as const, site: benchMine }],
  }));
  return (await createFirstUsers(dataFolder, people, { forcesChange: false })) ?? [];
}

const gateways = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of gateways) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

interface RunFile {
  readonly pid: number;
  readonly url: string;
  readonly httpPort: number;
  readonly mqttPort: number;
}

export class Gateway {
  readonly child: ChildProcess;
  readonly run: RunFile;

  private constructor(child: ChildProcess, run: RunFile) {
    this.child = child;
    this.run = run;
  }

  get pid(): number {
    return this.run.pid;
  }

  /** `ports`: those of a gateway that was killed; else any free ones. */
  static async start(
    command: 'serve' | 'demo',
    dataFolder: string,
    siteFolder: string | null,
    ports?: RunFile,
  ): Promise<Gateway> {
    const child = spawnGateway(command, dataFolder, siteFolder, ports);
    gateways.add(child);
    child.once('exit', () => gateways.delete(child));
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    const deadline = performance.now() + readyWithinMs;
    for (;;) {
      const run = readRunFile(dataFolder);
      if (run !== null && run.pid === child.pid) return new Gateway(child, run);
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`the gateway did not start:\n${output}`);
      }
      await sleep(5);
    }
  }

  async logIn({ id, password }: Person): Promise<string> {
    const { url } = this.run;
    const answer = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'x-requested-with': 'fengsui' },
      body: JSON.stringify({ user: id, password }),
    });
    if (!answer.ok) throw new Error(`login answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    return (answer.headers.getSetCookie()[0] ?? '').split(';')[0]!;
  }

  async get(path: string, cookie: string): Promise<unknown> {
    const answer = await fetch(`${this.run.url}/api/v1${path}`, { headers: { cookie } });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  /** By kill -9, unless it has profiles to write. */
  discard(): Promise<void> {
    return this.end(profileFolder === undefined ? 'SIGKILL' : 'SIGINT');
  }

  async end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}

function spawnGateway(
  command: string,
  dataFolder: string,
  siteFolder: string | null,
  ports?: RunFile,
): ChildProcess {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('FENGSUI_'));
  // Flags and environment as scripts/run.mjs gives them.
  return spawn(process.execPath, ['--max-semi-space-size=1', join(root, 'gateway', 'main.ts'), command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(others),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'node'),
      MALLOC_ARENA_MAX: process.env['MALLOC_ARENA_MAX'] ?? '2',
      MALLOC_TRIM_THRESHOLD_: process.env['MALLOC_TRIM_THRESHOLD_'] ?? '65536',
      ...(profileFolder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
      FENGSUI_DATA: dataFolder,
      ...(siteFolder === null ? {} : { FENGSUI_SITE: siteFolder, FENGSUI_JOURNAL_MIB: '64' }),
      FENGSUI_HTTP_PORT: String(ports?.httpPort ?? 0),
      FENGSUI_MQTT_PORT: String(ports?.mqttPort ?? 0),
      FENGSUI_LOG_LEVEL: 'warn',
    },
  });
}

function readRunFile(dataFolder: string): RunFile | null {
  const file = join(dataFolder, 'run.json');
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunFile;
  } catch {
    return null; // being written
  }
}

/** A forked program of the bench; asks and answers are messages by type, one of each kind on its way. */
class Program<Ask, Answer extends { readonly type: string }> {
  private readonly child: ChildProcess;

  constructor(file: string, options: unknown) {
    this.child = fork(join(import.meta.dirname, file), [JSON.stringify(options)], { execArgv: [] });
  }

  tell(ask: Ask): void {
    this.child.send(ask as object);
  }

  next<Type extends Answer['type']>(
    type: Type,
    withinMs = 60_000,
  ): Promise<Extract<Answer, { readonly type: Type }>> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.child.off('message', take);
        this.child.off('exit', ended);
      };
      const take = (message: Answer): void => {
        if (message.type !== type) return;
        done();
        resolve(message as Extract<Answer, { readonly type: Type }>);
      };
      const ended = (): void => {
        done();
        reject(new Error(`the process that should say ${type} has ended`));
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`no ${type} within ${withinMs} ms`));
      }, withinMs);
      this.child.on('message', take);
      this.child.once('exit', ended);
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    if (this.child.connected) this.child.send({ type: 'stop' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 2_000);
    await exited;
    clearTimeout(timer);
  }
}

export class Sender extends Program<ToSender, FromSender> {
  static async start(options: SenderOptions): Promise<Sender> {
    const sender = new Sender('sender.ts', options);
    await sender.next('sending');
    return sender;
  }

  async mark(): Promise<SenderMark> {
    const answer = this.next('mark');
    this.tell({ type: 'mark' });
    return (await answer).mark;
  }

  async alarms(): Promise<readonly AlarmSent[]> {
    const answer = this.next('alarms');
    this.tell({ type: 'alarms' });
    return (await answer).alarms;
  }
}

export class Screen extends Program<ToScreen, FromScreen> {
  static async start(options: ScreenOptions): Promise<Screen> {
    const screen = new Screen('screen.ts', options);
    await screen.next('watching');
    return screen;
  }

  async alarms(): Promise<readonly AlarmSeen[]> {
    const answer = this.next('alarms');
    this.tell({ type: 'alarms' });
    return (await answer).alarms;
  }

  async firstAfter(at: number): Promise<AlarmSeen> {
    const answer = this.next('first');
    this.tell({ type: 'firstAfter', at });
    return (await answer).alarm;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
