// Upload files written out by hand: what the standard's tables and producers in the field print, with invented values.

import type { Upload } from '#gateway/formats/upload.ts';
import { decodeUpload } from '../decode.ts';

export const mine = '150622004499';
export const uploadedAt = Date.UTC(2026, 10, 24, 0, 0, 0);
export const header = `${mine};某矿;2026-11-24 08:00:00`;
export const equipmentHeader = `${mine};某矿;30;主要通风机;2026-11-24 08:00:00`;

/** ms of a time of day of that day in UTC+8. */
export function at(time: string): number {
  return Date.parse(`2026-11-24T${time}+08:00`);
}

export function upload(kind: string, ...records: readonly string[]): Upload {
  const text = `${records.join('~')}~||`;
  const result = decodeUpload(new TextEncoder().encode(text), {
    kind,
    fileName: `${mine}_${kind}_20261124080000.txt`,
    receivedAt: uploadedAt + 1_000,
  });
  if (!result.ok) throw new Error(result.en);
  return result.upload;
}
