// Which alarms the screen shows: filters live in the address, so that a view can be kept and sent. Pure.

import type { AlarmState, Level } from '../stream/contract.ts';
import { levelsDown, markState, type MarkState } from '../widgets/alarm-order.ts';
import { placeKey, type Names } from '../widgets/place-words.ts';

export interface AlarmFilter {
  /** Null = all. */
  readonly states: readonly MarkState[] | null;
  readonly levels: readonly Level[] | null;
  readonly places: readonly string[] | null;
  readonly search: string;
  readonly isEnded: boolean;
}

export const shownStates: readonly MarkState[] = ['un', 'ack', 'rtn'];

export function parseFilter(query: Readonly<Record<string, string>>): AlarmFilter {
  return {
    states: chosen(query['state'], shownStates),
    levels: chosen(query['level'], levelsDown),
    places: query['place'] === undefined ? null : query['place'].split(',').filter((id) => id !== ''),
    search: query['q'] ?? '',
    isEnded: query['view'] === 'ended',
  };
}

function chosen<T extends string>(text: string | undefined, all: readonly T[]): readonly T[] | null {
  if (text === undefined) return null;
  const parts = new Set(text.split(','));
  return all.filter((one) => parts.has(one));
}

export function matches(filter: AlarmFilter, alarm: AlarmState, names: Names): boolean {
  const { states, levels, places } = filter;
  return (
    (filter.isEnded || states === null || states.includes(markState(alarm))) &&
    (levels === null || levels.includes(alarm.level)) &&
    (places === null || places.includes(placeKey(alarm))) &&
    hasText(alarm, names, filter.search)
  );
}

function hasText(alarm: AlarmState, names: Names, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return true;
  const { rule, ruleName, scope, scopeName, placeName } = alarm;
  const shown = [names.scope(alarm), names.alarmPlace(alarm)];
  return [rule, ruleName.zh, ruleName.en, scope, scopeName, placeName, ...shown].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

/** A box was ticked or not: the next text for the address; undefined = all are ticked. */
export function toggle<T extends string>(
  all: readonly T[],
  current: readonly T[] | null,
  one: T,
): string | undefined {
  const before = new Set<T>(current ?? all);
  if (!before.delete(one)) before.add(one);
  const after = all.filter((item) => before.has(item));
  // Nothing ticked stays visible as such: an empty list, not "all".
  if (after.length === all.length) return undefined;
  return after.length === 0 ? '-' : after.join(',');
}
