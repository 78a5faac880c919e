import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamMessage } from '#gateway/protocol/stream.ts';
import type { EventEntry } from './contract.ts';
import { alarmOf, caseOf, columns, entryOf, snapshotOf, t0 } from './samples.ts';
import { emptyState, reduce, type StreamState } from './state.ts';

function after(messages: readonly StreamMessage[], from: StreamState = emptyState): StreamState {
  return messages.reduce((state, message) => reduce(state, message).state, from);
}

const ready = after([snapshotOf({ seq: 10 })]);

describe('snapshot', () => {
  test('it is the whole picture: what was known before is gone', () => {
    const before = after([
      snapshotOf({ alarms: [alarmOf('old', 'red')], values: columns([[0, t0, 1]]) }),
      { type: 'unrecorded', alarms: [{ rule: 'r', scope: 's', level: 'red', at: t0, quantity: 2 }] },
    ]);
    const state = after([snapshotOf({ seq: 40, alarms: [alarmOf('new', 'blue')] })], before);
    expect([...state.alarms.keys()]).toEqual(['new']);
    expect(state.values.size).toBe(0);
    expect(state.unrecorded).toEqual([]);
    expect(state.lastSeq).toBe(40);
  });

  test('the first one is a beginning, a later one says that everything was loaded anew', () => {
    expect(ready.resumption).toEqual({ count: 0, missed: 0, isWhole: false });
    expect(after([snapshotOf()], ready).resumption).toEqual({ count: 1, missed: 0, isWhole: true });
  });

  test('alarms that have ended are not among the living', () => {
    const state = after([
      snapshotOf({ alarms: [alarmOf('a', 'red', { base: 'normal' }), alarmOf('b', 'red')] }),
    ]);
    expect([...state.alarms.keys()]).toEqual(['b']);
  });
});

describe('events', () => {
  test('an alarm appears, is acknowledged, and leaves when it is over', () => {
    const raised = alarmOf('a', 'orange');
    const up = after([{ type: 'events', events: [entryOf(11, 10, { alarm: raised })] }], ready);
    expect(up.alarms.get('a')?.base).toBe('unacknowledged');
    const over = after(
      [{ type: 'events', events: [entryOf(12, 11, { alarm: { ...raised, base: 'normal' } })] }],
      up,
    );
    expect(over.alarms.size).toBe(0);
    expect(over.ended.map((alarm) => alarm.id)).toEqual(['a']);
  });

  test('an alarm that was superseded gives way to its successor', () => {
    const a = alarmOf('a', 'yellow');
    const state = after(
      [
        { type: 'events', events: [entryOf(11, 10, { alarm: a })] },
        {
          type: 'events',
          events: [
            entryOf(12, 11, { alarm: { ...a, supersededBy: 'b' } }),
            entryOf(13, 12, { alarm: alarmOf('b', 'orange') }),
          ],
        },
      ],
      ready,
    );
    expect([...state.alarms.keys()]).toEqual(['b']);
  });

  test('a case follows its newest state', () => {
    const state = after(
      [
        { type: 'events', events: [entryOf(11, 10, { case: caseOf('m1/C1') })] },
        { type: 'events', events: [entryOf(12, 11, { case: caseOf('m1/C1', { stage: 'received' }) })] },
      ],
      ready,
    );
    expect(state.cases.get('m1/C1')?.stage).toBe('received');
  });

  test('an event seen before changes nothing', () => {
    const one: StreamMessage = { type: 'events', events: [entryOf(9, 8, { alarm: alarmOf('x', 'red') })] };
    const { state, mustAsk } = reduce(ready, one);
    expect(state).toBe(ready);
    expect(mustAsk).toBe(false);
  });

  test('events of other mines in between are no hole: the one before of this subscription is held', () => {
    const { state, mustAsk } = reduce(ready, {
      type: 'events',
      events: [entryOf(25, 7, { alarm: alarmOf('a', 'red') })],
    });
    expect(mustAsk).toBe(false);
    expect(state.lastSeq).toBe(25);
  });

  test('a hole is asked for once and never stepped over', () => {
    const first = reduce(ready, {
      type: 'events',
      events: [entryOf(13, 12, { alarm: alarmOf('c', 'red') })],
    });
    expect(first.mustAsk).toBe(true);
    expect(first.state.alarms.size).toBe(0);
    expect(first.state.lastSeq).toBe(10);
    const second = reduce(first.state, { type: 'events', events: [entryOf(14, 13)] });
    expect(second.mustAsk).toBe(false);
    expect(second.state.lastSeq).toBe(10);
  });

  test('what came before the hole in the same message is kept', () => {
    const { state, mustAsk } = reduce(ready, {
      type: 'events',
      events: [entryOf(11, 10, { alarm: alarmOf('a', 'red') }), entryOf(14, 13)],
    });
    expect(mustAsk).toBe(true);
    expect(state.lastSeq).toBe(11);
    expect(state.alarms.has('a')).toBe(true);
  });

  test('after the answer the missed events close the hole', () => {
    const asked = reduce(ready, { type: 'events', events: [entryOf(13, 12)] }).state;
    const state = after(
      [
        { type: 'resumed', epoch: 'e1', missed: 3, values: columns([]), status: snapshotOf().status },
        {
          type: 'events',
          events: [entryOf(11, 10), entryOf(12, 11, { alarm: alarmOf('b', 'red') }), entryOf(13, 12)],
        },
      ],
      asked,
    );
    expect(state.isAsking).toBe(false);
    expect(state.lastSeq).toBe(13);
    expect(state.alarms.has('b')).toBe(true);
    expect(state.resumption).toEqual({ count: 1, missed: 3, isWhole: false });
  });

  test('however a log is cut, doubled and torn, resuming by sequence gives the state of an undisturbed screen', () => {
    const log: EventEntry[] = Array.from({ length: 40 }, (_, i) => {
      const id = `a${i % 7}`;
      const base = i % 3 === 2 ? 'normal' : 'unacknowledged';
      return entryOf(11 + i, 10 + i, { alarm: alarmOf(id, 'orange', { base, seq: 11 + i }) });
    });
    const undisturbed = after([{ type: 'events', events: log }], ready);
    const cut = fc.record({
      from: fc.nat(39),
      length: fc.integer({ min: 1, max: 12 }),
      isLost: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 12 }), (cuts) => {
        let state = ready;
        const deliver = (entries: readonly EventEntry[]): void => {
          const reduced = reduce(state, { type: 'events', events: entries });
          state = reduced.state;
          if (!reduced.mustAsk) return;
          const { status } = snapshotOf();
          state = reduce(state, {
            type: 'resumed',
            epoch: 'e1',
            missed: 1,
            values: columns([]),
            status,
          }).state;
          const missed = log.filter((entry) => entry.seq > state.lastSeq);
          state = reduce(state, { type: 'events', events: missed }).state;
        };
        for (const { from, length, isLost } of cuts) if (!isLost) deliver(log.slice(from, from + length));
        deliver(log.slice(-1));
        expect([...state.alarms.keys()].toSorted()).toEqual([...undisturbed.alarms.keys()].toSorted());
        expect(state.lastSeq).toBe(undisturbed.lastSeq);
      }),
    );
  });
});

