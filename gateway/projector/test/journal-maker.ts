// Makes journals by hand for tests: batches of inputs and events, written with the real codec into real segment files,
// events numbered and chained as the core would. No journal thread, no preallocation beyond a tail of zeros.

import { createHash } from 'node:crypto';
import { chainHash, genesisHash } from '#alarms/log/chain.ts';
import type { Event, EventDraft } from '#alarms/log/event.ts';
import type { Input } from '#alarms/engine/input.ts';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import type { Point } from '#alarms/registry/site.ts';
import { outcome, type ReadingsFrame } from '#alarms/telemetry/frame.ts';
import { BatchEncoder, makeFrame } from '../../journal/entry.ts';
import type { JournalFiles } from '../../journal/file-port.ts';
import { sealRecord } from '../../journal/record.ts';
import { segmentName } from '../../journal/segment-name.ts';

export interface Sample {
  readonly slot: number;
  readonly t: number;
  readonly v: number | null;
  readonly s?: number;
  readonly made?: 'accepted' | 'duplicate' | 'late';
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const zeroTail = new Uint8Array(4096);

export class JournalMaker {
  readonly events: Event[] = [];
  position = 0;
  private readonly files: JournalFiles;
  private readonly encoder = new BatchEncoder(new ArrayBuffer(1 << 16));
  private sequence = 1;
  private batchFirst = 1;
  private ordinal = 0;
  private segment: { readonly name: string; readonly start: number } | null = null;
  private readonly heads = new Map<string, string>();

  constructor(files: JournalFiles) {
    this.files = files;
  }

  get lastSequence(): number {
    return this.sequence - 1;
  }

  input(input: Input): this {
    this.encoder.appendInput(input);
    this.sequence += 1;
    this.ordinal = 0;
    return this;
  }

  readings(received: number, source: number, samples: readonly Sample[]): this {
    return this.input({ kind: 'readings', frame: frameOf(received, source, samples) });
  }

  /** An event that the last input caused. */
  event(at: number, draft: EventDraft): this {
    const { mine } = draft;
    const prevHash = this.heads.get(mine) ?? genesisHash(mine, sha256);
    this.ordinal += 1;
    const event = {
      v: 1,
      id: `${this.lastSequence}.${this.ordinal}`,
      seq: this.events.length + 1,
      at,
      prevHash,
      ...draft,
    } as Event;
    this.heads.set(mine, chainHash(prevHash, event, sha256));
    this.events.push(event);
    this.encoder.appendEvent(this.lastSequence, event);
    return this;
  }

  /** Writes what was added since the last one as one batch; the position behind it. */
  batch(): number {
    if (this.encoder.entryCount === 0) return this.position;
    const length = this.encoder.length;
    const columns = this.encoder.finish(this.position, this.batchFirst);
    sealRecord(columns, 0, length);
    this.segment ??= this.newSegment();
    const file = this.files.open(this.segment.name, 'durable');
    file.write(columns.bytes.subarray(0, length), this.position - this.segment.start);
    file.write(zeroTail, this.position - this.segment.start + length);
    file.close();
    this.position += length;
    this.batchFirst = this.sequence;
    this.encoder.clear();
    return this.position;
  }

  /** The next batch goes to a segment of its own. */
  endSegment(): this {
    this.batch();
    this.segment = null;
    return this;
  }

  private newSegment(): { readonly name: string; readonly start: number } {
    const name = segmentName(this.position, this.batchFirst);
    this.files.create(name, 'buffered').close();
    return { name, start: this.position };
  }
}

export function frameOf(received: number, source: number, samples: readonly Sample[]): ReadingsFrame {
  const frame = makeFrame(Math.max(1, samples.length));
  frame.received = received;
  frame.source = source;
  frame.base = samples[0]?.t ?? received;
  frame.count = samples.length;
  samples.forEach(({ slot, t, v, s = 0, made = 'accepted' }, i) => {
    frame.slots[i] = slot;
    frame.times[i] = t;
    frame.values[i] = v ?? Number.NaN;
    frame.status[i] = s;
    frame.outcomes[i] = outcome[made];
  });
  return frame;
}

export function documentsOf(points: readonly string[], mine = 'm1'): SiteDocuments {
  return {
    sites: [{ id: mine, name: mine, kind: 'mine' }],
    places: [],
    points: points.map((id) => pointOf(id, mine)),
    rules: [],
    times: { calmMs: 60_000, regroupMs: 1_800_000, reopenMs: 86_400_000 },
  };
}

export function pointOf(id: string, mine: string): Point {
  return { id, mine, measurand: 'ch4', unit: '%', periodS: 1, place: 'face', limits: {}, range: [0, 4] };
}

export function raised(mine: string, alarm: string, at: number): EventDraft {
  const [pair = ''] = alarm.split('#');
  const [rule = '', scope = ''] = pair.split('/');
  return {
    type: 'AlarmRaised',
    mine,
    alarm,
    data: {
      rule,
      ruleName: { zh: '甲烷超限', en: 'methane over limit' },
      ruleVersion: '1',
      ruleKind: 'threshold',
      ruleClass: 'gas',
      overLimit: true,
      latching: false,
      clause: 'Rule 171',
      mark: 'C',
      respond: ['N'],
      scope,
      scopeName: scope,
      place: 'face',
      placeName: 'face',
      level: 'orange',
      since: at - 3_000,
      raisedAt: at,
      announced: true,
      planned: false,
      causedBy: null,
      marks: [],
      delayedS: null,
      unit: '%',
      quantity: 1.2,
      limit: 1,
      op: '>=',
      limitSource: 'own limit',
      onDelayS: 3,
      samplesNeeded: 1,
    },
  };
}

export function caseOpened(mine: string, id: string, alarm: string): EventDraft {
  return {
    type: 'CaseOpened',
    mine,
    case: id,
    alarm,
    data: {
      level: 'orange',
      place: 'face',
      placeName: 'face',
      causeKey: `${mine}/face`,
      alarms: [alarm],
      manual: false,
      gas: true,
      onSiteRequired: true,
      previous: null,
      firstOut: alarm,
    },
  };
}

export function returned(mine: string, alarm: string, caseId: string, at: number): EventDraft {
  return {
    type: 'AlarmReturned',
    mine,
    alarm,
    case: caseId,
    data: {
      to: 'returned',
      clearedAt: at,
      peak: { value: 1.4, at: at - 10_000 },
      samples: 12,
      reason: 'cleared',
    },
  };
}
