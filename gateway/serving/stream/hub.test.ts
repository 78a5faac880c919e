// The promise under pressure, on sockets whose buffer the test fills: values are left out, alarms never; a screen that
// cannot take them is closed. And the ring: what it says is complete is complete.

import { EventEmitter } from 'node:events';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createMetrics } from '../../observability/metrics.ts';
import { createServingEvents } from '../../observability/serving-events.ts';
import { createLatestValuesMemory, viewLatestValues } from '../../protocol/latest-values.ts';
import type { StreamMessage } from '../../protocol/stream.ts';
import { LiveNotices, LiveState } from '../live.ts';
import { scopeOf } from '../scope.ts';
import { recordingLog, type LogLine } from '../testing/serving-kit.ts';
import { TestLog, testSite, testStatus, testTime } from '../testing/site.ts';
import { StreamClient } from './client.ts';
import { StreamHub } from './hub.ts';
import { EventRing, entryJson } from './ring.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly messages: StreamMessage[] = [];
  closeCode: number | null = null;

  send(text: string): void {
    this.messages.push(JSON.parse(text) as StreamMessage);
  }
  close(code: number): void {
    this.closeCode = code;
  }
  terminate(): void {
    this.emit('close');
  }
  ping(): void {}

  types(): string[] {
    return this.messages.map(({ type }) => type);
  }
}

const bounds = { valuesBytes: 1_000, closeBytes: 10_000 };

class Scene {
  readonly log = new TestLog();
  readonly memory = createLatestValuesMemory(testSite.points.length);
  readonly latest = viewLatestValues(this.memory);
  readonly lines: LogLine[];
  readonly hub: StreamHub;

  constructor() {
    const log = recordingLog();
    this.lines = log.lines;
    const events = createServingEvents(log, createMetrics({ withProcess: false }), () => testTime);
    this.hub = new StreamHub(new LiveNotices(testStatus()), events, () => testTime);
    this.hub.setLive(this.liveState());
  }

  liveState(): LiveState {
    const { fold, seq } = this.log;
    return new LiveState(
      {
        type: 'live',
        epoch: 'e',
        seq,
        documents: testSite,
        alarms: [...fold.alarms.values()],
        cases: [...fold.cases.values()],
        latest: this.memory,
      },
      null,
    );
  }

  screen(): FakeSocket {
    const socket = new FakeSocket();
    const scope = scopeOf([{ role: 'dispatcher', site: 'group' }], testSite.sites);
    const viewer = { id: 'p', name: 'p', roles: ['dispatcher' as const] };
    this.hub.add(new StreamClient(socket as unknown as WebSocket, viewer, 'session', scope, bounds));
    socket.emit('message', Buffer.from('{"type":"hello"}'));
    return socket;
  }

  measure(slot: number, value: number): Promise<void> {
    this.latest.value[slot] = value;
    this.latest.received[slot] = testTime;
    return this.hub.tellValues();
  }

  raise(): void {
    this.hub.tell([this.log.raise('east')], testTime);
  }
}

describe('a slow screen', () => {
  it('gets every alarm and no values while it is behind, then all values at once', async () => {
    const scene = new Scene();
    const slow = scene.screen();
    const quick = scene.screen();
    slow.bufferedAmount = bounds.valuesBytes + 1;
    await scene.measure(0, 0.1);
    scene.raise();
    await scene.measure(1, 0.2);
    await scene.measure(0, 0.3);
    expect(slow.types()).toEqual(['snapshot', 'events']);
    expect(quick.types()).toEqual(['snapshot', 'values', 'events', 'values', 'values']);
    slow.bufferedAmount = 0;
    await scene.measure(2, 0.4);
    expect(slow.messages.at(-1)).toMatchObject({
      type: 'values',
      values: { slots: [0, 1, 2], v: [0.3, 0.2, 0.4] },
    });
    expect(quick.messages.at(-1)).toMatchObject({ type: 'values', values: { slots: [2] } });
    await scene.measure(2, 0.5);
    expect(slow.messages.at(-1)).toMatchObject({ values: { slots: [2], v: [0.5] } });
  });

  it('above the hard bound is closed with SLOW_CONSUMER and told to the engineer; others go on', () => {
    const scene = new Scene();
    const frozen = scene.screen();
    const quick = scene.screen();
    frozen.bufferedAmount = bounds.closeBytes + 1;
    scene.raise();
    scene.raise();
    expect(frozen.types()).toEqual(['snapshot', 'closing']);
    expect(frozen.messages.at(-1)).toEqual({ type: 'closing', code: 'SLOW_CONSUMER' });
    expect(frozen.closeCode).toBe(4008);
    expect(quick.types()).toEqual(['snapshot', 'events', 'events']);
    expect(scene.lines.filter(({ event }) => event === 'ClientTooSlow')).toHaveLength(1);
  });

  it('is nothing to the hub once it is gone', () => {
    const scene = new Scene();
    const socket = scene.screen();
    expect(scene.hub.clientCount).toBe(1);
    socket.emit('close');
    scene.raise();
    expect(scene.hub.clientCount).toBe(0);
    expect(socket.types()).toEqual(['snapshot']);
  });

  it('that has not said hello is sent nothing', () => {
    const scene = new Scene();
    const socket = new FakeSocket();
    const scope = scopeOf([{ role: 'dispatcher', site: 'group' }], testSite.sites);
    scene.hub.add(
      new StreamClient(socket as unknown as WebSocket, { id: 'p', name: 'p', roles: [] }, 's', scope),
    );
    scene.raise();
    expect(socket.types()).toEqual([]);
  });
});

