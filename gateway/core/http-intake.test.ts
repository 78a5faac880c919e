// What the core answers to messages over HTTP, with a loop that holds them until the test lets go.

import { expect, test } from 'vitest';
import type { IncomingMessage, ReadingsTaken } from '../ports.ts';
import { HttpIntake, httpHeldBytesMax, type MessageTaker } from './http-intake.ts';

class HeldLoop implements MessageTaker {
  isPressed = false;
  readonly held: IncomingMessage[] = [];

  message(message: IncomingMessage): void {
    this.held.push(message);
  }
}

interface Made {
  readonly loop: HeldLoop;
  readonly http: HttpIntake;
  readonly told: (readonly ReadingsTaken[])[];
  /** Gives the intake one turn; false: it wanted none. */
  readonly turn: () => boolean;
  readonly turns: () => void;
}

function make(): Made {
  const loop = new HeldLoop();
  const told: (readonly ReadingsTaken[])[] = [];
  const wanted: (() => void)[] = [];
  const http = new HttpIntake(
    loop,
    (taken) => told.push(taken),
    (work) => wanted.push(work),
  );
  const turn = (): boolean => {
    const work = wanted.shift();
    work?.();
    return work !== undefined;
  };
  const turns = (): void => {
    while (turn());
  };
  return { loop, http, told, turn, turns };
}

const readings = (request: number, payload: Uint8Array = new Uint8Array(10)) => ({
  type: 'readings' as const,
  request,
  topic: 'mine/v1/demo/safety/a/data',
  payload,
});
const ticked = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

test('nothing is answered before the loop lets go; what one batch lets go leaves together and in its order', async () => {
  const { loop, http, told, turns } = make();
  for (const request of [1, 2, 3]) http.message(readings(request));
  turns();
  await ticked();
  expect(told).toEqual([]);
  loop.held[0]!.acknowledge();
  loop.held[1]!.refused?.('JSON_INVALID');
  loop.held[1]!.acknowledge();
  await ticked();
  loop.held[2]!.abandon();
  await ticked();
  expect(told).toEqual([
    [
      { request: 1, outcome: { kind: 'recorded' } },
      { request: 2, outcome: { kind: 'refused', reason: 'JSON_INVALID' } },
    ],
    [{ request: 3, outcome: { kind: 'abandoned' } }],
  ]);
});

test('a message that comes under pressure is turned away and never seen by the loop', async () => {
  const { loop, http, told, turns } = make();
  http.message(readings(1));
  turns();
  loop.isPressed = true;
  http.message(readings(2));
  turns();
  await ticked();
  expect(told).toEqual([[{ request: 2, outcome: { kind: 'pressed' } }]]);
  loop.isPressed = false;
  http.message(readings(3));
  turns();
  expect(loop.held).toHaveLength(2);
});

test('more than may be held is turned away, and taken again when some of it has been let go', async () => {
  const { loop, http, told, turns } = make();
  const half = new Uint8Array(httpHeldBytesMax / 2 - 256);
  for (const request of [1, 2, 3]) http.message(readings(request, half));
  turns();
  await ticked();
  expect(told).toEqual([[{ request: 3, outcome: { kind: 'pressed' } }]]);
  loop.held[0]!.acknowledge();
  http.message(readings(4, half));
  turns();
  expect(loop.held).toHaveLength(3);
});

test('a thousand messages at once are handled in turns, in their order, so that others come between', () => {
  const { loop, http, turn } = make();
  const payload = new Uint8Array(3_000);
  for (let request = 0; request < 1_000; request += 1) {
    payload[0] = request % 251;
    http.message(readings(request, payload.slice()));
  }
  const perTurn: number[] = [];
  for (let before = 0; turn(); before = loop.held.length) perTurn.push(loop.held.length - before);
  expect(Math.max(...perTurn)).toBeLessThan(100);
  expect(Math.min(...perTurn)).toBeGreaterThan(0);
  expect(loop.held.map((message) => message.payload[0])).toEqual(
    Array.from({ length: 1_000 }, (_, request) => request % 251),
  );
});

test('an intake that closes turns away what is in no batch yet and still answers what is', async () => {
  const { loop, http, told, turns } = make();
  http.message(readings(1));
  turns();
  http.message(readings(2));
  http.close();
  http.message(readings(3));
  turns();
  loop.held[0]!.acknowledge();
  await ticked();
  expect(loop.held).toHaveLength(1);
  expect(told.flat()).toEqual([
    { request: 2, outcome: { kind: 'abandoned' } },
    { request: 3, outcome: { kind: 'abandoned' } },
    { request: 1, outcome: { kind: 'recorded' } },
  ]);
});
