// 传感器关联关系 of CDDY: groups apart by `◇`, each of one or more links `<letter>-<point>[-<name>]` apart by `:`. Pure.
// What does not look like that is left out; the definition keeps the text as sent.

export const relationLetters = {
  B: '闭锁',
  G: '关联风门',
  K: '控制',
  H: '保护',
  Z: '主备',
  D: '断电',
  T: '调节',
} as const;

export type RelationLetter = keyof typeof relationLetters;

export interface RelationLink {
  readonly letter: RelationLetter;
  readonly point: string;
  readonly name: string | null;
}

/** One entry per group: first what acts, then what it acts on. */
export type RelationGroup = readonly RelationLink[];

const link = /^([BGKHZDT])-([0-9A-Za-z]+)(?:-(.+))?$/;

export function parseRelations(text: string): readonly RelationGroup[] {
  return text
    .split('◇')
    .map((group) => group.split(':').map(parseLink).filter(isLink))
    .filter((group) => group.length > 0);
}

function parseLink(text: string): RelationLink | null {
  const match = link.exec(text.trim());
  if (match === null) return null;
  const [, letter, point, name] = match;
  if (letter === undefined || point === undefined || !isLetter(letter)) return null;
  return { letter, point, name: name ?? null };
}

function isLetter(letter: string): letter is RelationLetter {
  return Object.hasOwn(relationLetters, letter);
}

function isLink(value: RelationLink | null): value is RelationLink {
  return value !== null;
}
