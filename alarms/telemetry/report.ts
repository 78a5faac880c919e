// What other systems report besides readings: where people are, switches that changed, alarms that the system itself
// raised, statistics it computed. Journalled as they came, kept in history; rules do not judge them here.
// Times are milliseconds; null = the sender did not say.

/** One person at one moment. Key: card and time. */
export interface PositionReport {
  readonly card: string;
  readonly time: number;
  /** 0 at the mouth of the mine, 1 underground, 2 out. */
  readonly whereabouts: 0 | 1 | 2 | null;
  readonly enteredAt: number | null;
  readonly leftAt: number | null;
  readonly area: string | null;
  readonly areaEnteredAt: number | null;
  readonly station: string | null;
  readonly stationEnteredAt: number | null;
  /** Signed, along the roadway, from the station. */
  readonly distanceM: number | null;
  readonly x: number | null;
  readonly y: number | null;
  readonly z: number | null;
  /** As sent: 正常, 求救 … */
  readonly workState: string | null;
}

/** A switch that took another state. Key: point and time. */
export interface SwitchChangeReport {
  readonly point: string;
  readonly time: number;
  readonly state: number;
  /** Before it; null when it is the first state that is known. */
  readonly previous: number | null;
}

/** An alarm of the system that reports, not of this gateway. Key: subject, kind and start; a later one replaces it. */
export interface UpstreamAlarmReport {
  /** Point, card, area or station. */
  readonly subject: string;
  /** Code of the sender's dictionary with the file kind before it: `YCBJ.001`, `RYCS` … */
  readonly kind: string;
  readonly startedAt: number;
  /** Null while it lasts. */
  readonly endedAt: number | null;
  readonly reportedAt: number;
  readonly max: number | null;
  readonly maxAt: number | null;
  readonly min: number | null;
  readonly minAt: number | null;
  readonly mean: number | null;
  readonly cause: string | null;
  readonly measures: string | null;
  readonly recordedAt: number | null;
  readonly recordedBy: string | null;
}

/** What the reporting system says of a span of time. Key: point and `from`. */
export interface StatisticReport {
  readonly point: string;
  readonly from: number;
  readonly to: number;
  readonly max: number | null;
  readonly maxAt: number | null;
  readonly min: number | null;
  readonly minAt: number | null;
  readonly mean: number | null;
}

export interface Report {
  readonly positions?: readonly PositionReport[];
  readonly switchChanges?: readonly SwitchChangeReport[];
  readonly upstreamAlarms?: readonly UpstreamAlarmReport[];
  readonly statistics?: readonly StatisticReport[];
}
