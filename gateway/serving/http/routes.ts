// The kind of fastify instance that routes are added to: with zod schemas. Answers are written with JSON.stringify; the
// response schemas are documentation (OpenAPI), their truth is the TypeScript types.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';

export type Routes = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const localised = { zh: z.string(), en: z.string() };
export const refusalSchema = z
  .object({ code: z.string(), ...localised, missing: z.array(z.string()) })
  .describe('why not, in both languages; `missing` is machine-readable');

const loose = z.looseObject({});
export const alarmSchema = z
  .looseObject({ id: z.string(), mine: z.string(), base: z.string(), level: z.string(), seq: z.int() })
  .describe('AlarmState (alarms/log/state.ts)');
export const caseSchema = z
  .looseObject({ id: z.string(), mine: z.string(), stage: z.string(), version: z.int(), seq: z.int() })
  .describe('CaseState (alarms/log/state.ts)');
export const eventSchema = z
  .looseObject({ v: z.literal(1), id: z.string(), seq: z.int(), type: z.string(), at: z.int() })
  .describe('Event (alarms/log/event.ts)');

export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; cursor: z.ZodNullable<z.ZodString> }> {
  return z.object({ items: z.array(item), cursor: z.string().nullable() });
}

export const anySchema = loose;

/** What can be said of every route that needs a session. */
export function answers<T extends z.ZodType>(ok: T): { 200: T; '4xx': z.ZodType; '5xx': z.ZodType } {
  return { 200: ok, '4xx': refusalSchema, '5xx': refusalSchema };
}
