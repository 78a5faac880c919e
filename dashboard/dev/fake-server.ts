// A stand-in for the gateway, to look at the screens: serves the built dashboard, anybody logs in (password `demo-pass`),
// a scripted story goes over /stream. `node dashboard/dev/fake-server.ts [port] [calm|alarm]`. POST /dev/cut drops all
// streams for some seconds. Never part of the gateway.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import type { SessionView } from '#gateway/protocol/api.ts';
import type { StreamMessage } from '#gateway/protocol/stream.ts';
import type {
  AlarmState,
  CaseStage,
  CaseState,
  Event,
  EventEntry,
  RoleName,
} from '../src/stream/contract.ts';
import {
  caseId,
  columnsOf,
  site,
  snapshot,
  statusBitsOf,
  statusOf,
  valueOf,
  worldOf,
  type StoryName,
} from './story.ts';

const port = Number(process.argv[2] ?? 8099);
const story: StoryName = process.argv[3] === 'calm' ? 'calm' : 'alarm';
const dist = join(import.meta.dirname, '..', 'dist');
const world = worldOf(story, Date.now());
const sockets = new Set<WebSocket>();
let cutUntil = 0;

const people: Readonly<Record<string, { readonly name: string; readonly role: RoleName }>> = {
  han: { name: '韩立川', role: 'dispatcher' },
  shao: { name: '邵广平', role: 'safetyOfficer' },
  lu: { name: '路承志', role: 'leader' },
  shen: { name: '沈若兰', role: 'verifier' },
};

const nextStage: Readonly<Record<string, CaseStage>> = {
  ReceiveCase: 'received',
  RecordAction: 'handling',
  CompleteHandling: 'handled',
  DismissCase: 'dismissed',
  VerifyCase: 'verified',
  FeedBackCase: 'fedBack',
  ArchiveCase: 'archived',
};

const server = createServer((request, response) => void answer(request, response));
const upgrades = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, socket, head) => {
  const user = userOf(request);
  if (user === null || Date.now() < cutUntil) return socket.destroy();
  upgrades.handleUpgrade(request, socket, head, (client) => {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('message', (data: Buffer) => hello(client, user, data));
  });
});

function hello(client: WebSocket, user: string, data: Buffer): void {
  const message: unknown = JSON.parse(data.toString());
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'hello')
    return;
  const now = Date.now();
  if ('lastSeq' in message && typeof message.lastSeq === 'number') {
    const { lastSeq } = message;
    const missed = world.events.filter((event) => event.seq > lastSeq).length;
    tell(client, {
      type: 'resumed',
      epoch: 'e1',
      missed,
      values: columnsOf(story, now),
      status: statusOf(now),
    });
  } else tell(client, snapshot(story, world, user, now));
}

function tell(client: WebSocket, message: StreamMessage): void {
  client.send(JSON.stringify(message));
}

setInterval(() => {
  const now = Date.now();
  for (const client of sockets) {
    tell(client, { type: 'values', serverTime: now, values: columnsOf(story, now) });
    tell(client, { type: 'status', status: statusOf(now) });
  }
}, 1_000);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname;
  if (path === '/dev/cut') return cut(response, Number(url.searchParams.get('seconds') ?? 10));
  if (!path.startsWith('/api/')) return serve(path, response);
  const body = await bodyOf(request);
  const user = userOf(request);
  const route = path.slice('/api/v1'.length);
  if (route === '/session' && request.method === 'POST') return logIn(body, response);
  if (user === null) return refuse(response, 401, 'UNAUTHENTICATED', '未登录或会话已过期', 'not logged in');
  if (route === '/session') return send(response, 200, sessionOf(user));
  if (route.startsWith('/commands/')) return command(route.slice(10), user, body, response);
  if (route === '/evidence') return upload(body, response);
  if (route.startsWith('/cases/')) return send(response, 200, caseDetail());
  if (route === '/history') return send(response, 200, history(url));
  return send(response, 200, { items: [], cursor: null });
}

function cut(response: ServerResponse, seconds: number): void {
  cutUntil = Date.now() + seconds * 1_000;
  for (const client of sockets) client.terminate();
  send(response, 200, { cutUntil });
}

function logIn(body: Buffer, response: ServerResponse): void {
  const { user, password } = JSON.parse(body.toString()) as { user: string; password: string };
  if (people[user] === undefined || password !== 'demo-pass') {
    return refuse(response, 401, 'LOGIN_FAILED', '用户名或密码错误', 'user name or password is wrong');
  }
  response.setHeader('set-cookie', `fake=${user}; Path=/; HttpOnly; SameSite=Strict`);
  send(response, 200, sessionOf(user));
}

function sessionOf(user: string): SessionView {
  const { name, role } = people[user] ?? { name: user, role: 'dispatcher' };
  return {
    user: { id: user, name, roles: [role], grants: [{ role, site: 'demo' }], mustChangePassword: false },
    serverTime: Date.now(),
    expiresAt: Date.now() + 3_600_000,
    demo: true,
    insecure: false,
  };
}

