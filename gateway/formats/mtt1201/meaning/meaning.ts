// What a kind of file means: a function from its rows to what the gateway keeps of them. The sink collects; it knows
// nothing of kinds. Always holds: of what bears the same key inside one file the last one counts, and a remark says so;
// an id that no point may have refuses its record, never its file.

import type { Definition } from '#alarms/registry/definition.ts';
import type {
  PositionReport,
  Report,
  StatisticReport,
  SwitchChangeReport,
  UpstreamAlarmReport,
} from '#alarms/telemetry/report.ts';
import type { RefusedRecord, UploadReading } from '#gateway/formats/upload.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { isPointId } from '../../decoding.ts';
import type { KindProfile, Row } from '../profile.ts';

export interface RecordRow {
  /** From 1, the header not counted. */
  readonly record: number;
  readonly row: Row;
}

export type Meaning = (kind: KindProfile, header: Row, rows: readonly RecordRow[], into: MeaningSink) => void;

export interface Remark {
  readonly record: number;
  readonly zh: string;
  readonly en: string;
}

/** Per file. A file whose every record is odd in the same way would else be told at greater length than it is long. */
const remarksMax = 1000;

export class MeaningSink {
  /** What a time that the row does not give is taken as: upload time of the header, else when the file was received. */
  readonly reportedAt: number;
  /** Set by the meaning of a kind whose file names everything there is. */
  isSnapshot = false;

  readonly #readings = new Map<string, UploadReading>();
  readonly #positions = new Map<string, PositionReport>();
  readonly #switchChanges = new Map<string, SwitchChangeReport>();
  readonly #upstreamAlarms = new Map<string, UpstreamAlarmReport>();
  readonly #statistics = new Map<string, StatisticReport>();
  readonly #definitions = new Map<string, Definition>();
  readonly #refused: RefusedRecord[] = [];
  readonly #remarks: Remark[] = [];
  #remarksHeldBack = 0;

  constructor(reportedAt: number) {
    this.reportedAt = reportedAt;
  }

  /** Several times of one point may stand in one file; the same time twice is one reading, the last. */
  reading(record: number, reading: UploadReading): void {
    if (!this.#isId(record, reading.point)) return;
    this.#put(this.#readings, record, [reading.point, reading.time], reading);
  }

  position(record: number, position: PositionReport): void {
    if (!this.#isId(record, position.card)) return;
    this.#put(this.#positions, record, [position.card, position.time], position);
  }

  switchChange(record: number, change: SwitchChangeReport): void {
    if (!this.#isId(record, change.point)) return;
    this.#put(this.#switchChanges, record, [change.point, change.time], change);
  }

  /** Resent until its end, cause and measures are known: whoever keeps it replaces what bears the same key. */
  upstreamAlarm(record: number, alarm: UpstreamAlarmReport): void {
    if (!this.#isId(record, alarm.subject)) return;
    this.#put(this.#upstreamAlarms, record, [alarm.subject, alarm.kind, alarm.startedAt], alarm);
  }

  statistic(record: number, statistic: StatisticReport): void {
    if (!this.#isId(record, statistic.point)) return;
    this.#put(this.#statistics, record, [statistic.point, statistic.from], statistic);
  }

  definition(record: number, definition: Definition): void {
    if (!this.#isId(record, definition.id)) return;
    this.#put(this.#definitions, record, [definition.kind, definition.id], definition);
  }

  refuse(record: number, reason: IntakeRefusal, zh: string, en: string): void {
    this.#refused.push({ reason, record, zh, en });
  }

  /** `record` 0: the header or the whole file. */
  remark(record: number, zh: string, en: string): void {
    if (this.#remarks.length < remarksMax) this.#remarks.push({ record, zh, en });
    else this.#remarksHeldBack += 1;
  }

  get readings(): readonly UploadReading[] {
    return [...this.#readings.values()];
  }

  get definitions(): readonly Definition[] {
    return [...this.#definitions.values()];
  }

  /** Lists that are empty are left out. */
  get report(): Report {
    return {
      ...(this.#positions.size > 0 && { positions: [...this.#positions.values()] }),
      ...(this.#switchChanges.size > 0 && { switchChanges: [...this.#switchChanges.values()] }),
      ...(this.#upstreamAlarms.size > 0 && { upstreamAlarms: [...this.#upstreamAlarms.values()] }),
      ...(this.#statistics.size > 0 && { statistics: [...this.#statistics.values()] }),
    };
  }

  get refused(): readonly RefusedRecord[] {
    return this.#refused;
  }

  get remarks(): readonly Remark[] {
    const held = this.#remarksHeldBack;
    if (held === 0) return this.#remarks;
    return [
      ...this.#remarks,
      { record: 0, zh: `另有 ${held} 条提示未列出`, en: `${held} more remarks held back` },
    ];
  }

  #isId(record: number, id: string): boolean {
    const isId: boolean = isPointId(id);
    if (isId) return true;
    this.refuse(
      record,
      'BAD_POINT',
      `编码“${id.slice(0, 80)}”不合规（超过 64 个字符或含空白）`,
      `id "${id.slice(0, 80)}" is longer than 64 characters or holds blanks`,
    );
    return false;
  }

  #put<T>(kept: Map<string, T>, record: number, key: readonly (string | number)[], value: T): void {
    const joined = key.join('\n'); // ids hold no line breaks
    if (kept.has(joined)) {
      const named = String(key[0]);
      this.remark(
        record,
        `${named} 在文件中重复，以后者为准`,
        `${named} stands in the file twice: the last one counts`,
      );
      // Deleted first, so that the order is that of the records that count.
      kept.delete(joined);
    }
    kept.set(joined, value);
  }
}
