import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { historyCommand } from './history.ts';

const asked: string[] = [];
let suspended = ['t_readings', 'another'];
const server = createServer((request, answer) => {
  const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
  asked.push(query);
  if (query.startsWith('ALTER')) suspended = suspended.filter((name) => !query.includes(name));
  const dataset = ['t_readings', 't_readings_late', 'another'].map((name) => [
    name,
    suspended.includes(name),
  ]);
  answer.end(JSON.stringify({ columns: [{ name: 'name' }, { name: 'suspended' }], dataset }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
afterAll(() => server.close());
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
const environment = { FENGSUI_QUESTDB_URL: `http://127.0.0.1:${port}`, FENGSUI_QUESTDB_PREFIX: 't_' };

async function resume(): Promise<[number, ...string[]]> {
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  return [await historyCommand(['resume'], output, environment), ...lines];
}

test('resumes our suspended tables, no others, and says so', async () => {
  expect(await resume()).toEqual([0, 't_readings: resumed 已恢复写入']);
  expect(asked.filter((query) => query.startsWith('ALTER'))).toEqual(['ALTER TABLE t_readings RESUME WAL']);
  expect(await resume()).toEqual([0, 'no table is suspended 没有被挂起的表']);
});

test('a call that is none, or without a QuestDB, is told how it goes', async () => {
  await expect(historyCommand(['rebuild'], undefined, environment)).rejects.toThrow('usage');
  await expect(historyCommand(['resume'], undefined, {})).rejects.toThrow('usage');
});
