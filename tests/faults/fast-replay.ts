// A gateway in a process of its own, fed with several passes of a fast replay by a sender that repeats what was not
// acknowledged, and killed (kill -9) at moments drawn from a seed: any moment, the arrival of a PUBACK, the first
// write of a checkpoint, the start of the process. Two runs with one plan get the same frames.

import { readdirSync, watch, type FSWatcher } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isUnfinished } from '#gateway/journal/segment-name.ts';
import { publishRecording, shiftBehind } from '#simulators/publish-recording.ts';
import { chosenEpisodes, readRecording } from '#simulators/recording.ts';
import { randomSequence } from '#simulators/random.ts';
import { demoSite, GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ReadingsBook } from './readings-book.ts';

/** Five days of the recording, with the ventilation loss: a pass begins after the one before. */
const episodes = [14, 15, 16, 17];
const passGapMs = 6 * 86_400_000;
/** A kill, the next start and some time to work: kills come no denser on the average. */
const killEveryMs = 2_750;
/** A busy machine starts so slowly that the kills need more passes; beyond these the test fails. */
const passesMargin = 20;
/** What a kill waits for may not come: there is no traffic between two passes. */
const patienceMs = 2_500;
/** A run that waits longer than this for anything has failed. */
const stallMs = 180_000;

/** In turn. */
const killKinds = ['any moment', 'PUBACK', 'checkpoint', 'start'] as const;
export type KillKind = (typeof killKinds)[number];

/** Shared by the runs: the killed one says how many passes there are, the undisturbed one makes as many. */
export class ReplayPlan {
  readonly speed: number;
  readonly kills: number;
  readonly passesLeast: number;
  readonly shiftMs: number;
  passes = 0;
  isComplete = false;

  constructor(speed: number, kills: number) {
    this.speed = speed;
    this.kills = kills;
    this.passesLeast = Math.max(1, Math.ceil((kills * killEveryMs) / passMs(speed)));
    this.shiftMs = shiftBehind(demoSite, Date.now()) - (this.passesLeast + passesMargin) * passGapMs;
  }

  get passesMost(): number {
    return this.passesLeast + passesMargin;
  }

  /** Stamps of one pass lie all of them in the past; every reading is as late as any other. */
  shiftOf(pass: number): number {
    return this.shiftMs + pass * passGapMs;
  }

  /** When in the run kill `n` is due: anywhere in its share of the passes. */
  dueMs(n: number, random: number): number {
    const shareMs = (this.passesLeast * passMs(this.speed)) / this.kills;
    return (n + random) * shareMs;
  }
}

/** How long a pass takes. */
function passMs(speed: number): number {
  let recordedMs = 0;
  for (const { rows } of chosenEpisodes(readRecording(demoSite), episodes))
    recordedMs += rows.at(-1)!.time - rows[0]!.time + 1_000;
  return recordedMs / speed;
}

export class FastReplay {
  readonly folder: string;
  readonly book = new ReadingsBook();
  frames = 0;
  resent = 0;
  starts = 0;
  /** How many came at the very moment that their kind names, and not because that did not come. */
  readonly killsAt: Record<KillKind, number> = { 'any moment': 0, PUBACK: 0, checkpoint: 0, start: 0 };
  kills = 0;
  /** Kills that left a checkpoint half made. */
  checkpointsTorn = 0;
  private readonly plan: ReplayPlan;
  private readonly aborted = new AbortController();
  private readonly temporary: ReturnType<typeof temporaryFolder>;
  private mqttPort = 0;
  private gateway: GatewayProcess | null = null;
  private startMs = 0;
  private onPuback: (() => void) | null = null;

  constructor(name: string, plan: ReplayPlan) {
    this.plan = plan;
    this.temporary = temporaryFolder(name);
    this.folder = this.temporary.path;
  }

  /** Every pass of the plan; its kills are done by the end. The gateway runs on. */
  async runKilled(): Promise<void> {
    const { plan } = this;
    this.mqttPort = await freePort();
    await this.start();
    try {
      await Promise.all([this.killAll(), this.publishPasses()]);
    } finally {
      plan.isComplete = true;
    }
  }

