// Upload and download of evidence. The body is streamed to disk; what it is, is read from its content. It is served as an
// attachment that a browser neither interprets nor runs, to those who uploaded it or may see a case that refers to it.

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import '@fastify/rate-limit';
import { z } from 'zod';
import type { CaseState } from '#alarms/log/state.ts';
import { evidenceId, type EvidenceReceipt } from '../../protocol/api.ts';
import type { LiveView, ServingContext } from '../context.ts';
import type { EvidenceFile } from '../evidence-store.ts';
import { isVisible } from '../scope.ts';
import { liveViewIn, requireSession, viewerIn } from './guard.ts';
import { ApiRefused } from './refused.ts';
import { answers, refusalSchema, type Routes } from './routes.ts';

const tags = ['evidence'];
const receiptSchema = z.object({ id: evidenceId, contentType: z.string(), bytes: z.int() });
/** A case of a person's everyday work; a desk that needs more waits. */
const uploadsPerMinute = 60;

export function addEvidenceRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  // Whatever the sender calls it: the body is handed on as it comes, and counted while it is written.
  routes.removeAllContentTypeParsers();
  routes.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  routes.post(
    '/evidence',
    {
      onRequest,
      config: { rateLimit: { max: uploadsPerMinute, timeWindow: 60_000 } },
      schema: {
        tags,
        summary: 'upload one file (PNG, JPEG, WebP, PDF; raw body, at most 20 MiB); on disk before 201',
        response: { 201: receiptSchema, '4xx': refusalSchema, '5xx': refusalSchema },
      },
    },
    async (request, reply) => {
      const { id } = viewerIn(request).session.person;
      const body = request.body;
      if (!isReadable(body)) throw new ApiRefused('EVIDENCE_TYPE_UNSUPPORTED');
      const saved = await context.evidence.save(body, id);
      if (typeof saved === 'string') {
        context.events.evidenceRefused(saved);
        // The rest of the body is not wanted: the connection ends with the answer.
        void reply.header('connection', 'close');
        throw new ApiRefused(saved);
      }
      context.events.evidenceStored(saved.id, saved.bytes, id);
      return reply
        .code(201)
        .send({ id: saved.id, contentType: saved.contentType, bytes: saved.bytes } satisfies EvidenceReceipt);
    },
  );

  routes.get(
    '/evidence/:id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'download; `case` names an archived case that refers to it',
        params: z.strictObject({ id: evidenceId }),
        querystring: z.strictObject({ case: z.string().min(1).max(200).optional() }),
        response: answers(z.unknown().describe('the file, as an attachment')),
      },
    },
    async (request, reply) => {
      const view = liveViewIn(context, request);
      const file = context.evidence.find(request.params.id);
      if (file === undefined || !(await maySee(context, view, file, request.query.case))) {
        throw new ApiRefused('NOT_FOUND');
      }
      return reply
        .header('content-type', file.contentType)
        .header('content-length', file.bytes)
        .header('content-disposition', `attachment; filename="${file.id.slice(0, 16)}.${file.extension}"`)
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cache-control', 'private, no-store')
        .send(createReadStream(context.evidence.pathOf(file)));
    },
  );
}

async function maySee(
  context: ServingContext,
  { live, scope, viewer }: LiveView,
  file: EvidenceFile,
  caseId: string | undefined,
): Promise<boolean> {
  if (file.uploadedBy === viewer.session.person.id) return true;
  const isShown = (state: CaseState): boolean => isVisible(scope, state.mine) && refersTo(state, file.id);
  for (const state of live.cases()) if (isShown(state)) return true;
  if (caseId === undefined) return false;
  const recorded = await context.queries.ask('case', [caseId]);
  return recorded !== null && isShown(recorded);
}

function refersTo(state: CaseState, id: string): boolean {
  const steps = [...state.actions, ...state.measures, state.completed, state.dismissed, state.verified];
  return steps.some((step) => step?.evidence.includes(id) === true);
}

function isReadable(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
