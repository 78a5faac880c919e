// Upload files on `…/file/{KIND}`: decoded whole, then, in this order, what they define, the readings they hold (by the
// way of any other reading: units, clock, unknown points) and what they report; acknowledged when all of it is on disk.
// A file that came before is dropped. Without that memory, after a restart, it is harmless: readings are duplicates,
// reports replace themselves, and definitions that say nothing new are not even journalled.
// It knows the loop by `UploadHost` only, and costs the path of frames nothing.

import { hash } from 'node:crypto';
import type { Engine } from '#alarms/engine/engine.ts';
import { definitionsMax, reportsMax, type Input } from '#alarms/engine/input.ts';
import type { RefusedDefinition } from '#alarms/registry/define.ts';
import type { Definition } from '#alarms/registry/definition.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import type { DecodedBatch } from '../formats/batch.ts';
import { emptyBatch, isPointId, readingsMax } from '../formats/decoding.ts';
import type { Upload, UploadReading, UploadResult } from '../formats/upload.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { IncomingMessage } from '../ports.ts';
import type { IntakeRefusal } from '../protocol/refusals.ts';
import type { FileTopic } from '../protocol/topics.ts';
import type { PointIndex } from './point-index.ts';
import { TokenBucket } from './token-bucket.ts';

export type UploadDecoder = (
  bytes: Uint8Array,
  options: { readonly kind: string; readonly fileName?: string; readonly receivedAt: number },
) => UploadResult;

/** What it needs of the loop. */
export interface UploadHost {
  readonly engine: Engine;
  readonly counters: Counters<CoreCounter>;
  points(): PointIndex;
  isUnrecorded(): boolean;
  input(input: Input): unknown;
  /** Number of the source, or -1 when there is no room for one more. */
  sourceOf(topic: FileTopic, now: number): number;
  takeBatch(
    batch: DecodedBatch,
    topic: FileTopic,
    source: number,
    message: IncomingMessage,
    now: number,
  ): void;
  refuse(
    reason: IntakeRefusal,
    count: number,
    message: IncomingMessage,
    now: number,
    sample: () => string,
  ): void;
  /** With its acknowledgement. */
  refuseWhole(reason: IntakeRefusal, message: IncomingMessage, now: number, sample?: () => string): void;
  hold(acknowledge: () => void): void;
  documentsChanged(): void;
}

/** Hashes remembered of one source, and sources of which they are: 64 MB if every one sent that much. */
const hashesPerSource = 1_024;
const rememberedSourcesMax = 1_000;
/** A change of points binds all rules anew, a second of work at 10 000 points: a first upload of all kinds, then seldom. */
const definedBurst = 12;
const definedPerSecond = 1 / 30;
/** Lines of what was refused that a sample shows. */
const shownRefusals = 8;

interface SourceMemory {
  readonly hashes: Set<string>;
  readonly bucket: TokenBucket;
  /** By kind: upload time of the newest file whose definitions were taken. */
  readonly definedAt: Map<string, number>;
}

export class UploadIntake {
  private readonly host: UploadHost;
  private readonly decode: UploadDecoder;
  private readonly memories = new Map<number, SourceMemory>();
  private readonly batch = emptyBatch();

  constructor(host: UploadHost, decode: UploadDecoder) {
    this.host = host;
    this.decode = decode;
  }

  take(topic: FileTopic, message: IncomingMessage, now: number): void {
    const { host } = this;
    if (!host.points().isMine(topic.mine)) return host.refuseWhole('TOPIC_FORBIDDEN', message, now);
    const sha256 = hash('sha256', message.payload);
    const key = `${topic.kind} ${sha256}`;
    const known = host.engine.sources.numberOf(topic);
    if (known >= 0 && this.memories.get(known)?.hashes.has(key) === true) {
      host.counters.add('uploadsDuplicate');
      return host.hold(message.acknowledge);
    }
    const decoded = this.decode(message.payload, { kind: topic.kind, receivedAt: now });
    if (!decoded.ok) return host.refuseWhole(decoded.reason, message, now, () => decoded.en);
    const { upload } = decoded;
    if (!this.isOfMine(upload, topic.mine))
      return host.refuseWhole('WRONG_MINE', message, now, () => `mine code ${upload.header.mineCode}`);
    const source = host.sourceOf(topic, now);
    if (host.isUnrecorded()) return this.judgeOnly(upload, topic, source, message, now);
    if (source < 0) return host.refuseWhole('TOO_MANY_SOURCES', message, now);
    this.refuseRecords(upload, message, now);
    const memory = this.memoryOf(source);
    this.define(upload, topic, source, memory, message, now);
    this.takeReadings(upload.readings, topic, source, message, now);
    for (const report of reportsOf(upload.report)) {
      host.counters.add('reports', sizeOf(report));
      host.input({ kind: 'reported', now, source, report });
    }
    host.counters.add('uploads');
    remember(memory.hashes, key);
    host.hold(message.acknowledge);
  }

  /** Where a site states codes of the mine, the file must bear one; and never that of another mine. */
  private isOfMine({ header }: Upload, mine: string): boolean {
    const points = this.host.points();
    const owner = points.mineOfCode(header.mineCode);
    return owner === null ? !points.hasCodes(mine) : owner === mine;
  }

  /** Nothing can be recorded: gas is judged all the same, and the sender repeats the file later. */
  private judgeOnly(
    upload: Upload,
    topic: FileTopic,
    source: number,
    message: IncomingMessage,
    now: number,
  ): void {
    if (source >= 0) this.takeReadings(upload.readings, topic, source, message, now);
    message.abandon();
  }

