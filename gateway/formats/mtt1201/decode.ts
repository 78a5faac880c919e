// MT/T 1201 upload files and their kin: bytes of one file in, everything it says or a refusal out. Pure, never throws.
// Reading the envelope is read.ts, what the rows of a kind mean is meaning/; here both meet.

import type { UploadResult } from '#gateway/formats/upload.ts';
import { MeaningSink } from './meaning/meaning.ts';
import { meaningOf } from './profiles/dialects.ts';
import { readUpload, type UploadOptions } from './read.ts';

export type { UploadOptions } from './read.ts';

export function decodeUpload(bytes: Uint8Array, options: UploadOptions): UploadResult {
  const read = readUpload(bytes, options);
  if (!read.ok) return read;
  const { kind, dialect, encoding, mineCode, header, rows } = read;
  const uploadedAt = numberOrNull(header['uploadedAt']);
  const into = new MeaningSink(uploadedAt ?? options.receivedAt);
  meaningOf(kind.kind)?.(kind, header, rows, into);
  const refused = [...read.refused, ...into.refused].toSorted((a, b) => a.record - b.record);
  const refusedRows = new Set(into.refused.map(({ record }) => record));
  const mineName = typeof header['mineName'] === 'string' ? header['mineName'] : '';
  return {
    ok: true,
    upload: {
      header: { kind: kind.kind, dialect: dialect.id, encoding, mineCode, mineName, uploadedAt },
      records: rows.filter(({ record }) => !refusedRows.has(record)).length,
      isSnapshot: into.isSnapshot,
      readings: into.readings,
      report: into.report,
      definitions: into.definitions,
      refused,
      remarks: [...read.remarks, ...into.remarks],
    },
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
