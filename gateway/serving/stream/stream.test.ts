// The stream over real sockets: snapshot, events, resume, holes, scope, values, logout. The fake core says what happens.

import { afterEach, describe, expect, it } from 'vitest';
import { viewLatestValues } from '../../protocol/latest-values.ts';
import type { QuarantineSample } from '../../protocol/stream.ts';
import { testSite, testStatus, testTime } from '../testing/site.ts';
import { ServingKit } from '../testing/serving-kit.ts';

let kit: ServingKit;
afterEach(() => kit.end());

const fast = { valuesMs: 10 };

describe('a screen', () => {
  it('gets a snapshot of its scope, then events with the state after each, as they come', async () => {
    kit = await ServingKit.start();
    const raised = kit.core.log.raise('east');
    kit.core.live('epoch-2');
    const cookie = await kit.login('dispatcher');
    const stream = await kit.stream(cookie);
    const snapshot = await stream.next('snapshot');
    expect(snapshot).toMatchObject({
      epoch: 'epoch-2',
      seq: 1,
      viewer: { id: 'dispatcher', name: '陈立军', roles: ['dispatcher'] },
      alarms: [{ id: raised.alarm, base: 'unacknowledged' }],
      cases: [],
      site: { sites: testSite.sites, points: testSite.points },
      status: { demo: true },
    });
    const opened = kit.core.log.openCase(raised);
    kit.core.tell(opened);
    const { events } = await stream.next('events');
    expect(events).toEqual([
      {
        seq: 2,
        prevSeq: 0,
        event: opened,
        alarm: kit.core.log.fold.alarms.get(raised.alarm ?? ''),
        case: kit.core.log.fold.cases.get(opened.case ?? ''),
      },
    ]);
  });

  it('of one mine sees only that mine, and its prevSeq skips the events of others', async () => {
    kit = await ServingKit.start();
    const stream = await kit.stream(await kit.login('west'));
    const snapshot = await stream.next('snapshot');
    expect(snapshot.site.points.map((point) => point?.id ?? null)).toEqual([null, null, 'west.ch4']);
    expect(snapshot.site.sites.map(({ id }) => id)).toEqual(['west']);
    const mines = ['west', 'east', 'east', 'west'] as const;
    for (const mine of mines) kit.core.tell(kit.core.log.raise(mine));
    const first = await stream.next('events');
    const second = await stream.next('events');
    expect([...first.events, ...second.events].map(({ seq, prevSeq }) => [prevSeq, seq])).toEqual([
      [0, 1],
      [1, 4],
    ]);
  });

  it('that comes back with its last seq gets exactly what it missed', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const before = await kit.stream(cookie);
    await before.next('snapshot');
    kit.core.tell(kit.core.log.raise('east'), kit.core.log.raise('west'));
    expect((await before.next('events')).events).toHaveLength(2);
    before.close();
    kit.core.tell(kit.core.log.raise('east'));
    kit.core.tell(kit.core.log.raise('west'));
    const watch = await kit.stream(cookie);
    await kit.until(async () => (await healthSeq(cookie)) === 4);
    const after = await kit.stream(cookie, { type: 'hello', epoch: 'epoch-1', lastSeq: 2 });
    expect(await after.next('resumed')).toMatchObject({ epoch: 'epoch-1', missed: 2 });
    const { events } = await after.next('events');
    expect(events.map(({ seq, prevSeq }) => [prevSeq, seq])).toEqual([
      [2, 3],
      [3, 4],
    ]);
    kit.core.tell(kit.core.log.raise('east'));
    expect((await after.next('events')).events.map(({ seq, prevSeq }) => [prevSeq, seq])).toEqual([[4, 5]]);
    watch.close();
  });

  it('that holds another epoch, a later seq or one that is too old gets a whole snapshot', async () => {
    kit = await ServingKit.start();
    kit.core.log.raise('east');
    kit.core.log.raise('west');
    kit.core.live('epoch-2');
    const cookie = await kit.login('dispatcher');
    await kit.until(async () => (await healthSeq(cookie)) === 2);
    const hellos = [
      { epoch: 'epoch-1', lastSeq: 2 },
      { epoch: 'epoch-2', lastSeq: 3 },
      { epoch: 'epoch-2', lastSeq: 1 },
    ];
    for (const hello of hellos) {
      const stream = await kit.stream(cookie, { type: 'hello', ...hello });
      expect((await stream.next('snapshot')).seq).toBe(2);
      expect(stream.messages.map(({ type }) => type)).not.toContain('resumed');
      stream.close();
    }
  });

  it('is given a new snapshot when the core starts again, and new documents when they change', async () => {
    kit = await ServingKit.start();
    const stream = await kit.stream(await kit.login('west'));
    await stream.next('snapshot');
    const renamed = { ...testSite, rules: testSite.rules.slice(0, 1) };
    kit.core.live('epoch-1', renamed);
    expect((await stream.next('site')).site.rules.map(({ id }) => id)).toEqual(['GAS-01']);
    kit.core.live('epoch-2', renamed);
    expect((await stream.next('snapshot')).epoch).toBe('epoch-2');
    const { sites } = testSite;
    kit.core.live('epoch-2', {
      ...testSite,
      sites: sites.map((site) => ({ ...site, name: `${site.name}二` })),
    });
    expect((await stream.next('closing')).code).toBe('SHUTTING_DOWN');
  });

  it('gets each event once, though the core tells some again', async () => {
    kit = await ServingKit.start();
    const stream = await kit.stream(await kit.login('dispatcher'));
    await stream.next('snapshot');
    const one = kit.core.log.raise('east');
    const two = kit.core.log.raise('east');
    kit.core.tell(one);
    kit.core.tell(one, two);
    expect((await stream.next('events')).events.map(({ seq }) => seq)).toEqual([1]);
    expect((await stream.next('events')).events.map(({ seq }) => seq)).toEqual([2]);
  });

  it('gets values that changed, with null for a sample without a number, and no others', async () => {
    kit = await ServingKit.start({ timing: fast });
    const latest = viewLatestValues(kit.core.latest);
    const write = (slot: number, t: number, v: number, s: number): void => {
      latest.time[slot] = t;
      latest.value[slot] = v;
      latest.status[slot] = s;
      latest.received[slot] = t + 5;
    };
    write(0, testTime, 0.52, 0);
    const stream = await kit.stream(await kit.login('dispatcher'));
    const { values } = await stream.next('snapshot');
    expect(values).toEqual({ slots: [0], t: [testTime], r: [testTime + 5], v: [0.52], s: [0] });
    write(2, testTime + 1, Number.NaN, 128);
    let told = await stream.next('values');
    // The first look after the snapshot may still tell slot 0 once.
    while (!told.values.slots.includes(2)) told = await stream.next('values');
    const at = told.values.slots.indexOf(2);
    expect([told.values.v[at], told.values.s[at], told.values.t[at]]).toEqual([null, 128, testTime + 1]);
    write(0, testTime + 2, 0.53, 0);
    expect((await stream.next('values')).values).toMatchObject({ slots: [0], v: [0.53] });
  });

  it('of one mine is told the values, status, samples and unrecorded alarms of that mine only', async () => {
    kit = await ServingKit.start({ timing: fast });
    const cookie = await kit.login('west');
    const stream = await kit.stream(cookie);
    await stream.next('snapshot');
    const latest = viewLatestValues(kit.core.latest);
    for (const slot of [0, 2]) {
      latest.value[slot] = 1;
      latest.received[slot] = testTime;
    }
    expect((await stream.next('values')).values.slots).toEqual([2]);
    kit.core.post({ type: 'status', status: testStatus() });
    const told = await stream.next('status');
    expect([told.status.room, told.status.sources.map(({ mine }) => mine)]).toEqual(['low', ['west']]);
    const sample = (topic: string): QuarantineSample => ({
      at: testTime,
      topic,
      source: 'gw',
      reason: 'JSON_INVALID',
      zh: 'JSON 无法解析',
      en: 'not valid UTF-8 JSON',
      sample: '{',
    });
    const topics = ['mine/v1/east/safety/gw/data', 'mine/v1/west/safety/gw/data', 'nonsense'];
    kit.core.post({ type: 'quarantine', samples: topics.map(sample) });
    expect((await stream.next('quarantine')).samples.map(({ topic }) => topic)).toEqual([topics[1]]);
    const whole = await kit.stream(await kit.login('dispatcher'));
    expect((await whole.next('snapshot')).quarantine).toHaveLength(3);
    const unrecorded = ['east.ch4', 'west.ch4'].map((scope) => ({
      rule: 'GAS-01',
      scope,
      level: 'red' as const,
      at: testTime,
      quantity: 2,
    }));
    kit.core.post({ type: 'unrecorded', alarms: unrecorded });
    expect((await stream.next('unrecorded')).alarms.map(({ scope }) => scope)).toEqual(['west.ch4']);
  });

  it('is closed when its session logs out, and no other is', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const other = await kit.stream(await kit.login('dispatcher'));
    const stream = await kit.stream(cookie);
    await stream.next('snapshot');
    await other.next('snapshot');
    await kit.fetch('/api/v1/session', { method: 'DELETE', cookie });
    expect((await stream.next('closing')).code).toBe('SESSION_ENDED');
    expect(await stream.closed()).toBe(4001);
    kit.core.tell(kit.core.log.raise('east'));
    expect((await other.next('events')).events).toHaveLength(1);
  });

  it('that sends what is not of the contract is closed', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    for (const message of ['{"type":"hello","epoch":1,"lastSeq":2}', 'hello', '[]', '{"type":"command"}']) {
      const stream = await kit.stream(cookie);
      await stream.next('snapshot');
      stream.socket.send(message);
      expect(await stream.closed()).toBe(1008);
    }
    const stream = await kit.stream(cookie);
    stream.socket.send('x'.repeat(5_000));
    expect(await stream.closed()).toBe(1009);
  });

  it('that answers no ping is ended', async () => {
    kit = await ServingKit.start({ timing: { heartbeatMs: 20 } });
    const cookie = await kit.login('dispatcher');
    const socket = kit.socket(cookie);
    await new Promise((resolve) => {
      socket.once('open', resolve);
    });
    socket.pong = () => undefined;
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    const isGone = (): boolean => kit.log.lines.some(({ event }) => event === 'ClientDisconnected');
    await kit.until(isGone);
    expect(isGone()).toBe(true);
  });

  it('is told when the gateway stops', async () => {
    kit = await ServingKit.start();
    const stream = await kit.stream(await kit.login('dispatcher'));
    await stream.next('snapshot');
    await kit.stop();
    expect((await stream.next('closing')).code).toBe('SHUTTING_DOWN');
    await kit.open();
  });
});

async function healthSeq(cookie: string): Promise<number> {
  const response = await kit.fetch('/api/v1/health', { cookie });
  return ((await response.json()) as { seq: number }).seq;
}