  async runCalm(): Promise<void> {
    const { plan } = this;
    this.mqttPort = await freePort();
    await this.start();
    for (let pass = 0; ; pass += 1) {
      const isAnother = () => plan.passes > pass || plan.isComplete;
      await until('the other run goes on or ends', isAnother, stallMs);
      if (plan.passes <= pass) return;
      await this.publish(pass);
    }
  }

  /** Orderly; the exit code. */
  async stop(): Promise<number | null> {
    return (await this.gateway?.stop()) ?? null;
  }

  async remove(): Promise<void> {
    this.aborted.abort();
    await this.gateway?.kill();
    this.temporary.remove();
  }

  private async publishPasses(): Promise<void> {
    const { plan } = this;
    while (plan.passes < plan.passesLeast || (this.kills < plan.kills && plan.passes < plan.passesMost)) {
      plan.passes += 1;
      await this.publish(plan.passes - 1);
    }
  }

  private async publish(pass: number): Promise<void> {
    const { plan, book, aborted } = this;
    const done = await publishRecording({
      url: `mqtt://127.0.0.1:${this.mqttPort}`,
      site: demoSite,
      speed: plan.speed,
      shiftMs: plan.shiftOf(pass),
      episodes,
      firstSequence: this.frames + 1,
      signal: aborted.signal,
      onAck: (frame) => {
        book.acknowledged(frame);
        this.onPuback?.();
      },
    });
    this.frames += done.frames;
    this.resent += done.resent;
  }

  private async killAll(): Promise<void> {
    const { plan } = this;
    const random = randomSequence(20_260_318 + plan.kills);
    const began = performance.now();
    for (let n = 0; n < plan.kills; n += 1) {
      const kind = kindOf(n);
      const part = random();
      // A start is killed in its course: at once after the kill before it.
      const due = kind === 'start' ? performance.now() + part * this.startMs : began + plan.dueMs(n, part);
      await until(`kill ${n} is due`, () => performance.now() >= due, due - performance.now() + stallMs);
      if (await this.killAt(kind)) this.killsAt[kind] += 1;
      this.kills += 1;
      await this.start(n + 1 < plan.kills && kindOf(n + 1) === 'start');
    }
  }

  /** The process is dead when it resolves; true when it died at the moment asked for. */
  private async killAt(kind: KillKind): Promise<boolean> {
    const gateway = this.gateway!;
    let hasKilled = false;
    const kill = () => {
      hasKilled ||= gateway.child.kill('SIGKILL');
    };
    if (kind === 'any moment' || kind === 'start') kill();
    let watcher: FSWatcher | null = null;
    // In the very call that tells of the PUBACK, and of the first change in the folder: its file is being written then.
    if (kind === 'PUBACK') this.onPuback = kill;
    if (kind === 'checkpoint') watcher = watch(join(this.folder, 'checkpoints'), kill);
    const patience = performance.now() + patienceMs;
    await until(`the moment of ${kind}`, () => hasKilled || performance.now() > patience);
    this.onPuback = null;
    watcher?.close();
    await gateway.kill();
    if (kind === 'checkpoint' && readdirSync(join(this.folder, 'checkpoints')).some(isUnfinished))
      this.checkpointsTorn += 1;
    return hasKilled;
  }

  private async start(isKilledSoon = false): Promise<void> {
    if (this.aborted.signal.aborted) throw new Error('the run was given up');
    const began = performance.now();
    this.starts += 1;
    this.gateway = GatewayProcess.spawn({
      dataFolder: this.folder,
      environment: {
        FENGSUI_MQTT_PORT: String(this.mqttPort),
        FENGSUI_CHECKPOINT_S: '1',
        FENGSUI_HISTORY_DAYS: '3650',
      },
    });
    if (isKilledSoon) return;
    await this.gateway.ready();
    this.startMs = performance.now() - began;
  }
}

function kindOf(n: number): KillKind {
  return killKinds[n % killKinds.length]!;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
