// The whole recording, once, as a test or a load wants it: every stamp shifted by one constant, N times as fast as it
// was recorded, done when every frame is acknowledged. Survives restarts of the broker. Weeks between episodes take
// one period, their stamps keep the distance.

import { chosenEpisodes, lastTime, readRecording } from './recording.ts';
import { type Frame, FramePublisher } from './publish.ts';
import { readSimulatedSite } from './site.ts';

export interface PublishRecordingOptions {
  readonly url: string;
  /** Site folder. */
  readonly site: string;
  /** 1 = real time; Infinity = as fast as the window of unacknowledged frames allows. */
  readonly speed: number;
  /** Added to every stamp. `shiftBehind` gives one with which none lies ahead. */
  readonly shiftMs: number;
  readonly episodes?: readonly number[];
  readonly source?: string;
  /** `seq` of the first frame: passes after the first go on counting. */
  readonly firstSequence?: number;
  readonly clientId?: string;
  readonly window?: number;
  readonly onAck?: (frame: Frame) => void;
  readonly signal?: AbortSignal;
}

export interface PublishedRecording {
  readonly frames: number;
  readonly readings: number;
  readonly acknowledged: number;
  readonly resent: number;
  readonly nextSequence: number;
}

/** The shift that puts the last stamp of the recording at `now`. */
export function shiftBehind(site: string, now: number, episodes?: readonly number[]): number {
  return now - lastTime(readRecording(site), episodes);
}

export async function publishRecording(options: PublishRecordingOptions): Promise<PublishedRecording> {
  const recording = readRecording(options.site);
  const topic = {
    mine: readSimulatedSite(options.site).mine,
    system: 'safety',
    source: options.source ?? 'replay',
    stream: 'data',
  } as const;
  let acknowledged = 0;
  const publisher = new FramePublisher({
    url: options.url,
    clientId: options.clientId ?? `replay-once-${topic.mine}`,
    ...(options.window === undefined ? {} : { window: options.window }),
    onAck: (frame) => {
      acknowledged += 1;
      options.onAck?.(frame);
    },
  });
  const stop = () => publisher.close();
  options.signal?.addEventListener('abort', stop);
  let sequence = options.firstSequence ?? 1;
  const first = sequence;
  try {
    const pace = pacer(options.speed);
    for (const episode of chosenEpisodes(recording, options.episodes)) {
      let previous: number | null = null;
      for (const row of episode.rows) {
        await pace(previous === null ? 1_000 : row.time - previous);
        if (options.signal?.aborted === true) break;
        previous = row.time;
        const time = row.time + options.shiftMs;
        await publisher.publish({ topic, sequence, time, points: recording.points, values: row.values });
        sequence += 1;
      }
    }
    await publisher.drained();
  } finally {
    options.signal?.removeEventListener('abort', stop);
    publisher.close();
  }
  const frames = sequence - first;
  const readings = frames * recording.points.length;
  return { frames, readings, acknowledged, resent: publisher.resent, nextSequence: sequence };
}

/** Waits so that recorded time passes `speed` times as fast; what was late is caught up. */
function pacer(speed: number): (recordedMs: number) => Promise<void> {
  let due = performance.now();
  return async (recordedMs) => {
    due += recordedMs / speed;
    const waitMs = due - performance.now();
    if (waitMs < 1) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  };
}
