// The core's hand on the journal: fills one of two buffers with inputs and the events they caused, and submits it as
// one batch when the batch before is on disk. Numbers the inputs. What always holds: `onDurable` runs in the order of
// the batches, each once, only when its bytes are on disk; after `onFailure` nothing is written any more and the
// caller stops the process. While the journal is full a submitted batch waits (not idle), nothing of it written.

import type { Input, RoomState } from '#alarms/engine/input.ts';
import { invariant } from '#alarms/kernel/result.ts';
import type { Event } from '#alarms/log/event.ts';
import { DurablePosition } from '#gateway/journal/durable.ts';
import { BatchEncoder } from '#gateway/journal/entry.ts';
import type { JournalFiles } from '#gateway/journal/file-port.ts';
import { InlineDriver } from './log-driver.ts';
import type { LogDriver } from './log-driver.ts';
import type { LogEvents, ServiceStatus, WriteTimes } from './log-service.ts';
import type { LogRecovery } from './recover-log.ts';
import { nextRoomState, sacrificeUpTo } from './room.ts';
import type { LogOptions } from './segment-log.ts';
import { ThreadDriver } from './thread-driver.ts';

/** Holds a second of 50 k readings/s; grows for a rare huge batch (documents). */
const bufferBytesInitial = 1024 * 1024;

export interface JournalOptions extends LogOptions {
  readonly directory: string;
  /** Memory of the durable position, when the projector was given it before. */
  readonly durable?: SharedArrayBuffer;
}

export interface InlineOptions extends LogOptions {
  readonly files: JournalFiles;
  readonly durable?: SharedArrayBuffer;
}

export interface Room {
  readonly state: RoomState;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly reserveSegments: number;
  readonly spareSegments: number;
  readonly segments: number;
  readonly segmentBytes: number;
  readonly journalBytes: number;
  /** Segments that went before every projection had them. */
  readonly sacrificedSegments: number;
  readonly sacrificedBytes: number;
}

export class JournalWriter {
  /** On the core thread, when the submitted batch is on disk. */
  onDurable: (position: number) => void = () => {};
  /** A write or sync failed: stop the process. Never called twice. */
  onFailure: (error: Error) => void = () => {};
  /** The state of *Room* changed, or a segment was sacrificed. */
  onRoom: (room: Room) => void = () => {};

  readonly recovery: LogRecovery;
  readonly #driver: LogDriver;
  readonly #encoders: readonly [BatchEncoder, BatchEncoder];
  #filling: 0 | 1 = 0;
  #nextSequence: number;
  /** Where the filling batch will lie, and the sequence of its first input. */
  #fillingPosition: number;
  #fillingSequence: number;
  #position: number;
  #status: ServiceStatus;
  #state: RoomState = 'ok';
  #projected = 0;
  #checkpointed = 0;
  #released = 0;
  #sacrificedSegments = 0;
  #sacrificedBytes = 0;
  #failure: Error | null = null;

  /** Recovers the directory (torn tail cut) and starts the journal thread. */
  static async open(options: JournalOptions): Promise<JournalWriter> {
    const durable = new DurablePosition(options.durable);
    const relay = new Relay();
    const driver = await ThreadDriver.open(options.directory, logOptions(options), durable, relay);
    return new JournalWriter(driver, relay);
  }

  /** The same without a thread, over any file port; `driver.housekeep()` stands for the thread's second. */
  static openInline(options: InlineOptions): {
    readonly writer: JournalWriter;
    readonly driver: InlineDriver;
  } {
    const relay = new Relay();
    const durable = new DurablePosition(options.durable);
    const driver = new InlineDriver(options.files, logOptions(options), durable, relay);
    return { writer: new JournalWriter(driver, relay), driver };
  }

  private constructor(driver: LogDriver, relay: Relay) {
    this.#driver = driver;
    this.recovery = driver.recovery;
    this.#status = driver.status;
    this.#state = nextRoomState('ok', driver.status);
    this.#position = driver.recovery.position;
    this.#fillingPosition = driver.recovery.position;
    this.#nextSequence = driver.recovery.nextSequence;
    this.#fillingSequence = driver.recovery.nextSequence;
    this.#encoders = [makeEncoder(), makeEncoder()];
    relay.connect({
      durable: (position) => this.#batchIsDurable(position),
      failed: (error) => this.#fail(error),
      status: (status) => this.#take(status),
    });
  }

  /** Sequence that the next appended input gets. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Durable end of the journal. */
  get position(): number {
    return this.#position;
  }

  /** For the projector's thread: wait on it, read up to it. */
  get durable(): DurablePosition {
    return this.#driver.durable;
  }

