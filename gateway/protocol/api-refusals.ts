// Refusals of the HTTP API that are not the workflow's: status and both languages in one registry. Those of commands
// are in alarms/workflow/refusals.ts. A code is for ever.

export const apiRefusals = {
  BAD_REQUEST: { status: 400, zh: '请求不合规', en: 'the request is not valid' },
  UNAUTHENTICATED: { status: 401, zh: '未登录或会话已过期', en: 'not logged in, or the session has ended' },
  TOKEN_UNKNOWN: {
    status: 401,
    zh: '数据源令牌无效或已吊销',
    en: 'the token of the source is not known, or revoked',
  },
  LOGIN_FAILED: { status: 401, zh: '用户名或密码错误', en: 'user name or password is wrong' },
  ORIGIN_REFUSED: { status: 403, zh: '请求来源不允许', en: 'request does not come from this site' },
  PASSWORD_CHANGE_REQUIRED: { status: 403, zh: '须先修改密码', en: 'the password must be changed first' },
  NOT_FOUND: { status: 404, zh: '无此内容', en: 'no such thing' },
  NO_SUCH_COMMAND: { status: 404, zh: '无此命令', en: 'no such command' },
  EVIDENCE_TOO_LARGE: { status: 413, zh: '佐证文件超过 20 MiB', en: 'evidence is larger than 20 MiB' },
  BODY_TOO_LARGE: { status: 413, zh: '请求内容过大', en: 'the request body is too large' },
  EVIDENCE_TYPE_UNSUPPORTED: {
    status: 415,
    zh: '佐证只收 PNG、JPEG、WebP、PDF',
    en: 'evidence must be PNG, JPEG, WebP or PDF by its content',
  },
  READINGS_TYPE_UNSUPPORTED: {
    status: 415,
    zh: '监测值只收 application/json，可用 gzip 压缩',
    en: 'readings must be application/json, as they are or gzip',
  },
  NO_SUCH_EVIDENCE: { status: 422, zh: '佐证文件未上传', en: 'evidence has not been uploaded' },
  PASSWORD_UNSUITABLE: {
    status: 422,
    zh: '新密码不合规（至少 10 个字符，且不同于原密码和用户名）',
    en: 'new password is unsuitable (10 characters or more, not the old one, not the user name)',
  },
  RATE_LIMITED: { status: 429, zh: '请求过于频繁，请稍后再试', en: 'too many requests, try again later' },
  INTAKE_PRESSED: {
    status: 429,
    zh: '待写入的监测值过多，请稍后重送',
    en: 'too many readings wait to be recorded, send again later',
  },
  LOGIN_LIMITED: {
    status: 429,
    zh: '登录失败次数过多，请稍后再试',
    en: 'too many failed logins, try again later',
  },
  INTERNAL: { status: 500, zh: '内部错误', en: 'internal error' },
  STARTING: { status: 503, zh: '系统正在启动', en: 'the gateway is starting' },
  NOT_RECORDING: {
    status: 503,
    zh: '暂时不能入库，请稍后重送',
    en: 'nothing can be recorded now, or it is not known whether it was; send again later',
  },
  BUSY: { status: 503, zh: '系统繁忙，请稍后再试', en: 'too much is waiting, try again later' },
  NOT_RECORDED_YET: {
    status: 503,
    zh: '记录尚未更新到所需序号',
    en: 'the record has not reached the wanted sequence number yet',
  },
  QUERY_TIMED_OUT: { status: 504, zh: '查询超时', en: 'the query took too long' },
  ANSWER_TIMED_OUT: {
    status: 504,
    zh: '未及时得到答复，命令可能已执行，请用同一 commandId 重试',
    en: 'no answer in time; the command may have been carried out, repeat it with the same commandId',
  },
  EVIDENCE_STORE_FULL: { status: 507, zh: '佐证存储已满', en: 'the evidence store is full' },
} as const;

export type ApiRefusalCode = keyof typeof apiRefusals;
