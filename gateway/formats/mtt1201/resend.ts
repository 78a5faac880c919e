// What to do with a file that may have come before: pure rules over what is remembered of earlier files of the same
// kind and mine. The upload time of the header decides, not the order of arrival.

export interface UploadIdentity {
  readonly fileName: string;
  /** Hex. */
  readonly sha256: string;
  /** ms; null when the dialect has none. */
  readonly uploadedAt: number | null;
}

export interface UploadsBefore {
  /** SHA-256 of the file of this name that was taken last; null: none. */
  readonly sha256OfName: string | null;
  /** Upload time of the newest snapshot or definition file of this kind and mine that was applied; null: none. */
  readonly appliedAt: number | null;
}

export type ResendVerdict =
  /** Taken and, where the kind says how things stand, applied. */
  | 'apply'
  /** Kept in history; what is newer stays as it is. */
  | 'store'
  /** The same file again: nothing to do. */
  | 'duplicate';

/** A file of the same name with another content is a correction and goes by its upload time like any other. */
export function judgeResend(file: UploadIdentity, before: UploadsBefore): ResendVerdict {
  if (before.sha256OfName === file.sha256) return 'duplicate';
  if (file.uploadedAt !== null && before.appliedAt !== null && file.uploadedAt < before.appliedAt)
    return 'store';
  return 'apply';
}
