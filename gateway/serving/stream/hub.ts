// All connected screens. Events go out in the call that brings them (the alarm path): one JSON text per event, shared by
// everyone, and one message per scope. A screen's first message is a snapshot or what it missed; from then on events
// follow with `seq` and `prevSeq`. `prevSeq` is the event before in the screen's scope: a screen has a hole when it is
// greater than the last sequence number that it holds.

import type { RawData } from 'ws';
import { assertNever } from '#alarms/kernel/result.ts';
import type { Event } from '#alarms/log/event.ts';
import type { ServingEvents } from '../../observability/serving-events.ts';
import type { QuarantineSample, StreamMessage, StreamRequest } from '../../protocol/stream.ts';
import type { LiveNotices, LiveState } from '../live.ts';
import { isVisible, type Scope } from '../scope.ts';
import type { StreamClient } from './client.ts';
import { entryJson, type RingEntry } from './ring.ts';
import { ChangedValues, columnsOf } from './values.ts';
import { quarantineView, siteView, statusView, unrecordedView } from './views.ts';

/** So many slots are written to text in one go; between two of them events may pass. */
const slotsAtOnce = 2_000;
/** Archived cases older than this are asked for by the API, not sent with every snapshot. */
const archivedShownMs = 24 * 3_600_000;

interface ScopeGroup {
  readonly scope: Scope;
  readonly clients: Set<StreamClient>;
  /** Of the last event in this scope. */
  lastSeq: number;
  /** Made when first wanted; lasts until the documents change. */
  siteJson: string | null;
}

export class StreamHub {
  private readonly notices: LiveNotices;
  private readonly events: ServingEvents;
  private readonly now: () => number;
  private readonly groups = new Map<string, ScopeGroup>();
  private live: LiveState | null = null;
  private changed: ChangedValues | null = null;
  private isTellingValues = false;

  constructor(notices: LiveNotices, events: ServingEvents, now: () => number) {
    this.notices = notices;
    this.events = events;
    this.now = now;
  }

  get clientCount(): number {
    let count = 0;
    for (const group of this.groups.values()) count += group.clients.size;
    return count;
  }

  clients(): readonly StreamClient[] {
    return [...this.groups.values()].flatMap((group) => [...group.clients]);
  }

  /** The caller has made sure that there is a live state. */
  add(client: StreamClient): void {
    const group = this.groupOf(client.scope);
    group.clients.add(client);
    this.events.clientConnected(client.viewer.id);
    client.socket.on('message', (data: RawData) => this.take(client, group, data));
    client.socket.on('error', () => client.socket.terminate());
    client.socket.on('close', () => {
      group.clients.delete(client);
      if (group.clients.size === 0) this.groups.delete(group.scope.key);
      this.events.clientDisconnected(client.viewer.id);
    });
  }

  /** A new state of the core: who can go on gets the new documents, everybody else a snapshot. */
  setLive(live: LiveState): void {
    const goesOn = this.live !== null && this.live.epoch === live.epoch && this.live.ring === live.ring;
    this.live = live;
    this.changed = new ChangedValues(live.latest);
    for (const group of this.groups.values()) {
      group.siteJson = null;
      group.lastSeq = lastSeqOf(live, group.scope);
      for (const client of group.clients) {
        if (!client.isSubscribed) continue;
        if (goesOn) this.send(client, `{"type":"site","site":${this.siteJson(group, live)}}`);
        else this.sendSnapshot(client, group, live);
      }
    }
  }

  /** Durable events, in order: applied and written to every socket before this returns. */
  tell(events: readonly Event[], committedAt: number): void {
    const live = this.live;
    if (live === null || events.length === 0) return;
    const entries = events.filter((event) => event.seq > live.seq).map((event) => live.apply(event));
    for (const group of this.groups.values()) this.tellGroup(group, entries);
    this.events.eventsTold(entries.length, Math.max(0, this.now() - committedAt));
  }

  tellStatus(): void {
    this.broadcast((scope) => ({ type: 'status', status: statusView(this.notices.status, scope) }));
  }

