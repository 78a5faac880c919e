// `fengsui user reset NAME`: a new generated password for one person; all of the person's sessions end (a running
// gateway notices within seconds). Returns the password once; only its hash is kept.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { generatePassword, hashPassword } from './password.ts';
import { AccountStore } from './store.ts';

/** Null: no such person, or the folder has no accounts. */
export async function resetPassword(dataFolder: string, name: string): Promise<string | null> {
  if (!existsSync(join(dataFolder, 'accounts.db'))) return null;
  const password = generatePassword();
  const hash = await hashPassword(password);
  const store = new AccountStore(dataFolder);
  try {
    return store.resetPassword(name, hash) ? password : null;
  } finally {
    store.close();
  }
}
