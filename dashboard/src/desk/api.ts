// The HTTP API as the screens use it: one function per request, a refusal is a value with both languages, never an
// exception. Unsafe methods carry the header that a foreign page cannot set.

import type {
  AlarmDetail,
  ApiRefusal,
  CaseDetail,
  CommandResult,
  EvidenceReceipt,
  HistoryAnswer,
  ListPage,
  SessionView,
} from '#gateway/protocol/api.ts';
import type { AlarmState, CaseState, CommandName, CommandPayload } from '../stream/contract.ts';

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly refusal: ApiRefusal };

const base = '/api/v1';
/** The server answers a command within 10 s or says that it could not. */
const timeoutMs = 20_000;

export const api = {
  logIn: (user: string, password: string): Promise<Outcome<SessionView>> =>
    request('POST', '/session', { json: { user, password } }),
  session: (): Promise<Outcome<SessionView>> => request('GET', '/session'),
  logOut: (): Promise<Outcome<null>> => request('DELETE', '/session'),
  changePassword: (current: string, next: string): Promise<Outcome<SessionView>> =>
    request('POST', '/password', { json: { current, next } }),
  command: <N extends CommandName>(name: N, payload: CommandPayload<N>): Promise<Outcome<CommandResult>> =>
    request('POST', `/commands/${name}`, { json: { ...payload, commandId: newId() } }),
  upload: (file: File): Promise<Outcome<EvidenceReceipt>> => request('POST', '/evidence', { file }),
  caseDetail: (id: string): Promise<Outcome<CaseDetail>> =>
    request('GET', `/cases/${encodeURIComponent(id)}`),
  alarmDetail: (id: string): Promise<Outcome<AlarmDetail>> =>
    request('GET', `/alarms/${encodeURIComponent(id)}`),
  endedAlarms: (): Promise<Outcome<ListPage<AlarmState>>> => request('GET', '/alarms?state=ended&limit=200'),
  closedCases: (): Promise<Outcome<ListPage<CaseState>>> => request('GET', '/cases?state=closed&limit=100'),
  history: (
    points: readonly string[],
    from: number,
    to: number,
    maxSamples: number,
  ): Promise<Outcome<HistoryAnswer>> => {
    const query = new URLSearchParams({
      points: points.join(','),
      from: String(Math.round(from)),
      to: String(Math.round(to)),
      maxSamples: String(maxSamples),
    });
    return request('GET', `/history?${query.toString()}`);
  },
};

export function evidenceUrl(id: string, caseId: string): string {
  return `${base}/evidence/${id}?case=${encodeURIComponent(caseId)}`;
}

async function request<T>(
  method: string,
  path: string,
  body: { readonly json?: unknown; readonly file?: File } = {},
): Promise<Outcome<T>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-requested-with'] = 'fengsui';
  if (body.json !== undefined) headers['content-type'] = 'application/json';
  if (body.file !== undefined) headers['content-type'] = 'application/octet-stream';
  try {
    const response = await fetch(base + path, {
      method,
      headers,
      credentials: 'same-origin',
      body: body.file ?? (body.json === undefined ? null : JSON.stringify(body.json)),
      signal: AbortSignal.timeout(body.file === undefined ? timeoutMs : 10 * timeoutMs),
    });
    if (response.status === 204) return { ok: true, value: null as T };
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok) return { ok: true, value: answer as T };
    return { ok: false, status: response.status, refusal: refusalOf(answer, response.status) };
  } catch {
    return { ok: false, status: 0, refusal: unreachable };
  }
}

const unreachable: ApiRefusal = {
  code: 'UNREACHABLE',
  zh: '网关没有应答，未知是否执行，请看画面后再办',
  en: 'no answer from the gateway; look at the screen before you repeat it',
  missing: [],
};

function refusalOf(answer: unknown, status: number): ApiRefusal {
  if (typeof answer === 'object' && answer !== null && 'code' in answer && 'zh' in answer) {
    const { code, zh } = answer;
    const en = 'en' in answer ? String(answer.en) : String(code);
    const missing = 'missing' in answer && Array.isArray(answer.missing) ? answer.missing.map(String) : [];
    return { code: String(code), zh: String(zh), en, missing };
  }
  return {
    code: `HTTP_${status}`,
    zh: `请求失败（${status}）`,
    en: `request failed (${status})`,
    missing: [],
  };
}

/** randomUUID wants a secure context; a desk on plain http in the mine's network has none. */
function newId(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