  tellQuarantine(samples: readonly QuarantineSample[]): void {
    this.broadcast((scope) => {
      const visible = quarantineView(samples, scope);
      return visible.length === 0 ? null : { type: 'quarantine', samples: visible };
    });
  }

  tellUnrecorded(): void {
    const live = this.live;
    if (live === null) return;
    this.broadcast((scope) => ({
      type: 'unrecorded',
      alarms: unrecordedView(this.notices.unrecorded, live, scope),
    }));
  }

  /** The screen's pace, once a second: only what changed, in pieces, so that an alarm never waits for all values. */
  async tellValues(): Promise<void> {
    const live = this.live;
    if (live === null || this.changed === null || this.isTellingValues) return;
    this.isTellingValues = true;
    try {
      const changed = this.changed.look(live.documents.points.length);
      for (let from = 0; from < changed.length; from += slotsAtOnce) {
        if (from > 0) await new Promise((resolve) => setImmediate(resolve));
        if (this.live !== live) return;
        const piece = changed.slice(from, from + slotsAtOnce);
        for (const group of this.groups.values()) this.tellGroupValues(group, live, piece);
      }
      if (this.live === live) this.catchUpValues(live);
    } finally {
      this.isTellingValues = false;
    }
  }

  beat(): void {
    for (const client of this.clients()) client.beat();
  }

  closeSession(sessionKey: string): void {
    for (const client of this.clients()) {
      if (client.sessionKey === sessionKey) client.close('SESSION_ENDED');
    }
  }

  closeAll(): void {
    for (const client of this.clients()) client.close('SHUTTING_DOWN');
  }

  private tellGroup(group: ScopeGroup, entries: readonly RingEntry[]): void {
    const texts: string[] = [];
    for (const entry of entries) {
      if (!isVisible(group.scope, entry.mine)) continue;
      texts.push(entryJson(entry, group.lastSeq));
      group.lastSeq = entry.seq;
    }
    if (texts.length === 0) return;
    const message = eventsMessage(texts);
    for (const client of group.clients) if (client.isSubscribed) this.send(client, message);
  }

  private tellGroupValues(group: ScopeGroup, live: LiveState, slots: readonly number[]): void {
    const visible = slotsInScope(live, group.scope, slots);
    if (visible.length === 0) return;
    const message = this.valuesMessage(live, visible);
    for (const client of group.clients) {
      if (!client.isSubscribed || client.needsAllValues) continue;
      if (client.mayTakeValues) {
        this.send(client, message);
      } else {
        client.needsAllValues = true;
        this.events.clientValuesSkipped();
      }
    }
  }

  private catchUpValues(live: LiveState): void {
    for (const group of this.groups.values()) {
      for (const client of group.clients) {
        if (!client.isSubscribed || !client.needsAllValues || !client.mayTakeValues) continue;
        client.needsAllValues = false;
        this.send(client, this.valuesMessage(live, slotsInScope(live, group.scope)));
      }
    }
  }

  private take(client: StreamClient, group: ScopeGroup, data: RawData): void {
    const request = client.parse(data);
    if (request === null) {
      this.events.clientMessageRefused(client.viewer.id);
      client.socket.close(1008, 'message refused');
      return;
    }
    this.answer(client, group, request);
  }

  private answer(client: StreamClient, group: ScopeGroup, request: StreamRequest): void {
    const live = this.live;
    switch (request.type) {
      case 'hello':
        if (live === null) return;
        if (!this.resumes(client, group, live, request)) this.sendSnapshot(client, group, live);
        return;
      case 'painted':
        this.events.clientPainted();
        return;
      default:
        assertNever(request, 'stream request');
    }
  }

