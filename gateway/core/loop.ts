// The alarm path: a message is decoded, stepped at once, and goes with the events it caused into the batch now
// filling; when the last batch is on disk the next leaves, then the events of the finished one are told, then its
// answers given, then its PUBACKs sent. Nothing is told or acknowledged before it is on disk, and in order.
// A batch with an event or an answer leaves as soon as it can; one that holds only readings may wait a moment for more.
// The state runs at most one batch ahead of the disk; a failed write ends the process (journal failure handler).

import type { Engine } from '#alarms/engine/engine.ts';
import type { Input, SourceName } from '#alarms/engine/input.ts';
import { sourcesMax } from '#alarms/engine/sources.ts';
import type { Event } from '#alarms/log/event.ts';
import { outcome, type ReadingsFrame } from '#alarms/telemetry/frame.ts';
import type { Command, CommandAnswer } from '#alarms/workflow/command.ts';
import type { LatestValues } from '../protocol/latest-values.ts';
import type { IntakeRefusal } from '../protocol/refusals.ts';
import { formatTopic, parseFileTopic, parseTopic, type FileTopic, type Topic } from '../protocol/topics.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { IncomingMessage } from '../ports.ts';
import type { JournalWriter } from './journal/writer.ts';
import { FrameBuilder, type AsideReading } from './frame-builder.ts';
import type { PointIndex } from './point-index.ts';
import type { Quarantine } from './quarantine.ts';
import type { BoundList, DecodedBatch } from '../formats/batch.ts';
import type { MessageDecoder } from './message-decoder.ts';
import { TokenBucket } from './token-bucket.ts';
import { UploadIntake, type UploadHost } from './upload-intake.ts';

/** Bytes that may wait in the filling batch: some 0.4 s of 1 M readings/s. Above it intake pauses (TCP waits). */
export const pendingBytesMax = 8 * 1024 * 1024;
/** So much is company enough: a batch of readings then waits no longer, so no sender's window is used up by waiting. */
const companyMessages = 16;
const companyBytes = 64 * 1024;
/** Readings of unknown points that are kept: enough for a new substation's first minutes, not for a flood. */
const quarantineBurst = 20_000;
const quarantinePerSecond = 200;

export interface CoreTellings {
  events(events: readonly Event[]): void;
  answer(request: number, answer: CommandAnswer, events: readonly Event[]): void;
  /** Definitions changed the documents: whoever holds something by slot follows, before the next reading. */
  documentsChanged?(): void;
}

export interface IntakePressure {
  pause(): void;
  resume(): void;
}

interface Batch {
  /** Somebody waits for something in it. */
  isUrgent: boolean;
  /** Runs first of all when the batch is on disk. */
  readonly durable: (() => void)[];
  readonly events: Event[];
  readonly answers: { request: number; answer: CommandAnswer; events: readonly Event[] }[];
  readonly acknowledgements: (() => void)[];
}

const newBatch = (): Batch => ({
  isUrgent: false,
  durable: [],
  events: [],
  answers: [],
  acknowledgements: [],
});

export interface CoreLoopParts {
  readonly engine: Engine;
  readonly journal: JournalWriter;
  readonly points: PointIndex;
  readonly decoder: MessageDecoder;
  readonly latest: LatestValues;
  readonly quarantine: Quarantine;
  readonly counters: Counters<CoreCounter>;
  readonly tellings: CoreTellings;
  /** The clock of the edge (Date.now); the loop never lets it fall. */
  readonly clock: () => number;
  /** Calls back once after what is at hand now: setImmediate; in tests, by hand. */
  readonly soon: (work: () => void) => void;
  /** Calls back once after the moment that a batch of readings may wait for company; null: none waits. */
  readonly later: ((work: () => void) => void) | null;
}

export class CoreLoop {
  private readonly parts: CoreLoopParts;
  private readonly builder = new FrameBuilder();
  private readonly uploads: UploadIntake;
  private points: PointIndex;
  private latest: LatestValues;
  /** Repeated frames by source since the start: dropped before the journal, so they are in no state. */
  private readonly duplicates = new Map<number, number>();
  private filling = newBatch();
  private inFlight: Batch | null = null;
  private isFlushPlanned = false;
  /** `later` will call; and it has called while a batch was on its way. */
  private isGathering = false;
  private isOverdue = false;
  private isPaused = false;
  private pressure: IntakePressure | null = null;
  private readonly unknownKept = new TokenBucket(quarantineBurst, quarantinePerSecond);
  /** Runs after a batch is on disk and told; the place for checkpoints. */
  onBatchDone: (() => void) | null = null;
  /** While set, nothing can be recorded: messages go there and stay unacknowledged. */
  private unrecorded: ((frame: ReadingsFrame) => void) | null = null;

