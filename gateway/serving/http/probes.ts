// For machines: is it alive, is it ready, its numbers, its API document. No session for the first two; numbers only from
// this machine or with a session.

import type { Metrics } from '../../observability/metrics.ts';
import type { ServingContext } from '../context.ts';
import { viewerOf } from './guard.ts';
import { sendRefusal } from './refused.ts';
import type { Routes } from './routes.ts';

export function addProbes(app: Routes, context: ServingContext, metrics: Metrics): void {
  const hidden = { schema: { hide: true }, config: { rateLimit: false as const } };

  app.get('/healthz', hidden, (_request, reply) => reply.send({ alive: true }));

  app.get('/readyz', hidden, (_request, reply) => {
    const isReady = context.live() !== null;
    const { room } = context.notices.status;
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, room, seq: context.live()?.seq ?? null });
  });

  app.get('/metrics', hidden, async (request, reply) => {
    const isNear = isLoopbackAddress(request.ip);
    if (!isNear && (await viewerOf(context, request)) === null) return sendRefusal(reply, 'UNAUTHENTICATED');
    const { contentType, body } = await metrics.text();
    return reply.header('content-type', contentType).send(body);
  });

  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => reply.send(app.swagger()));
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