function command(name: string, user: string, body: Buffer, response: ServerResponse): void {
  const payload = JSON.parse(body.toString()) as { case?: string; alarm?: string; result?: string };
  const by = { id: user, ...(people[user] ?? { name: user, role: 'dispatcher' as const }) };
  const one = world.cases.get(payload.case ?? '');
  if (name === 'VerifyCase' && one?.handlers.includes(user) === true) {
    return refuse(response, 403, 'SAME_PERSON', '须由另一人办理', 'another person must');
  }
  const entries: EventEntry[] = [];
  if (payload.alarm !== undefined) entries.push(acknowledge(payload.alarm, by));
  if (one !== undefined) {
    if (name === 'ReceiveCase') for (const id of one.alarms) entries.push(acknowledge(id, by));
    entries.push(advance(name, one, by, payload));
  }
  for (const client of sockets) tell(client, { type: 'events', events: entries });
  send(response, 200, { events: entries.map((entry) => entry.event), version: one?.version ?? 0 });
}

function acknowledge(id: string, by: Exclude<Event['by'], undefined>): EventEntry {
  const alarm = world.alarms.get(id);
  const base = alarm?.base === 'returned' ? 'normal' : 'acknowledged';
  const state = {
    ...(alarm as AlarmState),
    base,
    acknowledgedBy: by,
    acknowledgedAt: Date.now(),
  } as AlarmState;
  world.alarms.set(id, state);
  return entry(
    { type: 'AlarmAcknowledged', alarm: id, by, data: { to: base, phrase: '' } },
    { alarm: state },
  );
}

function advance(
  name: string,
  one: CaseState,
  by: Exclude<Event['by'], undefined>,
  payload: object,
): EventEntry {
  const at = Date.now();
  const noted = {
    attempt: 1,
    at,
    by,
    place: '',
    n: null,
    of: null,
    text: '',
    evidence: [],
    person: '',
    ...payload,
  };
  const state = {
    ...one,
    stage: nextStage[name] ?? one.stage,
    version: one.version + 1,
    handlers: name === 'RecordAction' ? [...new Set([...one.handlers, by.id])] : one.handlers,
    ...(name === 'RecordAction' ? { actions: [...one.actions, noted] } : {}),
    ...(name === 'RecordMeasure' ? { measures: [...one.measures, noted] } : {}),
  } as CaseState;
  world.cases.set(one.id, state);
  const types: Readonly<Record<string, string>> = {
    ReceiveCase: 'CaseReceived',
    RecordAction: 'ActionRecorded',
    RecordMeasure: 'MeasureRecorded',
    CompleteHandling: 'HandlingCompleted',
    DismissCase: 'CaseDismissed',
    VerifyCase: 'CaseVerified',
    FeedBackCase: 'CaseFedBack',
    ArchiveCase: 'CaseArchived',
  };
  const data = { acknowledged: one.alarms, remark: '', to: [], ...noted };
  return entry({ type: types[name] ?? 'CaseReceived', case: one.id, by, data }, { case: state });
}

function entry(event: object, states: { alarm?: AlarmState; case?: CaseState }): EventEntry {
  const prevSeq = world.seq;
  const seq = ++world.seq;
  const whole = { v: 1, id: `${seq}.0`, seq, at: Date.now(), mine: 'demo', prevHash: '', ...event } as Event;
  world.events.push(whole);
  return { seq, prevSeq, event: whole, ...states };
}

function upload(body: Buffer, response: ServerResponse): void {
  const id = createHash('sha256').update(body).digest('hex');
  send(response, 201, { id, contentType: 'image/png', bytes: body.length });
}

function caseDetail() {
  return { case: world.cases.get(caseId), alarms: [...world.alarms.values()], events: world.events };
}

function history(url: URL) {
  const now = Date.now();
  const from = Number(url.searchParams.get('from'));
  const to = Math.min(now, Number(url.searchParams.get('to')));
  const bucketMs = (to - from) / 1_000 > 4_000 ? Math.ceil((to - from) / 2_000) : 0;
  const step = bucketMs === 0 ? 1_000 : bucketMs;
  const series = (url.searchParams.get('points') ?? '').split(',').map((point) => {
    const t: number[] = [];
    for (let time = Math.ceil(from / 1_000) * 1_000; time <= to; time += step) t.push(time);
    const unit = site.points.find((one) => one?.id === point)?.unit ?? '';
    return {
      point,
      unit,
      bucketMs,
      t,
      v: t.map((time) => valueOf(story, point, time, now)),
      s: t.map((time) => statusBitsOf(story, point, time, now)),
    };
  });
  return { series };
}

function userOf(request: IncomingMessage): string | null {
  return /fake=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string, zh: string, en: string): void {
  send(response, status, { code, zh, en, missing: [] });
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

function serve(path: string, response: ServerResponse): void {
  const file = join(dist, normalize(path));
  const found =
    file.startsWith(dist) && existsSync(file) && statSync(file).isFile() ? file : join(dist, 'index.html');
  response.writeHead(200, {
    'content-type': types[extname(found)] ?? 'application/octet-stream',
    // As the gateway's: what it forbids must fail here too.
    'content-security-policy':
      "default-src 'self';img-src 'self' data:;style-src 'self' 'unsafe-inline';connect-src 'self'",
  });
  createReadStream(found).pipe(response);
}

server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port} (${story})`));
