// Reads of history beside the series of samples: newest readings, rollups, and what other systems reported. Cut to the
// viewer's scope; what lies outside answers as not existing. What a switch did comes with what was reported.

import { z } from 'zod';
import type { Point } from '#alarms/registry/site.ts';
import {
  latestQuery,
  reportsQuery,
  rollupsQuery,
  type LatestAnswer,
  type RollupsAnswer,
} from '../../protocol/api.ts';
import type { LiveView, ServingContext } from '../context.ts';
import { rollupStepMs, type Page, type ReportFilter, type Reported } from '../query/port.ts';
import { liveViewIn, requireSession } from './guard.ts';
import { ApiRefused } from './refused.ts';
import { anySchema, answers, pageOf, type Routes } from './routes.ts';

const rollupPointsMax = 32;
/** Of one point in one answer: ten weeks of minutes, or eleven years of hours. */
const bucketsMax = 100_000;
const latestPointsMax = 20_000;
const reportKeysMax = 1_000;

const reports = [
  ['/positions', 'positions', 'where people were, newest first; keys are cards'],
  ['/switch-changes', 'switchChanges', 'switches that took another state, newest first; keys are points'],
  [
    '/upstream-alarms',
    'upstreamAlarms',
    'alarms that other systems raised, newest first; keys are their subjects',
  ],
  ['/statistics', 'statistics', 'what other systems computed, newest first; keys are points'],
] as const;

export function addHistoryRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  const tags = ['record'];

  routes.get(
    '/points/latest',
    {
      onRequest,
      schema: {
        tags,
        summary: 'the newest reading of points that history holds; without points, of all in scope',
        querystring: latestQuery,
        response: answers(anySchema),
      },
    },
    (request) => latest(context, liveViewIn(context, request), request.query),
  );

  routes.get(
    '/rollups',
    {
      onRequest,
      schema: {
        tags,
        summary: 'minimum, maximum, mean, count and quality share of points by minute or hour',
        querystring: rollupsQuery,
        response: answers(anySchema),
      },
    },
    (request) => rollups(context, liveViewIn(context, request), request.query),
  );

  for (const [path, name, summary] of reports) {
    routes.get(
      path,
      {
        onRequest,
        schema: { tags, summary, querystring: reportsQuery, response: answers(pageOf(z.looseObject({}))) },
      },
      (request) => reported(context, liveViewIn(context, request), name, request.query),
    );
  }
}

async function latest(
  context: ServingContext,
  view: LiveView,
  { points }: z.output<typeof latestQuery>,
): Promise<LatestAnswer> {
  const asked =
    points === undefined
      ? view.live.documents.points.filter(({ mine }) => view.scope.mines.has(mine)).slice(0, latestPointsMax)
      : pointsIn(view, points, latestPointsMax);
  const readings = await context.queries.ask('latest', [asked.map(({ id }) => id)]);
  return {
    points: asked.map(({ id, unit }, i) => {
      const reading = readings[i] ?? { t: null, v: null, s: 0 };
      return { point: id, unit, ...reading };
    }),
  };
}

async function rollups(
  context: ServingContext,
  view: LiveView,
  { points, from, to, step }: z.output<typeof rollupsQuery>,
): Promise<RollupsAnswer> {
  if ((to - from) / rollupStepMs[step] > bucketsMax) throw new ApiRefused('BAD_REQUEST', ['from', 'to']);
  const asked = pointsIn(view, points, rollupPointsMax);
  const series = await context.queries.ask('rollup', [{ points: asked.map(({ id }) => id), from, to, step }]);
  return {
    series: series.map((one, i) => ({
      ...one,
      unit: asked[i]!.unit,
      quality: one.count.map((count, k) => count / one.total[k]!),
    })),
  };
}

async function reported(
  context: ServingContext,
  { scope }: LiveView,
  name: 'positions' | 'switchChanges' | 'upstreamAlarms' | 'statistics',
  { keys, cursor, from, to, limit }: z.output<typeof reportsQuery>,
): Promise<Page<Reported<object>>> {
  if (scope.mines.size === 0) return { items: [], cursor: null };
  const wanted = keys === undefined ? undefined : [...new Set(keys.split(','))];
  if (wanted !== undefined && wanted.length > reportKeysMax) throw new ApiRefused('BAD_REQUEST', ['keys']);
  const filter: ReportFilter = {
    mines: [...scope.mines],
    from,
    to,
    limit,
    ...(wanted === undefined ? {} : { keys: wanted }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return context.queries.ask(name, [filter]);
}

function pointsIn({ live, scope }: LiveView, list: string, pointsMax: number): readonly Point[] {
  const ids = [...new Set(list.split(','))];
  if (ids.length > pointsMax) throw new ApiRefused('BAD_REQUEST', ['points']);
  return ids.map((id) => {
    const point = live.documents.points[live.slotOf(id) ?? -1];
    if (point === undefined || !scope.mines.has(point.mine)) throw new ApiRefused('NOT_FOUND', [id]);
    return point;
  });
}
