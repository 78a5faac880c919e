// What a decoder of upload files gives (MT/T 1201 and its kin): everything one file says, sorted by what the gateway
// does with it, and what was refused. Pure: bytes in, this or a refusal out. One bad record refuses itself, not its file.

import type { Definition } from '#alarms/registry/definition.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

export interface UploadReading {
  readonly point: string;
  /** ms */
  readonly time: number;
  /** Null: a sample without a number. */
  readonly value: number | null;
  /** 0 … 255, docs/rules.md §1. */
  readonly status: number;
  /** As sent, '' or null when the file says nothing of it. */
  readonly unit: string | null;
}

export interface RefusedRecord {
  readonly reason: IntakeRefusal;
  /** From 1, the header not counted; 0: the header. */
  readonly record: number;
  /** For the person who reads the report: zh and en. */
  readonly zh: string;
  readonly en: string;
}

export interface UploadHeader {
  /** File kind as in the name: CDSS, RYSS … */
  readonly kind: string;
  /** Dialect that it was read in: id of a profile. */
  readonly dialect: string;
  readonly encoding: 'utf-8' | 'gb18030';
  /** As in the file. */
  readonly mineCode: string;
  readonly mineName: string;
  /** 数据上传时间, ms; null when the dialect has none. */
  readonly uploadedAt: number | null;
}

export interface Upload {
  readonly header: UploadHeader;
  /** Records that were read, refused ones not counted. */
  readonly records: number;
  /** A full snapshot: what is not named in it is gone (RYSS). */
  readonly isSnapshot: boolean;
  readonly readings: readonly UploadReading[];
  readonly report: Report;
  readonly definitions: readonly Definition[];
  readonly refused: readonly RefusedRecord[];
  /** What is against the standard but was understood (BOM, line breaks, full-width separators, code length …). */
  readonly remarks: readonly { readonly record: number; readonly zh: string; readonly en: string }[];
}

export type UploadResult =
  | { readonly ok: true; readonly upload: Upload }
  /** `isIncomplete`: the file's end is not there yet; it may still be written. */
  | {
      readonly ok: false;
      readonly reason: IntakeRefusal;
      readonly isIncomplete: boolean;
      readonly zh: string;
      readonly en: string;
    };
