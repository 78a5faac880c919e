// The whole gateway as one object, startable inside a test: starts the threads, hands them their ports and shared
// memory, and ends them in order. A thread that dies ends the gateway: recovery is the cure, not going on with a part.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { ConfigurationError, type Settings } from './config.ts';
import type { CoreOptions, CoreToParent } from './core/options.ts';
import { DurablePosition } from './journal/durable.ts';
import { ProjectorControl } from './journal/projection-control.ts';
import { ProjectorProgress } from './journal/projection-progress.ts';
import { coreCounters, Counters } from './observability/counters.ts';
import { createLog, type Log } from './observability/log.ts';
import type { ProjectorOptions } from './projector/projector.ts';
import type { ServingToParent, ServingWorkerData } from './serving/main.ts';

const mebibyte = 1024 * 1024;
/** How the launcher keeps the main thread's young generation small (docs/adr/0011-memory-of-the-threads.md). */
const mainThreadFlag = '--max-semi-space-size=1';
/** Of V8's young generation. The core has none: at full rate a small one costs it CPU, and it grows only with the rate. */
const youngMb = 4;
const projectorYoungMb = 8;
const demoJournalMib = 64;
const usualJournalMib = 1024;
/** Segments are of a size that a disk fills with zeros in well under a second. */
const segmentMib = 16;
const keepMs = 24 * 3_600_000;
/** What the kept journal may take on the disk, as a multiple of the reserve. */
const keepReserves = 8;

export interface GatewayOptions {
  readonly settings: Settings;
  readonly dataFolder: string;
  readonly documents: SiteDocuments;
  readonly isDemo: boolean;
  /** dashboard/dist; null = API only. */
  readonly dashboardFolder: string | null;
}

export interface Gateway {
  readonly url: string;
  readonly httpPort: number;
  /** 0 with an outside broker. */
  readonly mqttPort: number;
  /** Resolves when a thread has died: close and exit with 1. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

/** Throws ConfigurationError when a port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { settings, dataFolder } = options;
  const log = createLog('main', settings.logLevel);
  const shared = {
    durable: new DurablePosition().shared,
    progress: new ProjectorProgress().memory,
    control: new ProjectorControl().memory,
    counters: new Counters(coreCounters).memory,
  };
  const channel = new MessageChannel();
  // V8 puts this flag above the bounds of each thread, so it goes back to "none" before the first of them starts.
  if (process.execArgv.includes(mainThreadFlag)) setFlagsFromString('--max-semi-space-size=0');
  const threads = new Threads(log);
  try {
    // Serving starts beside the recovery: it waits for the core's state by itself.
    const core = threads.start('core', './core/main.ts', coreOptions(options, shared, channel.port1), [
      channel.port1,
    ]);
    const serving = threads.start(
      'serving',
      './serving/main.ts',
      servingData(options, shared, channel.port2),
      [channel.port2],
    );
    const http = heard(serving, (message) => {
      if (message.type === 'failed') return failHttp(message, settings);
      return 'url' in message && message;
    });
    const listening = heard(core, (message) => {
      if (message.type === 'failed') return fail(message);
      if (message.type === 'recovered') {
        threads.start('projector', './projector/main.ts', projectorOptions(options, shared), []);
      }
      return 'mqttPort' in message && message;
    });
    const [{ mqttPort }, { url, port }] = await Promise.all([listening, http]);
    writeFileSync(
      join(dataFolder, 'run.json'),
      JSON.stringify({
        pid: process.pid,
        startedAt: new Date().toISOString(),
        url,
        httpPort: port,
        mqttPort,
      }),
    );
    return {
      url,
      httpPort: port,
      mqttPort,
      failed: threads.failed,
      close: () => threads.close(new DurablePosition(shared.durable), new ProjectorControl(shared.control)),
    };
  } catch (error) {
    await threads.abandon();
    throw error;
  }
}

interface Shared {
  readonly durable: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
}

function coreOptions(
  { settings, dataFolder, documents, isDemo }: GatewayOptions,
  shared: Shared,
  serving: CoreOptions['serving'],
): CoreOptions {
  const journalMib = settings.journalMib ?? (isDemo ? demoJournalMib : usualJournalMib);
  const segments = Math.max(2, Math.floor(journalMib / segmentMib));
  return {
    journalFolder: join(dataFolder, 'journal'),
    checkpointFolder: join(dataFolder, 'checkpoints'),
    documents,
    segmentBytes: segmentMib * mebibyte,
    reserveSegments: segments - 1,
    checkpointMs: settings.checkpointS * 1000,
    keepMs,
    keepBytes: journalMib * keepReserves * mebibyte,
    intake:
      settings.mqttUrl === null
        ? { kind: 'embedded', host: settings.mqttHost, port: settings.mqttPort }
        : {
            kind: 'outside',
            url: settings.mqttUrl,
            clientId: settings.mqttClientId,
            username: settings.mqttUsername,
            password: settings.mqttPassword,
          },
    ...shared,
    serving,
    isDemo,
    isInsecure: settings.insecure,
    logLevel: settings.logLevel,
  };
}

function projectorOptions({ settings, dataFolder }: GatewayOptions, shared: Shared): ProjectorOptions {
  return {
    dataFolder,
    journalFolder: join(dataFolder, 'journal'),
    durable: shared.durable,
    control: shared.control,
    progress: shared.progress,
    historyDays: settings.historyDays,
    rollupDays: settings.rollupDays,
    questdb: settings.questdb,
    logLevel: settings.logLevel,
  };
}

function servingData(
  { settings, dataFolder, dashboardFolder, isDemo }: GatewayOptions,
  shared: Shared,
  port: ServingWorkerData['options']['port'],
): ServingWorkerData {
  const tls =
    settings.tls === null
      ? {}
      : {
          tls: {
            cert: readFileSync(settings.tls.certFile, 'utf8'),
            key: readFileSync(settings.tls.keyFile, 'utf8'),
          },
        };
  return {
    options: {
      port,
      http: { host: settings.httpHost, port: settings.httpPort, ...tls },
      dataFolder,
      history: settings.questdb === null ? { kind: 'sqlite' } : { kind: 'questdb', ...settings.questdb },
      dashboardFolder,
      demo: isDemo,
      insecure: settings.insecure,
      counters: [{ subject: 'core', names: [...coreCounters], memory: shared.counters }],
    },
    logLevel: settings.logLevel,
  };
}

class Threads {
  readonly failed: Promise<Error>;
  private readonly log: Log;
  private readonly workers = new Map<string, Worker>();
  private readonly exits: Promise<unknown>[] = [];
  private isClosing = false;
  private tellFailure: (error: Error) => void = () => {};

  constructor(log: Log) {
    this.log = log;
    this.failed = new Promise((resolve) => (this.tellFailure = resolve));
  }

  start(name: string, file: string, workerData: unknown, transferList: CoreOptions['serving'][]): Worker {
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData,
      transferList,
      name,
      ...(name === 'core'
        ? {}
        : {
            resourceLimits: { maxYoungGenerationSizeMb: name === 'projector' ? projectorYoungMb : youngMb },
          }),
    });
    this.workers.set(name, worker);
    worker.on('error', (error) => {
      this.log.error('ThreadFailed', {
        name,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      this.tellFailure(error instanceof Error ? error : new Error(String(error)));
    });
    this.exits.push(
      new Promise<void>((resolve) => {
        worker.once('exit', (code) => {
          this.workers.delete(name);
          if (!this.isClosing) this.tellFailure(new Error(`thread ${name} has ended with ${code}`));
          resolve();
        });
      }),
    );
    return worker;
  }

  /** Serving first (no new commands), then the core (last batch, checkpoint), then the projector (catches up to it). */
  async close(durable: DurablePosition, control: ProjectorControl): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    await this.end('serving', 500);
    await this.end('core', 1_200);
    durable.stop();
    control.stop();
    await this.end('projector', 500);
  }

  /** A start that failed: nothing was acknowledged, so there is nothing to bring to its end. */
  async abandon(): Promise<void> {
    this.isClosing = true;
    await Promise.all([...this.workers.values()].map((worker) => worker.terminate()));
  }

  private async end(name: string, withinMs: number): Promise<void> {
    const worker = this.workers.get(name);
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ type: 'close' });
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([exited, new Promise((resolve) => (timer = setTimeout(resolve, withinMs)))]);
    clearTimeout(timer);
    this.log.debug('ThreadEnded', { name, tookMs: Math.round(performance.now() - began) });
    if (this.workers.has(name)) {
      this.log.warn('ThreadTerminated', { name });
      await worker.terminate();
    }
  }
}

