// The address after `#`: which screen, which thing on it, and its filters. Small and our own; pure. A screen that is
// not known is the overview.

export type ScreenName = 'overview' | 'alarms' | 'cases' | 'trends' | 'links';

export interface Route {
  readonly screen: ScreenName;
  /** The case on the case screen; '' = none. */
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
}

/** In the order of the keys 1 … 5. */
export const screens: readonly ScreenName[] = ['overview', 'alarms', 'cases', 'trends', 'links'];

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen = '', ...rest] = path.split('/');
  const known = screens.find((name) => name === screen);
  return {
    screen: known ?? 'overview',
    id: known === undefined ? '' : decode(rest.join('/')),
    query: known === undefined ? {} : Object.fromEntries(new URLSearchParams(search)),
  };
}

export function formatRoute(
  screen: ScreenName,
  id = '',
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(key, value);
  }
  const path = id === '' ? screen : `${screen}/${encodeURIComponent(id)}`;
  const text = search.toString();
  return `#/${path}${text === '' ? '' : `?${text}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