describe('values', () => {
  test('only the named slots change', () => {
    const one = after([
      snapshotOf({
        values: columns([
          [0, t0, 0.5],
          [1, t0, 0.7],
        ]),
      }),
    ]);
    const two = after(
      [{ type: 'values', serverTime: t0 + 1000, values: columns([[1, t0 + 1000, 0.8]]) }],
      one,
    );
    expect(two.values.get(0)).toBe(one.values.get(0));
    expect(two.values.get(1)?.v).toBe(0.8);
  });

  test('a sample without a number keeps the last number apart', () => {
    const state = after([
      snapshotOf({ values: columns([[0, t0, 0.31, 512]]) }),
      { type: 'values', serverTime: t0, values: columns([[0, t0 + 5000, null, 128]]) },
    ]);
    expect(state.values.get(0)).toMatchObject({ v: null, s: 128, lastNumber: { t: t0, v: 0.31, s: 512 } });
  });

  test('a slot that never received anything stays unknown', () => {
    const values = { slots: [0], t: [0], r: [0], v: [null], s: [0] };
    expect(after([snapshotOf({ values })]).values.has(0)).toBe(false);
  });
});

test('bounded lists stay bounded', () => {
  const sample = { at: t0, topic: 't', source: 's', reason: 'EMPTY', zh: '', en: '', sample: '' };
  const samples = Array.from({ length: 1_000 }, () => sample);
  const events = Array.from({ length: 2_000 }, (_, i) => entryOf(11 + i, 10 + i));
  const state = after(
    [
      { type: 'quarantine', samples },
      { type: 'events', events },
    ],
    ready,
  );
  expect(state.quarantine).toHaveLength(200);
  expect(state.events).toHaveLength(500);
  expect(state.events.at(-1)?.seq).toBe(2_010);
});

test('the end of the session is remembered until the next snapshot', () => {
  const ended = after([{ type: 'closing', code: 'SESSION_ENDED' }], ready);
  expect(ended.closing).toBe('SESSION_ENDED');
  expect(after([snapshotOf()], ended).closing).toBeNull();
});
