// The site folder of a fleet: registry documents of its mines, places and points, and all rules of the catalogue, so
// that a gateway can be started on it. Its mines are demonstrations and their stations declared simulators: what is made
// up is marked so wherever it is read.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  groupOf,
  kindOf,
  mineId,
  placeId,
  pointId,
  stationName,
  stationsOf,
  type FleetPlan,
} from './plan.ts';
import { placeNames } from './profiles.ts';

export function writeFleetSite(folder: string, plan: FleetPlan): void {
  const mines = Array.from({ length: plan.mines }, (_, mine) => mine);
  const points = Array.from({ length: plan.points }, (_, point) => point);
  const stations = stationsOf(plan);
  const site = {
    sites: [
      { id: 'fleet', name: '模拟集团', kind: 'group' },
      ...mines.map((mine) => ({
        id: mineId(mine),
        name: `模拟矿 ${mine + 1}`,
        kind: 'mine',
        parent: 'fleet',
        demo: true,
        simulatedSources: stations.filter((station) => station.mine === mine).map(stationName),
      })),
    ],
  };
  const stationOf = new Map(
    stations.flatMap((station) =>
      Array.from({ length: station.points }, (_, i) => [
        pointId(station.mine, station.first + i),
        stationName(station),
      ]),
    ),
  );
  mkdirSync(folder, { recursive: true });
  write(folder, 'site.json', site);
  write(
    folder,
    'places.json',
    mines.flatMap((mine) => [
      ...new Map(points.map((point) => [placeId(mine, point), placeDocument(mine, point)])).values(),
    ]),
  );
  write(
    folder,
    'points.json',
    mines.flatMap((mine) =>
      points.map((point) => ({
        ...pointDocument(plan, mine, point),
        station: stationOf.get(pointId(mine, point)),
      })),
    ),
  );
  write(folder, 'rules.json', { catalogue: true, rules: [] });
}

function placeDocument(mine: number, point: number) {
  const { zh, type } = placeNames[kindOf(point).place];
  return { id: placeId(mine, point), name: `${zh} ${groupOf(point) + 1}`, type, mine: mineId(mine) };
}

function pointDocument(plan: FleetPlan, mine: number, point: number) {
  const { name, measurand, unit, limits, range, locationType } = kindOf(point);
  return {
    id: pointId(mine, point),
    name: `${name} ${groupOf(point) + 1}`,
    measurand,
    unit,
    periodS: plan.periodMs / 1_000,
    place: placeId(mine, point),
    mine: mineId(mine),
    limits,
    range,
    ...(locationType === undefined ? {} : { locationType }),
  };
}

function write(folder: string, file: string, content: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}
