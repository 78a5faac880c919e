// Profiles of upload files: separators, encodings, kinds and their fields as data (DOMAIN basis stands beside each
// kind). Types only; the data lies in profiles/, one file per part of the standard. Fields whose order is not
// confirmed say so, and the conformance report repeats it.

/**
 * text: any. code: an id without blanks. number: decimal. integer. time: `yyyy-MM-dd HH:mm:ss` of UTC+8, and the
 * dialect's own. flag: 0 or 1. bits: a number of 0…255 or eight binary digits. An empty field is null unless required.
 */
export type FieldType = 'text' | 'code' | 'number' | 'integer' | 'time' | 'flag' | 'bits';

export interface FieldProfile {
  /** camelCase, stable: what meaning/ reads. */
  readonly name: string;
  readonly zh: string;
  readonly type: FieldType;
  readonly isRequired?: boolean;
  /** Longest text that is taken; 256 when absent. */
  readonly charsMax?: number;
}

export type Certainty = 'confirmed' | 'field' | 'assumed';

export interface KindProfile {
  /** As in the file name. */
  readonly kind: string;
  readonly zh: string;
  /** Message class of the same body when it travels as a message (part 4), if there is one. */
  readonly messageClass?: string;
  readonly header: readonly FieldProfile[];
  readonly row: readonly FieldProfile[];
  /** Headers of fewer fields are taken; absent: exactly header.length. */
  readonly headerFieldsMin?: number;
  /** Rows of other lengths in the same file, told apart by their number of fields (each differs from all others). */
  readonly otherRows?: readonly (readonly FieldProfile[])[];
  /** Rows of fewer fields are taken when the standard's editions differ; absent: exactly row.length. */
  readonly rowFieldsMin?: number;
  readonly certainty: Certainty;
}

export interface DialectProfile {
  readonly id: string;
  readonly zh: string;
  readonly fieldSeparator: string;
  readonly recordEnd: string;
  readonly fileEnd: string;
  /** What a record is followed by; absent: nothing. */
  readonly lineBreak?: string;
  /** Records may close their last field with a separator too; the writer closes these. */
  readonly closes?: readonly ('header' | 'row')[];
  /** Times besides `yyyy-MM-dd HH:mm:ss`. */
  readonly timePatterns?: readonly string[];
  /** How the mine code of this dialect looks, as the source of a RegExp. */
  readonly mineCode: string;
  readonly kinds: ReadonlyMap<string, KindProfile>;
}

/** A decoded row: by field name. Numbers, times (ms) and flags as number; an empty field is null. */
export type Row = Readonly<Record<string, string | number | null>>;
