// Sends the frames of some stations of a fleet at a fixed rate, each station over a connection of its own, and keeps the
// book of what was acknowledged. A frame that is held back (too much is unacknowledged) is sent later, never left out,
// and counted as late; other stations go on meanwhile. Ends when all is acknowledged, or at its deadline.

import { Book, type StationPage } from './book.ts';
import { Connection } from './connection.ts';
import { FrameWriter, payloadOf, type MadeFrame } from './frame-writer.ts';
import { Latencies } from './latencies.ts';
import { stationName, stationsOf, stationTopic, type FleetPlan, type Station } from './plan.ts';
import { composeStages, type Outgoing, type Stage, type StageName } from './stages.ts';

export interface SendingJob {
  readonly plan: FleetPlan;
  /** Numbers of the stations. */
  readonly stations: readonly number[];
  readonly host: string;
  readonly port: number;
  /** Of the whole fleet, at which the stations have their share. */
  readonly readingsPerSecond: number;
  readonly durationS: number;
  /** How long after the last frame was due its acknowledgement is waited for. */
  readonly drainS: number;
  readonly stages: readonly StageName[];
}

export interface SendingResult {
  readonly sentFrames: number;
  readonly acknowledgedFrames: number;
  readonly lateFrames: number;
  /** Frames of the plan that were still held back at the deadline. */
  readonly unsentFrames: number;
  /** Packets that no PUBACK has come for. */
  readonly unacknowledgedPackets: number;
  readonly resentPackets: number;
  readonly reconnects: number;
  readonly brokenFrames: number;
  readonly repeatedFrames: number;
  readonly latencyCounts: readonly number[];
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly pages: readonly StationPage[];
}

/** A frame sent more than this after it was due is late. */
const lateMs = 100;
/** So long at most between two looks at the sockets. */
const sliceMs = 4;
/** Unacknowledged packets of a station, and their bytes in the whole process. */
const windowMax = 1_000;
const unacknowledgedBytesMax = 64 * 1024 * 1024;

export class FleetSender {
  private readonly job: SendingJob;
  private readonly book = new Book();
  private readonly latencies = new Latencies();
  private readonly lanes: readonly Lane[];
  private startedAtMs = performance.now();
  private turn = 0;
  private isEnded = false;
  private finish: (error: Error | null) => void = () => {};

  constructor(job: SendingJob) {
    this.job = job;
    const all = stationsOf(job.plan);
    const readingBytes = 24;
    const window = Math.max(
      2,
      Math.min(
        windowMax,
        Math.floor(unacknowledgedBytesMax / job.stations.length / (job.plan.perFrame * readingBytes)),
      ),
    );
    this.lanes = job.stations.map(
      (index) => new Lane(job, all[index]!, this.book, this.latencies, window, (error) => this.finish(error)),
    );
  }

  async run(): Promise<SendingResult> {
    const cpuBefore = process.cpuUsage();
    const limitMs = (this.job.durationS + this.job.drainS) * 1_000;
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => this.finish(null), limitMs);
        this.finish = (error) => {
          clearTimeout(timer);
          this.finish = () => {};
          if (error === null) resolve();
          else reject(error);
        };
        const connected = Promise.all(this.lanes.map(({ connection }) => connection.opened));
        void connected.then(() => {
          this.startedAtMs = performance.now();
          this.send();
        });
      });
    } finally {
      this.isEnded = true;
      for (const { connection } of this.lanes) connection.close();
    }
    const cpu = process.cpuUsage(cpuBefore);
    return this.result((cpu.user + cpu.system) / 1_000);
  }

  private readonly send = (): void => {
    if (this.isEnded) return;
    const { lanes } = this;
    const until = performance.now() + sliceMs;
    let isBehind = false;
    for (let n = 0; n < lanes.length; n += 1) {
      this.turn = (this.turn + 1) % lanes.length;
      isBehind = lanes[this.turn]!.send(this.startedAtMs, until) || isBehind;
      if (performance.now() > until) break;
    }
    if (lanes.every(({ isDone }) => isDone)) return this.finish(null);
    if (isBehind) setImmediate(this.send);
    else setTimeout(this.send, 1);
  };

  private result(cpuMs: number): SendingResult {
    const sum = (of: (lane: Lane) => number) => this.lanes.reduce((total, lane) => total + of(lane), 0);
    const pages = this.book.pages();
    return {
      sentFrames: pages.reduce((total, { sent }) => total + sent, 0),
      acknowledgedFrames: pages.reduce(
        (total, { runs }) => total + runs.reduce((frames, { count }) => frames + count, 0),
        0,
      ),
      lateFrames: sum((lane) => lane.late),
      unsentFrames: sum(({ unsent }) => unsent),
      unacknowledgedPackets: sum(({ connection }) => connection.waiting),
      resentPackets: sum(({ connection }) => connection.resent),
      reconnects: sum(({ connection }) => Math.max(0, connection.connects - 1)),
      brokenFrames: sum((lane) => lane.broken),
      repeatedFrames: sum((lane) => lane.repeated),
      latencyCounts: this.latencies.counts,
      elapsedMs: performance.now() - this.startedAtMs,
      cpuMs,
      pages,
    };
  }
}

