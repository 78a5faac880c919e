// Reads of the API. The present comes from memory, the record from the query thread; both are cut to the viewer's scope,
// and what lies outside answers as not existing. `atLeast` waits until the record holds what the screen was told.

import { z } from 'zod';
import { pointGapMs } from '#alarms/registry/site.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import {
  alarmsQuery,
  casesQuery,
  detailQuery,
  historyQuery,
  idParams,
  type AlarmDetail,
  type CaseDetail,
  type HealthAnswer,
  type HistoryAnswer,
  type ListPage,
  type PointView,
  type QuarantineAnswer,
  type RulesAnswer,
} from '../../protocol/api.ts';
import type { SiteView } from '../../protocol/stream.ts';
import type { LiveView, ServingContext } from '../context.ts';
import { isVisible } from '../scope.ts';
import { numberOrNull } from '../stream/values.ts';
import { quarantineView, rulesOf, siteView, statusView } from '../stream/views.ts';
import { liveViewIn, requireSession } from './guard.ts';
import { ApiRefused } from './refused.ts';
import { alarmSchema, anySchema, answers, caseSchema, eventSchema, pageOf, type Routes } from './routes.ts';

/** A case that took weeks has some hundreds. */
const timelineMax = 2_000;
const historyPointsMax = 32;
/** Two years at once: longer spans are reports. */
const historySpanMaxMs = 2 * 366 * 86_400_000;

export function addReadRoutes(routes: Routes, context: ServingContext): void {
  addRecordRoutes(routes, context);
  addPresentRoutes(routes, context);
}

function addRecordRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  const tags = ['record'];

  routes.get(
    '/alarms',
    {
      onRequest,
      schema: {
        tags,
        summary: 'alarms, newest first',
        querystring: alarmsQuery,
        response: answers(pageOf(alarmSchema)),
      },
    },
    (request) => listAlarms(context, liveViewIn(context, request), request.query),
  );

  routes.get(
    '/alarms/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'one alarm and its events',
        params: idParams,
        querystring: detailQuery,
        response: answers(z.object({ alarm: alarmSchema, events: z.array(eventSchema) })),
      },
    },
    (request) =>
      alarmDetail(context, liveViewIn(context, request), request.params.id, request.query.atLeast ?? 0),
  );

  routes.get(
    '/cases',
    {
      onRequest,
      schema: {
        tags,
        summary: 'cases, newest first',
        querystring: casesQuery,
        response: answers(pageOf(caseSchema)),
      },
    },
    (request) => listCases(context, liveViewIn(context, request), request.query),
  );

  routes.get(
    '/cases/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'one case, its alarms and its timeline',
        params: idParams,
        querystring: detailQuery,
        response: answers(
          z.object({ case: caseSchema, alarms: z.array(alarmSchema), events: z.array(eventSchema) }),
        ),
      },
    },
    (request) =>
      caseDetail(context, liveViewIn(context, request), request.params.id, request.query.atLeast ?? 0),
  );

  routes.get(
    '/history',
    {
      onRequest,
      schema: {
        tags,
        summary: 'samples of points; above maxSamples minimum and maximum per bucket, gaps kept',
        querystring: historyQuery,
        response: answers(anySchema),
      },
    },
    (request) => history(context, liveViewIn(context, request), request.query),
  );
}

function addPresentRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  const tags = ['present'];
  const plain = (summary: string) => ({ onRequest, schema: { tags, summary, response: answers(anySchema) } });

  routes.get('/points', plain('points with their latest values'), (request, reply) =>
    reply.send({ points: pointViews(liveViewIn(context, request)) }),
  );
  routes.get('/registry', plain('sites, places, points and rules in scope'), (request, reply) => {
    const { live, scope } = liveViewIn(context, request);
    return reply.send(siteView(live, scope) satisfies SiteView);
  });
  routes.get('/rules', plain('rules in scope'), (request, reply) => {
    const { live, scope } = liveViewIn(context, request);
    return reply.send({ rules: rulesOf(live, scope) } satisfies RulesAnswer);
  });
  routes.get('/health', plain('counters, sources, lags'), (request, reply) => {
    const { live, scope } = liveViewIn(context, request);
    const status = statusView(context.notices.status, scope);
    return reply.send({ status, epoch: live.epoch, seq: live.seq } satisfies HealthAnswer);
  });
  routes.get('/quarantine', plain('the last samples of refused input'), (request, reply) => {
    const { scope } = liveViewIn(context, request);
    return reply.send({
      samples: quarantineView(context.notices.quarantine, scope),
    } satisfies QuarantineAnswer);
  });
}

