// Who asks, and from where. A session is a random 256-bit token in an HttpOnly, SameSite=Strict cookie; the store knows
// its SHA-256 only. Every request that can change something, and the upgrade to the stream, must come from our own
// pages: the Origin is checked always, and a header that no form can send besides.

import { createHash, randomBytes } from 'node:crypto';
import '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LiveView, ServingContext, Viewer } from '../context.ts';
import { scopeOf } from '../scope.ts';
import { ApiRefused } from './refused.ts';

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
  }
  interface FastifyContextConfig {
    /** Its body is a command's payload. */
    isCommand?: boolean;
    /** For programs with a token of their own, which no browser sends by itself: Origin and header are not asked for. */
    isMachine?: boolean;
  }
}

export const csrfHeader = 'x-requested-with';
export const csrfValue = 'fengsui';

/** `__Host-`: the browser takes it only over TLS, for this host alone, for all paths. */
export function cookieName(context: ServingContext): string {
  return context.isTls ? '__Host-fengsui_session' : 'fengsui_session';
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function sessionKeyOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The browser keeps it as long as a session may last at all; idling is judged by the store. */
export function setSessionCookie(
  context: ServingContext,
  reply: FastifyReply,
  token: string,
  expiresAt: number,
): void {
  void reply.setCookie(cookieName(context), token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: context.isTls,
    expires: new Date(expiresAt),
  });
}

export function clearSessionCookie(context: ServingContext, reply: FastifyReply): void {
  void reply.clearCookie(cookieName(context), { path: '/', secure: context.isTls });
}

const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

/** Null when there is no live session. Never throws for what the client sent. */
export async function viewerOf(context: ServingContext, request: FastifyRequest): Promise<Viewer | null> {
  const token = request.cookies[cookieName(context)];
  if (token === undefined || !tokenPattern.test(token)) return null;
  const sessionKey = sessionKeyOf(token);
  const session = await context.accounts.session(sessionKey, context.now());
  return session === null ? null : { session, sessionKey };
}

/** Hook of every route that needs a session. */
export function requireSession(context: ServingContext): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    request.viewer = await viewerOf(context, request);
    if (request.viewer === null) throw new ApiRefused('UNAUTHENTICATED');
  };
}

export function requireOwnOrigin(context: ServingContext): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return;
    if (request.routeOptions.config.isMachine === true) return;
    const hasHeader = request.headers[csrfHeader] === csrfValue;
    if (hasHeader && isOwnOrigin(context, request)) return;
    refuseOrigin(context, request);
  };
}

export function refuseOrigin(context: ServingContext, request: FastifyRequest): never {
  const origin = (request.headers.origin ?? '').slice(0, 200);
  context.events.originRefused(request.routeOptions.url ?? '', origin);
  throw new ApiRefused('ORIGIN_REFUSED');
}

export function isOwnOrigin(context: ServingContext, request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return false;
  if (context.extraOrigins.includes(origin)) return true;
  return host !== undefined && origin === `${context.isTls ? 'https' : 'http'}://${host}`;
}

/** The request's viewer, after requireSession. */
export function viewerIn(request: FastifyRequest): Viewer {
  if (request.viewer === null) throw new ApiRefused('UNAUTHENTICATED');
  return request.viewer;
}

/** Viewer and what the viewer may see now; refused while the core has not told its state yet. */
export function liveViewIn(context: ServingContext, request: FastifyRequest): LiveView {
  const viewer = viewerIn(request);
  const live = context.live();
  if (live === null) throw new ApiRefused('STARTING');
  return { live, viewer, scope: scopeOf(viewer.session.person.grants, live.documents.sites) };
}
