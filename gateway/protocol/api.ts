// The HTTP API `/api/v1` (docs/protocol.md §HTTP): zod schemas of what comes in, types of what goes out. The dashboard
// imports types only (`import type`), so that zod stays out of its bundle. Portable: no Node, no DOM.
// Command payloads are parsed here once; the core takes them as they are.

import { z } from 'zod';
import type { Level } from '#alarms/kernel/level.ts';
import type { Event, RoleName } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { Rule } from '#alarms/rules/rule.ts';
import type { CommandName, CommandPayloads, Grant } from '#alarms/workflow/command.ts';
import type { GatewayStatus, QuarantineSample } from './stream.ts';

/** SHA-256 in hexadecimal: the name of a piece of evidence. */
export const evidenceId = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hexadecimal');

const commandId = z.string().regex(/^[A-Za-z0-9._-]{8,64}$/, '8 to 64 letters, digits, . _ -');
const identifier = z.string().min(1).max(200);
/** Lengths are counted in characters as people count them, not in UTF-16 units. */
const text = z
  .string()
  .refine((value) => isBetween(Array.from(value.trim()).length, 10, 2_000), '10 to 2 000 characters');
const shortText = z
  .string()
  .refine((value) => Array.from(value).length <= 2_000, 'at most 2 000 characters')
  .exactOptional();
const count = z.int().min(0).max(100_000);

const common = {
  commandId,
  version: z.int().min(0).exactOptional(),
  remark: z
    .string()
    .refine((value) => Array.from(value).length <= 500, 'at most 500 characters')
    .exactOptional(),
  evidence: z.array(evidenceId).max(20).exactOptional(),
};

const ofCase = { ...common, case: identifier };
const ofAlarm = { ...common, alarm: identifier };

/** One schema per command; unknown keys are refused, so that a misspelt field is not silently lost. */
export const commandPayloads = {
  AcknowledgeAlarm: z.strictObject({ ...ofAlarm, phrase: z.string().max(100).exactOptional() }),
  SilenceAlarm: z.strictObject({ ...ofAlarm, minutes: z.int().min(1).max(60) }),
  ReceiveCase: z.strictObject(ofCase),
  RecordAction: z
    .strictObject({
      ...ofCase,
      kind: z.enum([
        'cutPower',
        'evacuate',
        'stopWork',
        'ventilate',
        'notify',
        'dispatchCheck',
        'repair',
        'manualReading',
        'other',
      ]),
      at: z.int().min(946_684_800_000).max(4_102_444_800_000).exactOptional(),
      place: z.string().max(200).exactOptional(),
      n: count.exactOptional(),
      of: count.exactOptional(),
      text: shortText,
    })
    .refine((payload) => payload.n === undefined || payload.of === undefined || payload.n <= payload.of, {
      path: ['n'],
      message: 'n of m: n is at most m',
    }),
  RecordMeasure: z.strictObject({
    ...ofCase,
    kind: z.enum(['cutAndEvacuate', 'analyseCause', 'stopAndRectify', 'holdResponsible']),
    text,
    person: z.string().trim().min(1).max(100),
  }),
  CompleteHandling: z.strictObject({ ...ofCase, cause: z.string().trim().min(1).max(100), text }),
  DismissCase: z.strictObject({ ...ofCase, disposition: z.enum(['resolved', 'falseAlarm']), text }),
  VerifyCase: z.strictObject({
    ...ofCase,
    result: z.enum(['pass', 'fail']),
    mode: z.enum(['online', 'onSite']),
    place: z.string().max(200).exactOptional(),
    text: shortText,
  }),
  FeedBackCase: z.strictObject({ ...ofCase, text, to: z.array(identifier).max(20).exactOptional() }),
  ArchiveCase: z.strictObject({ ...ofCase, text: shortText }),
  ReturnCase: z.strictObject({ ...ofCase, text }),
  ReopenCase: z.strictObject({ ...ofCase, text }),
  DecideHazard: z.strictObject({ ...ofCase, decision: z.enum(['confirmed', 'rejected']), text }),
} as const satisfies { readonly [N in CommandName]: z.ZodType<CommandPayloads[N]> };

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commandPayloads, name);
}

export const loginRequest = z.strictObject({
  user: z.string().min(1).max(64),
  /** Bounded: hashing cost grows with the length. */
  password: z.string().min(1).max(256),
});
export type LoginRequest = z.infer<typeof loginRequest>;

export const passwordRequest = z.strictObject({
  current: z.string().min(1).max(256),
  next: z.string().min(10, 'at least 10 characters').max(256),
});
export type PasswordRequest = z.infer<typeof passwordRequest>;

const milliseconds = z.coerce.number().int().min(0).max(8_640_000_000_000_000);
/** Waits until the record holds this event: what a screen was told is then in the answer. */
const atLeast = z.coerce.number().int().min(0).optional();
const level = z.enum(['blue', 'yellow', 'orange', 'red'] satisfies readonly Level[]);

