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
  RATE_EXCEEDED: {
    zh: '数据源超出速率上限，QoS 0 报文未接收',
    en: 'the source sends more than it may: its QoS 0 messages are not taken',
  },
  UNKNOWN_POINT: { zh: '测点未登记', en: 'point is not registered (kept in quarantine)' },
  WRONG_MINE: { zh: '测点不属于此矿', en: 'point belongs to another mine' },
  QUARANTINE_FULL: { zh: '隔离区已满', en: 'quarantine is full, the reading was not kept' },
  FILE_NAME_INVALID: {
    zh: '文件名不是 煤矿编码_文件类型_yyyyMMddHHmmss.txt',
    en: 'file name is not <mine code>_<KIND>_<yyyyMMddHHmmss>.txt',
  },
  UPLOAD_INCOMPLETE: {
    zh: '上传文件没有结束符，不完整',
    en: 'upload file has no end mark: it is not complete',
  },
  UPLOAD_AFTER_END: { zh: '上传文件结束符之后还有内容', en: 'upload file goes on after its end mark' },
  UPLOAD_ENCODING: {
    zh: '上传文件既不是 UTF-8 也不是 GB18030 编码',
    en: 'upload file is neither UTF-8 nor GB18030 text',
  },
  UPLOAD_KIND_UNKNOWN: { zh: '上传文件类型未知', en: 'kind of upload file is not known' },
  UPLOAD_XML: {
    zh: '不接收 XML 上传文件（DB14/T 671.2）',
    en: 'XML upload files (DB14/T 671.2) are not read',
  },
  UPLOAD_HEADER: { zh: '上传文件头不合规', en: 'header of the upload file is not valid' },
  UPLOAD_MINE_CODE: { zh: '上传文件的煤矿编码不合规', en: 'mine code of the upload file is not valid' },
  RECORD_FIELD_COUNT: { zh: '记录字段数不符', en: 'record has the wrong number of fields' },
  RECORD_FULL_WIDTH: {
    zh: '记录用了全角分号“；”作分隔符',
    en: 'record is separated by full-width semicolons (；)',
  },
  RECORD_UNFINISHED: { zh: '记录没有结束符', en: 'record has no end mark' },
  FIELD_EMPTY: { zh: '必填字段为空', en: 'required field is empty' },
  FIELD_INVALID: { zh: '字段内容不合规', en: 'content of a field is not valid' },
  FIELD_TOO_LONG: { zh: '字段内容过长', en: 'content of a field exceeds its bound' },
  TOO_MANY_RECORDS: { zh: '上传文件记录过多', en: 'more records in the upload file than the bound' },
  SPARKPLUG_INVALID: {
    zh: '不是可读的 Sparkplug B 报文',
    en: 'payload is not readable Sparkplug B',
  },
  BIRTH_MISSING: {
    zh: '未收到出生报文，数据不可信（已请求重新上报）',
    en: 'no valid birth certificate for this data (a rebirth is asked for)',
  },
  ALIAS_UNKNOWN: {
    zh: '别名不在最近出生报文中，或出生后有丢失（已请求重新上报）',
    en: 'alias is not of a birth that still holds (a rebirth is asked for)',
  },
  DEATH_STALE: {
    zh: '死亡报文属于更早的会话，已忽略',
    en: 'death certificate of an earlier session: ignored',
  },
  TOO_MANY_METRICS: {
    zh: '出生报文中的指标过多',
    en: 'more metrics in births than the bound',
  },
  DEFINITION_ID_TAKEN: {
    zh: '定义的编号已被占用，加矿名前缀后仍重复',
    en: 'id of the definition is taken, also with the mine before it',
  },
  DEFINITION_UNIT: {
    zh: '瓦斯、一氧化碳测点定义的单位无法换算，未登记',
    en: 'gas point defined in a unit that no limit can be converted to: not registered',
  },
  TOO_MANY_DEFINITIONS: { zh: '一矿的定义过多', en: 'more definitions of one mine than the bound' },
  DEFINITIONS_TOO_OFTEN: {
    zh: '定义变更过于频繁，未采用',
    en: 'definitions of this source change too often: not taken',
  },
  TOO_MANY_SOURCES: { zh: '数据源过多', en: 'more sources than the bound' },
} as const;

export type IntakeRefusal = keyof typeof intakeRefusals;
