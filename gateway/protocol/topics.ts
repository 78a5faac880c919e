// MQTT topics: `mine/v1/{mine}/{system}/{source}/{stream}`. A device may publish only under its own mine and source.

export const systems = [
  'safety',
  'personnel',
  'slope',
  'tailings',
  'water',
  'rockburst',
  'equipment',
  'power',
  'eseal',
  'production',
  'weather',
] as const;
export type System = (typeof systems)[number];

export const streams = ['data', 'define', 'event', 'state'] as const;
export type Stream = (typeof streams)[number];

export interface Topic {
  readonly mine: string;
  readonly system: System;
  readonly source: string;
  readonly stream: Stream;
}

const segment = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Null when the topic is not of our tree or a part is not an id. */
export function parseTopic(topic: string): Topic | null {
  const parts = topic.split('/');
  if (parts.length !== 6 || parts[0] !== 'mine' || parts[1] !== 'v1') return null;
  const [, , mine, system, source, stream] = parts as [string, string, string, string, string, string];
  if (!segment.test(mine) || !segment.test(source)) return null;
  if (!isSystem(system) || !isStream(stream)) return null;
  return { mine, system, source, stream };
}

export function formatTopic(topic: Topic): string {
  return `mine/v1/${topic.mine}/${topic.system}/${topic.source}/${topic.stream}`;
}

/** An upload file as a message: `mine/v1/{mine}/{system}/{source}/file/{KIND}`. */
export interface FileTopic {
  readonly mine: string;
  readonly system: System;
  readonly source: string;
  /** CDDY, CDSS …; upper case. */
  readonly kind: string;
}

const fileKind = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** Null when the topic is not one of upload files or a part is not an id. */
export function parseFileTopic(topic: string): FileTopic | null {
  const parts = topic.split('/');
  if (parts.length !== 7 || parts[0] !== 'mine' || parts[1] !== 'v1' || parts[5] !== 'file') return null;
  const [, , mine, system, source, , kind] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!segment.test(mine) || !segment.test(source) || !fileKind.test(kind) || !isSystem(system)) return null;
  return { mine, system, source, kind: kind.toUpperCase() };
}

function isSystem(text: string): text is System {
  return (systems as readonly string[]).includes(text);
}

function isStream(text: string): text is Stream {
  return (streams as readonly string[]).includes(text);
}