const page = {
  from: milliseconds.optional(),
  to: milliseconds.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(200).optional(),
  atLeast,
};

export const alarmsQuery = z.strictObject({
  state: z.enum(['live', 'ended']).optional(),
  level: level.optional(),
  scope: identifier.optional(),
  rule: identifier.optional(),
  case: identifier.optional(),
  ...page,
});
export const casesQuery = z.strictObject({
  state: z.enum(['open', 'closed']).optional(),
  level: level.optional(),
  ...page,
});
export const detailQuery = z.strictObject({ atLeast });
export const idParams = z.strictObject({ id: identifier });
export const historyQuery = z
  .strictObject({
    /** Point ids, comma-separated, at most 32. */
    points: z
      .string()
      .min(1)
      .max(32 * 201),
    from: milliseconds,
    to: milliseconds,
    maxSamples: z.coerce.number().int().min(16).max(20_000).default(2_000),
  })
  .refine((query) => query.from < query.to, { path: ['to'], message: 'to is after from' });

export const latestQuery = z.strictObject({
  /** Point ids, comma-separated. */
  points: z
    .string()
    .min(1)
    .max(1_000 * 201)
    .optional(),
});
export const rollupsQuery = z
  .strictObject({
    /** Point ids, comma-separated, at most 32. */
    points: z
      .string()
      .min(1)
      .max(32 * 201),
    from: milliseconds,
    to: milliseconds,
    step: z.enum(['1m', '1h']),
  })
  .refine((query) => query.from < query.to, { path: ['to'], message: 'to is after from' });
export const reportsQuery = z
  .strictObject({
    /** Cards, points or subjects, comma-separated, at most 1 000. */
    keys: z
      .string()
      .min(1)
      .max(1_000 * 201)
      .optional(),
    from: milliseconds,
    to: milliseconds,
    limit: z.coerce.number().int().min(1).max(10_000).default(100),
    cursor: z.string().max(1_000).optional(),
  })
  .refine((query) => query.from < query.to, { path: ['to'], message: 'to is after from' });

/** What a login and `GET /session` answer. */
export interface SessionView {
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly RoleName[];
    readonly grants: readonly Grant[];
    readonly mustChangePassword: boolean;
  };
  readonly serverTime: number;
  readonly expiresAt: number;
  readonly demo: boolean;
  readonly insecure: boolean;
}

export interface CommandResult {
  readonly events: readonly Event[];
  /** Of the case, after the command; 0 for commands without a case. */
  readonly version: number;
}

/** Every refusal of the API. `missing` is machine-readable: fields, alarm ids, measure kinds, evidence ids … */
export interface ApiRefusal {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly missing: readonly string[];
}

export interface EvidenceReceipt {
  readonly id: string;
  readonly contentType: string;
  readonly bytes: number;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface AlarmDetail {
  readonly alarm: AlarmState;
  readonly events: readonly Event[];
}

export interface CaseDetail {
  readonly case: CaseState;
  /** Those that are still known; the case names all by id. */
  readonly alarms: readonly AlarmState[];
  /** The timeline, ascending; the first 2 000. */
  readonly events: readonly Event[];
}

export interface PointView {
  readonly slot: number;
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly place: string;
  readonly mine: string;
  /** Null while nothing was ever received. */
  readonly t: number | null;
  readonly r: number | null;
  readonly v: number | null;
  readonly s: number;
}

export interface LatestAnswer {
  readonly points: readonly {
    readonly point: string;
    readonly unit: string;
    /** Null = history has no reading of it. */
    readonly t: number | null;
    readonly v: number | null;
    readonly s: number;
  }[];
}

export interface RollupsAnswer {
  readonly series: readonly {
    readonly point: string;
    readonly unit: string;
    /** Beginnings of buckets that have a reading, ascending. */
    readonly t: readonly number[];
    /** All readings of the bucket, and those that are usable and have a number. */
    readonly total: readonly number[];
    readonly count: readonly number[];
    /** Of the usable ones; null when there is none. */
    readonly min: readonly (number | null)[];
    readonly max: readonly (number | null)[];
    readonly mean: readonly (number | null)[];
    /** count / total */
    readonly quality: readonly number[];
  }[];
}

export interface HistoryAnswer {
  readonly series: readonly {
    readonly point: string;
    readonly unit: string;
    /** 0 = every stored sample; else minimum and maximum per bucket of this width. */
    readonly bucketMs: number;
    readonly t: readonly number[];
    /** Null = a sample without a number, or a gap. */
    readonly v: readonly (number | null)[];
    /** Status bits as recorded; in a bucket those of all its samples. */
    readonly s: readonly number[];
  }[];
}

export interface RulesAnswer {
  readonly rules: readonly Rule[];
}

export interface HealthAnswer {
  readonly status: GatewayStatus;
  readonly epoch: string;
  readonly seq: number;
}

export interface QuarantineAnswer {
  readonly samples: readonly QuarantineSample[];
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
