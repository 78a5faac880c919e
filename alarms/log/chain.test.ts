// The chain: key order of the hashed text is the order of event.ts, and no change to a log goes unseen.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { playStory } from '../test/case-story.ts';
import { CaseWorld } from '../test/case-world.ts';
import { canonicalEvent, chainHash, envelopeKeys, genesisHash, keysOfData, verifyChain } from './chain.ts';
import type { Event, EventType } from './event.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const story = `
  0s | rules      | raise GAS-01 A1 yellow 1.2      | AlarmRaised CaseOpened |
  1s | rules      | raise GAS-01 C1 yellow 1.2      | AlarmRaised CaseOpened |
  2s | rules      | clear GAS-01 A1 1.3             | AlarmReturned |
  3s | dispatcher | ReceiveCase case=M1/C1          | CaseReceived AlarmAcknowledged |
  4s | rules      | raise GAS-04 A1 red 3           | AlarmRaised AlarmJoinedCase CaseLevelRaised HazardCandidateListed |
`;

function log(): readonly Event[] {
  const world = new CaseWorld(sha256);
  const { expected, actual } = playStory(world, story);
  expect(actual).toEqual(expected);
  return world.log;
}

/** Members of an interface or type literal in event.ts, in the order they are written. */
function membersOf(body: string): readonly string[] {
  let depth = 0;
  const members: string[] = [];
  for (const line of body.split(/[\n;]/)) {
    const name = /readonly (\w+)\??:/.exec(line)?.[1];
    if (name !== undefined && depth === 0) members.push(name);
    depth += line.split('{').length - line.split('}').length;
  }
  return members;
}

describe('the text that is hashed', () => {
  const source = readFileSync(new URL('./event.ts', import.meta.url), 'utf8');
  const byType = /interface ByType \{\n([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';

  test('the envelope has the key order of event.ts', () => {
    const body = /interface EventOf<[^{]*\{\n([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';
    expect(envelopeKeys).toEqual(membersOf(body));
  });

  test('the data of every event type has the key order of event.ts', () => {
    const types = [...byType.matchAll(/^ {2}(\w+): (\{[\s\S]*?\};$|\w+;)/gm)];
    expect(types.length).toBeGreaterThan(25);
    for (const [, type = '', body = ''] of types) {
      const named = /^(\w+);$/.exec(body)?.[1];
      const own =
        named === undefined
          ? body.slice(1, body.lastIndexOf('}'))
          : (new RegExp(`interface ${named} \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1] ?? '');
      expect([type, ...keysOfData(type as EventType)]).toEqual([type, ...membersOf(own)]);
    }
  });

  test('it is JSON of the same event, whatever the order of keys in memory', () => {
    for (const event of log()) {
      expect(JSON.parse(canonicalEvent(event))).toEqual(event);
      // The same entries, so the same event.
      const turned = Object.fromEntries(Object.entries(event).reverse()) as unknown as Event;
      expect(canonicalEvent(turned)).toBe(canonicalEvent(event));
    }
  });

  test('anyone can link an event with sha256 of its prevHash and its text', () => {
    const [first, second] = log().filter((event) => event.mine === 'M1');
    expect(first?.prevHash).toBe(genesisHash('M1', sha256));
    expect(second?.prevHash).toBe(sha256(first!.prevHash + canonicalEvent(first!)));
    expect(second?.prevHash).toBe(chainHash(first!.prevHash, first!, sha256));
  });
});

describe('the verifier', () => {
  test('a whole log holds, with one chain per mine', () => {
    const verdict = verifyChain(log(), sha256);
    expect(verdict.holds && [...verdict.heads.keys()]).toEqual(['M1', 'M2']);
  });

  test('a log may be proved in pieces, from the heads of the piece before', () => {
    const events = log();
    const first = verifyChain(events.slice(0, 4), sha256);
    expect(first.holds && verifyChain(events.slice(4), sha256, first.heads)).toMatchObject({ holds: true });
    expect(verifyChain(events.slice(4), sha256)).toMatchObject({ holds: false });
  });

  test('a changed, dropped, swapped or appended event is seen', () => {
    const events = log();
    const whole = verifyChain(events, sha256);
    const heads = whole.holds ? whole.heads : new Map<string, string>();
    for (let index = 0; index < events.length; index += 1) {
      const event = events[index]!;
      const changed = events.with(index, { ...event, at: event.at + 1 });
      const dropped = events.toSpliced(index, 1);
      const renumbered = dropped.map((other, at) => ({ ...other, seq: at + 1 }));
      for (const forged of [changed, dropped, renumbered]) {
        expect(verifyChain(forged, sha256, new Map(), heads), `event ${index}`).toMatchObject({
          holds: false,
        });
      }
    }
    expect(verifyChain([events[1]!, events[0]!, ...events.slice(2)], sha256)).toMatchObject({ holds: false });
  });
});
