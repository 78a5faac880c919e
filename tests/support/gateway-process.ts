// A whole gateway in a process of its own, as an operator starts it, so that it can be killed for real.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.ts';

export const projectRoot = join(import.meta.dirname, '..', '..');
export const demoSite = join(projectRoot, 'seeds', 'demo');

export interface RunFile {
  readonly pid: number;
  readonly url: string;
  readonly httpPort: number;
  readonly mqttPort: number;
}

export interface GatewayProcessOptions {
  readonly dataFolder: string;
  readonly command?: 'serve' | 'demo';
  readonly environment?: Readonly<Record<string, string>>;
}

export class GatewayProcess {
  readonly child: ChildProcess;
  readonly dataFolder: string;
  output = '';
  private readonly exited: Promise<number | null>;

  private constructor(options: GatewayProcessOptions) {
    this.dataFolder = options.dataFolder;
    this.child = spawn(
      process.execPath,
      [join(projectRoot, 'gateway', 'main.ts'), options.command ?? 'serve'],
      {
        cwd: projectRoot,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          FENGSUI_DATA: options.dataFolder,
          ...(options.command === 'demo' ? {} : { FENGSUI_SITE: demoSite }),
          FENGSUI_HTTP_PORT: '0',
          FENGSUI_MQTT_PORT: '0',
          FENGSUI_LOG_LEVEL: 'warn',
          FENGSUI_JOURNAL_MIB: '64',
          ...options.environment,
        },
      },
    );
    const take = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.exited = once(this.child, 'exit').then(([code]) => code as number | null);
  }

  /** Started, but perhaps not ready: `ready()` waits for it, `exitCode()` for its end. */
  static spawn(options: GatewayProcessOptions): GatewayProcess {
    return new GatewayProcess(options);
  }

  static async start(options: GatewayProcessOptions): Promise<GatewayProcess & { run: RunFile }> {
    const gateway = new GatewayProcess(options);
    const run = await gateway.ready();
    return Object.assign(gateway, { run });
  }

  async ready(withinMs = 30_000): Promise<RunFile> {
    return until(
      `the gateway is ready\n${this.output}`,
      () => {
        if (this.child.exitCode !== null)
          throw new Error(`the gateway ended with ${this.child.exitCode}:\n${this.output}`);
        const run = readRunFile(this.dataFolder);
        return run?.pid === this.child.pid && run;
      },
      withinMs,
    );
  }

  exitCode(): Promise<number | null> {
    return this.exited;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Ctrl-C; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.exited;
  }
}

export function temporaryFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `fengsui-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
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
