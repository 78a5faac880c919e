// Why input was refused: one registry of codes with both languages (docs/errors.md is checked against it).
// Refused input is acknowledged and counted by these; a retired code is never used again.

export const intakeRefusals = {
  TOPIC_INVALID: { zh: '主题不合规', en: 'topic is not mine/v1/{mine}/{system}/{source}/{stream}' },
  TOPIC_FORBIDDEN: { zh: '无权在此主题发布', en: 'not allowed to publish on this topic' },
  STREAM_UNSUPPORTED: { zh: '不支持的数据流', en: 'this stream is not taken in' },
  FRAME_TOO_LARGE: { zh: '报文过大', en: 'message exceeds the size bound' },
  JSON_INVALID: { zh: 'JSON 无法解析', en: 'not valid UTF-8 JSON' },
  FORMAT_UNKNOWN: { zh: '格式无法识别', en: 'no known format' },
  VERSION_UNSUPPORTED: { zh: '格式版本不支持', en: 'version is not one we read (frame 1, SenML up to 10)' },
  TOO_MANY_LISTS: { zh: '测点表过多', en: 'more numbered point lists than the bound' },
  PV_UNKNOWN: { zh: '测点表号未知', en: 'point list number is not known' },
  SEQ_INVALID: { zh: '帧序号不合规', en: 'seq is not a non-negative integer' },
  TIME_INVALID: { zh: '时间不合规', en: 'time is not epoch ms or ISO 8601 with an offset' },
  COLUMNS_UNEQUAL: { zh: '各列长度不等', en: 'columns differ in length' },
  COLUMN_INVALID: { zh: '列内容不合规', en: 'a column is not an array of the right kind' },
  TOO_MANY_READINGS: { zh: '一帧监测值过多', en: 'more readings in one message than the bound' },
  EMPTY: { zh: '空报文', en: 'no reading in the message' },
  BAD_VALUE: { zh: '监测值不是有限数', en: 'value is not a finite number or null' },
  VALUE_KIND_UNSUPPORTED: {
    zh: '监测值是文本、二进制或累计值，不接收',
    en: 'value is a text, data or a sum: only numbers and switches are taken in',
  },
  UNIT_MISMATCH: {
    zh: '单位与测点登记单位不符，且不能精确换算',
    en: 'unit is not the registered one of the point and cannot be converted to it exactly',
  },
  UNIT_OF_UNKNOWN_POINT: {
    zh: '测点未登记，单位无从核对，未保留',
    en: 'point is not registered, so the unit of the reading cannot be checked: not kept',
  },
  FIELD_NOT_UNDERSTOOD: {
    zh: '含有必须理解而不认识的字段',
    en: 'a field that must be understood (label ends in _) is not known',
  },
  BAD_STATUS: { zh: '状态位不合规', en: 'status is not an integer 0…255' },
  BAD_TIME: { zh: '监测值时间不合规', en: 'reading time is not valid' },
  BAD_POINT: { zh: '测点编号不合规', en: 'point id is not valid' },
  UNKNOWN_POINT: { zh: '测点未登记', en: 'point is not registered (kept in quarantine)' },
  WRONG_MINE: { zh: '测点不属于此矿', en: 'point belongs to another mine' },
  QUARANTINE_FULL: { zh: '隔离区已满', en: 'quarantine is full, the reading was not kept' },
  TOO_MANY_SOURCES: { zh: '数据源过多', en: 'more sources than the bound' },
} as const;

export type IntakeRefusal = keyof typeof intakeRefusals;
