// The core as one object: the loop with everything around it that needs time or another thread. Timers live here and
// only here; what they bring about goes through the loop as an input like any other.

import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { Engine } from '#alarms/engine/engine.ts';
import type { ConditionRaised } from '#alarms/rules/condition.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { Log } from '../observability/log.ts';
import type { CoreToServing, Intake, IntakeHandler, ServingToCore } from '../ports.ts';
import { createLatestValuesMemory, viewLatestValues, type LatestValues } from '../protocol/latest-values.ts';
import type { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { Checkpoints } from './checkpoints.ts';
import { HttpIntake } from './http-intake.ts';
import type { IntakeEvents } from './intake.ts';
import type { JournalWriter, Room } from './journal/writer.ts';
import { CoreLoop } from './loop.ts';
import { MessageDecoder } from './message-decoder.ts';
import type { CoreOptions } from './options.ts';
import { isSameJson } from './same-json.ts';
import { PointIndex } from './point-index.ts';
import { Quarantine } from './quarantine.ts';
import type { Recovered } from './recover.ts';
import { buildStatus } from './status.ts';
import { isRoomAlarmUp, UnrecordedCopy } from './unrecorded.ts';

/** A new session on any but the first connect ever means that the broker has lost what it held for us. */
const brokerTroubles: Readonly<Record<string, CoreCounter | undefined>> = {
  sessionsNew: 'brokerSessionsNew',
  subscriptionsRefused: 'brokerSubscriptionsRefused',
  disconnects: 'brokerDisconnects',
};

/** A PUBACK comes so much later at most, and a disk is synced so much less often: in frames of 100 at 50 000 readings/s a third. */
const gatherMs = 8;
const tickMs = 50;
const statusMs = 1000;
/** How long an orderly end waits for its checkpoint; without it the next start only steps more. */
const lastCheckpointMs = 800;
const liveEveryMs = 1_000;
/** A quarter more points than there are, before screens need another memory. */
const withHeadroom = (points: number): number => points + Math.ceil(points / 4);

export interface CoreParts {
  readonly options: CoreOptions;
  readonly journal: JournalWriter;
  readonly store: CheckpointStore;
  readonly recovered: Recovered;
  readonly counters: Counters<CoreCounter>;
  readonly log: Log;
}

export class Core {
  readonly handler: IntakeHandler;
  readonly intakeEvents: IntakeEvents;
  private readonly parts: CoreParts;
  private readonly engine: Engine;
  private readonly loop: CoreLoop;
  private latestMemory: SharedArrayBuffer;
  private readonly quarantine = new Quarantine();
  private readonly checkpoints: Checkpoints;
  private readonly progress: ProjectorProgress;
  private readonly control: ProjectorControl;
  private readonly startedAt = Date.now();
  private readonly epoch = this.startedAt.toString(36);
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly http: HttpIntake;
  private intake: Intake | null = null;
  /** Events after this number go to serving; null until it has the state. */
  private toldSeq: number | null = null;
  private liveTimer: NodeJS.Timeout | null = null;
  private liveToldAt = Number.NEGATIVE_INFINITY;
  private unrecorded: UnrecordedCopy | null = null;

  constructor(parts: CoreParts) {
    const { options, journal, recovered, counters } = parts;
    this.parts = parts;
    this.engine = recovered.engine;
    this.progress = new ProjectorProgress(options.progress);
    this.control = new ProjectorControl(options.control);
    this.latestMemory = createLatestValuesMemory(withHeadroom(this.engine.documents.points.length));
    this.loop = new CoreLoop({
      engine: this.engine,
      journal,
      points: new PointIndex(this.engine.documents),
      decoder: new MessageDecoder(),
      latest: viewLatestValues(this.latestMemory),
      quarantine: this.quarantine,
      counters,
      clock: Date.now,
      soon: setImmediate,
      later: (work) => setTimeout(work, gatherMs),
      tellings: {
        events: (events) => {
          const { toldSeq } = this;
          if (toldSeq === null) return;
          const fresh = events.filter((event) => event.seq > toldSeq);
          if (fresh.length > 0) this.tell({ type: 'events', events: fresh, committedAt: Date.now() });
        },
        answer: (request, answer, events) => this.tell({ type: 'answer', request, answer, events }),
        documentsChanged: () => {
          this.followDocuments();
          this.planLive();
        },
      },
    });
    this.http = new HttpIntake(
      this.loop,
      (taken) => this.tell({ type: 'readingsTaken', taken }),
      setImmediate,
    );
    this.checkpoints = new Checkpoints(
      {
        engine: () => this.engine,
        journal,
        loop: this.loop,
        store: parts.store,
        progress: this.progress,
        counters,
        log: parts.log,
        everyMs: options.checkpointMs,
        keepMs: options.keepMs,
        keepBytes: options.keepBytes,
      },
      this.startedAt,
      recovered.position,
    );
    this.handler = {
      message: (message) => this.loop.message(message),
      connected: (connection, description) => {
        counters.add('connections');
        parts.log.debug('SourceConnected', { connection, description });
      },
      disconnected: () => counters.add('connections', -1),
    };
    this.intakeEvents = {
      count: (counter, connection, detail) => {
        if (counter === 'acknowledgementsDropped') counters.add('acknowledgementsDropped');
        if (counter.startsWith('connectionsRefused')) counters.add('connectionsRefused');
        const ofBroker = brokerTroubles[counter];
        if (ofBroker !== undefined) {
          counters.add(ofBroker);
          parts.log.warn('OutsideBrokerTroubled', { counter, detail });
        }
        if (counter === 'connectionsClosedPacketTooLarge') {
          counters.add('framesRefused');
          this.quarantine.refuse('FRAME_TOO_LARGE', 1, '', connection, Date.now(), () => detail);
        }
      },
      dropped: (topic, connection, count) => {
        counters.add('readingsRefused', count);
        this.quarantine.refuse('RATE_EXCEEDED', count, topic, connection, Date.now(), () => '');
      },
      forbidden: (topic, connection, payload) => {
        counters.add('framesRefused');
        this.quarantine.refuse('TOPIC_FORBIDDEN', 1, topic, connection, Date.now(), () =>
          new TextDecoder().decode(payload.subarray(0, 400)),
        );
      },
    };
    journal.onFailure = (error) => {
      parts.log.error('JournalFailed', { message: error.message });
      throw error; // ends the process: what is in memory may not be on disk
    };
    journal.onRoom = (room) => this.roomChanged(room);
    this.begin();
  }

  attachIntake(intake: Intake): void {
    this.intake = intake;
    this.loop.attachIntake(intake);
  }

  /** Takes nothing new, writes what it has, leaves a checkpoint. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    if (this.liveTimer !== null) clearTimeout(this.liveTimer);
    this.http.close();
    await this.intake?.close();
    await new Promise<void>((resolve) => this.loop.whenDurable(resolve));
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise((resolve) => (timer = setTimeout(resolve, lastCheckpointMs)));
    await Promise.race([this.checkpoints.take(Date.now(), true), enough]);
    clearTimeout(timer);
    await this.parts.store.close();
    await this.parts.journal.close();
    this.parts.options.serving.close();
  }

  private begin(): void {
    const { options, recovered } = this.parts;
    const blindFrom = this.engine.lastTime > 0 ? this.engine.lastTime : null;
    const { documents } = options;
    if (recovered.difference !== null) {
      // Before anything else: until then the rules may tell what does not fit the record.
      this.parts.log.error('RecoveryDiffered', { difference: recovered.difference });
      this.loop.input({ kind: 'recoveryDiffered', now: this.loop.now(), detail: recovered.difference });
    }
    const isFirst = this.engine.siteDocuments.sites.length === 0;
    if (isFirst) this.configure(documents);
    this.loop.input({ kind: 'started', now: this.loop.now(), blindFrom });
    // After the start, so that no timer of the blind span fires on the way to the new documents.
    // What definitions added is in neither: the site folder is compared with what it said before, and where it says
    // something else the definitions are laid over it again.
    if (!isFirst && !isSameJson(this.engine.siteDocuments, documents)) this.configure(documents);
    this.followDocuments();
    // While nothing ran the disk may have filled up, or been emptied.
    const room = this.parts.journal.room();
    if (room.state !== 'ok' || isRoomAlarmUp(this.engine)) this.roomChanged(room);
    this.fillLatest(viewLatestValues(this.latestMemory));
    this.checkpoints.prepare();
    this.timers.push(setInterval(() => this.loop.tick(), tickMs));
    this.timers.push(setInterval(() => this.everySecond(), statusMs));
    options.serving.on('message', (message: ServingToCore) => this.fromServing(message));
  }

  private configure(documents: SiteDocuments): void {
    const defined = this.engine.definedBehind(documents);
    this.loop.input({
      kind: 'configured',
      now: this.loop.now(),
      documents,
      ...(defined.length === 0 ? {} : { defined }),
    });
  }

  /** Whatever is held by slot. Definitions only add slots, so what was shown stays; a larger memory takes it along. */
  private followDocuments(): void {
    const { documents } = this.engine;
    let latest = viewLatestValues(this.latestMemory);
    if (documents.points.length > latest.capacity) {
      this.latestMemory = createLatestValuesMemory(withHeadroom(documents.points.length));
      const larger = viewLatestValues(this.latestMemory);
      for (const column of ['time', 'received', 'value', 'status'] as const)
        larger[column].set(latest[column]);
      latest = larger;
    }
    this.loop.follow(new PointIndex(documents), latest);
  }

  /** Screens follow at once, but under a flood of definitions once a second: each time they are told everything. */
  private planLive(): void {
    if (this.toldSeq === null || this.liveTimer !== null) return;
    const waitMs = this.liveToldAt + liveEveryMs - performance.now();
    if (waitMs <= 0) return this.tellLive();
    this.liveTimer = setTimeout(() => {
      this.liveTimer = null;
      this.tellLive();
    }, waitMs);
  }

  private fromServing(message: ServingToCore): void {
    if (message.type === 'readings') return this.http.message(message);
    if (message.type === 'command') return this.loop.command(message.request, message.command);
    this.tellLive();
  }

  private tellLive(): void {
    this.liveToldAt = performance.now();
    const { fold } = this.engine;
    const live: CoreToServing = {
      type: 'live',
      epoch: this.epoch,
      seq: fold.lastSeq,
      documents: this.engine.documents,
      alarms: [...fold.alarms.values()],
      cases: [...fold.cases.values()],
      latest: this.latestMemory,
    };
    // What the state holds may be ahead of the disk by a batch: it is told when that batch is there.
    this.loop.whenDurable(() => {
      this.toldSeq = live.seq;
      this.tell(live);
      this.tellStatus();
      this.tell({ type: 'quarantine', samples: this.quarantine.samples() });
    });
  }

  private everySecond(): void {
    this.checkpoints.maybe(Date.now());
    this.tellStatus();
    const samples = this.quarantine.takeFresh();
    if (samples.length > 0) this.tell({ type: 'quarantine', samples });
  }

  private tellStatus(): void {
    if (this.toldSeq === null) return;
    this.tell({
      type: 'status',
      status: buildStatus({
        engine: this.engine,
        counters: this.parts.counters,
        progress: this.progress,
        quarantine: this.quarantine,
        duplicateFrames: (source) => this.loop.duplicateFrames(source),
        room: this.parts.journal.room(),
        broker: this.intake?.state() ?? 'disconnected',
        now: this.loop.now(),
        startedAt: this.startedAt,
        isDemo: this.parts.options.isDemo,
        isInsecure: this.parts.options.isInsecure,
      }),
    });
  }

  private roomChanged(room: Room): void {
    const { counters, log } = this.parts;
    log.warn('RoomChanged', { state: room.state, freeBytes: room.freeBytes });
    counters.set('segmentsSacrificed', room.sacrificedSegments);
    const isTight = room.state === 'sacrificing' || room.state === 'full';
    this.control.pauseHistory(isTight);
    if (isTight) this.control.wantSync();
    if (room.state === 'full') this.beginUnrecorded();
    else this.endUnrecorded();
    if (room.state !== 'full') {
      this.loop.input({
        kind: 'roomChanged',
        now: this.loop.now(),
        state: room.state,
        freeBytes: room.freeBytes,
      });
    }
  }

  private beginUnrecorded(): void {
    if (this.unrecorded !== null) return;
    this.loop.input({
      kind: 'roomChanged',
      now: this.loop.now(),
      state: 'full',
      freeBytes: this.parts.journal.room().freeBytes,
    });
    const copy = new UnrecordedCopy(this.engine);
    this.unrecorded = copy;
    this.loop.setUnrecorded((frame: ReadingsFrame) => this.tellUnrecorded(copy.step(frame)));
  }

  /** Senders were never acknowledged; on a new connection they repeat what was not recorded. */
  private endUnrecorded(): void {
    if (this.unrecorded === null) return;
    this.unrecorded = null;
    this.loop.setUnrecorded(null);
    this.intake?.reconnectAll();
  }

  private tellUnrecorded(raised: readonly ConditionRaised[]): void {
    if (raised.length === 0) return;
    this.tell({
      type: 'unrecorded',
      alarms: raised.map(({ rule, scope, level, raisedAt, quantity }) => ({
        rule,
        scope,
        level,
        at: raisedAt,
        quantity,
      })),
    });
  }

  private fillLatest(latest: LatestValues): void {
    const { points } = this.engine.documents;
    for (let slot = 0; slot < points.length; slot += 1) {
      const newest = this.engine.newest(slot);
      if (newest === null) continue;
      latest.time[slot] = newest.time;
      latest.value[slot] = newest.value;
      latest.status[slot] = newest.status;
      latest.received[slot] = newest.time;
    }
  }

  private tell(message: CoreToServing): void {
    this.parts.options.serving.postMessage(message);
  }
}