  constructor(parts: CoreLoopParts) {
    this.parts = parts;
    this.points = parts.points;
    this.latest = parts.latest;
    this.uploads = new UploadIntake(this.uploadHost(), parts.decoder.upload);
    parts.journal.onDurable = () => this.batchIsDurable();
  }

  attachIntake(pressure: IntakePressure): void {
    this.pressure = pressure;
  }

  /** Last input that the state has seen; what a checkpoint taken now is good for. */
  get lastSequence(): number {
    return this.parts.journal.nextSequence - 1;
  }

  get isQuiet(): boolean {
    return this.inFlight === null && isEmpty(this.filling) && this.parts.journal.pendingBytes === 0;
  }

  /** Too much waits for the disk: whoever can make its senders wait should. */
  get isPressed(): boolean {
    return this.isPaused;
  }

  /** Runs `work` when all that the state has seen up to now is on disk. */
  whenDurable(work: () => void): void {
    this.filling.durable.push(work);
    this.filling.isUrgent = true;
    this.plan();
  }

  setUnrecorded(handler: ((frame: ReadingsFrame) => void) | null): void {
    this.unrecorded = handler;
  }

  duplicateFrames(source: number): number {
    return this.duplicates.get(source) ?? 0;
  }

  now(): number {
    return Math.max(this.parts.engine.lastTime, this.parts.clock());
  }

  /** One MQTT message. Refused input is acknowledged too, in its turn: a sender must not repeat it for ever. */
  message(message: IncomingMessage): void {
    const { counters } = this.parts;
    counters.add('frames');
    counters.add('bytesReceived', message.payload.byteLength);
    const now = this.now();
    const topic = parseTopic(message.topic);
    if (topic === null) return this.otherTopic(message, now);
    if (topic.stream !== 'data') return this.refuseWhole('STREAM_UNSUPPORTED', message, now);
    if (!this.points.isMine(topic.mine)) return this.refuseWhole('TOPIC_FORBIDDEN', message, now);
    const { sources } = this.parts.engine;
    const known = sources.numberOf(topic);
    const lists = known < 0 ? undefined : sources.listsOf(known);
    const decoded = this.parts.decoder.decode(message.topic, message.payload, now, lists);
    if (!decoded.ok) return this.refuseWhole(decoded.reason, message, now);
    const source = known < 0 ? this.sourceOf(topic, now) : known;
    if (source < 0 && this.unrecorded !== null) return message.abandon();
    if (source < 0) return this.refuseWhole('TOO_MANY_SOURCES', message, now);
    const { batch } = decoded;
    if (sources.isDuplicateFrame(source, batch.sequence, batch.base)) {
      counters.add('framesDuplicate');
      this.duplicates.set(source, this.duplicateFrames(source) + 1);
      return this.hold(message.acknowledge);
    }
    this.refuseReadings(batch.refused, batch, message, now);
    // Never acknowledged when it cannot be recorded: the sender repeats it when there is room again.
    if (this.takeBatch(batch, topic.mine, source, message, now)) this.hold(message.acknowledge);
    else message.abandon();
  }

  /** False when it cannot be recorded: then it was judged on the copy only. */
  private takeBatch(
    batch: DecodedBatch,
    mine: string,
    source: number,
    message: IncomingMessage,
    now: number,
  ): boolean {
    const { counters } = this.parts;
    const built = this.builder.build(batch, message.topic, mine, source, now, this.points);
    if (this.unrecorded !== null) {
      counters.add('unrecordedFrames');
      this.unrecorded(built.frame);
      this.show(built.frame);
      return false;
    }
    if (batch.binds !== null) this.bind(batch.binds, source, message, now);
    this.refuseNamed('WRONG_MINE', built.foreign, message, now);
    this.refuseNamed('UNIT_MISMATCH', built.otherUnit, message, now);
    this.refuseNamed('UNIT_OF_UNKNOWN_POINT', built.unknownUnit, message, now);
    if (built.unknown.length > 0) this.keepUnknown(built.unknown, source, message, now);
    if (built.isClockAhead) counters.add('readingsClockAhead', built.frame.count);
    // A frame without a reading left still counts as heard from its source (its number must not look like a gap).
    this.takeFrame(built.frame);
    return true;
  }

  /** The documents are others from here on; slots that were keep their meaning. */
  follow(points: PointIndex, latest: LatestValues): void {
    this.points = points;
    this.latest = latest;
  }

  private otherTopic(message: IncomingMessage, now: number): void {
    const file = parseFileTopic(message.topic);
    if (file === null) this.refuseWhole('TOPIC_INVALID', message, now);
    else this.uploads.take(file, message, now);
  }

