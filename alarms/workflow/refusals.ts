// Why a command was refused: one registry of codes with HTTP status and both languages. A code is for ever.
// Only codes of commands that exist stand here; docs/case-workflow.md is checked against it.

import type { RefusalCode } from './command.ts';

export interface RefusalText {
  readonly status: 403 | 404 | 409 | 422;
  readonly zh: string;
  readonly en: string;
}

export const refusals: Readonly<Record<RefusalCode, RefusalText>> = {
  ROLE_FORBIDDEN: { status: 403, zh: '无此权限', en: 'role forbidden' },
  OUT_OF_SCOPE: { status: 403, zh: '不在管辖范围', en: 'out of scope' },
  SAME_PERSON: { status: 403, zh: '须由另一人办理', en: 'another person must' },
  LEVEL_TOO_LOW: { status: 403, zh: '层级不够', en: 'level too low' },
  SILENCE_FORBIDDEN: { status: 403, zh: '禁止消音', en: 'silence forbidden' },
  NO_SUCH_ALARM: { status: 404, zh: '无此报警', en: 'no such alarm' },
  NO_SUCH_CASE: { status: 404, zh: '无此处置单', en: 'no such case' },
  NO_HAZARD_CANDIDATE: { status: 404, zh: '无待认定', en: 'no hazard candidate' },
  STALE_VERSION: { status: 409, zh: '已被更新', en: 'stale version' },
  WRONG_STAGE: { status: 409, zh: '环节不符', en: 'wrong stage' },
  CASE_MERGED: { status: 409, zh: '已并案', en: 'case merged' },
  CASE_ARCHIVED: { status: 409, zh: '已归档', en: 'case archived' },
  NOT_RECEIVED: { status: 409, zh: '尚未接报', en: 'not received' },
  NOTHING_TO_RECEIVE: { status: 409, zh: '无待接报警', en: 'nothing to receive' },
  NOT_IN_ALARM: { status: 409, zh: '未报警', en: 'not in alarm' },
  ALREADY_ACKNOWLEDGED: { status: 409, zh: '已确认', en: 'already acknowledged' },
  ALARM_SUPERSEDED: { status: 409, zh: '已有新报警', en: 'alarm superseded' },
  ALARM_ACTIVE: { status: 409, zh: '报警未恢复', en: 'alarm active' },
  ALARM_UNACKNOWLEDGED: { status: 409, zh: '报警未确认', en: 'alarm unacknowledged' },
  ALARM_LATCHED: { status: 409, zh: '报警未复位', en: 'alarm latched' },
  CONDITION_UNKNOWN: { status: 409, zh: '数据未知', en: 'condition unknown' },
  MEASURE_ALREADY_RECORDED: { status: 409, zh: '措施已登记', en: 'measure already recorded' },
  HAZARD_UNDECIDED: { status: 409, zh: '隐患未认定', en: 'hazard undecided' },
  REOPEN_TOO_LATE: { status: 409, zh: '超过重开期限', en: 'reopen too late' },
  NOT_CALM_YET: { status: 409, zh: '恢复时间不足', en: 'not calm yet' },
  INVALID_PAYLOAD: { status: 422, zh: '内容不合规', en: 'invalid payload' },
  ACTION_MISSING: { status: 422, zh: '无处置措施', en: 'action missing' },
  EVACUATION_MISSING: { status: 422, zh: '无撤人记录', en: 'evacuation missing' },
  MEASURE_MISSING: { status: 422, zh: '四项措施不全', en: 'measure missing' },
  EVIDENCE_MISSING: { status: 422, zh: '缺少佐证', en: 'evidence missing' },
  MANUAL_READING_MISSING: { status: 422, zh: '缺少人工检测', en: 'manual reading missing' },
  ON_SITE_REQUIRED: { status: 422, zh: '须现场核查', en: 'on site required' },
};

/** Not reachable yet: they belong to merging and to points out of service, which come later. */
export const refusalsToCome: readonly RefusalCode[] = ['CASE_MERGED', 'MANUAL_READING_MISSING'];
