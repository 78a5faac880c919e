// A device publishes only under its own mine and source. Whether the topic is well formed is the core's question:
// a topic outside the tree is let through here when nothing is fixed, and refused there with its own reason.

import type { Identity } from './connection.ts';

export function mayPublish(identity: Identity | null, topic: string): boolean {
  if (identity === null) return true;
  const [, , mine, , source] = topic.split('/');
  if (identity.mine !== undefined && identity.mine !== mine) return false;
  return identity.source === undefined || identity.source === source;
}
