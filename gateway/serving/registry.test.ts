// The registry over real HTTP: cut to the viewer's mines, names of people not for walls, and screens that are connected
// while documents change go on with the new ones.

import { afterEach, expect, test } from 'vitest';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import type { RegistryPage } from '../protocol/registry-api.ts';
import { ServingKit } from './testing/serving-kit.ts';
import { testSite } from './testing/site.ts';

let kit: ServingKit;
afterEach(() => kit.end());

const person = (id: string, mine: string) => ({
  id,
  mine,
  name: `姓名${id}`,
  trade: null,
  duty: null,
  team: null,
  isLeader: false,
  isSpecial: false,
});
const defined: SiteDocuments = {
  ...testSite,
  people: [person('K1', 'east'), person('K2', 'west'), person('K3', 'east')],
  areas: [{ id: 'Z1', mine: 'west', name: '限制区', areaType: '限制区域', headcountMax: 9 }],
};

const people = [
  { id: 'boss', name: '钱学林', grants: [{ role: 'leader', site: 'group' }] },
  { id: 'east', name: '陈立军', grants: [{ role: 'dispatcher', site: 'east' }] },
  { id: 'wall', name: '大屏', grants: [{ role: 'wall', site: 'group' }] },
] as const;

async function page(path: string, cookie: string): Promise<RegistryPage> {
  const response = await kit.fetch(`/api/v1/registry/${path}`, { cookie });
  expect(response.status).toBe(200);
  return (await response.json()) as RegistryPage;
}

const ids = ({ items }: RegistryPage): unknown[] => items.map((item) => (item as { id: string }).id);

test('lists are cut to the mines of the viewer, and go page by page', async () => {
  kit = await ServingKit.start({ people });
  kit.core.live('epoch-2', defined);
  const boss = await kit.login('boss');
  const east = await kit.login('east');
  expect(ids(await page('points', east))).toEqual(['east.ch4', 'east.co']);
  expect(ids(await page('areas', east))).toEqual([]);
  expect(ids(await page('areas', boss))).toEqual(['Z1']);
  expect(ids(await page('people?mine=west', east))).toEqual([]);
  expect(ids(await page('stations', boss))).toEqual([]);
  const first = await page('people?limit=2', boss);
  expect(ids(first)).toEqual(['K1', 'K2']);
  const second = await page(`people?limit=2&cursor=${first.cursor}`, boss);
  expect([ids(second), second.cursor]).toEqual([['K3'], null]);
});

test('a wall sees people without their names, now and in the history of changes', async () => {
  kit = await ServingKit.start({ people });
  kit.core.live('epoch-2', defined);
  kit.queries.changes = [
    {
      at: 1,
      mine: 'east',
      system: 'personnel',
      source: 's',
      what: 'person',
      id: 'K1',
      before: null,
      after: { ...person('K1', 'east') },
    },
  ];
  const wall = await kit.login('wall');
  const boss = await kit.login('boss');
  for (const path of ['people', 'changes']) {
    expect(JSON.stringify(await page(path, wall))).not.toContain('姓名');
    expect(JSON.stringify(await page(path, boss))).toContain('姓名K1');
  }
  expect((await kit.fetch('/api/v1/registry/people', {})).status).toBe(401);
});