  command(request: number, command: Command): void {
    this.parts.counters.add('commands');
    const { events, answer } = this.input({ kind: 'command', now: this.now(), command });
    if (answer === null) return;
    if (answer.refused) this.parts.counters.add('commandsRefused');
    this.filling.answers.push({ request, answer, events });
    this.filling.isUrgent = true;
    this.plan();
  }

  /** To be called often (every 50 ms): a tick is journalled only when a deadline has passed. */
  tick(): void {
    const now = this.now();
    if (this.parts.engine.nextDeadline() > now || this.unrecorded !== null) return;
    this.parts.counters.add('ticks');
    this.input({ kind: 'tick', now });
  }

  /** Any input that is not a message: step it, journal it with its events, tell them when they are on disk. */
  input(input: Input): { events: readonly Event[]; answer: CommandAnswer | null } {
    const { engine, journal, counters } = this.parts;
    const result = engine.step(journal.nextSequence, input);
    journal.append(input);
    if (result.events.length > 0) {
      journal.appendEvents(result.events);
      counters.add('events', result.events.length);
      this.filling.events.push(...result.events);
      this.filling.isUrgent = true;
    }
    this.plan();
    return result;
  }

  private takeFrame(frame: ReadingsFrame): void {
    const { counters } = this.parts;
    this.input({ kind: 'readings', frame });
    const { late, duplicate } = this.show(frame);
    counters.add('readings', frame.count);
    counters.add('readingsAccepted', frame.count - late - duplicate);
    if (late > 0) counters.add('readingsLate', late);
    if (duplicate > 0) counters.add('readingsDuplicate', duplicate);
  }

  /** Puts accepted readings where screens see them (display only, so it need not wait for the disk). */
  private show(frame: ReadingsFrame): { late: number; duplicate: number } {
    const { latest } = this;
    let late = 0;
    let duplicate = 0;
    for (let i = 0; i < frame.count; i += 1) {
      const made = frame.outcomes[i];
      if (made === outcome.accepted) {
        const slot = frame.slots[i]!;
        latest.time[slot] = frame.times[i]!;
        latest.value[slot] = frame.values[i]!;
        latest.status[slot] = frame.status[i]!;
        latest.received[slot] = frame.received;
      } else if (made === outcome.late) late += 1;
      else duplicate += 1;
    }
    return { late, duplicate };
  }

  /** Before the frame in the journal; a list that is bound already is not written again. */
  private bind({ list, points }: BoundList, source: number, message: IncomingMessage, now: number): void {
    const { sources } = this.parts.engine;
    const before = sources.listsOf(source).get(list);
    if (before !== undefined && isSameList(before, points)) return;
    if (sources.mayBind(source, list, points.length)) {
      this.input({ kind: 'listBound', now, source, list, points });
    } else this.refuse('TOO_MANY_LISTS', 1, message, now, () => `list ${list} of ${points.length} points`);
  }

  private sourceOf(topic: Topic | FileTopic, now: number): number {
    const name: SourceName = { mine: topic.mine, system: topic.system, source: topic.source };
    const { sources } = this.parts.engine;
    const known = sources.numberOf(name);
    if (known >= 0 || sources.size >= sourcesMax || this.unrecorded !== null) return known;
    const source = sources.size;
    this.input({ kind: 'sourceSeen', now, source, name });
    return source;
  }

  private keepUnknown(
    unknown: readonly AsideReading[],
    source: number,
    message: IncomingMessage,
    now: number,
  ): void {
    this.refuse('UNKNOWN_POINT', unknown.length, message, now, () =>
      unknown
        .slice(0, 8)
        .map((reading) => reading.point)
        .join(' '),
    );
    const kept = this.unknownKept.take(unknown.length, now);
    if (kept > 0) {
      this.parts.counters.add('readingsQuarantined', kept);
      this.input({ kind: 'quarantined', now, source, readings: unknown.slice(0, kept) });
    }
    if (kept < unknown.length) this.refuse('QUARANTINE_FULL', unknown.length - kept, message, now, () => '');
  }

  private refuseNamed(
    reason: IntakeRefusal,
    names: readonly string[],
    message: IncomingMessage,
    now: number,
  ): void {
    if (names.length > 0) this.refuse(reason, names.length, message, now, () => names.slice(0, 8).join(' '));
  }

