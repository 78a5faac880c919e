// The state of the gateway for the screens, once a second: room, lags, sources, refusals.

import type { Engine } from '#alarms/engine/engine.ts';
import type { Counters, CoreCounter } from '../observability/counters.ts';
import type { ProjectorProgress } from '../journal/projection-progress.ts';
import type { GatewayStatus, SourceStatus } from '../protocol/stream.ts';
import type { Room } from './journal/writer.ts';
import type { Quarantine } from './quarantine.ts';

/** Sources shown; the screen sorts them, the metrics have the totals. */
const sourcesShownMax = 500;
/** A source that has said nothing for this long is shown as not connected whatever its socket says. */
const quietMs = 60_000;

export interface StatusParts {
  readonly engine: Engine;
  readonly counters: Counters<CoreCounter>;
  readonly progress: ProjectorProgress;
  readonly quarantine: Quarantine;
  readonly duplicateFrames: (source: number) => number;
  readonly room: Room;
  readonly broker: GatewayStatus['broker'];
  readonly now: number;
  readonly startedAt: number;
  readonly isDemo: boolean;
  readonly isInsecure: boolean;
}

export function buildStatus(parts: StatusParts): GatewayStatus {
  const { progress, room } = parts;
  return {
    serverTime: parts.now,
    startedAt: parts.startedAt,
    demo: parts.isDemo,
    insecure: parts.isInsecure,
    room: room.state,
    freeBytes: room.freeBytes,
    counters: parts.counters.toObject(),
    refusedByReason: parts.quarantine.byReason(),
    sources: sourcesOf(parts),
    projectionLagMs: progress.get('eventsLagMs'),
    historyLagMs: progress.get('historyLagMs'),
    historyPaused: progress.get('historyPaused') !== 0,
    broker: parts.broker,
  };
}

function sourcesOf({ engine, quarantine, now, duplicateFrames }: StatusParts): SourceStatus[] {
  const shown: SourceStatus[] = [];
  for (let source = 0; source < Math.min(engine.sources.size, sourcesShownMax); source += 1) {
    const { name, frames, readings, sequenceGaps, lastReceived } = engine.sources.counts(source);
    const topic = `mine/v1/${name.mine}/${name.system}/${name.source}/data`;
    shown.push({
      mine: name.mine,
      system: name.system,
      source: name.source,
      connected: now - lastReceived < quietMs,
      lastReceived,
      frames,
      readings,
      sequenceGaps,
      duplicateFrames: duplicateFrames(source),
      refused: quarantine.refusedBy(topic),
    });
  }
  return shown;
}
