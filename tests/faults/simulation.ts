// The core in one process without threads, over two fault-injecting disks, with a simulated clock, a sender that
// repeats what was not acknowledged, a dispatcher who receives each case, and a projection that reads behind it.
// While the disks are full the core does as core.ts does: what comes in is judged and not recorded.
// The order of everything that may come in any order (work of the loop, messages, ticks, housekeeping, checkpoints)
// is drawn from one seed; so one seed is one run.

import { hash } from 'node:crypto';
import { expect } from 'vitest';
import { stateLayoutVersion } from '#alarms/engine/engine.ts';
import type { Event } from '#alarms/log/event.ts';
import type { Command } from '#alarms/workflow/command.ts';
import { recoveredCheckpoint } from '#gateway/core/checkpoint-content.ts';
import { Checkpoints } from '#gateway/core/checkpoints.ts';
import { CheckpointStore } from '#gateway/core/checkpoint/checkpoint-store.ts';
import type { InlineDriver } from '#gateway/core/journal/log-driver.ts';
import { JournalWriter, type Room } from '#gateway/core/journal/writer.ts';
import { CoreLoop } from '#gateway/core/loop.ts';
import { MessageDecoder } from '#gateway/core/message-decoder.ts';
import { PointIndex } from '#gateway/core/point-index.ts';
import { Quarantine } from '#gateway/core/quarantine.ts';
import { recover, type Recovered } from '#gateway/core/recover.ts';
import { isRoomAlarmUp, UnrecordedCopy } from '#gateway/core/unrecorded.ts';
import { ProjectorProgress } from '#gateway/journal/projection-progress.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { coreCounters, Counters } from '#gateway/observability/counters.ts';
import { createLatestValuesMemory, viewLatestValues } from '#gateway/protocol/latest-values.ts';
import { ProcessEnded, RefusedOperation } from '#gateway/test/faults/faulty-files.ts';
import { SeededRandom } from '#gateway/test/faults/random.ts';
import { documents, periodMs, startMs, type ScriptedFrame } from './simulated-mine.ts';
import { SimulatedProjection } from './simulated-projection.ts';
import { TwoDisks } from './two-disks.ts';

export const sha256 = (text: string): string => hash('sha256', text);

/** Holds the documents of the site and some forty frames: a run goes through several. */
const segmentBytes = 32 * 1024;
/** Messages a sender has on their way at most. */
const windowFrames = 6;
const checkpointMs = 5 * periodMs;

/** The disks grow no more from one moment to another, but for the bytes that are left. */
export interface FullSpan {
  readonly from: number;
  readonly to: number;
  readonly leftBytes: number;
  /** What the disk tells of its room does not show it. */
  readonly isUntold: boolean;
}

const silentLog = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

/** How a process came to its end; `ended`: with the power, or killed. */
export type Ending = 'finished' | 'ended' | 'failure' | 'failed to start';

export class Simulation {
  readonly disks: TwoDisks;
  readonly random: SeededRandom;
  readonly script: readonly ScriptedFrame[];
  readonly projection = new SimulatedProjection();
  now = startMs;
  /** Frames acknowledged, from the first on. */
  acknowledged = 0;
  /** By number of the event: what was told, as JSON. */
  readonly told = new Map<number, string>();
  readonly receivedCases = new Set<string>();
  checkpointsRead = 0;
  checkpointsWritten = 0;
  checkpointsFailed = 0;
  resent = 0;
  recoveredInputs = 0;
  fullSpans: readonly FullSpan[] = [];
  /** The process is killed, between two operations, when the time has come. */
  killAt = Number.POSITIVE_INFINITY;
  checkpointEveryMs = checkpointMs;
  /** How often the journal was full, and what came in meanwhile. */
  timesFull = 0;
  abandoned = 0;
  unrecordedAlarms = 0;

  constructor(seed: number, script: readonly ScriptedFrame[]) {
    this.disks = new TwoDisks(seed);
    this.random = new SeededRandom(seed);
    this.script = script;
  }

  get isAllAcknowledged(): boolean {
    return this.acknowledged === this.script.length;
  }

  /** One process, from its start to its end. */
  async live(): Promise<Ending> {
    this.fillOrEmpty();
    let generation: Generation;
    try {
      generation = new Generation(this);
    } catch (error) {
      if (error instanceof ProcessEnded) return 'ended';
      if (error instanceof RefusedOperation) return 'failed to start';
      throw error;
    }
    return generation.run();
  }

  /** The disks as they are at this moment. */
  fillOrEmpty(): void {
    const span = this.fullSpans.find(({ from, to }) => from <= this.now && this.now < to);
    if (span === undefined) this.disks.makeRoom();
    else this.disks.fill(span.leftBytes, span.isUntold);
  }