  private define(
    { definitions, header }: Upload,
    topic: FileTopic,
    source: number,
    memory: SourceMemory,
    message: IncomingMessage,
    now: number,
  ): void {
    if (definitions.length === 0) return;
    const { host } = this;
    const at = header.uploadedAt ?? now;
    // A file that was held up says how things were: what is newer stands.
    if (at < (memory.definedAt.get(topic.kind) ?? Number.NEGATIVE_INFINITY)) {
      host.counters.add('uploadsOutdated');
      return;
    }
    memory.definedAt.set(topic.kind, at);
    let hasChanged = false;
    for (let from = 0; from < definitions.length; from += definitionsMax) {
      const part: readonly Definition[] = definitions.slice(from, from + definitionsMax);
      const { isNew, changes, refused } = host.engine.previewDefined(source, part);
      this.refuseDefinitions(refused, message, now);
      if (!isNew) continue;
      if (memory.bucket.take(1, now) === 0) {
        host.refuse('DEFINITIONS_TOO_OFTEN', part.length, message, now, () => `${part.length} definitions`);
        // Taken later, if it comes again.
        memory.definedAt.delete(topic.kind);
        continue;
      }
      host.input({ kind: 'defined', now, source, definitions: part, changes });
      host.counters.add('definitions', part.length - refused.length);
      hasChanged = true;
    }
    if (hasChanged) host.documentsChanged();
  }

  private refuseDefinitions(
    refused: readonly RefusedDefinition[],
    message: IncomingMessage,
    now: number,
  ): void {
    const byReason = Map.groupBy(refused, ({ reason }) => definitionRefusals[reason]);
    for (const [reason, some] of byReason) {
      this.host.refuse(reason, some.length, message, now, () =>
        some
          .slice(0, shownRefusals)
          .map(({ kind, id }) => `${kind} ${id}`)
          .join(' '),
      );
    }
  }

  private refuseRecords(upload: Upload, message: IncomingMessage, now: number): void {
    const byReason = Map.groupBy(upload.refused, ({ reason }) => reason);
    for (const [reason, some] of byReason) {
      this.host.refuse(reason, some.length, message, now, () => `record ${some[0]!.record}: ${some[0]!.en}`);
    }
  }

  private takeReadings(
    readings: readonly UploadReading[],
    topic: FileTopic,
    source: number,
    message: IncomingMessage,
    now: number,
  ): void {
    const { batch, host } = this;
    const sound = readings.filter(({ point }) => isPointId(point));
    if (sound.length < readings.length)
      host.refuse('BAD_POINT', readings.length - sound.length, message, now, () => '');
    for (let from = 0; from < sound.length; from += readingsMax) {
      const part = sound.slice(from, from + readingsMax);
      batch.base = part[0]!.time;
      batch.count = part.length;
      batch.points = part.map(({ point }) => point);
      for (const [i, { time, value, status }] of part.entries()) {
        batch.times[i] = time;
        batch.values[i] = value ?? Number.NaN;
        batch.status[i] = status;
      }
      const units = part.map(({ unit, point }) => this.unitToCheck(topic.mine, point, unit));
      batch.units = units.every((unit) => unit === null) ? null : units;
      host.takeBatch(batch, topic, source, message, now);
    }
  }

  private unitToCheck(mine: string, point: string, unit: string | null): string | null {
    if (unit === null || unit === '') return null;
    const points = this.host.points();
    const slot = points.slotOf(mine, point);
    return slot !== null && points.unitOf(slot) === unit ? null : unit;
  }

  private memoryOf(source: number): SourceMemory {
    let memory = this.memories.get(source);
    if (memory === undefined) {
      if (this.memories.size >= rememberedSourcesMax)
        this.memories.delete(this.memories.keys().next().value!);
      memory = {
        hashes: new Set(),
        bucket: new TokenBucket(definedBurst, definedPerSecond),
        definedAt: new Map(),
      };
      this.memories.set(source, memory);
    }
    return memory;
  }
}

const definitionRefusals: Readonly<Record<RefusedDefinition['reason'], IntakeRefusal>> = {
  idInvalid: 'BAD_POINT',
  idTaken: 'DEFINITION_ID_TAKEN',
  otherMine: 'WRONG_MINE',
  unitUnknown: 'DEFINITION_UNIT',
  tooMany: 'TOO_MANY_DEFINITIONS',
};

function remember(hashes: Set<string>, key: string): void {
  if (hashes.size >= hashesPerSource) hashes.delete(hashes.keys().next().value!);
  hashes.add(key);
}

const reportParts = ['positions', 'switchChanges', 'upstreamAlarms', 'statistics'] as const;

/** In parts of at most `reportsMax` entries, each of one kind where there is more than one part. */
export function reportsOf(report: Report): readonly Report[] {
  const size = sizeOf(report);
  if (size === 0) return [];
  if (size <= reportsMax) return [report];
  return reportParts.flatMap((part) => {
    const entries = report[part] ?? [];
    return Array.from({ length: Math.ceil(entries.length / reportsMax) }, (_, i) => ({
      [part]: entries.slice(i * reportsMax, (i + 1) * reportsMax),
    }));
  });
}

function sizeOf(report: Report): number {
  return reportParts.reduce((sum, part) => sum + (report[part]?.length ?? 0), 0);
}
