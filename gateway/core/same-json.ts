// Whether two values would give the same JSON, without making it: documents of a large mine are some megabytes of text.
// Plain data only; the order of names counts as it does in the text, and a name without a value does not.

export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => isSameJson(item, b[index]));
  }
  const left = present(a);
  const right = present(b);
  return (
    left.length === right.length &&
    left.every(([name, value], index) => name === right[index]![0] && isSameJson(value, right[index]![1]))
  );
}

function present(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, part]) => part !== undefined);
}
