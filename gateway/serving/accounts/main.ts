// The accounts thread: owns the gateway's connection to accounts.db, so that no synchronous SQLite call (or the sync of
// a write) ever stands on the serving thread, which is on the alarm path. Answers in order.

import { parentPort, workerData } from 'node:worker_threads';
import { assertNever, invariant } from '#alarms/kernel/result.ts';
import type { AccountsMessage, AccountsRequest, AccountsResult } from './messages.ts';
import { AccountStore } from './store.ts';

invariant(parentPort !== null, 'the accounts thread is started as a worker');
const port = parentPort;
const { dataFolder } = workerData as { dataFolder: string };
const store = new AccountStore(dataFolder);

port.on(
  'message',
  ({ request, ask }: { request: number; ask: AccountsRequest } | { request: 0; ask: null }) => {
    if (ask === null) {
      store.close();
      port.close();
      return;
    }
    port.postMessage(answer(request, ask));
  },
);

function answer(request: number, ask: AccountsRequest): AccountsMessage {
  try {
    return { request, result: resultOf(ask) };
  } catch (error) {
    return { request, failed: error instanceof Error ? error.message : String(error) };
  }
}

function resultOf(ask: AccountsRequest): AccountsResult {
  switch (ask.type) {
    case 'passwordHash':
      return store.passwordHash(ask.id);
    case 'openSession':
      return store.openSession(ask.id, ask.checkedHash, ask.tokenHash, ask.now);
    case 'session':
      return store.session(ask.tokenHash, ask.now);
    case 'supervisorSites':
      return store.supervisorSites();
    case 'closeSession':
      store.closeSession(ask.tokenHash);
      return null;
    case 'changePassword':
      store.changePassword(ask.id, ask.hash, ask.tokenHash);
      return null;
    case 'sourceTokens':
      return store.sourceTokens.knownSince(ask.version);
    default:
      return assertNever(ask, 'accounts request');
  }
}
