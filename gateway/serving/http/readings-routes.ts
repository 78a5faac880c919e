// Readings over HTTP, for sources without MQTT. The body is what an MQTT message of the source would hold, and takes the
// same way through the core; whose it is says the token, never the body. 204 comes when everything it brought is on disk.
// A machine's route: no session, no cookie, no Origin. Nothing of a token is ever written to a log.

import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/rate-limit';
import { z } from 'zod';
import { assertNever } from '#alarms/kernel/result.ts';
import type { ReadingsOutcome } from '../../ports.ts';
import type { ApiRefusal } from '../../protocol/api.ts';
import type { ApiRefusalCode } from '../../protocol/api-refusals.ts';
import { intakeRefusals } from '../../protocol/refusals.ts';
import { formatTopic } from '../../protocol/topics.ts';
import type { KnownToken } from '../accounts/source-tokens.ts';
import type { ServingContext } from '../context.ts';
import type { Lease } from '../readings/gate.ts';
import { ApiRefused } from './refused.ts';
import { refusalSchema, type Routes } from './routes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    sender: Sender | null;
  }
}

interface Sender {
  readonly token: KnownToken;
  lease: Lease | null;
}

/** Of the message as the core reads it (its own bound is the same), and of the compressed body. */
export const readingsBytesMax = 1024 * 1024;
/** Per token: in frames of 100 twenty times what the largest source sends. */
const requestsPerWindow = 20_000;
const windowMs = 10_000;
/** When to come again: a full inbox empties within a second; a full disk or a start takes longer. */
const pressedS = 1;
const notRecordingS = 5;

const reading = z.looseObject({ point: z.string(), time: z.union([z.string(), z.number()]) });
const bodySchema = z
  .union([
    z.looseObject({
      v: z.literal(1),
      seq: z.int().min(0),
      t: z.int(),
      p: z.array(z.string()),
      d: z.array(z.int()).optional(),
      x: z.array(z.number().nullable()),
      s: z.array(z.int()).optional(),
    }),
    reading,
    z.array(reading),
  ])
  .describe('a columnar frame v1, or one plain reading, or an array of them: as in an MQTT message');

export function addReadingsRoutes(routes: Routes, context: ServingContext): void {
  routes.decorateRequest('sender', null);
  routes.removeAllContentTypeParsers();
  // The bytes as they come: the core reads them.
  routes.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: readingsBytesMax },
    (_request, body, done) => done(null, body),
  );

  routes.post(
    '/readings',
    {
      onRequest: async (request, reply) => {
        request.sender = { token: await tokenOf(context, request, reply), lease: null };
        refuseWrongType(request);
        if (context.live() === null) refuseForNow(reply, 'STARTING', notRecordingS);
      },
      preParsing: async (request, reply) => {
        admit(context, request, reply);
      },
      config: {
        isMachine: true,
        rateLimit: {
          max: requestsPerWindow,
          timeWindow: windowMs,
          keyGenerator: (request) => `source ${senderIn(request).token.number}`,
        },
      },
      // The schema is for the document: what a message must be says the core, with its own reasons.
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        tags: ['readings'],
        summary: 'one message of a source, at most 1 MiB, may be gzip; 204 when it is on disk',
        security: [{ sourceToken: [] }],
        body: bodySchema,
        response: {
          204: z.null().describe('everything it brought is on disk'),
          '4xx': refusalSchema,
          '5xx': refusalSchema,
        },
      },
    },
    async (request, reply) => {
      const { token, lease } = senderIn(request);
      if (lease === null) throw new ApiRefused('INTERNAL');
      let isWithCore = false;
      try {
        const payload = await payloadOf(context, request, reply, lease);
        isWithCore = true;
        const { mine, system, source } = token;
        const topic = formatTopic({ mine, system, source, stream: 'data' });
        return answer(context, reply, await carry(context, reply, topic, payload, lease));
      } finally {
        if (!isWithCore) lease.leave();
      }
    },
  );
}

