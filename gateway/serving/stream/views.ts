// What one scope may see of documents, status, quarantine and 未记录 alarms. Slots keep their numbers: a point out of
// scope is null, so that value columns mean the same to everybody.

import type { Rule } from '#alarms/rules/rule.ts';
import { parseFileTopic, parseTopic } from '../../protocol/topics.ts';
import type { GatewayStatus, QuarantineSample, SiteView, UnrecordedAlarm } from '../../protocol/stream.ts';
import type { LiveState } from '../live.ts';
import { isVisible, type Scope } from '../scope.ts';

export function siteView(live: LiveState, scope: Scope): SiteView {
  const { sites, places, points } = live.documents;
  return {
    sites: sites.filter((site) => scope.sites.has(site.id)),
    places: places.filter((place) => scope.mines.has(place.mine)),
    points: points.map((point) => (scope.mines.has(point.mine) ? point : null)),
    rules: rulesOf(live, scope),
    calmMs: live.documents.times.calmMs,
  };
}

/** A rule that names mines or points shows only where one of them is in scope. */
export function rulesOf(live: LiveState, scope: Scope): readonly Rule[] {
  return live.documents.rules.filter(({ select }) => {
    if (select?.mine !== undefined && !select.mine.some((mine) => scope.mines.has(mine))) return false;
    return select?.points === undefined || select.points.some((point) => scope.mines.has(live.mineOf(point)));
  });
}

export function statusView(status: GatewayStatus, scope: Scope): GatewayStatus {
  if (scope.isWhole) return status;
  return { ...status, sources: status.sources.filter((source) => scope.mines.has(source.mine)) };
}

/** A topic that names no mine of ours is shown to those who see every mine. */
export function quarantineView(
  samples: readonly QuarantineSample[],
  scope: Scope,
): readonly QuarantineSample[] {
  if (scope.isWhole) return samples;
  return samples.filter((sample) => scope.mines.has(mineOfTopic(sample.topic)));
}

function mineOfTopic(topic: string): string {
  return (parseTopic(topic) ?? parseFileTopic(topic))?.mine ?? '';
}

export function unrecordedView(
  alarms: readonly UnrecordedAlarm[],
  live: LiveState,
  scope: Scope,
): readonly UnrecordedAlarm[] {
  return alarms.filter((alarm) => isVisible(scope, live.mineOf(alarm.scope)));
}