async function listAlarms(
  context: ServingContext,
  { scope }: LiveView,
  { atLeast, ...filter }: z.output<typeof alarmsQuery>,
): Promise<ListPage<AlarmState>> {
  if (scope.mines.size === 0) return { items: [], cursor: null };
  return context.queries.ask('alarms', [{ ...defined(filter), mines: [...scope.mines] }], atLeast);
}

async function listCases(
  context: ServingContext,
  { scope }: LiveView,
  { atLeast, ...filter }: z.output<typeof casesQuery>,
): Promise<ListPage<CaseState>> {
  if (scope.mines.size === 0) return { items: [], cursor: null };
  return context.queries.ask('cases', [{ ...defined(filter), mines: [...scope.mines] }], atLeast);
}

async function alarmDetail(
  context: ServingContext,
  view: LiveView,
  id: string,
  wanted: number,
): Promise<AlarmDetail> {
  const alarm = await findAlarm(context, view, id, wanted);
  const atLeast = Math.max(wanted, alarm.seq);
  return { alarm, events: await context.queries.ask('alarmEvents', [alarm.id, timelineMax], atLeast) };
}

/** Memory first: it is ahead of the record. */
async function findAlarm(
  context: ServingContext,
  { live, scope }: LiveView,
  id: string,
  atLeast: number,
): Promise<AlarmState> {
  const alarm = live.alarm(id) ?? (await context.queries.ask('alarm', [id], atLeast));
  if (alarm === null || !isVisible(scope, alarm.mine)) throw new ApiRefused('NOT_FOUND');
  return alarm;
}

async function caseDetail(
  context: ServingContext,
  { live, scope }: LiveView,
  id: string,
  wanted: number,
): Promise<CaseDetail> {
  const state = live.case(id) ?? (await context.queries.ask('case', [id], wanted));
  if (state === null || !isVisible(scope, state.mine)) throw new ApiRefused('NOT_FOUND');
  // The timeline must hold what the state shows.
  const atLeast = Math.max(wanted, state.seq);
  const [events, recorded] = await Promise.all([
    context.queries.ask('caseEvents', [id, timelineMax], atLeast),
    context.queries.ask('alarms', [{ mines: [state.mine], case: id, limit: 500 }], atLeast),
  ]);
  const alarms = recorded.items.map((alarm) => live.alarm(alarm.id) ?? alarm);
  return { case: state, alarms, events };
}

async function history(
  context: ServingContext,
  { live, scope }: LiveView,
  query: z.output<typeof historyQuery>,
): Promise<HistoryAnswer> {
  const ids = [...new Set(query.points.split(','))];
  if (ids.length > historyPointsMax) throw new ApiRefused('BAD_REQUEST', ['points']);
  if (query.to - query.from > historySpanMaxMs) throw new ApiRefused('BAD_REQUEST', ['from', 'to']);
  const points = ids.map((id) => {
    const point = live.documents.points[live.slotOf(id) ?? -1];
    if (point === undefined || !scope.mines.has(point.mine)) throw new ApiRefused('NOT_FOUND', [id]);
    return point;
  });
  const series = await context.queries.ask('history', [
    {
      points: points.map((point) => ({ id: point.id, gapMs: pointGapMs(point) })),
      from: query.from,
      to: query.to,
      maxSamples: query.maxSamples,
    },
  ]);
  return { series: series.map((one, i) => ({ ...one, unit: points[i]!.unit })) };
}

function pointViews({ live, scope }: LiveView): readonly PointView[] {
  const { time, received, value, status } = live.latest;
  return live.documents.points.flatMap((point, slot) => {
    if (!scope.mines.has(point.mine)) return [];
    const isKnown = received[slot]! > 0;
    return [
      {
        slot,
        id: point.id,
        name: point.name ?? point.id,
        unit: point.unit,
        place: point.place,
        mine: point.mine,
        t: isKnown ? time[slot]! : null,
        r: isKnown ? received[slot]! : null,
        v: isKnown ? numberOrNull(value[slot]!) : null,
        s: isKnown ? status[slot]! : 0,
      },
    ];
  });
}

/** Leaves out what was not asked: absent and undefined differ under exactOptionalPropertyTypes. */
function defined<T extends object>(filter: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
