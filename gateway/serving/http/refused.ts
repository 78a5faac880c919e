// Refusals as HTTP answers: one shape for all, `{code, zh, en, missing[]}`. What is thrown and is not one of these is our
// own failure: logged, and answered without a detail.

import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CommandRefusal } from '#alarms/workflow/command.ts';
import { refusals } from '#alarms/workflow/refusals.ts';
import { apiRefusals, type ApiRefusalCode } from '../../protocol/api-refusals.ts';
import type { ApiRefusal } from '../../protocol/api.ts';
import type { ServingEvents } from '../../observability/serving-events.ts';
import { HashQueueFull } from '../accounts/password.ts';
import { QueryFailed } from '../query/client.ts';
import { RequestTimedOut, TooManyRequests } from '../requests.ts';

export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  readonly code: ApiRefusalCode;
  readonly missing: readonly string[];

  constructor(code: ApiRefusalCode, missing: readonly string[] = []) {
    super(code);
    this.code = code;
    this.missing = missing;
  }
}

export function apiRefusal(code: ApiRefusalCode, missing: readonly string[] = []): ApiRefusal {
  const { zh, en } = apiRefusals[code];
  return { code, zh, en, missing };
}

export function sendRefusal(
  reply: FastifyReply,
  code: ApiRefusalCode,
  missing: readonly string[] = [],
): FastifyReply {
  return reply.code(apiRefusals[code].status).send(apiRefusal(code, missing));
}

export function sendCommandRefusal(
  reply: FastifyReply,
  { code, missing }: Pick<CommandRefusal, 'code' | 'missing'>,
): FastifyReply {
  const { status, zh, en } = refusals[code];
  return reply.code(status).send({ code, zh, en, missing } satisfies ApiRefusal);
}

/** `isCommand`: what a schema refuses there is the workflow's INVALID_PAYLOAD, the first of its checks. */
export function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  events: ServingEvents,
): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const missing = [...new Set(error.validation.map(({ instancePath }) => fieldOf(instancePath)))];
    if (request.routeOptions.config.isCommand === true && request.body !== undefined) {
      return sendCommandRefusal(reply, { code: 'INVALID_PAYLOAD', missing });
    }
    events.requestRefused('BAD_REQUEST');
    return sendRefusal(reply, 'BAD_REQUEST', missing);
  }
  const code = codeOf(error);
  note(error, code, request.routeOptions.url ?? request.url, events);
  return sendRefusal(reply, code, error instanceof ApiRefused ? error.missing : []);
}

function note(error: unknown, code: ApiRefusalCode, path: string, events: ServingEvents): void {
  if (error instanceof QueryFailed && error.failure === 'FAILED') events.queryFailed(path, error.message);
  else if (error instanceof RequestTimedOut) events.queryTimedOut(path);
  else if (error instanceof TooManyRequests) events.queryRefused(path);
  else if (code === 'INTERNAL') events.requestFailed(path, detailOf(error));
  events.requestRefused(code);
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function codeOf(error: unknown): ApiRefusalCode {
  if (error instanceof ApiRefused) return error.code;
  if (error instanceof TooManyRequests || error instanceof HashQueueFull) return 'BUSY';
  if (error instanceof RequestTimedOut) return 'QUERY_TIMED_OUT';
  if (error instanceof QueryFailed) {
    if (error.failure === 'NOT_RECORDED_YET') return 'NOT_RECORDED_YET';
    return error.failure === 'UNAVAILABLE' ? 'STARTING' : 'INTERNAL';
  }
  return codeOfStatus(statusOf(error));
}

/** Failures that fastify and its plugins raise: broken JSON, too large, too many. */
function codeOfStatus(status: number): ApiRefusalCode {
  if (status === 404) return 'NOT_FOUND';
  if (status === 413) return 'BODY_TOO_LARGE';
  if (status === 429) return 'RATE_LIMITED';
  return status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL';
}

function statusOf(error: unknown): number {
  const hasStatus = typeof error === 'object' && error !== null && 'statusCode' in error;
  return hasStatus && typeof error.statusCode === 'number' ? error.statusCode : 500;
}

function fieldOf(instancePath: string): string {
  return instancePath.replace(/^\//, '').replaceAll('/', '.');
}