  /** True when everything after the client's last event could be sent. */
  private resumes(
    client: StreamClient,
    group: ScopeGroup,
    live: LiveState,
    request: Extract<StreamRequest, { type: 'hello' }>,
  ): boolean {
    const { epoch, lastSeq } = request;
    if (epoch !== live.epoch || lastSeq === undefined || lastSeq > live.seq) return false;
    const missed = live.ring.after(lastSeq);
    if (missed === null) return false;
    const visible = missed.filter((entry) => isVisible(group.scope, entry.mine));
    const message: StreamMessage = {
      type: 'resumed',
      epoch: live.epoch,
      missed: visible.length,
      values: columnsOf(live.latest, slotsInScope(live, group.scope)),
      status: statusView(this.notices.status, group.scope),
    };
    client.isSubscribed = true;
    this.send(client, JSON.stringify(message));
    let prevSeq = lastSeq;
    const texts = visible.map((entry) => {
      const text = entryJson(entry, prevSeq);
      prevSeq = entry.seq;
      return text;
    });
    if (texts.length > 0) this.send(client, eventsMessage(texts));
    this.events.clientResumed(visible.length);
    return true;
  }

  private sendSnapshot(client: StreamClient, group: ScopeGroup, live: LiveState): void {
    const now = this.now();
    const text = snapshotJson({
      epoch: live.epoch,
      seq: live.seq,
      viewer: client.viewer,
      site: this.siteJson(group, live),
      alarms: [...live.alarms()].filter((alarm) => isVisible(group.scope, alarm.mine)),
      cases: [...live.cases()].filter(
        (state) =>
          isVisible(group.scope, state.mine) &&
          (state.archived === null || now - state.archived.at < archivedShownMs),
      ),
      values: columnsOf(live.latest, slotsInScope(live, group.scope)),
      status: statusView(this.notices.status, group.scope),
      quarantine: quarantineView(this.notices.quarantine, group.scope),
    });
    client.isSubscribed = true;
    client.needsAllValues = false;
    this.send(client, text);
    if (this.notices.unrecorded.length > 0) {
      const alarms = unrecordedView(this.notices.unrecorded, live, group.scope);
      this.send(client, JSON.stringify({ type: 'unrecorded', alarms } satisfies StreamMessage));
    }
    this.events.clientSnapshotSent(text.length);
  }

  private send(client: StreamClient, text: string): void {
    if (client.send(text) === 'tooSlow') {
      this.events.clientTooSlow(client.viewer.id, client.socket.bufferedAmount);
    }
  }

  private broadcast(messageFor: (scope: Scope) => StreamMessage | null): void {
    for (const group of this.groups.values()) {
      const message = messageFor(group.scope);
      if (message === null) continue;
      const text = JSON.stringify(message);
      for (const client of group.clients) if (client.isSubscribed) this.send(client, text);
    }
  }

  private groupOf(scope: Scope): ScopeGroup {
    const known = this.groups.get(scope.key);
    if (known !== undefined) return known;
    const lastSeq = this.live === null ? 0 : lastSeqOf(this.live, scope);
    const group: ScopeGroup = { scope, clients: new Set(), lastSeq, siteJson: null };
    this.groups.set(scope.key, group);
    return group;
  }

  private siteJson(group: ScopeGroup, live: LiveState): string {
    group.siteJson ??= JSON.stringify(siteView(live, group.scope));
    return group.siteJson;
  }

  private valuesMessage(live: LiveState, slots: readonly number[]): string {
    const values = columnsOf(live.latest, slots);
    return JSON.stringify({ type: 'values', serverTime: this.now(), values } satisfies StreamMessage);
  }
}

type Snapshot = Extract<StreamMessage, { type: 'snapshot' }>;

/** The site is text already: it is large, the same for everybody of a scope, and changes rarely. */
function snapshotJson(snapshot: Omit<Snapshot, 'type' | 'site'> & { readonly site: string }): string {
  const { site, ...rest } = snapshot;
  return `{"type":"snapshot","site":${site},${JSON.stringify(rest).slice(1)}`;
}

function eventsMessage(texts: readonly string[]): string {
  return `{"type":"events","events":[${texts.join(',')}]}`;
}

function lastSeqOf(live: LiveState, scope: Scope): number {
  return live.ring.lastSeq((entry) => isVisible(scope, entry.mine));
}

function slotsInScope(live: LiveState, scope: Scope, slots?: readonly number[]): readonly number[] {
  const { points } = live.documents;
  if (scope.isWhole && slots !== undefined) return slots;
  const asked = slots ?? Array.from(points.keys());
  return asked.filter((slot) => scope.mines.has(points[slot]!.mine));
}
