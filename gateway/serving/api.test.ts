// Commands, evidence and reads over real HTTP, with a fake core and a fake record.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CaseDetail, CommandResult, EvidenceReceipt } from '../protocol/api.ts';
import { commandPayloads } from '../protocol/api.ts';
import { ServingKit } from './testing/serving-kit.ts';

let kit: ServingKit;
afterEach(() => kit.end());

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('image of a meter')]);
const pngId = createHash('sha256').update(png).digest('hex');

function upload(body: Uint8Array, cookie: string): Promise<Response> {
  return kit.fetch('/api/v1/evidence', {
    method: 'POST',
    body: Buffer.from(body),
    cookie,
    headers: { 'content-type': 'text/html' },
  });
}

async function refusal(response: Response): Promise<unknown> {
  return [response.status, await response.json()];
}

describe('a command', () => {
  it('goes to the core with its person and grants and answers with its events', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const opened = kit.core.log.openCase(kit.core.log.raise('east'));
    kit.core.decide = () => ({ answer: { refused: false, version: 7 }, events: [opened] });
    const payload = { commandId: 'c0ffee-0001', case: opened.case, version: 6, remark: '已接报' };
    const response = await kit.post('/api/v1/commands/ReceiveCase', payload, cookie);
    expect(response.status).toBe(200);
    expect((await response.json()) as CommandResult).toEqual({ events: [opened], version: 7 });
    expect(kit.core.commands).toEqual([
      {
        name: 'ReceiveCase',
        by: { id: 'dispatcher', name: '陈立军', grants: [{ role: 'dispatcher', site: 'group' }] },
        payload,
      },
    ]);
  });

  it('to archive tells the core on which sites somebody is a supervisor', async () => {
    const grants = [{ role: 'leader', site: 'group' }] as const;
    const boss = [{ role: 'supervisor', site: 'group' }] as const;
    kit = await ServingKit.start({
      people: [
        { id: 'leader', name: '赵国强', grants },
        { id: 'boss', name: '钱学林', grants: boss },
      ],
    });
    const cookie = await kit.login('leader');
    const payload = { commandId: 'c0ffee-0003', case: 'east/C1' };
    await kit.post('/api/v1/commands/ArchiveCase', payload, cookie);
    expect(kit.core.commands).toMatchObject([{ name: 'ArchiveCase', supervisorSites: ['group'] }]);
  });

  it('is refused with status, code and both languages as the core says', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    kit.core.decide = () => ({
      answer: { refused: true, code: 'SAME_PERSON', missing: ['west'] },
      events: [],
    });
    const payload = { commandId: 'c0ffee-0002', case: 'east/C1', result: 'pass', mode: 'online' };
    expect(await refusal(await kit.post('/api/v1/commands/VerifyCase', payload, cookie))).toEqual([
      403,
      { code: 'SAME_PERSON', zh: '须由另一人办理', en: 'another person must', missing: ['west'] },
    ]);
  });

  it('repeated with the same commandId reaches the core again, which gives the first answer', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const answers = new Map<string, number>();
    kit.core.decide = ({ by, payload }) => {
      const key = `${by.id} ${payload.commandId}`;
      const version = answers.get(key) ?? answers.size + 1;
      answers.set(key, version);
      return { answer: { refused: false, version }, events: [] };
    };
    const send = async (commandId: string): Promise<unknown> =>
      (await kit.post('/api/v1/commands/ReceiveCase', { commandId, case: 'east/C1' }, cookie)).json();
    expect(await send('repeat-001')).toEqual({ events: [], version: 1 });
    expect(await send('repeat-002')).toEqual({ events: [], version: 2 });
    expect(await send('repeat-001')).toEqual({ events: [], version: 1 });
  });

  it('with a bad payload is refused before the core sees it, naming the fields', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const table: [name: string, payload: object, missing: string[]][] = [
      ['ReceiveCase', { case: 'east/C1' }, ['commandId']],
      ['ReceiveCase', { commandId: 'bad-0001', case: '' }, ['case']],
      ['DismissCase', { commandId: 'bad-0002', case: 'c', disposition: 'resolved', text: '太短' }, ['text']],
      [
        'DismissCase',
        { commandId: 'bad-0003', case: 'c', disposition: 'fixed', text: '一二三四五六七八九十' },
        ['disposition'],
      ],
      ['RecordAction', { commandId: 'bad-0004', case: 'c', kind: 'evacuate', n: 5, of: 4 }, ['n']],
      ['AcknowledgeAlarm', { commandId: 'bad-0005', alarm: 'a', remark: '字'.repeat(501) }, ['remark']],
      ['ReceiveCase', { commandId: 'bad-0006', case: 'c', evidence: ['../../etc/passwd'] }, ['evidence.0']],
    ];
    for (const [name, payload, missing] of table) {
      expect(await refusal(await kit.post(`/api/v1/commands/${name}`, payload, cookie))).toEqual([
        422,
        { code: 'INVALID_PAYLOAD', zh: '内容不合规', en: 'invalid payload', missing },
      ]);
    }
    const misspelt = { commandId: 'bad-0007', case: 'c', evidnce: [] };
    expect((await kit.post('/api/v1/commands/ReceiveCase', misspelt, cookie)).status).toBe(422);
    expect((await kit.post('/api/v1/commands/ReceiveCase', 'no object', cookie)).status).toBe(422);
    expect(kit.core.commands).toEqual([]);
  });

  it('takes ten Chinese characters as a text of ten', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const payload = { commandId: 'text-0001', case: 'c', text: '一二三四五六七八九十' };
    expect((await kit.post('/api/v1/commands/ReturnCase', payload, cookie)).status).toBe(200);
  });

  it('that does not exist, is not JSON, is too large or has no session is refused', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const unknown = await kit.post('/api/v1/commands/constructor', {}, cookie);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'NO_SUCH_COMMAND' }]);
    const json = { 'content-type': 'application/json' };
    const broken = { method: 'POST', body: '{"commandId":', cookie, headers: json };
    expect((await kit.fetch('/api/v1/commands/ReceiveCase', broken)).status).toBe(400);
    const large = await kit.post('/api/v1/commands/ReceiveCase', { case: 'x'.repeat(70_000) }, cookie);
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'BODY_TOO_LARGE' }]);
    expect((await kit.post('/api/v1/commands/ReceiveCase', {})).status).toBe(401);
  });

  it('that the core never answers, being gone, is answered at once: perhaps carried out', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    kit.core.decide = () => {
      kit.core.close();
      return { answer: { refused: false, version: 1 }, events: [] };
    };
    const payload = { commandId: 'lost-0001', case: 'c' };
    const response = await kit.post('/api/v1/commands/ReceiveCase', payload, cookie);
    const refused = { code: 'ANSWER_TIMED_OUT', missing: ['lost-0001'] };
    expect([response.status, await response.json()]).toMatchObject([504, refused]);
    expect(kit.log.lines.map(({ event }) => event)).toContain('CommandTimedOut');
  });

  it('with evidence that was never uploaded is refused, with it it goes on', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const payload = { commandId: 'proof-001', case: 'east/C1', kind: 'cutPower', evidence: [pngId] };
    expect(await refusal(await kit.post('/api/v1/commands/RecordAction', payload, cookie))).toEqual([
      422,
      { code: 'NO_SUCH_EVIDENCE', zh: '佐证文件未上传', en: expect.any(String), missing: [pngId] },
    ]);
    expect((await upload(png, cookie)).status).toBe(201);
    expect((await kit.post('/api/v1/commands/RecordAction', payload, cookie)).status).toBe(200);
  });

  it('is told STARTING while the core has not told its state', async () => {
    kit = await ServingKit.start({ isLive: false });
    expect((await kit.fetch('/readyz')).status).toBe(503);
    const cookie = await kit.login('dispatcher');
    const response = await kit.post(
      '/api/v1/commands/ReceiveCase',
      { commandId: 'early-001', case: 'c' },
      cookie,
    );
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'STARTING' }]);
    expect((await kit.fetch('/api/v1/points', { cookie })).status).toBe(503);
  });
});

