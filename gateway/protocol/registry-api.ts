// The registry in the HTTP API (docs/registry.md): what is asked and what is answered. Portable as api.ts.

import { z } from 'zod';

export const registryKinds = ['points', 'stations', 'areas', 'people', 'equipment'] as const;
export type RegistryKind = (typeof registryKinds)[number];

const mine = z.string().min(1).max(64).optional();
const milliseconds = z.coerce.number().int().min(0).max(8_640_000_000_000_000);

export const registryQuery = z.strictObject({
  mine,
  limit: z.coerce.number().int().min(1).max(5_000).default(500),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/)
    .optional(),
});

export const registryChangesQuery = z.strictObject({
  mine,
  what: z.enum(['point', 'station', 'area', 'person', 'equipment']).optional(),
  /** As registered. */
  id: z.string().min(1).max(64).optional(),
  from: milliseconds.optional(),
  to: milliseconds.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(100).optional(),
});

export const unknownPointsQuery = z.strictObject({
  mine,
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export interface RegistryPage {
  readonly items: readonly object[];
  readonly cursor: string | null;
}

/** One change of one thing by a definition. */
export interface RegistryChangeView {
  /** When it came, ms. */
  readonly at: number;
  readonly mine: string;
  readonly system: string;
  readonly source: string;
  readonly what: 'point' | 'station' | 'area' | 'person' | 'equipment';
  readonly id: string;
  /** Null: it was not there. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>>;
}