  private refuseReadings(
    refused: readonly { reason: IntakeRefusal; index: number }[],
    batch: { readonly count: number },
    message: IncomingMessage,
    now: number,
  ): void {
    if (refused.length === 0) return;
    const counts = new Map<IntakeRefusal, { count: number; first: number }>();
    for (const { reason, index } of refused) {
      const entry = counts.get(reason);
      if (entry === undefined) counts.set(reason, { count: 1, first: index });
      else entry.count += 1;
    }
    for (const [reason, { count, first }] of counts) {
      this.refuse(
        reason,
        count,
        message,
        now,
        () => `reading ${first} of ${batch.count + refused.length}: ${textOf(message.payload)}`,
      );
    }
  }

  private refuseWhole(
    reason: IntakeRefusal,
    message: IncomingMessage,
    now: number,
    sample = () => textOf(message.payload),
  ): void {
    this.parts.counters.add('framesRefused');
    this.refuse(reason, 1, message, now, sample);
    message.refused?.(reason);
    this.hold(message.acknowledge);
  }

  private refuse(
    reason: IntakeRefusal,
    count: number,
    message: IncomingMessage,
    now: number,
    sample: () => string,
  ): void {
    this.parts.counters.add('readingsRefused', count);
    const topic = parseTopic(message.topic) ?? parseFileTopic(message.topic);
    const source = topic === null ? message.connection : formatTopic({ ...topic, stream: 'data' });
    this.parts.quarantine.refuse(reason, count, message.topic, source, now, sample);
  }

  private uploadHost(): UploadHost {
    const { engine, counters, tellings } = this.parts;
    return {
      engine,
      counters,
      points: () => this.points,
      isUnrecorded: () => this.unrecorded !== null,
      input: (input) => this.input(input),
      sourceOf: (topic, now) => this.sourceOf(topic, now),
      takeBatch: (batch, topic, source, message, now) =>
        this.takeBatch(batch, topic.mine, source, message, now),
      refuse: (reason, count, message, now, sample) => this.refuse(reason, count, message, now, sample),
      refuseWhole: (reason, message, now, sample) => this.refuseWhole(reason, message, now, sample),
      hold: (acknowledge) => this.hold(acknowledge),
      documentsChanged: () => tellings.documentsChanged?.(),
    };
  }

  private hold(acknowledge: () => void): void {
    this.filling.acknowledgements.push(acknowledge);
    this.plan();
  }

  private plan(): void {
    if (!this.isPaused && this.parts.journal.pendingBytes > pendingBytesMax) {
      this.isPaused = true;
      this.parts.counters.add('intakePauses');
      this.pressure?.pause();
    }
    if (this.isFlushPlanned || this.inFlight !== null) return;
    this.isFlushPlanned = true;
    this.parts.soon(() => {
      this.isFlushPlanned = false;
      if (this.inFlight === null) this.submitOrGather();
    });
  }

  private submitOrGather(): void {
    const { later, journal } = this.parts;
    const { isUrgent, acknowledgements } = this.filling;
    const hasCompany =
      acknowledgements.length >= companyMessages || journal.pendingBytes >= companyBytes || this.isPaused;
    if (later === null || isUrgent || hasCompany || this.isOverdue) return this.submit();
    if (this.isGathering || (isEmpty(this.filling) && journal.pendingBytes === 0)) return;
    this.isGathering = true;
    later(() => {
      this.isGathering = false;
      if (this.inFlight === null) this.submit();
      else this.isOverdue = true;
    });
  }

  private submit(): void {
    this.isOverdue = false;
    const { journal, counters } = this.parts;
    const batch = this.filling;
    if (journal.pendingBytes === 0) {
      if (isEmpty(batch)) return;
      this.filling = newBatch();
      this.release(batch); // duplicates and refusals only: everything before them is on disk
      return;
    }
    counters.add('batches');
    counters.add('batchBytes', journal.pendingBytes);
    this.inFlight = batch;
    this.filling = newBatch();
    journal.submit();
  }

  private batchIsDurable(): void {
    const done = this.inFlight;
    this.inFlight = null;
    this.submitOrGather();
    if (done !== null) this.release(done);
    if (this.isPaused && this.parts.journal.pendingBytes < pendingBytesMax / 2) {
      this.isPaused = false;
      this.pressure?.resume();
    }
    this.onBatchDone?.();
  }

  private release(batch: Batch): void {
    const { tellings, counters } = this.parts;
    for (const work of batch.durable) work();
    if (batch.events.length > 0) tellings.events(batch.events);
    for (const { request, answer, events } of batch.answers) tellings.answer(request, answer, events);
    for (const acknowledge of batch.acknowledgements) acknowledge();
    counters.add('acknowledgements', batch.acknowledgements.length);
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function isEmpty(batch: Batch): boolean {
  return (
    batch.durable.length === 0 &&
    batch.events.length === 0 &&
    batch.answers.length === 0 &&
    batch.acknowledgements.length === 0
  );
}

function textOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload.subarray(0, 400));
}