  /** Bytes of the filling batch; 0 when nothing was appended. */
  get pendingBytes(): number {
    const filling = this.#encoders[this.#filling];
    return filling.entryCount === 0 ? 0 : filling.length;
  }

  /** No batch on its way. */
  get isIdle(): boolean {
    return this.#position === this.#fillingPosition;
  }

  /** Times of the writes, as of the last second. */
  get times(): WriteTimes {
    return this.#status.times;
  }

  append(input: Input): void {
    this.#encoders[this.#filling].appendInput(input);
    this.#nextSequence += 1;
  }

  /** Events of the input appended last. */
  appendEvents(events: readonly Event[]): void {
    const encoder = this.#encoders[this.#filling];
    invariant(encoder.inputCount > 0, 'events follow their input in the same batch');
    for (const event of events) encoder.appendEvent(this.#nextSequence - 1, event);
  }

  /** Hands the filling batch to the journal; appending goes on in the other buffer. */
  submit(): void {
    const encoder = this.#encoders[this.#filling];
    invariant(this.isIdle, 'a batch is still on its way to the disk');
    invariant(encoder.inputCount > 0, 'an empty batch is not written');
    invariant(this.#failure === null, 'the journal has failed');
    const columns = encoder.finish(this.#fillingPosition, this.#fillingSequence);
    const { length } = encoder;
    const buffer = this.#filling;
    this.#fillingPosition += length;
    this.#fillingSequence = this.#nextSequence;
    this.#filling = buffer === 0 ? 1 : 0;
    this.#encoders[this.#filling].clear();
    this.#driver.submit(buffer, columns, length);
  }

  /** How far the slowest projection is synced and the newest checkpoint reaches: what *Room* may give up. */
  progress(projected: number, checkpointed: number): void {
    this.#projected = projected;
    this.#checkpointed = checkpointed;
  }

  /** Segments wholly before `position` are recycled or removed: projected, checkpointed and old enough. */
  release(position: number): void {
    if (position <= this.#released) return;
    this.#released = position;
    this.#driver.release(position);
  }

  room(): Room {
    const status = this.#status;
    return {
      state: this.#state,
      freeBytes: status.freeBytes,
      totalBytes: status.totalBytes,
      reserveSegments: status.reserveSegments,
      spareSegments: status.spareSegments,
      segments: status.segments,
      segmentBytes: status.segmentBytes,
      journalBytes: status.journalBytes,
      sacrificedSegments: this.#sacrificedSegments,
      sacrificedBytes: this.#sacrificedBytes,
    };
  }

  /** Ends the thread once it has written what was submitted; a held batch, and what is filling, is given up. */
  close(): Promise<void> {
    return this.#driver.close();
  }

  #batchIsDurable(position: number): void {
    if (this.#failure !== null) return;
    invariant(position === this.#fillingPosition, 'the journal names another end of the batch');
    this.#position = position;
    this.onDurable(position);
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    // A microtask later, so that a failure on the very way of opening finds the handler of the caller.
    queueMicrotask(() => this.onFailure(error));
  }

  #take(status: ServiceStatus): void {
    this.#status = status;
    const before = this.#state;
    this.#state = nextRoomState(before, status);
    const hasSacrificed = this.#sacrifice(status);
    if (before !== this.#state || hasSacrificed) this.onRoom(this.room());
  }

  #sacrifice(status: ServiceStatus): boolean {
    const upTo = sacrificeUpTo(this.#state, {
      oldestEnd: status.oldestEnd,
      checkpointed: this.#checkpointed,
    });
    if (upTo === null || upTo <= this.#released) return false;
    const isLoss = upTo > this.#projected;
    if (isLoss) {
      this.#sacrificedSegments += 1;
      this.#sacrificedBytes += status.oldestBytes;
    }
    this.release(upTo);
    return isLoss;
  }
}

/** Events of a driver that is made before the writer they go to; a failure in between is kept. */
class Relay implements LogEvents {
  #target: LogEvents | null = null;
  #failure: Error | null = null;

  connect(target: LogEvents): void {
    this.#target = target;
    if (this.#failure !== null) target.failed(this.#failure);
  }

  durable(position: number): void {
    this.#target?.durable(position);
  }

  failed(error: Error): void {
    this.#failure ??= error;
    this.#target?.failed(error);
  }

  status(status: ServiceStatus): void {
    this.#target?.status(status);
  }
}

function makeEncoder(): BatchEncoder {
  return new BatchEncoder(new SharedArrayBuffer(bufferBytesInitial), (bytes) => new SharedArrayBuffer(bytes));
}

function logOptions(options: LogOptions): LogOptions {
  const { segmentBytes, reserveSegments, zeroChunkBytes } = options;
  return { segmentBytes, reserveSegments, ...(zeroChunkBytes === undefined ? {} : { zeroChunkBytes }) };
}
