// What the serving thread and the accounts thread say to each other. Types only.

import type { KnownTokens } from './source-tokens.ts';
import type { Session } from './store.ts';

export type AccountsRequest =
  | { readonly type: 'passwordHash'; readonly id: string }
  | {
      readonly type: 'openSession';
      readonly id: string;
      readonly checkedHash: string;
      readonly tokenHash: string;
      readonly now: number;
    }
  | { readonly type: 'session'; readonly tokenHash: string; readonly now: number }
  | { readonly type: 'supervisorSites' }
  | { readonly type: 'closeSession'; readonly tokenHash: string }
  | {
      readonly type: 'changePassword';
      readonly id: string;
      readonly hash: string;
      readonly tokenHash: string;
    }
  /** Null when nothing has changed since that version. */
  | { readonly type: 'sourceTokens'; readonly version: string | null };

export type AccountsResult = Session | KnownTokens | string | readonly string[] | null;

export type AccountsMessage =
  | { readonly request: number; readonly result: AccountsResult }
  | { readonly request: number; readonly failed: string };
