// The first people of a data folder, those who come later, and who there is: for the composition root and the command
// line, before or beside a running gateway. Generated passwords are returned once and stored as hashes only. No default
// password.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleName } from '#alarms/log/event.ts';
import type { Grant } from '#alarms/workflow/command.ts';
import { generatePassword, hashPassword } from './password.ts';
import { AccountStore, type Person } from './store.ts';

export interface FirstPerson {
  /** Login name. */
  readonly id: string;
  readonly name: string;
  readonly grants: readonly Grant[];
}

export interface FirstPassword {
  readonly id: string;
  readonly name: string;
  readonly role: RoleName;
  readonly password: string;
}

/** The people of `fengsui demo`, all on one site tree. */
export function demoPeople(site: string): readonly FirstPerson[] {
  return [
    { id: 'dispatcher', name: '陈立军', grants: [{ role: 'dispatcher', site }] },
    { id: 'officer', name: '王海燕', grants: [{ role: 'safetyOfficer', site }] },
    { id: 'leader', name: '赵国强', grants: [{ role: 'leader', site }] },
    { id: 'verifier', name: '孙敏', grants: [{ role: 'verifier', site }] },
  ];
}

/**
 * Gives everyone a one-time password if the folder has nobody yet, else null. `forcesChange`: it must be changed
 * before the first command (not in the demo). Print what is returned; it cannot be had again.
 */
export async function createFirstUsers(
  dataFolder: string,
  people: readonly FirstPerson[],
  options: { readonly forcesChange: boolean },
): Promise<readonly FirstPassword[] | null> {
  const store = new AccountStore(dataFolder);
  try {
    if (store.hasPeople()) return null;
    const passwords = people.map(() => generatePassword());
    const hashes: string[] = [];
    for (const password of passwords) hashes.push(await hashPassword(password));
    const added = store.addFirst(
      people.map((person, i) => ({
        ...person,
        passwordHash: hashes[i]!,
        mustChangePassword: options.forcesChange,
        forcesChange: options.forcesChange,
      })),
    );
    return added ? people.map((person, i) => firstPassword(person, passwords[i]!)) : null;
  } finally {
    store.close();
  }
}

/**
 * One more person, with a password that must be changed before the first command. Null when somebody has this id.
 * The folder must have accounts: whoever comes before the first start would keep its first people from being made.
 */
export async function addPerson(dataFolder: string, person: FirstPerson): Promise<string | null> {
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  const store = new AccountStore(dataFolder);
  try {
    const isAdded = store.addPerson({
      ...person,
      passwordHash,
      mustChangePassword: true,
      forcesChange: true,
    });
    return isAdded ? password : null;
  } finally {
    store.close();
  }
}

export function hasAccounts(dataFolder: string): boolean {
  return existsSync(join(dataFolder, 'accounts.db'));
}

export function listPeople(dataFolder: string): readonly Person[] {
  const store = new AccountStore(dataFolder);
  try {
    return store.people();
  } finally {
    store.close();
  }
}

function firstPassword(person: FirstPerson, password: string): FirstPassword {
  return { id: person.id, name: person.name, role: person.grants[0]?.role ?? 'wall', password };
}
