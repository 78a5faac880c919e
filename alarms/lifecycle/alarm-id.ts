// Alarm ids: `<rule>/<scope>#<n>`, n = 1, 2, 3 … per (rule, scope) for ever. A rule id holds no '/', a scope may.
// The part before '#' is the pair: at most one alarm of a pair lives at a time.

export interface AlarmIdParts {
  readonly rule: string;
  readonly scope: string;
  readonly n: number;
}

export function pairOf(rule: string, scope: string): string {
  return `${rule}/${scope}`;
}

export function alarmId(rule: string, scope: string, n: number): string {
  return `${rule}/${scope}#${n}`;
}

export function parseAlarmId(id: string): AlarmIdParts | null {
  const match = /^([^/]+)\/(.+)#([1-9]\d{0,14})$/.exec(id);
  if (match === null) return null;
  const [, rule = '', scope = '', n = ''] = match;
  return { rule, scope, n: Number(n) };
}
