// The screen process: a logged-in WebSocket client that remembers when each raised alarm was read and parsed. It
// comes back by itself when the gateway is gone, and then takes alarms of the snapshot as seen at that moment.

import { WebSocket } from 'ws';
import type { StreamMessage } from '#gateway/protocol/stream.ts';

export interface ScreenOptions {
  readonly url: string;
  readonly cookie: string;
}

export interface AlarmSeen {
  readonly key: string;
  readonly raisedAt: number;
  readonly atNs: number;
}

export type ToScreen =
  | { readonly type: 'alarms' }
  /** Tell once when an alarm was seen that was raised after this moment (ms). */
  | { readonly type: 'firstAfter'; readonly at: number }
  | { readonly type: 'stop' };
export type FromScreen =
  | { readonly type: 'watching' }
  | { readonly type: 'alarms'; readonly alarms: readonly AlarmSeen[] }
  | { readonly type: 'first'; readonly alarm: AlarmSeen };

const retryMs = 10;

const options = JSON.parse(process.argv[2] ?? '{}') as ScreenOptions;
const seen: AlarmSeen[] = [];
let wantedAfter: number | null = null;
let isStopped = false;
let socket = open();

process.on('message', (message: ToScreen) => {
  switch (message.type) {
    case 'alarms':
      return tell({ type: 'alarms', alarms: seen.splice(0) });
    case 'firstAfter':
      wantedAfter = message.at;
      return;
    case 'stop':
    default:
      isStopped = true;
      socket.terminate();
      process.disconnect();
  }
});
process.on('disconnect', () => process.exit(0));

function open(): WebSocket {
  const { url, cookie } = options;
  const made = new WebSocket(`${url.replace('http', 'ws')}/stream`, { headers: { cookie, origin: url } });
  made.on('open', () => made.send('{"type":"hello"}'));
  made.on('message', (data: Buffer) => take(data));
  made.on('error', () => {});
  made.on('close', () => {
    if (!isStopped) setTimeout(() => (socket = open()), retryMs);
  });
  return made;
}

function take(data: Buffer): void {
  const message = JSON.parse(data.toString()) as StreamMessage;
  const atNs = Number(process.hrtime.bigint());
  if (message.type === 'events') {
    for (const { event } of message.events) {
      if (event.type === 'AlarmRaised') see(event.data.scope, event.data.raisedAt, atNs);
    }
  } else if (message.type === 'snapshot') {
    for (const { scope, raisedAt } of message.alarms) see(scope, raisedAt, atNs);
    tell({ type: 'watching' });
  }
}

function see(scope: string, raisedAt: number, atNs: number): void {
  const alarm = { key: `${scope}@${raisedAt}`, raisedAt, atNs };
  seen.push(alarm);
  if (wantedAfter === null || raisedAt <= wantedAfter) return;
  wantedAfter = null;
  tell({ type: 'first', alarm });
}

function tell(message: FromScreen): void {
  process.send?.(message);
}
