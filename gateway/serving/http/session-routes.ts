// Login, logout, who am I, change of password. A wrong name and a wrong password take the same time and give the same
// answer. Hashing goes through one queue of the process, one at a time, because alarms share its thread pool.

import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { loginRequest, passwordRequest, type SessionView } from '../../protocol/api.ts';
import { hashPassword, isPassword } from '../accounts/password.ts';
import { sessionAbsoluteMs, type Session } from '../accounts/store.ts';
import type { ServingContext } from '../context.ts';
import { rolesOf } from '../scope.ts';
import {
  clearSessionCookie,
  newToken,
  requireSession,
  sessionKeyOf,
  setSessionCookie,
  viewerIn,
} from './guard.ts';
import { ApiRefused, sendRefusal } from './refused.ts';
import { anySchema, answers, refusalSchema, type Routes } from './routes.ts';

const tags = ['session'];

export function addSessionRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);

  routes.post(
    '/session',
    {
      schema: {
        tags,
        summary: 'log in; sets the session cookie',
        body: loginRequest,
        response: answers(anySchema),
      },
    },
    async (request, reply) => {
      const { user, password } = request.body;
      const waitS = context.loginLimits.begin(user, request.ip, context.now());
      if (waitS !== null) {
        context.events.loginLimited(user, request.ip);
        return sendRefusal(reply.header('retry-after', waitS), 'LOGIN_LIMITED');
      }
      const { token, session } = await logIn(context, user, password, request.ip);
      setSessionCookie(context, reply, token, session.createdAt + sessionAbsoluteMs);
      return reply.send(sessionView(context, session));
    },
  );

  routes.get(
    '/session',
    { onRequest, schema: { tags, summary: 'who am I, server time', response: answers(anySchema) } },
    (request, reply) => reply.send(sessionView(context, viewerIn(request).session)),
  );

  routes.delete(
    '/session',
    {
      onRequest,
      schema: {
        tags,
        summary: 'log out; closes the streams of the session',
        response: { 204: z.null().describe('logged out'), '4xx': refusalSchema },
      },
    },
    async (request, reply) => {
      const { sessionKey, session } = viewerIn(request);
      await context.accounts.closeSession(sessionKey);
      context.hub.closeSession(sessionKey);
      context.events.logoutDone(session.person.id);
      clearSessionCookie(context, reply);
      return reply.code(204).send(null);
    },
  );

  routes.post(
    '/password',
    {
      onRequest,
      schema: {
        tags,
        summary: 'change the own password; ends the other sessions',
        body: passwordRequest,
        response: answers(anySchema),
      },
    },
    async (request, reply) => {
      await changePassword(context, request, request.body.current, request.body.next);
      return reply.send(sessionView(context, await renewed(context, request)));
    },
  );
}

async function logIn(
  context: ServingContext,
  user: string,
  password: string,
  address: string,
): Promise<{ token: string; session: Session }> {
  const hash = await context.accounts.passwordHash(user);
  const isRight = await context.hashes.run(() => isPassword(password, hash));
  if (!isRight || hash === null) {
    // A name that nobody has may be a password typed into the wrong field: it is not logged.
    context.events.loginFailed(hash === null ? '(unknown)' : user, address);
    throw new ApiRefused('LOGIN_FAILED');
  }
  const token = newToken();
  const session = await context.accounts.openSession(user, hash, sessionKeyOf(token), context.now());
  if (session === null) throw new ApiRefused('LOGIN_FAILED');
  context.loginLimits.succeeded(user, address);
  context.events.loginSucceeded(user, address);
  return { token, session };
}

async function changePassword(
  context: ServingContext,
  request: FastifyRequest,
  current: string,
  next: string,
): Promise<void> {
  const { session, sessionKey } = viewerIn(request);
  const { id } = session.person;
  const waitS = context.loginLimits.begin(id, request.ip, context.now());
  if (waitS !== null) throw new ApiRefused('LOGIN_LIMITED');
  const hash = await context.accounts.passwordHash(id);
  if (!(await context.hashes.run(() => isPassword(current, hash)))) throw new ApiRefused('LOGIN_FAILED');
  context.loginLimits.succeeded(id, request.ip);
  if (next === current || next.toLowerCase().includes(id.toLowerCase())) {
    throw new ApiRefused('PASSWORD_UNSUITABLE', ['next']);
  }
  await context.accounts.changePassword(id, await context.hashes.run(() => hashPassword(next)), sessionKey);
  context.events.passwordChanged(id);
}

async function renewed(context: ServingContext, request: FastifyRequest): Promise<Session> {
  const session = await context.accounts.session(viewerIn(request).sessionKey, context.now());
  if (session === null) throw new ApiRefused('UNAUTHENTICATED');
  return session;
}

function sessionView(context: ServingContext, session: Session): SessionView {
  const { id, name, grants, mustChangePassword } = session.person;
  return {
    user: { id, name, grants, mustChangePassword, roles: rolesOf(grants) },
    serverTime: context.now(),
    expiresAt: session.expiresAt,
    demo: context.demo,
    insecure: context.insecure,
  };
}
