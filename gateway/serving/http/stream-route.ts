// The upgrade to `/stream`: a session and our own Origin, checked before the upgrade; then the hub has the socket.
// A screen that says nothing, and more screens than the bound, are refused.

import type { ServingContext } from '../context.ts';
import { rolesOf, scopeOf } from '../scope.ts';
import { StreamClient } from '../stream/client.ts';
import { isOwnOrigin, refuseOrigin, requireSession } from './guard.ts';
import { ApiRefused } from './refused.ts';
import type { Routes } from './routes.ts';

/** A group's centre has some hundreds of screens; each holds a socket and up to its bound of bytes. */
const clientsMax = 500;
const clientsPerSessionMax = 20;
const helloWithinMs = 10_000;

export function addStreamRoute(routes: Routes, context: ServingContext): void {
  const withSession = requireSession(context);

  routes.get(
    '/stream',
    {
      websocket: true,
      schema: { hide: true },
      onRequest: async (request) => {
        if (!isOwnOrigin(context, request)) refuseOrigin(context, request);
        await withSession(request);
        if (context.live() === null) throw new ApiRefused('STARTING');
        if (isFull(context, request.viewer?.sessionKey ?? '')) throw new ApiRefused('BUSY');
      },
    },
    (socket, request) => {
      const live = context.live();
      const { viewer } = request;
      if (live === null || viewer === null) {
        socket.close(1011, 'no state');
        return;
      }
      const { id, name, grants } = viewer.session.person;
      const client = new StreamClient(
        socket,
        { id, name, roles: rolesOf(grants) },
        viewer.sessionKey,
        scopeOf(grants, live.documents.sites),
      );
      context.hub.add(client);
      const timer = setTimeout(() => {
        if (!client.isSubscribed) socket.close(1008, 'no hello');
      }, helloWithinMs);
      socket.on('close', () => clearTimeout(timer));
    },
  );
}

function isFull(context: ServingContext, sessionKey: string): boolean {
  const clients = context.hub.clients();
  const own = clients.filter((client) => client.sessionKey === sessionKey);
  return clients.length >= clientsMax || own.length >= clientsPerSessionMax;
}
