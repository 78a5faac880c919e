// The sender process: publishes at a fixed rate in millisecond ticks, one connection per source, and remembers when each
// alarm frame went to its socket (process.hrtime: one clock for all processes of a machine). What is late is caught up;
// more unacknowledged frames than the bound and it waits, counting what it holds back.

import { FrameMaker, seededRandom, type FramePlan } from './frames.ts';
import { RawConnection } from './raw-connection.ts';

export interface SenderOptions extends FramePlan {
  readonly port: number;
  readonly readingsPerSecond: number;
}

export interface SenderMark {
  readonly atNs: number;
  readonly acknowledgedReadings: number;
  readonly sentReadings: number;
  readonly resentFrames: number;
  /** Ticks that had to hold frames back because too many were unacknowledged. */
  readonly heldTicks: number;
}

/** `key`: scope@raisedAt. */
export interface AlarmSent {
  readonly key: string;
  readonly atNs: number;
}

export type ToSender = { readonly type: 'mark' } | { readonly type: 'alarms' } | { readonly type: 'stop' };
export type FromSender =
  | { readonly type: 'sending' }
  | { readonly type: 'mark'; readonly mark: SenderMark }
  | { readonly type: 'alarms'; readonly alarms: readonly AlarmSent[] };

const unacknowledgedMax = 20_000;
/** One connection may have this many: packet ids must not come round. */
const unacknowledgedPerConnectionMax = 30_000;

const options = JSON.parse(process.argv[2] ?? '{}') as SenderOptions;
const maker = new FrameMaker(options, seededRandom(2));
const connections = Array.from(
  { length: maker.sources },
  (_, source) => new RawConnection(options.port, `bench-${source}`),
);
const topics = new Map<string, Buffer>();
const alarms: AlarmSent[] = [];
let sentFrames = 0;
let heldTicks = 0;

await Promise.all(connections.map(({ opened }) => opened));
const startedNs = nowNs();
const framesPerNs = options.readingsPerSecond / options.perFrame / 1e9;
const timer = setInterval(tick, 1);
tell({ type: 'sending' });

process.on('message', (message: ToSender) => {
  switch (message.type) {
    case 'mark':
      return tell({ type: 'mark', mark: mark() });
    case 'alarms':
      return tell({ type: 'alarms', alarms: alarms.splice(0) });
    case 'stop':
    default:
      clearInterval(timer);
      for (const connection of connections) connection.close();
      process.disconnect();
  }
});
process.on('disconnect', () => process.exit(0));

function tick(): void {
  const due = Math.floor((nowNs() - startedNs) * framesPerNs);
  let waiting = connections.reduce((sum, connection) => sum + connection.waiting, 0);
  const now = Date.now();
  for (; sentFrames < due; sentFrames += 1, waiting += 1) {
    const next = connections[sentFrames % connections.length]!;
    if (waiting >= unacknowledgedMax || next.waiting >= unacknowledgedPerConnectionMax) {
      heldTicks += 1;
      return;
    }
    const { source, topic, payload, alarm } = maker.next(now);
    if (alarm !== null) alarms.push({ key: alarm, atNs: nowNs() });
    connections[source]!.send(topicBytes(topic), Buffer.from(payload), options.perFrame);
  }
}

function topicBytes(topic: string): Buffer {
  let bytes = topics.get(topic);
  if (bytes === undefined) topics.set(topic, (bytes = Buffer.from(topic)));
  return bytes;
}

function mark(): SenderMark {
  return {
    atNs: nowNs(),
    acknowledgedReadings: connections.reduce(
      (sum, { acknowledgedReadings }) => sum + acknowledgedReadings,
      0,
    ),
    sentReadings: sentFrames * options.perFrame,
    resentFrames: connections.reduce((sum, { resent }) => sum + resent, 0),
    heldTicks,
  };
}

function nowNs(): number {
  return Number(process.hrtime.bigint());
}

function tell(message: FromSender): void {
  process.send?.(message);
}
