// How soon a token is known and how soon it opens nothing any more, on a clock that the test moves, against the real
// table.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newSourceToken, sourceTokenHash, type KnownTokens } from '../accounts/source-tokens.ts';
import { AccountStore } from '../accounts/store.ts';
import { TooManyRequests } from '../requests.ts';
import { KnownSources } from './known-sources.ts';

const freshMs = 2_000;
let folder: string;
let store: AccountStore;
let nowMs: number;
let questions: number;
let sources: KnownSources;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-known-sources-'));
  store = new AccountStore(folder);
  nowMs = 1_000_000;
  questions = 0;
  sources = new KnownSources(
    async (version) => {
      questions += 1;
      return store.sourceTokens.knownSince(version);
    },
    () => nowMs,
    freshMs,
  );
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function add(source: string): { number: number; token: string } {
  const token = newSourceToken();
  const name = { mine: 'demo', system: 'safety', source } as const;
  return { number: store.sourceTokens.add(name, sourceTokenHash(token), 1)!, token };
}

test('a thousand requests of known sources within the fresh span ask once', async () => {
  const { token } = add('a');
  for (let i = 0; i < 1_000; i += 1) {
    expect(await sources.find(token)).toMatchObject({ mine: 'demo', system: 'safety', source: 'a' });
    nowMs += freshMs / 1_001;
  }
  expect(questions).toBe(1);
});

test('a token that is revoked while its source sends on opens nothing after five seconds, whenever it is revoked', async () => {
  for (let offset = 0; offset < freshMs; offset += 130) {
    const { number, token } = add(`a${offset}`);
    nowMs += 10 * freshMs;
    const revokedAt = nowMs + 4 * freshMs + offset;
    let openedLast = 0;
    for (let isRevoked = false; nowMs < revokedAt + 10_000; nowMs += 100) {
      if (!isRevoked && nowMs >= revokedAt) isRevoked = store.sourceTokens.revoke(number, nowMs);
      if ((await sources.find(token)) !== null) openedLast = nowMs;
    }
    expect(openedLast).toBeGreaterThanOrEqual(revokedAt - 100);
    expect(openedLast).toBeLessThan(revokedAt + 5_000);
  }
});

test('a token that was revoked while nobody sent opens nothing at all', async () => {
  const { number, token } = add('a');
  expect(await sources.find(token)).not.toBeNull();
  store.sourceTokens.revoke(number, 2);
  nowMs += 2 * freshMs;
  expect(await sources.find(token)).toBeNull();
});

test('a new token is known within a quarter of a second, and false ones cost no more than four questions a second', async () => {
  const { token: first } = add('a');
  await sources.find(first);
  const { token: second } = add('b');
  nowMs += 250;
  expect(await sources.find(second)).toMatchObject({ source: 'b' });
  questions = 0;
  for (let ms = 0; ms < 1_000; ms += 1) {
    nowMs += 1;
    expect(await sources.find(newSourceToken())).toBeNull();
    expect(await sources.find('no token at all')).toBeNull();
  }
  expect(questions).toBeLessThanOrEqual(4);
});

test('while the accounts thread does not answer, a bounded number waits and the others are told', async () => {
  let answer: (known: KnownTokens) => void = () => undefined;
  const stuck = new KnownSources(
    () => new Promise((resolve) => (answer = resolve)),
    () => nowMs,
    freshMs,
  );
  const token = newSourceToken();
  const asked = Array.from({ length: 300 }, () => stuck.find(token).catch((error: unknown) => error));
  const name = { mine: 'demo', system: 'safety', source: 'a', number: 1 } as const;
  answer({ version: '1.0', tokens: [{ ...name, tokenHash: sourceTokenHash(token) }] });
  const found = await Promise.all(asked);
  expect(found.filter((one) => one instanceof TooManyRequests)).toHaveLength(300 - 256);
  expect(found.filter((one) => !(one instanceof Error))).toHaveLength(256);
});
