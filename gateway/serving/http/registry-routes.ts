// The registry for people: what is registered now (from memory), how definitions changed it (from the record), and the
// points that send without being registered. All cut to the viewer's scope; names of people only for who works with them.

import { z } from 'zod';
import {
  registryChangesQuery,
  registryKinds,
  registryQuery,
  unknownPointsQuery,
  type RegistryChangeView,
  type RegistryKind,
  type RegistryPage,
} from '../../protocol/registry-api.ts';
import type { LiveView, ServingContext } from '../context.ts';
import { rolesOf } from '../scope.ts';
import { liveViewIn, requireSession } from './guard.ts';
import { answers, anySchema, pageOf, type Routes } from './routes.ts';

const summaries: Readonly<Record<RegistryKind, string>> = {
  points: 'points of site files and definitions, by slot',
  stations: 'stations that definitions name',
  areas: 'areas that definitions name, with their headcount',
  people: 'cards that definitions name; a wall shows no names',
  equipment: 'equipment that definitions name',
};

export function addRegistryRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  const tags = ['registry'];
  for (const kind of registryKinds) {
    routes.get(
      `/registry/${kind}`,
      {
        onRequest,
        schema: {
          tags,
          summary: summaries[kind],
          querystring: registryQuery,
          response: answers(pageOf(anySchema)),
        },
      },
      (request, reply) => reply.send(registered(liveViewIn(context, request), kind, request.query)),
    );
  }
  routes.get(
    '/registry/changes',
    {
      onRequest,
      schema: {
        tags,
        summary: 'what definitions changed, newest first',
        querystring: registryChangesQuery,
        response: answers(pageOf(anySchema)),
      },
    },
    (request) => changes(context, liveViewIn(context, request), request.query),
  );
  routes.get(
    '/registry/unknown',
    {
      onRequest,
      schema: {
        tags,
        summary: 'points that send and are not registered, most readings first',
        querystring: unknownPointsQuery,
        response: answers(z.object({ points: z.array(anySchema) })),
      },
    },
    (request) => unknownPoints(context, liveViewIn(context, request), request.query),
  );
}

function registered(view: LiveView, kind: RegistryKind, query: z.output<typeof registryQuery>): RegistryPage {
  const mines = new Set(minesAsked(view, query.mine));
  const entries = (view.live.documents[kind] ?? []) as readonly { readonly mine: string }[];
  const from = Number(query.cursor ?? 0);
  const items: object[] = [];
  let at = from;
  for (; at < entries.length && items.length < query.limit; at += 1) {
    const entry = entries[at]!;
    if (mines.has(entry.mine)) items.push(kind === 'people' ? shownPerson(view, entry) : entry);
  }
  return { items, cursor: at < entries.length ? String(at) : null };
}

async function changes(
  context: ServingContext,
  view: LiveView,
  { mine, ...query }: z.output<typeof registryChangesQuery>,
): Promise<{ items: RegistryChangeView[]; cursor: string | null }> {
  const mines = minesAsked(view, mine);
  if (mines.length === 0) return { items: [], cursor: null };
  const filter = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  const { items, cursor } = await context.queries.ask('registryChanges', [
    { limit: query.limit, ...filter, mines },
  ]);
  const shown = items.map((change) => {
    if (change.what !== 'person') return change;
    const { before, after } = change;
    return {
      ...change,
      before: before === null ? null : shownPerson(view, before),
      after: shownPerson(view, after),
    };
  });
  return { items: shown, cursor };
}

async function unknownPoints(
  context: ServingContext,
  view: LiveView,
  { mine, limit }: z.output<typeof unknownPointsQuery>,
): Promise<{ points: Record<string, unknown>[] }> {
  const mines = minesAsked(view, mine);
  if (mines.length === 0) return { points: [] };
  const points = await context.queries.ask('unknownPoints', [mines, limit]);
  return { points: points.map((point) => ({ ...point })) };
}

/** A wall hangs where visitors see it. */
function shownPerson<T extends object>(
  { viewer }: LiveView,
  person: T,
): T | Readonly<Record<string, unknown>> {
  const mayName = rolesOf(viewer.session.person.grants).some((role) => role !== 'wall');
  return mayName ? person : { ...person, name: '' };
}

/** Of the scope; a mine outside it is none. */
function minesAsked({ scope }: LiveView, mine: string | undefined): readonly string[] {
  if (mine === undefined) return [...scope.mines];
  return scope.mines.has(mine) ? [mine] : [];
}