describe('evidence', () => {
  it('is kept by its hash, typed by its content, and served as an attachment that nothing runs', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    const response = await upload(png, cookie);
    expect(response.status).toBe(201);
    expect((await response.json()) as EvidenceReceipt).toEqual({
      id: pngId,
      contentType: 'image/png',
      bytes: png.length,
    });
    expect(await readdir(join(kit.dataFolder, 'evidence'))).toEqual([`${pngId}.png`]);
    const served = await kit.fetch(`/api/v1/evidence/${pngId}`, { cookie });
    expect(Buffer.from(await served.arrayBuffer())).toEqual(png);
    expect(Object.fromEntries(served.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': `attachment; filename="${pngId.slice(0, 16)}.png"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect((await kit.fetch(`/api/v1/evidence/${pngId}`)).status).toBe(401);
  });

  it('of another type or too large leaves nothing behind', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    for (const body of ['<html><script>alert(1)</script>', '%PD', '']) {
      const response = await upload(Buffer.from(body), cookie);
      expect([response.status, await response.json()]).toMatchObject([
        415,
        { code: 'EVIDENCE_TYPE_UNSUPPORTED' },
      ]);
    }
    const large = await upload(Buffer.concat([png, Buffer.alloc(20 * 1024 * 1024)]), cookie);
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'EVIDENCE_TOO_LARGE' }]);
    expect(await readdir(join(kit.dataFolder, 'evidence'))).toEqual([]);
  });

  it('comes at most sixty times a minute from one address', async () => {
    kit = await ServingKit.start();
    const cookie = await kit.login('dispatcher');
    for (let i = 0; i < 60; i += 1) expect((await upload(Buffer.from('GIF89a'), cookie)).status).toBe(415);
    const limited = await upload(png, cookie);
    expect([limited.status, await limited.json()]).toMatchObject([429, { code: 'RATE_LIMITED' }]);
    expect((await kit.fetch('/api/v1/session', { cookie })).status).toBe(200);
  });

  it('is seen by who may see a case that refers to it, after a restart too, and by nobody else', async () => {
    kit = await ServingKit.start();
    expect((await upload(png, await kit.login('dispatcher'))).status).toBe(201);
    await kit.stop();
    await kit.open();
    const opened = kit.core.log.openCase(kit.core.log.raise('east'));
    const all = await kit.login('dispatcher');
    const west = await kit.login('west');
    const path = `/api/v1/evidence/${pngId}`;
    expect((await kit.fetch(path, { cookie: all })).status).toBe(404);
    const recorded = kit.core.log.recordAction(opened, [pngId]);
    kit.core.tell(...kit.core.log.events);
    const stream = await kit.stream(all);
    await stream.next('snapshot');
    await kit.until(async () => (await kit.fetch(path, { cookie: all })).status === 200);
    expect((await kit.fetch(path, { cookie: west })).status).toBe(404);
    expect(
      (await kit.fetch(`${path}?case=${encodeURIComponent(recorded.case ?? '')}`, { cookie: west })).status,
    ).toBe(404);
  });
});

