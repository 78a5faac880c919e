// The gate of readings against a plain model: the sum of what is held, of each token and of all, never passes the bounds,
// a request is turned away only when it would, and nothing stays behind.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReadingsGate, type Lease } from './gate.ts';

const limits = { bytesMax: 100, requestsMax: 6, bytesPerTokenMax: 60, requestsPerTokenMax: 3 };

interface Held {
  readonly token: number;
  bytes: number;
  readonly lease: Lease;
}

const step = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), token: fc.nat(2), bytes: fc.nat(60) }),
  fc.record({ do: fc.constant('leave' as const), which: fc.nat(5) }),
  fc.record({ do: fc.constant('resize' as const), which: fc.nat(5), bytes: fc.nat(80) }),
);

test('a request enters, or grows, exactly when its token and all together have room', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const gate = new ReadingsGate(limits);
      const held: Held[] = [];
      const sum = (of: readonly Held[]): number => of.reduce((bytes, one) => bytes + one.bytes, 0);
      const ofToken = (token: number): Held[] => held.filter((one) => one.token === token);
      const hasRoom = (token: number, more: number): boolean =>
        sum(held) + more <= limits.bytesMax && sum(ofToken(token)) + more <= limits.bytesPerTokenMax;
      for (const one of steps) {
        if (one.do === 'enter') {
          const { token, bytes } = one;
          const mayEnter =
            held.length < limits.requestsMax &&
            ofToken(token).length < limits.requestsPerTokenMax &&
            hasRoom(token, bytes);
          const lease = gate.enter(token, bytes);
          expect(lease !== null).toBe(mayEnter);
          if (lease !== null) held.push({ token, bytes, lease });
          continue;
        }
        const chosen = held[one.which];
        if (chosen === undefined) continue;
        if (one.do === 'leave') {
          chosen.lease.leave();
          chosen.lease.leave();
          held.splice(one.which, 1);
        } else {
          const fits = hasRoom(chosen.token, one.bytes - chosen.bytes);
          expect(chosen.lease.resize(one.bytes)).toBe(fits);
          if (fits) chosen.bytes = one.bytes;
        }
        expect(gate.held).toEqual({ bytes: sum(held), requests: held.length });
      }
      for (const { lease } of held) lease.leave();
      expect(gate.held).toEqual({ bytes: 0, requests: 0 });
    }),
  );
});
