// A site folder of two mines made from the demonstration's, so that a point can belong to the wrong one.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoSite } from '../support/gateway-process.ts';

type Json = Record<string, unknown>;

/** Mine `other` with the point `OTHER-CH4`, beside mine `demo`. */
export function makeTwoMines(folder: string): string {
  for (const file of ['site.json', 'places.json', 'points.json', 'rules.json'])
    cpSync(join(demoSite, file), join(folder, file));
  const site = read(folder, 'site.json') as { sites: Json[] };
  site.sites.push({ ...site.sites.at(-1), id: 'other', name: '另一矿' });
  write(folder, 'site.json', site);
  addTo(folder, 'places.json', { id: 'other-face', mine: 'other', name: '另一工作面' });
  addTo(folder, 'points.json', { id: 'OTHER-CH4', mine: 'other', place: 'other-face' });
  return folder;
}

/** One more point beside the first one, whose other fields it has. */
export function addPoint(folder: string, point: Json): void {
  addTo(folder, 'points.json', point);
}

function addTo(folder: string, file: string, entry: Json): void {
  const list = read(folder, file) as Json[];
  write(folder, file, [...list, { ...list[0], ...entry }]);
}

function read(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

function write(folder: string, file: string, value: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(value, null, 2));
}
