// The names of mines, places and points in the viewer's language, looked up by id: what is recorded in an alarm or case
// carries one name, that of the mine's own language. What concerns a whole mine has no place and is named by the mine.

import type { AlarmState, CaseState, SiteView } from '../stream/contract.ts';
import type { Language } from './formatting.ts';

/** Filter key of the place; a mine stands for itself. */
export function placeKey(alarm: Pick<AlarmState, 'place' | 'mine'>): string {
  return alarm.place === '' ? alarm.mine : alarm.place;
}

export interface Names {
  /** A mine or another node of the tree. */
  readonly site: (id: string) => string;
  readonly place: (id: string, recorded: string) => string;
  /** What an alarm is about: a point, a place, a mine, or what only the record has a name for. */
  readonly scope: (alarm: Pick<AlarmState, 'scope' | 'scopeName'>) => string;
  readonly alarmPlace: (alarm: Pick<AlarmState, 'place' | 'placeName' | 'scope' | 'scopeName'>) => string;
  readonly casePlace: (one: Pick<CaseState, 'place' | 'placeName' | 'mine'>) => string;
}

interface Named {
  readonly id: string;
  readonly name?: string;
  readonly nameEn?: string;
}

/** `demoMine`: what a mine for show is called in English; site documents have no English names. */
export function namesOf(site: SiteView, language: Language, demoMine: string): Names {
  const nameOf = (thing: Named): string =>
    (language === 'en' ? (thing.nameEn ?? thing.name) : thing.name) ?? thing.id;
  const sites = new Map(
    site.sites.map((node) => [node.id, language === 'en' && node.demo === true ? demoMine : node.name]),
  );
  const places = new Map(site.places.map((place) => [place.id, nameOf(place)]));
  const points = new Map(
    site.points.flatMap((point) => (point === null ? [] : [[point.id, nameOf(point)] as const])),
  );
  // The record has the name of its moment; in its own language that is the one to show.
  const own = (recorded: string, found: string | undefined): string =>
    language === 'en' ? (found ?? recorded) : recorded;
  const scope: Names['scope'] = (alarm) =>
    own(alarm.scopeName, points.get(alarm.scope) ?? places.get(alarm.scope) ?? sites.get(alarm.scope));
  const place: Names['place'] = (id, recorded) => own(recorded, places.get(id));
  const siteName: Names['site'] = (id) => sites.get(id) ?? id;
  return {
    site: siteName,
    place,
    scope,
    alarmPlace: (alarm) => (alarm.placeName === '' ? scope(alarm) : place(alarm.place, alarm.placeName)),
    casePlace: (one) => (one.placeName === '' ? siteName(one.mine) : place(one.place, one.placeName)),
  };
}
