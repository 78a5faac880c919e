// Who may publish and subscribe to what on the embedded broker. A source speaks under its own mine, system and name and
// hears only the commands for itself. Whether a topic is well formed is the core's question: where nothing is fixed it is
// let through here, and refused there with its own reason. Nothing of what sources send is ever delivered to anybody.

export interface Identity {
  /** Absent: any. */
  readonly mine?: string;
  readonly system?: string;
  readonly source?: string;
  /** The number of the token it came in with. */
  readonly token?: number;
}

/** What a Sparkplug edge node says of itself and its devices; commands are the host's to give. */
const sparkplugReports = new Set(['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH']);

export function mayPublish(identity: Identity | null, topic: string): boolean {
  if (identity?.mine === undefined) return true;
  const parts = topic.split('/');
  if (parts[0] === 'spBv1.0') {
    const [, group, kind, node] = parts;
    return sparkplugReports.has(kind ?? '') && isOwn(identity.mine, group) && isOwn(identity.source, node);
  }
  const [tree, version, mine, system, source] = parts;
  if (tree !== 'mine' || version !== 'v1') return false;
  return isOwn(identity.mine, mine) && isOwn(identity.system, system) && isOwn(identity.source, source);
}

/** The commands of Sparkplug for itself, and the host's state. Nobody may listen to what others send. */
export function maySubscribe(identity: Identity | null, filter: string): boolean {
  const parts = filter.split('/');
  const [root, group, kind, node] = parts;
  if (root !== 'spBv1.0') return false;
  if (group === 'STATE') return parts.length === 3;
  const isCommand = (kind === 'NCMD' && parts.length === 4) || (kind === 'DCMD' && parts.length === 5);
  if (!isCommand) return false;
  return isOwn(identity?.mine, group) && isOwn(identity?.source, node);
}

/** The one will that is the sender's own word: its death certificate, which it signs with the number of its birth. */
export function isDeathCertificate(topic: string): boolean {
  const parts = topic.split('/');
  return parts.length === 4 && parts[0] === 'spBv1.0' && parts[2] === 'NDEATH';
}

/** One sender, however many connections it has; null when it has no name. */
export function identityKey(identity: Identity | null): string | null {
  if (identity?.source === undefined) return null;
  return `${identity.mine ?? '+'}/${identity.system ?? '+'}/${identity.source}`;
}

function isOwn(own: string | undefined, said: string | undefined): boolean {
  return own === undefined || own === said;
}
