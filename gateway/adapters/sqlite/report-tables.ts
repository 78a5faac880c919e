// The tables of reports in history.db: which field lies in which column. One description for writing, reading and
// retention, so that they cannot differ. Column names are persisted.

import type {
  PositionReport,
  StatisticReport,
  SwitchChangeReport,
  UpstreamAlarmReport,
} from '#alarms/telemetry/report.ts';

type Kind = 'time' | 'number' | 'text';

export interface ReportTable<T> {
  readonly name: string;
  /** What a report is found by, besides its time `t`: card, point or subject. */
  readonly key: keyof T & string;
  readonly keyColumns: readonly string[];
  readonly columns: readonly (readonly [field: keyof T & string, column: string, kind: Kind])[];
  /** When a row of the same key is there already. */
  readonly replaces: string;
}

export const positionsTable: ReportTable<PositionReport> = {
  name: 'positions',
  key: 'card',
  keyColumns: ['t', 'mine', 'card'],
  replaces: '',
  columns: [
    ['time', 't', 'time'],
    ['card', 'card', 'text'],
    ['whereabouts', 'whereabouts', 'number'],
    ['enteredAt', 'entered_at', 'time'],
    ['leftAt', 'left_at', 'time'],
    ['area', 'area', 'text'],
    ['areaEnteredAt', 'area_entered_at', 'time'],
    ['station', 'station', 'text'],
    ['stationEnteredAt', 'station_entered_at', 'time'],
    ['distanceM', 'distance_m', 'number'],
    ['x', 'x', 'number'],
    ['y', 'y', 'number'],
    ['z', 'z', 'number'],
    ['workState', 'work_state', 'text'],
  ],
};

export const switchChangesTable: ReportTable<SwitchChangeReport> = {
  name: 'switch_changes',
  key: 'point',
  keyColumns: ['point', 't'],
  replaces: '',
  columns: [
    ['time', 't', 'time'],
    ['point', 'point', 'text'],
    ['state', 'state', 'number'],
    ['previous', 'previous', 'number'],
  ],
};

export const upstreamAlarmsTable: ReportTable<UpstreamAlarmReport> = {
  name: 'upstream_alarms',
  key: 'subject',
  keyColumns: ['t', 'mine', 'subject', 'kind'],
  replaces: 'WHERE excluded.reported_at >= reported_at',
  columns: [
    ['startedAt', 't', 'time'],
    ['subject', 'subject', 'text'],
    ['kind', 'kind', 'text'],
    ['endedAt', 'ended_at', 'time'],
    ['reportedAt', 'reported_at', 'time'],
    ['max', 'max', 'number'],
    ['maxAt', 'max_at', 'time'],
    ['min', 'min', 'number'],
    ['minAt', 'min_at', 'time'],
    ['mean', 'mean', 'number'],
    ['cause', 'cause', 'text'],
    ['measures', 'measures', 'text'],
    ['recordedAt', 'recorded_at', 'time'],
    ['recordedBy', 'recorded_by', 'text'],
  ],
};

export const statisticsTable: ReportTable<StatisticReport> = {
  name: 'statistics',
  key: 'point',
  keyColumns: ['point', 't'],
  replaces: '',
  columns: [
    ['from', 't', 'time'],
    ['point', 'point', 'text'],
    ['to', 'until', 'time'],
    ['max', 'max', 'number'],
    ['maxAt', 'max_at', 'time'],
    ['min', 'min', 'number'],
    ['minAt', 'min_at', 'time'],
    ['mean', 'mean', 'number'],
  ],
};

/** A stream like readings: people move all the time. */
export const rawReportTables = [positionsTable.name] as const;
/** What happened, and what was summed up. */
export const longReportTables = [
  switchChangesTable.name,
  upstreamAlarmsTable.name,
  statisticsTable.name,
] as const;

export const reportTablesSchema = `
  CREATE TABLE positions (
    t INTEGER NOT NULL, mine TEXT NOT NULL, card TEXT NOT NULL, whereabouts INTEGER,
    entered_at INTEGER, left_at INTEGER, area TEXT, area_entered_at INTEGER, station TEXT, station_entered_at INTEGER,
    distance_m REAL, x REAL, y REAL, z REAL, work_state TEXT, PRIMARY KEY (t, mine, card)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX positions_by_card ON positions (card, t);
  CREATE TABLE switch_changes (
    point TEXT NOT NULL, t INTEGER NOT NULL, mine TEXT NOT NULL, state REAL NOT NULL, previous REAL,
    PRIMARY KEY (point, t)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX switch_changes_by_time ON switch_changes (t);
  CREATE TABLE upstream_alarms (
    t INTEGER NOT NULL, mine TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
    ended_at INTEGER, reported_at INTEGER NOT NULL, max REAL, max_at INTEGER, min REAL, min_at INTEGER, mean REAL,
    cause TEXT, measures TEXT, recorded_at INTEGER, recorded_by TEXT, PRIMARY KEY (t, mine, subject, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX upstream_alarms_by_subject ON upstream_alarms (subject, t);
  CREATE TABLE statistics (
    point TEXT NOT NULL, t INTEGER NOT NULL, mine TEXT NOT NULL, until INTEGER NOT NULL,
    max REAL, max_at INTEGER, min REAL, min_at INTEGER, mean REAL, PRIMARY KEY (point, t)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX statistics_by_time ON statistics (t);`;
