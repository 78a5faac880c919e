// The demonstration mine cut down to a few points, with a calm time of one second, and its people with known
// passwords: what a test in a browser needs to walk a case in seconds.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFirstUsers, demoPeople } from '#gateway/serving/accounts/people.ts';
import { FramePublisher } from '#simulators/publish.ts';
import { demoSite } from '../support/gateway-process.ts';

const mine = 'demo';
const pointIds: readonly string[] = ['MM261', 'MM263', 'AN422'];
export const calmMs = 1_000;
export const calmMethane = 0.32;

/** Writes the site folder. */
export function makeSite(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of ['places.json', 'rules.json']) cpSync(join(demoSite, name), join(folder, name));
  const points = readJson('points.json') as { id: string }[];
  write(
    folder,
    'points.json',
    points.filter(({ id }) => pointIds.includes(id)),
  );
  write(folder, 'site.json', { ...(readJson('site.json') as object), times: { calmMs } });
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(demoSite, name), 'utf8'));
}

function write(folder: string, name: string, value: unknown): void {
  writeFileSync(join(folder, name), JSON.stringify(value));
}

/** The people of the demonstration and an auditor, who only watches. Password by login name. */
export async function makePeople(dataFolder: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(dataFolder, { recursive: true });
  const people = [
    ...demoPeople(mine),
    { id: 'watcher', name: '周明', grants: [{ role: 'auditor' as const, site: mine }] },
  ];
  const passwords = await createFirstUsers(dataFolder, people, { forcesChange: false });
  if (passwords === null) throw new Error(`${dataFolder} has people already`);
  return new Map(passwords.map(({ id, password }) => [id, password]));
}

/** The sensors: once a second a frame of all points, stamped now; the methane of the upper corner as it is set. */
export class Sensors {
  methane = calmMethane;
  readonly #publisher: FramePublisher;
  readonly #timer: NodeJS.Timeout;
  #sequence = 0;

  constructor(mqttPort: number) {
    this.#publisher = new FramePublisher({ url: `mqtt://127.0.0.1:${mqttPort}`, clientId: 'sensors' });
    this.#send();
    this.#timer = setInterval(() => this.#send(), 1_000);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#publisher.close();
  }

  /** Its window holds a minute: a restart of the gateway makes nobody wait. */
  #send(): void {
    void this.#publisher.publish({
      topic: { mine, system: 'safety', source: 'sensors', stream: 'data' },
      sequence: ++this.#sequence,
      time: Date.now(),
      points: pointIds,
      values: [this.methane, 0.28, 1.6],
    });
  }
}
