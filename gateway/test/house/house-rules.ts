// House rules as functions of a text: each gives what it found, with the line and what to do instead. No files here;
// house.test.ts reads them, and house-rules.test.ts shows that each rule finds what it is there for.

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
}

const time = 'time is an argument: take `now` from the input';
/** What the pure core may not say. */
const coreBans: readonly Ban[] = [
  { pattern: /\bDate\s*\.\s*now\b/, instead: time },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))/, instead: time },
  { pattern: /(?<!new\s+)(?<![.\w])Date\(/, instead: time },
  { pattern: /\bperformance\b/, instead: 'measure at the edge, never in the core' },
  {
    pattern: /\bMath\s*\.\s*random\b|\brandomUUID\b|\bgetRandomValues\b/,
    instead: 'ids derive from the number of the input; tests take a seed',
  },
  {
    pattern: /(?:from|import|import\()\s*['"](?:node:|fs|path|os|crypto|events|worker_threads)/,
    instead: 'no Node in the core: hand in what it needs as a value or a function (a digest, say)',
  },
  {
    pattern: /(?<![.\w])(?:process|globalThis|setTimeout|setInterval|setImmediate|queueMicrotask)\b/,
    instead: 'the core is synchronous and knows no platform: a deadline in the state, an effect as data',
  },
];

export function coreFaults(file: string, text: string): string[] {
  return linesOf(withoutTexts(withoutComments(text), /^(?!.*\bfrom\b|.*\bimport\b)/)).flatMap((line, index) =>
    coreBans
      .filter(({ pattern }) => pattern.test(line))
      .map(({ instead }) => `${file}:${index + 1}: ${line.trim()} (${instead})`),
  );
}

/** `.only`, `.skip` and their like; `skipIf` with a condition is the way, and says why beside it. */
export function testFaults(file: string, text: string): string[] {
  const alone =
    /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|fails)\b|\b[fx](?:it|test|describe)\(/;
  return linesOf(withoutTexts(withoutComments(text), /^/)).flatMap((line, index) =>
    alone.test(line) ? [`${file}:${index + 1}: ${line.trim()} (skipIf with a condition, or not at all)`] : [],
  );
}

/** Targets of a page's links that are files; `exists` is asked with the target as written. */
export function deadLinks(page: string, text: string, exists: (target: string) => boolean): string[] {
  const targets = [...withoutFences(text).matchAll(/\]\(\s*<?([^)\s>#]+)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
    .filter((target) => !exists(target))
    .map((target) => `${page}: link to ${target}`);
}

/** Files and folders of the project that a page names in backticks; `exists` takes a path that may hold a star. */
export function deadPaths(page: string, text: string, exists: (path: string) => boolean): string[] {
  const named =
    /`((?:alarms|gateway|dashboard|simulators|seeds|bench|tests|scripts|docs)\/[\w./*-]*)(?::[^`]*)?`/g;
  return [...text.matchAll(named)]
    .map(([, path = '']) => path)
    .filter((path) => !exists(path.replace(/\/$/, '')))
    .map((path) => `${page}: names ${path}`);
}

/** `npm run X` and `fengsui X` of a page that nobody can run. */
export function deadCommands(
  page: string,
  text: string,
  known: { readonly scripts: ReadonlySet<string>; readonly commands: ReadonlySet<string> },
): string[] {
  const scripts = [...text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].map(([, name = '']) => name);
  const commands = [...text.matchAll(/(?:\bnpm run -s fengsui -- |[`\n] *fengsui )([\w-]+)/g)].map(
    ([, name = '']) => name,
  );
  return [
    ...scripts.filter((name) => !known.scripts.has(name)).map((name) => `${page}: npm run ${name}`),
    ...commands.filter((name) => !known.commands.has(name)).map((name) => `${page}: fengsui ${name}`),
  ];
}

/** Words of the project's workplace: nothing outside the checkout may be needed or named. Put together here, or it
 *  would find itself. */
const foreign = new RegExp(
  [
    ['/wo', 'rk/'],
    ['/fa', 'rm/'],
    ['\\.\\./sha', 'red/'],
    ['registry\\.np', 'mjs'],
    ['registry\\.yarn', 'pkg'],
    ['npm', 'mirror\\.com'],
    ['/ho', 'me/[a-z]+/'],
    ['/tmp/br', 'ief'],
  ]
    .map((parts) => parts.join(''))
    .join('|'),
);

export function foreignWords(file: string, text: string): string[] {
  return linesOf(text).flatMap((line, index) => {
    const found = foreign.exec(line);
    return found === null ? [] : [`${file}:${index + 1}: ${found[0]} (the project stands alone)`];
  });
}

/** Both languages there, and the right way round. */
export function isBilingual({ zh, en }: { readonly zh?: unknown; readonly en?: unknown }): boolean {
  const isText = (text: unknown): text is string => typeof text === 'string' && text.trim() !== '';
  return isText(zh) && isText(en) && /\p{Script=Han}/u.test(zh) && !/\p{Script=Han}/u.test(en);
}

/** Every pair of texts in a document: objects that hold `zh` or `en`. */
export function languagePairs(value: unknown): { zh?: unknown; en?: unknown }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(languagePairs);
  return 'zh' in value || 'en' in value ? [value, ...inside] : inside;
}

export function withoutComments(text: string): string {
  const blank = (found: string): string => found.replaceAll(/[^\n]/g, ' ');
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, blank).replaceAll(/(?<=^|\s)\/\/.*$/gm, blank);
}

function withoutTexts(text: string, where: RegExp): string {
  return linesOf(text)
    .map((line) => (where.test(line) ? line.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''") : line))
    .join('\n');
}

function withoutFences(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function linesOf(text: string): string[] {
  return text.split('\n');
}
