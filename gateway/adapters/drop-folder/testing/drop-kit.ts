// A drop folder in a temp folder of each test, with a clock that the test moves and a core that records.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { IncomingMessage, IntakeHandler } from '#gateway/ports.ts';
import { DropFolder } from '../drop-folder.ts';
import type { DropFolderOptions } from '../options.ts';

export const mineCode = '150622004499';
export const body = `${mineCode};某矿;2026-11-24 08:00:00~||`;

export class Core implements IntakeHandler {
  readonly messages: IncomingMessage[] = [];
  readonly connections = new Set<string>();
  decide: (message: IncomingMessage) => void = () => undefined;

  message(message: IncomingMessage): void {
    this.messages.push(message);
    this.decide(message);
  }

  connected(connection: string): void {
    this.connections.add(connection);
  }

  disconnected(connection: string): void {
    this.connections.delete(connection);
  }
}

export const acknowledge = (message: IncomingMessage): void => {
  message.acknowledge();
};

export const textOf = ({ payload }: IncomingMessage): string => Buffer.from(payload).toString('utf8');

/** Seconds as in the name: 60 is no minute, names are not read as times. */
export const nameAt = (second: number, kind = 'CDSS'): string =>
  `${mineCode}_${kind}_20261124${String(80_000 + second).padStart(6, '0')}.txt`;

export async function settle(folder: DropFolder): Promise<void> {
  await folder.scan();
  await folder.idle();
}

/** To be called once at the top of a test file. */
export function useDropKit() {
  let folder = '';
  let open: DropFolder[] = [];
  const time = { now: 0 };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'drop-'));
    time.now = Date.UTC(2026, 10, 24, 1, 0, 0);
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  const folderOf = (mine = 'sy-01', system = 'aqjk'): string => {
    const at = path.join(folder, mine, system);
    mkdirSync(at, { recursive: true });
    return at;
  };

  return {
    time,
    folderOf,
    root: (): string => folder,
    dropFolder: (core: Core, options: Partial<DropFolderOptions> = {}): DropFolder => {
      const made = new DropFolder({ folder, now: () => time.now, ...options }, core);
      open.push(made);
      return made;
    },
    put: (name: string, content: string | Uint8Array = body, at = folderOf()): string => {
      const file = path.join(at, name);
      writeFileSync(file, content);
      return file;
    },
    kept: (...parts: string[]): string[] => {
      const at = path.join(folderOf(), ...parts);
      return existsSync(at) ? readdirSync(at).toSorted() : [];
    },
  };
}
