// What serving knows of the present: documents, living alarms, cases, status, quarantine samples, and the last events
// for resuming screens. Told by the core in order; nothing here decides anything, and nothing here blocks.

import { invariant } from '#alarms/kernel/result.ts';
import type { Event } from '#alarms/log/event.ts';
import { LogFold } from '#alarms/log/fold.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import type { CoreToServing } from '../ports.ts';
import { viewLatestValues, type LatestValues } from '../protocol/latest-values.ts';
import type { GatewayStatus, QuarantineSample, UnrecordedAlarm } from '../protocol/stream.ts';
import { EventRing, type RingEntry } from './stream/ring.ts';

/** What the dashboard shows of refused input; the counters say how many there were. */
const quarantineSamplesMax = 200;

type LiveMessage = Extract<CoreToServing, { type: 'live' }>;

export class LiveState {
  readonly epoch: string;
  readonly documents: SiteDocuments;
  readonly latest: LatestValues;
  readonly ring: EventRing;
  private readonly fold: LogFold;
  private readonly slots: ReadonlyMap<string, number>;
  private readonly mineByScope: ReadonlyMap<string, string>;
  private lastSeq: number;

  /** `before`: the state it takes the place of; its ring is kept when the new one goes on where it ended. */
  constructor(message: LiveMessage, before: LiveState | null) {
    this.epoch = message.epoch;
    this.lastSeq = message.seq;
    this.documents = message.documents;
    this.latest = viewLatestValues(message.latest);
    invariant(this.latest.capacity >= message.documents.points.length, 'a slot of latest values per point');
    this.fold = foldOf(message);
    this.slots = new Map(message.documents.points.map((point, slot) => [point.id, slot]));
    this.mineByScope = new Map([
      ...message.documents.sites.map((site) => [site.id, site.id] as const),
      ...message.documents.places.map((place) => [place.id, place.mine] as const),
      ...message.documents.points.map((point) => [point.id, point.mine] as const),
    ]);
    const goesOn = before !== null && before.epoch === message.epoch && before.seq === message.seq;
    this.ring = goesOn ? before.ring : new EventRing(message.seq);
  }

  get seq(): number {
    return this.lastSeq;
  }

  apply(event: Event): RingEntry {
    const after = this.fold.apply(event);
    this.lastSeq = event.seq;
    return this.ring.push(event, after);
  }

  alarm(id: string): AlarmState | undefined {
    return this.fold.alarms.get(id);
  }

  case(id: string): CaseState | undefined {
    return this.fold.cases.get(id);
  }

  alarms(): Iterable<AlarmState> {
    return this.fold.alarms.values();
  }

  cases(): Iterable<CaseState> {
    return this.fold.cases.values();
  }

  slotOf(point: string): number | undefined {
    return this.slots.get(point);
  }

  /** The mine of a site, place or point; '' when it is none of ours. */
  mineOf(scope: string): string {
    return this.mineByScope.get(scope) ?? '';
  }
}

/** The core's fold without what only deciding needs (chain heads, numbers, remembered answers). */
function foldOf(message: LiveMessage): LogFold {
  const archived = message.cases
    .flatMap(({ id, archived }) => (archived === null ? [] : [[id, archived.at] as const]))
    .sort(([, a], [, b]) => a - b);
  return LogFold.fromJson({
    v: 1,
    lastSeq: message.seq,
    keepArchivedMs: message.documents.times.reopenMs,
    alarms: message.alarms,
    cases: message.cases,
    caseNumbers: [],
    heads: [],
    alarmNumbers: [],
    lostAt: [],
    evacuations: [],
    archived,
    accepted: [],
    refused: [],
  });
}

/** What the core says beside events; it is there before the first `live` and outlives it. */
export class LiveNotices {
  private currentStatus: GatewayStatus;
  private samples: QuarantineSample[] = [];
  private shownUnrecorded: readonly UnrecordedAlarm[] = [];

  constructor(initial: GatewayStatus) {
    this.currentStatus = initial;
  }

  get status(): GatewayStatus {
    return this.currentStatus;
  }

  get quarantine(): readonly QuarantineSample[] {
    return this.samples;
  }

  get unrecorded(): readonly UnrecordedAlarm[] {
    return this.shownUnrecorded;
  }

  setStatus(status: GatewayStatus): void {
    this.currentStatus = status;
  }

  /** Newest last; the oldest go. */
  addQuarantine(samples: readonly QuarantineSample[]): void {
    this.samples = [...this.samples, ...samples].slice(-quarantineSamplesMax);
  }

  setUnrecorded(alarms: readonly UnrecordedAlarm[]): void {
    this.shownUnrecorded = alarms;
  }
}