/** One station on its connection. */
class Lane {
  readonly connection: Connection;
  late = 0;
  broken = 0;
  repeated = 0;
  private readonly station: Station;
  private readonly writer: FrameWriter;
  private readonly stage: Stage | null;
  private readonly topic: Buffer;
  private readonly book: Book;
  private readonly latencies: Latencies;
  private readonly onBroken: (error: Error) => void;
  private readonly frames: number;
  private readonly framesPerMs: number;
  /** Stations take turns: not all are due in the same millisecond. */
  private readonly ahead: number;
  private made = 0;
  private newest = -1;
  private isFlushed = false;

  constructor(
    job: SendingJob,
    station: Station,
    book: Book,
    latencies: Latencies,
    window: number,
    onBroken: (error: Error) => void,
  ) {
    const { plan } = job;
    const share = station.points / (plan.mines * plan.points);
    this.station = station;
    this.book = book;
    this.latencies = latencies;
    this.onBroken = onBroken;
    this.framesPerMs = (job.readingsPerSecond * share) / plan.perFrame / 1_000;
    this.frames = Math.max(1, Math.round(this.framesPerMs * job.durationS * 1_000));
    this.ahead = (station.index * 0.618_033_988_75) % 1;
    this.writer = new FrameWriter(plan, station);
    this.stage = job.stages.length === 0 ? null : composeStages(job.stages, plan.seed, station.index);
    this.topic = Buffer.from(stationTopic(station));
    this.connection = new Connection({
      host: job.host,
      port: job.port,
      clientId: stationName(station),
      window,
      onBroken,
    });
  }

  get isDone(): boolean {
    return this.made === this.frames && this.isFlushed && this.connection.waiting === 0;
  }

  get unsent(): number {
    return this.frames - this.made;
  }

  /** Sends what is due, as long as the connection takes it; true: more could go at once. */
  send(startedAtMs: number, untilMs: number): boolean {
    const { connection } = this;
    let now = performance.now();
    const due = Math.min(this.frames, Math.floor((now - startedAtMs) * this.framesPerMs + this.ahead));
    while (this.made < due) {
      if (!connection.mayTake) return false;
      if (now > untilMs) return true;
      const dueAtMs = startedAtMs + (this.made + 1 - this.ahead) / this.framesPerMs;
      if (now - dueAtMs > lateMs) this.late += 1;
      this.one();
      now = performance.now();
    }
    if (this.made === this.frames && !this.isFlushed) {
      this.isFlushed = true;
      for (const outgoing of this.stage?.flush() ?? []) this.put(outgoing);
    }
    return false;
  }

  private one(): void {
    const made = this.writer.next();
    this.made += 1;
    const { stage } = this;
    if (stage === null) return this.put(plain(made));
    // The writer's bytes are written over by its next frame, and a stage may hold this one.
    for (const outgoing of stage.push(plain({ ...made, body: Buffer.from(made.body) }))) this.put(outgoing);
  }

  private put({ made, sequence, shiftMs, isResent, broken }: Outgoing): void {
    const { frame, digest } = made;
    const good = payloadOf(made, sequence, made.timeMs + shiftMs);
    if (broken !== null) {
      this.broken += 1;
      this.connection.send(this.topic, broken.payload(good), () => {});
      return;
    }
    if (frame === this.newest) this.repeated += 1;
    if (isResent) this.repeated += 1;
    this.newest = frame;
    this.book.noteSent(this.station.index, frame);
    const acknowledged = (tookMs: number): void => {
      this.latencies.note(tookMs);
      try {
        this.book.noteAcknowledged(this.station.index, frame, digest);
      } catch (error) {
        this.onBroken(error instanceof Error ? error : new Error(String(error)));
      }
    };
    this.connection.send(this.topic, good, acknowledged, isResent);
  }
}

function plain(made: MadeFrame): Outgoing {
  return { made, sequence: made.frame + 1, shiftMs: 0, isResent: false, broken: null };
}
