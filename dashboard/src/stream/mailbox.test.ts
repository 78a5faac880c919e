import { describe, expect, test } from 'vitest';
import { Mailbox } from './mailbox.ts';
import { alarmOf, columns, entryOf, snapshotOf, t0 } from './samples.ts';

const values = (rows: Parameters<typeof columns>[0]) =>
  ({ type: 'values', serverTime: t0, values: columns(rows) }) as const;

describe('mailbox', () => {
  test('events are handed on at once, values wait', () => {
    const mailbox = new Mailbox();
    const events = { type: 'events', events: [entryOf(1, 0, { alarm: alarmOf('a', 'red') })] } as const;
    expect(mailbox.push(values([[0, t0, 1]]))).toBeNull();
    expect(mailbox.push(events)).toBe(events);
    expect(mailbox.takeValues()?.values.slots).toEqual([0]);
    expect(mailbox.takeValues()).toBeNull();
  });

  test('of one slot only the newest waits', () => {
    const mailbox = new Mailbox();
    for (let i = 0; i < 100; i++) mailbox.push(values([[3, t0 + i, i]]));
    expect(mailbox.size).toBe(1);
    expect(mailbox.takeValues()?.values.v).toEqual([99]);
    expect(mailbox.dropped).toBe(0);
  });

  test('beyond the bound the longest waiting value goes and is counted; no alarm ever goes', () => {
    const mailbox = new Mailbox(2);
    mailbox.push(
      values([
        [1, t0, 1],
        [2, t0, 2],
      ]),
    );
    mailbox.push(
      values([
        [1, t0 + 1, 11],
        [3, t0 + 1, 3],
      ]),
    );
    const events = { type: 'events', events: [entryOf(1, 0)] } as const;
    expect(mailbox.push(events)).toBe(events);
    expect(mailbox.takeValues()?.values.slots).toEqual([1, 3]);
    expect(mailbox.dropped).toBe(1);
  });

  test('a whole picture makes older waiting values void', () => {
    const mailbox = new Mailbox();
    mailbox.push(values([[1, t0, 1]]));
    mailbox.push(snapshotOf());
    expect(mailbox.takeValues()).toBeNull();
  });
});
