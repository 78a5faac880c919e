// The place of an alarm or case as text: what concerns a whole mine has no place of its own and is named by the mine.

import type { AlarmState, CaseState, SiteNode } from '../stream/contract.ts';

/** Filter key of the place; a mine stands for itself. */
export function placeKey(alarm: Pick<AlarmState, 'place' | 'mine'>): string {
  return alarm.place === '' ? alarm.mine : alarm.place;
}

export function alarmPlace(alarm: Pick<AlarmState, 'placeName' | 'scopeName'>): string {
  return alarm.placeName === '' ? alarm.scopeName : alarm.placeName;
}

export function casePlace(one: Pick<CaseState, 'placeName' | 'mine'>, sites: readonly SiteNode[]): string {
  if (one.placeName !== '') return one.placeName;
  return sites.find((site) => site.id === one.mine)?.name ?? one.mine;
}