  /** What outside knows must be in the record. */
  checkKept(): void {
    const { events, recorded } = this.projection;
    for (const [seq, json] of this.told)
      expect(JSON.stringify(events[seq - 1]), `event ${seq} was told`).toBe(json);
    for (const { sequence } of this.script.slice(0, this.acknowledged))
      expect(recorded.get(sequence), `frame ${sequence} was acknowledged`).toBe(1);
  }
}

class Generation {
  private readonly simulation: Simulation;
  private readonly journal: JournalWriter;
  private readonly driver: InlineDriver;
  private readonly store: CheckpointStore;
  private readonly recovered: Recovered;
  private readonly loop: CoreLoop;
  private readonly checkpoints: Checkpoints;
  private readonly progress = new ProjectorProgress();
  private readonly counters = new Counters(coreCounters);
  private readonly work: (() => void)[] = [];
  /** Frames sent on this connection, by its number. */
  private sent: number;
  private connection = 1;
  private unrecorded: UnrecordedCopy | null = null;
  private failure: Error | null = null;
  private readonly asked = new Set<string>();
  /** Case by number of the request. */
  private readonly requests: string[] = [];

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    const { disks } = simulation;
    const files = disks.files('journal');
    const opened = JournalWriter.openInline({
      files,
      segmentBytes,
      reserveSegments: 1,
      zeroChunkBytes: 8192,
    });
    this.journal = opened.writer;
    this.driver = opened.driver;
    this.journal.onFailure = (error) => {
      this.failure = error;
    };
    this.store = CheckpointStore.openInline(disks.files('checkpoints'), stateLayoutVersion);
    this.recovered = this.recover();
    this.project();
    simulation.checkKept();
    this.sent = simulation.acknowledged;
    this.loop = this.makeLoop();
    this.checkpoints = new Checkpoints(
      {
        engine: () => this.recovered.engine,
        journal: this.journal,
        loop: this.loop,
        store: this.store,
        progress: this.progress,
        counters: this.counters,
        log: silentLog,
        everyMs: simulation.checkpointEveryMs,
        keepMs: 0,
        keepBytes: 4 * segmentBytes,
      },
      simulation.now,
      this.recovered.position,
    );
    this.journal.onRoom = (room) => this.roomChanged(room);
    this.begin();
  }

  async run(): Promise<Ending> {
    const { simulation, loop, store } = this;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve)); // every answer of the disks comes in
      if (this.failure !== null) return this.ended(this.failure);
      if (simulation.now >= simulation.killAt) {
        simulation.killAt = Number.POSITIVE_INFINITY;
        simulation.disks.end();
      }
      if (simulation.disks.hasEnded) return 'ended';
      this.project();
      if (simulation.isAllAcknowledged && loop.isQuiet && !store.isBusy && this.asked.size === 0) {
        this.countCheckpoints();
        return 'finished';
      }
      this.act();
    }
  }

  private ended(failure: Error): Ending {
    this.countCheckpoints();
    if (failure instanceof ProcessEnded) return 'ended';
    if (failure instanceof RefusedOperation) return 'failure';
    throw failure;
  }

  private countCheckpoints(): void {
    this.simulation.checkpointsWritten += this.counters.get('checkpoints');
    this.simulation.checkpointsFailed += this.counters.get('checkpointFailures');
  }

  /** One thing of those that may come next. */
  private act(): void {
    const { simulation, loop } = this;
    switch (simulation.random.below(8)) {
      case 0:
      case 1:
        simulation.now += simulation.random.below(periodMs);
        simulation.fillOrEmpty();
        return this.send();
      case 2:
        return loop.tick();
      case 3:
        return this.driver.housekeep();
      case 4:
        return this.checkpoints.maybe(simulation.now);
      default:
        this.work.shift()?.();
    }
  }

  private send(): void {
    const { simulation } = this;
    const { script } = simulation;
    while (this.sent < script.length && this.sent < simulation.acknowledged + windowFrames) {
      const frame = script[this.sent]!;
      if (frame.time > simulation.now) return;
      if (simulation.projection.recorded.has(frame.sequence)) simulation.resent += 1;
      this.sent += 1;
      const number = this.sent;
      const { connection } = this;
      this.loop.message({
        topic: frame.topic,
        payload: frame.payload,
        qos: 1,
        connection: 'sender',
        abandon: () => {
          expect(this.unrecorded, 'no message is abandoned while there is room').not.toBe(null);
          expect(simulation.projection.recorded.has(number), `frame ${number} is recorded`).toBe(false);
          simulation.abandoned += 1;
        },
        acknowledge: () => {
          if (connection !== this.connection) return; // closed: nobody hears it
          expect(number, 'acknowledged in order, each once').toBe(simulation.acknowledged + 1);
          simulation.acknowledged = number;
        },
      });
    }
  }

  private recover(): Recovered {
    const { simulation, journal } = this;
    const { content, rejected } = this.store.readNewest();
    expect(rejected, 'no file with the name of a checkpoint is damaged').toEqual([]);
    if (content !== null) {
      simulation.checkpointsRead += 1;
      expect(content.sequence, 'no checkpoint is ahead of the journal').toBeLessThan(journal.nextSequence);
    }
    const checkpoint = content === null ? null : recoveredCheckpoint(content);
    const reader = new JournalReader(simulation.disks.files('journal'), checkpoint?.position ?? 0);
    const recovered = recover(checkpoint, reader, sha256);
    reader.close();
    expect(recovered.difference).toBe(null);
    simulation.recoveredInputs += recovered.inputs;
    return recovered;
  }

  private makeLoop(): CoreLoop {
    const { simulation } = this;
    return new CoreLoop({
      engine: this.recovered.engine,
      journal: this.journal,
      points: new PointIndex(documents),
      decoder: new MessageDecoder(),
      latest: viewLatestValues(createLatestValuesMemory(documents.points.length)),
      quarantine: new Quarantine(),
      counters: this.counters,
      clock: () => simulation.now,
      soon: (work) => this.work.push(work),
      later: (work) => this.work.push(work),
      tellings: {
        events: (events) => this.tell(events),
        answer: (request, answer) => {
          expect(answer, 'the case can be received').toMatchObject({ refused: false });
          this.received(this.requests[request]!);
        },
      },
    });
  }

  /** As core.ts begins. */
  private begin(): void {
    const { loop, simulation } = this;
    const { engine } = this.recovered;
    const blindFrom = engine.lastTime > 0 ? engine.lastTime : null;
    if (engine.documents.points.length === 0) loop.input({ kind: 'configured', now: loop.now(), documents });
    loop.input({ kind: 'started', now: loop.now(), blindFrom });
    const room = this.journal.room();
    if (room.state !== 'ok' || isRoomAlarmUp(engine)) this.roomChanged(room);
    for (const event of simulation.projection.events) this.look(event);
  }

  /** As core.ts does. */
  private roomChanged({ state, freeBytes }: Room): void {
    const { loop } = this;
    const changed = () => loop.input({ kind: 'roomChanged', now: loop.now(), state, freeBytes });
    if (state !== 'full') {
      if (this.unrecorded !== null) this.reconnect();
      changed();
    } else if (this.unrecorded === null) {
      changed();
      const copy = new UnrecordedCopy(this.recovered.engine);
      this.unrecorded = copy;
      this.simulation.timesFull += 1;
      loop.setUnrecorded((frame) => {
        this.simulation.unrecordedAlarms += copy.step(frame).length;
      });
    }
  }

  /** The sender repeats what was not acknowledged. */
  private reconnect(): void {
    this.unrecorded = null;
    this.loop.setUnrecorded(null);
    this.connection += 1;
    this.sent = this.simulation.acknowledged;
  }

  private project(): void {
    const { projection, disks } = this.simulation;
    if (projection.cursor < this.journal.position)
      projection.catchUp(disks.files('journal'), this.journal.position);
    expect(projection.cursor, 'the journal is shorter than what was projected').toBe(this.journal.position);
    this.progress.set('eventsSynced', projection.cursor);
    this.progress.set('historySynced', projection.cursor);
  }

  private tell(events: readonly Event[]): void {
    for (const event of events) {
      expect(this.simulation.told.has(event.seq), `event ${event.seq} is told once`).toBe(false);
      this.simulation.told.set(event.seq, JSON.stringify(event));
      this.look(event);
    }
  }

  /** The dispatcher: receives each case that he sees, with the same command again when no answer came. */
  private look(event: Event): void {
    const { case: id } = event;
    if (event.type !== 'CaseOpened' || id === undefined || this.simulation.receivedCases.has(id)) return;
    const command: Command = {
      name: 'ReceiveCase',
      by: { id: 'd1', name: '调度员', grants: [{ role: 'dispatcher', site: 'demo' }] },
      payload: { commandId: `receive ${id}`, case: id },
    };
    this.asked.add(id);
    const request = this.requests.push(id) - 1;
    this.work.push(() => this.loop.command(request, command));
  }

  private received(id: string): void {
    this.asked.delete(id);
    this.simulation.receivedCases.add(id);
  }
}