function senderIn({ sender }: FastifyRequest): Sender {
  if (sender === null) throw new ApiRefused('TOKEN_UNKNOWN');
  return sender;
}

async function tokenOf(
  context: ServingContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<KnownToken> {
  const [, token = ''] = /^Bearer +(\S{1,200})$/i.exec(request.headers.authorization ?? '') ?? [];
  const known = await context.sources.find(token).catch(() => refuseForNow(reply, 'BUSY', pressedS));
  if (known !== null) return known;
  context.events.sourceTokenRefused(request.ip);
  void reply.header('www-authenticate', 'Bearer');
  throw new ApiRefused('TOKEN_UNKNOWN');
}

function refuseWrongType({ headers }: FastifyRequest): void {
  const isJson = /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
  if (!isJson) throw new ApiRefused('READINGS_TYPE_UNSUPPORTED', ['content-type']);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!/^(gzip|identity)$/i.test(encoding))
    throw new ApiRefused('READINGS_TYPE_UNSUPPORTED', ['content-encoding']);
}

/** Room for the body before it is read; of a length that was not said, room for the largest. */
function admit(context: ServingContext, request: FastifyRequest, reply: FastifyReply): void {
  const said = Number(request.headers['content-length'] ?? Number.NaN);
  if (said > readingsBytesMax) throw new ApiRefused('BODY_TOO_LARGE');
  // Broken off while its token was looked up: it will not say so again.
  if (request.raw.destroyed) throw new ApiRefused('BAD_REQUEST');
  const sender = senderIn(request);
  const lease = context.readingsGate.enter(sender.token.number, said >= 0 ? said : readingsBytesMax);
  if (lease === null) return refuseForNow(reply, 'INTAKE_PRESSED', pressedS);
  sender.lease = lease;
  // A body that breaks off, or is too large, never comes to the handler.
  request.raw.once('close', () => {
    if (request.body === undefined) lease.leave();
  });
}

async function payloadOf(
  context: ServingContext,
  request: FastifyRequest,
  reply: FastifyReply,
  lease: Lease,
): Promise<Uint8Array> {
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
  const isGzip = request.headers['content-encoding']?.toLowerCase() === 'gzip';
  const payload = isGzip ? await context.inflater.inflate(body) : body;
  if (payload === 'tooLarge') throw new ApiRefused('BODY_TOO_LARGE');
  if (payload === 'broken') throw new ApiRefused('BAD_REQUEST', ['content-encoding']);
  if (!lease.resize(payload.byteLength)) return refuseForNow(reply, 'INTAKE_PRESSED', pressedS);
  return payload;
}

async function carry(
  context: ServingContext,
  reply: FastifyReply,
  topic: string,
  payload: Uint8Array,
  lease: Lease,
): Promise<ReadingsOutcome> {
  try {
    return await context.readings.send(topic, payload, lease);
  } catch {
    // Late, or the core is gone: nobody here knows. To be sent again; what was recorded is then a duplicate.
    context.events.readingsAnswered('unknown');
    return refuseForNow(reply, 'NOT_RECORDING', notRecordingS);
  }
}

function answer(context: ServingContext, reply: FastifyReply, outcome: ReadingsOutcome): FastifyReply {
  context.events.readingsAnswered(outcome.kind);
  switch (outcome.kind) {
    case 'recorded':
      return reply.code(204).send(null);
    case 'refused': {
      const { zh, en } = intakeRefusals[outcome.reason];
      return reply.code(422).send({ code: outcome.reason, zh, en, missing: [] } satisfies ApiRefusal);
    }
    case 'pressed':
      return refuseForNow(reply, 'INTAKE_PRESSED', pressedS);
    case 'abandoned':
      return refuseForNow(reply, 'NOT_RECORDING', notRecordingS);
    default:
      return assertNever(outcome, 'outcome of readings');
  }
}

function refuseForNow(reply: FastifyReply, code: ApiRefusalCode, retryAfterS: number): never {
  void reply.header('retry-after', retryAfterS);
  throw new ApiRefused(code);
}
