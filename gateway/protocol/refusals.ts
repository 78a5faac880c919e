// Why input was refused: one registry of codes with both languages (docs/errors.md is checked against it).
// Refused input is acknowledged and counted by these; a retired code is never used again.

export const intakeRefusals = {
  TOPIC_INVALID: { zh: '主题不合规', en: 'topic is not mine/v1/{mine}/{system}/{source}/{stream}' },
  TOPIC_FORBIDDEN: { zh: '无权在此主题发布', en: 'not allowed to publish on this topic' },
  STREAM_UNSUPPORTED: { zh: '不支持的数据流', en: 'this stream is not taken in' },
  FRAME_TOO_LARGE: { zh: '报文过大', en: 'message exceeds the size bound' },
  JSON_INVALID: { zh: 'JSON 无法解析', en: 'not valid UTF-8 JSON' },
  FORMAT_UNKNOWN: { zh: '格式无法识别', en: 'no known format' },
  VERSION_UNSUPPORTED: { zh: '帧版本不支持', en: 'frame version is not 1' },
  PV_UNKNOWN: { zh: '测点表号未知', en: 'point list number is not known' },
  SEQ_INVALID: { zh: '帧序号不合规', en: 'seq is not a non-negative integer' },
  TIME_INVALID: { zh: '时间不合规', en: 'time is not epoch ms or ISO 8601 with an offset' },
  COLUMNS_UNEQUAL: { zh: '各列长度不等', en: 'columns differ in length' },
  COLUMN_INVALID: { zh: '列内容不合规', en: 'a column is not an array of the right kind' },
  TOO_MANY_READINGS: { zh: '一帧监测值过多', en: 'more readings in one message than the bound' },
  EMPTY: { zh: '空报文', en: 'no reading in the message' },
  BAD_VALUE: { zh: '监测值不是有限数', en: 'value is not a finite number or null' },
  BAD_STATUS: { zh: '状态位不合规', en: 'status is not an integer 0…255' },
  BAD_TIME: { zh: '监测值时间不合规', en: 'reading time is not valid' },
  BAD_POINT: { zh: '测点编号不合规', en: 'point id is not valid' },
  UNKNOWN_POINT: { zh: '测点未登记', en: 'point is not registered (kept in quarantine)' },
  WRONG_MINE: { zh: '测点不属于此矿', en: 'point belongs to another mine' },
  QUARANTINE_FULL: { zh: '隔离区已满', en: 'quarantine is full, the reading was not kept' },
  TOO_MANY_SOURCES: { zh: '数据源过多', en: 'more sources than the bound' },
} as const;

export type IntakeRefusal = keyof typeof intakeRefusals;