describe('a read', () => {
  it('shows only the scope of the person; the rest answers as not existing', async () => {
    kit = await ServingKit.start();
    const east = kit.core.log.raise('east');
    const eastCase = kit.core.log.openCase(east);
    const west = kit.core.log.raise('west');
    kit.queries.projected = 3;
    kit.core.live('epoch-2');
    const cookie = await kit.login('west');
    const get = async (path: string): Promise<[number, unknown]> => {
      const response = await kit.fetch(`/api/v1${path}`, { cookie });
      return [response.status, await response.json()];
    };
    await kit.until(
      async () =>
        (await get('/health'))[1] !== null &&
        ((await get('/health'))[1] as { epoch: string }).epoch === 'epoch-2',
    );
    expect(await get('/alarms')).toMatchObject([200, { items: [{ id: west.alarm }] }]);
    expect(await get('/cases')).toEqual([200, { items: [], cursor: null }]);
    const idOf = (id = ''): string => encodeURIComponent(id);
    expect(await get(`/alarms/${idOf(west.alarm)}`)).toMatchObject([200, { events: [{ seq: 3 }] }]);
    expect(await get(`/alarms/${idOf(east.alarm)}`)).toMatchObject([404, { code: 'NOT_FOUND' }]);
    expect(await get(`/cases/${idOf(eastCase.case)}`)).toMatchObject([404, { code: 'NOT_FOUND' }]);
    expect(await get('/points')).toMatchObject([200, { points: [{ slot: 2, id: 'west.ch4', v: null }] }]);
    expect(await get('/history?points=east.ch4&from=1&to=2')).toMatchObject([404, { missing: ['east.ch4'] }]);
    expect(await get('/history?points=west.ch4&from=1&to=2')).toMatchObject([
      200,
      { series: [{ point: 'west.ch4', unit: '%CH4', t: [1], v: [1], s: [0] }] },
    ]);
    expect(await get('/registry')).toMatchObject([
      200,
      { sites: [{ id: 'west' }], places: [{ mine: 'west' }], points: [null, null, { id: 'west.ch4' }] },
    ]);
    for (const path of ['/points/latest?points=east.ch4', '/rollups?points=east.ch4&from=1&to=2&step=1m']) {
      expect(await get(path)).toMatchObject([404, { missing: ['east.ch4'] }]);
    }
    expect(await get('/rollups?points=west.ch4&from=60000&to=120000&step=1m')).toMatchObject([
      200,
      { series: [{ point: 'west.ch4', unit: '%CH4', t: [60_000], mean: [1.5], quality: [0.75] }] },
    ]);
    expect(await get('/rollups?points=west.ch4&from=1&to=7000000000&step=1m')).toMatchObject([400, {}]);
    expect(await get('/points/latest')).toMatchObject([200, { points: [{ point: 'west.ch4', t: 1_000 }] }]);
    for (const path of ['/positions', '/switch-changes', '/upstream-alarms', '/statistics']) {
      expect(await get(`${path}?from=1&to=2&keys=a,b`)).toEqual([200, { items: [], cursor: null }]);
    }
    expect(await get('/history?points=west.ch4&from=2&to=1')).toMatchObject([
      400,
      { code: 'BAD_REQUEST', missing: ['to'] },
    ]);
  });

  it('of a case holds its whole timeline, though the record is behind the core', async () => {
    kit = await ServingKit.start();
    const opened = kit.core.log.openCase(kit.core.log.raise('east'));
    const recorded = kit.core.log.recordAction(opened, []);
    kit.core.live('epoch-2');
    const cookie = await kit.login('dispatcher');
    kit.queries.projected = 1;
    const path = `/api/v1/cases/${encodeURIComponent(opened.case ?? '')}`;
    const asked = kit.fetch(path, { cookie });
    await kit.until(() => kit.queries.looks >= 3);
    kit.queries.projected = 3;
    const detail = (await (await asked).json()) as CaseDetail;
    expect(detail.events.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(detail.case.seq).toBe(recorded.seq);
    expect(detail.alarms.map(({ id }) => id)).toEqual([opened.alarm]);
  });
});

describe('the document of the API', () => {
  it('is OpenAPI 3.1 and names every route', async () => {
    kit = await ServingKit.start();
    const document = (await (await fetch(`${kit.serving.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const named = Object.entries(document.paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
      .sort();
    const reads = [
      'alarms',
      'alarms/{id}',
      'cases',
      'cases/{id}',
      'evidence/{id}',
      'health',
      'history',
      'points',
      'points/latest',
      'positions',
      'quarantine',
      'registry',
      'registry/areas',
      'registry/changes',
      'registry/equipment',
      'registry/people',
      'registry/points',
      'registry/stations',
      'registry/unknown',
      'rollups',
      'rules',
      'session',
      'statistics',
      'switch-changes',
      'upstream-alarms',
    ];
    expect(named).toEqual(
      [
        'delete /api/v1/session',
        ...['evidence', 'password', 'readings', 'session'].map((path) => `post /api/v1/${path}`),
        ...Object.keys(commandPayloads).map((name) => `post /api/v1/commands/${name}`),
        ...reads.map((path) => `get /api/v1/${path}`),
      ].sort(),
    );
    expect(JSON.stringify(document.paths['/api/v1/commands/DismissCase'])).toContain('falseAlarm');
  });
});

describe('the server', () => {
  it('gives pages their headers, paths of the screen the index, and unknown data a refusal', async () => {
    kit = await ServingKit.start({ dashboardFolder: join(import.meta.dirname, 'testing/dashboard') });
    const html = { headers: { accept: 'text/html' } };
    for (const path of ['/', '/cases/east%2FC1']) {
      const page = await kit.fetch(path, html);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<title>test</title>')]);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toContain('upgrade-insecure-requests');
      expect(page.headers.get('strict-transport-security')).toBeNull();
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    for (const path of ['/api/v1/nothing', '/api/v1', '/nothing.js', '/..%2f..%2fpackage.json']) {
      expect((await kit.fetch(path)).status).toBe(404);
    }
    expect(await (await fetch(`${kit.serving.url}/healthz`)).json()).toEqual({ alive: true });
  });

  it('exports its numbers', async () => {
    kit = await ServingKit.start();
    await kit.login('dispatcher');
    const text = await (await fetch(`${kit.serving.url}/metrics`)).text();
    expect(text).toContain('fengsui_logins_total{outcome="succeeded"} 1');
    expect(text).toContain('fengsui_stream_clients 0');
  });
});