describe('a screen that comes and goes at random', () => {
  it('never misses an event of its scope and never gets one twice', () => {
    const step = fc.oneof(
      fc.record({
        what: fc.constant('event' as const),
        mine: fc.constantFrom('east' as const, 'west' as const),
      }),
      fc.record({ what: fc.constantFrom('leave' as const, 'come' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom('group', 'west'), (steps, site) => {
        const scene = new Scene();
        const scope = scopeOf([{ role: 'leader', site }], testSite.sites);
        let socket: FakeSocket | null = null;
        /** What the screen has, as a reducer would keep it. */
        let lastSeq: number | null = null;
        let known: number[] = [];
        const drain = (): void => {
          for (const message of socket?.messages.splice(0) ?? []) {
            if (message.type === 'snapshot') {
              lastSeq = message.seq;
              known = message.alarms.map(({ seqRaised }) => seqRaised);
            }
            if (message.type !== 'events') continue;
            for (const { seq, prevSeq } of message.events) {
              expect(prevSeq).toBeLessThanOrEqual(lastSeq ?? -1);
              expect(seq).toBeGreaterThan(lastSeq ?? -1);
              lastSeq = seq;
              known.push(seq);
            }
          }
        };
        const come = (): void => {
          socket = new FakeSocket();
          scene.hub.add(
            new StreamClient(socket as unknown as WebSocket, { id: 'p', name: 'p', roles: [] }, 's', scope),
          );
          const hello = lastSeq === null ? { type: 'hello' } : { type: 'hello', epoch: 'e', lastSeq };
          socket.emit('message', Buffer.from(JSON.stringify(hello)));
        };
        for (const one of steps) {
          if (one.what === 'event') {
            scene.hub.tell([scene.log.raise(one.mine)], testTime);
          } else if (one.what === 'come' && socket === null) {
            come();
          } else if (one.what === 'leave' && socket !== null) {
            (socket as FakeSocket).emit('close');
            socket = null;
          }
          drain();
        }
        if (socket === null) come();
        drain();
        const expected = scene.log.events.filter(({ mine }) => scope.mines.has(mine)).map(({ seq }) => seq);
        expect(known).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the ring of events', () => {
  it('says null rather than leave something out, and keeps to its bound', () => {
    const log = new TestLog();
    const ring = new EventRing(0);
    for (let i = 0; i < 10_050; i += 1) ring.push({ ...log.raise('east'), seq: i + 1 }, {});
    expect(ring.size).toBeLessThanOrEqual(10_000);
    const first = 10_050 - ring.size;
    expect(ring.after(first)?.length).toBe(ring.size);
    expect(ring.after(first - 1)).toBeNull();
    expect(ring.after(10_050)).toEqual([]);
    expect(ring.lastSeq((entry) => entry.seq <= 10_000)).toBe(10_000);
  });

  it('is bounded by bytes as well', () => {
    const log = new TestLog();
    const ring = new EventRing(0);
    const opened = log.openCase(log.raise('east'));
    const large = { ...log.fold.cases.get(opened.case ?? '')!, placeName: 'x'.repeat(1_000_000) };
    for (let i = 0; i < 40; i += 1) ring.push({ ...opened, seq: i + 1 }, { case: large });
    expect(ring.size).toBe(11);
    expect(ring.after(28)).toBeNull();
  });

  it('writes entries that are the JSON of the contract', () => {
    const log = new TestLog();
    const raised = log.raise('west');
    const alarm = log.fold.alarms.get(raised.alarm ?? '')!;
    const entry = new EventRing(0).push(raised, { alarm });
    expect(JSON.parse(entryJson(entry, 7))).toEqual({ seq: 1, prevSeq: 7, event: raised, alarm });
  });
});
