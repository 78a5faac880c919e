// Refusal counters with their words, the most frequent first. A code without words shows itself. Pure.

export interface ReasonRow {
  readonly code: string;
  readonly count: number;
  readonly zh: string;
  readonly en: string;
}

export function reasonRows(
  counts: Readonly<Record<string, number>>,
  words: Readonly<Record<string, { readonly zh: string; readonly en: string }>>,
): readonly ReasonRow[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([code, count]) => ({ code, count, ...(words[code] ?? { zh: code, en: code }) }))
    .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}
