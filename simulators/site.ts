// What a simulator needs of a site folder: the mine it speaks for and the calm profiles of its channels. Not the
// registry: that is the gateway's to judge.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CalmProfile } from './generators/calm.ts';

export interface SimulatedSite {
  readonly mine: string;
  readonly seed: number;
  readonly channels: Readonly<Record<string, CalmProfile>>;
}

export function readSimulatedSite(folder: string): SimulatedSite {
  const site = readJson(join(folder, 'site.json')) as { sites: { id: string; kind: string }[] };
  const calm = readJson(join(folder, 'calm.json')) as { seed: number; channels: Record<string, CalmProfile> };
  const mine = site.sites.find(({ kind }) => kind === 'mine');
  if (mine === undefined) throw new Error(`${join(folder, 'site.json')} has no mine`);
  return { mine: mine.id, seed: calm.seed, channels: calm.channels };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