type FromThread = CoreToParent | ServingToParent;

/** The first message for which `pick` gives something; rejects when the thread ends before. */
function heard<T>(worker: Worker, pick: (message: FromThread) => T | false): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number): void => reject(new Error(`a thread has ended with ${code} at the start`));
    const onMessage = (message: FromThread): void => {
      try {
        const picked = pick(message);
        if (picked === false) return;
        worker.off('message', onMessage);
        worker.off('exit', onExit);
        resolve(picked);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    worker.on('message', onMessage);
    worker.once('exit', onExit);
  });
}

function fail({ code, message }: { readonly code: string; readonly message: string }): never {
  if (code === 'EADDRINUSE' || code === 'EACCES') throw new ConfigurationError([message]);
  throw startFailure(code, message);
}

/** What the system refused is for the operator to see to; anything else is our fault and keeps its trace. */
function startFailure(code: string, message: string): Error {
  const isOfSystem = /^E[A-Z0-9]+$/.test(code);
  return isOfSystem
    ? new ConfigurationError([`The gateway cannot start: ${message}. 网关无法启动。`])
    : new Error(message);
}

function failHttp(
  { code, message }: { readonly code: string; readonly message: string },
  { httpHost, httpPort }: Settings,
): never {
  if (code === 'EADDRINUSE') {
    throw new ConfigurationError([
      `HTTP port ${httpHost}:${httpPort} is in use by another program (FENGSUI_HTTP_PORT). HTTP 端口 ${httpHost}:${httpPort} 已被占用。`,
    ]);
  }
  if (code === 'EACCES') {
    throw new ConfigurationError([
      `HTTP port ${httpHost}:${httpPort} may not be opened by this user. 无权使用 HTTP 端口 ${httpHost}:${httpPort}。`,
    ]);
  }
  throw startFailure(code, message);
}
