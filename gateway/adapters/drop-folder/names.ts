// Names in the drop folder: which folder is which system, what an upload file is called, what is still being written.
// Pure.

import { type System, systems } from '#gateway/protocol/topics.ts';

export interface UploadFileName {
  readonly mineCode: string;
  readonly kind: string;
  /** yyyyMMddHHmmss */
  readonly stamp: string;
}

/** What front-end machines in the field call the folders, besides our own words. */
const fieldFolders: Readonly<Record<string, System>> = {
  aqjk: 'safety',
  rydw: 'personnel',
  jxry: 'personnel',
  shfz: 'water',
  zysb: 'equipment',
};

const segment = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const uploadName = /^([0-9A-Za-z]{9,24})_([A-Z][A-Z0-9]{1,15})_(\d{14})\.(?:txt|TXT)$/;
const writtenUnder = /^\.|\.(?:tmp|temp|part|filepart|partial|writing|uploading|crdownload|swp)$|~$/i;

export function isMineFolder(name: string): boolean {
  return segment.test(name) && !isOurs(name);
}

export function systemOfFolder(name: string): System | null {
  if (isSystem(name)) return name;
  return Object.hasOwn(fieldFolders, name) ? (fieldFolders[name] ?? null) : null;
}

export function parseFileName(name: string): UploadFileName | null {
  const match = uploadName.exec(name);
  if (match === null) return null;
  const [, mineCode = '', kind = '', stamp = ''] = match;
  return { mineCode, kind, stamp };
}

/** Clients of FTP write under such a name and rename at the end: moving it away would break their upload. */
export function isBeingWritten(name: string): boolean {
  return writtenUnder.test(name);
}

/** Folders that the gateway makes itself, beside the files. */
export function isOurs(name: string): boolean {
  return name === 'done' || name === 'rejected';
}

/** Oldest first by the stamp in the name; names of other people last, so that they hold up nobody. */
export function compareNames(a: string, b: string): number {
  const left = sortKey(a);
  const right = sortKey(b);
  if (left !== right) return left < right ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sortKey(name: string): string {
  return parseFileName(name)?.stamp ?? '~';
}

function isSystem(name: string): name is System {
  return (systems as readonly string[]).includes(name);
}
