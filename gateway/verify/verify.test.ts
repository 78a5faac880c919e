import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeFiles } from '../journal/node-files.ts';
import { rebuild } from '../projector/rebuild.ts';
import { caseOpened, documentsOf, JournalMaker, raised, returned } from '../projector/test/journal-maker.ts';
import { verifyCommand } from './command.ts';

const t0 = 1_700_000_000_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verify-'));
  const files = new NodeFiles(join(folder, 'journal'));
  const journal = new JournalMaker(files);
  journal.input({ kind: 'configured', now: t0, documents: documentsOf(['a']) });
  for (const mine of ['m1', 'm2']) {
    journal
      .input({ kind: 'tick', now: t0 })
      .event(t0, raised(mine, `GAS-01/${mine}a#1`, t0))
      .event(t0, caseOpened(mine, `${mine}/C1`, `GAS-01/${mine}a#1`))
      .batch();
  }
  journal
    .input({ kind: 'tick', now: t0 + 60_000 })
    .event(t0 + 60_000, returned('m1', 'GAS-01/m1a#1', 'm1/C1', t0 + 60_000))
    .batch();
  rebuild(folder, files);
});
afterEach(() => rmSync(folder, { recursive: true }));

async function verify(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const output = {
    out: (line: string) => void lines.push(line),
    error: (line: string) => void lines.push(line),
  };
  const code = await verifyCommand(['--data', folder, ...args], output);
  return { code, text: lines.join('\n') };
}

function change(sql: string): void {
  const db = new DatabaseSync(join(folder, 'events.db'));
  db.exec(sql);
  db.close();
}

describe('fengsui verify', () => {
  it('finds that an untouched folder holds', async () => {
    const { code, text } = await verify();
    expect(text).toContain('OK 校验通过 5 events, 2 mines, 5 compared with or taken from the journal');
    expect(code).toBe(0);
  });

  it('finds one flipped byte in any event, at that event or at the one that follows it in its chain', async () => {
    const db = new DatabaseSync(join(folder, 'events.db'));
    const rows = db.prepare('SELECT seq, json FROM events ORDER BY seq').all();
    db.close();
    for (const row of rows) {
      const seq = Number(row['seq']);
      const json = String(row['json']);
      for (const at of [json.indexOf('"mine":"') + 8, json.indexOf('"data"') + 12, json.length - 10]) {
        const flipped = json.slice(0, at) + String.fromCharCode(json.charCodeAt(at) ^ 1) + json.slice(at + 1);
        writeJson(seq, flipped);
        const { code, text } = await verify();
        expect([seq, at, code, text]).toEqual([seq, at, 1, expect.stringContaining('BROKEN')]);
        expect(Number(/event (\d+)/.exec(text)![1])).toBeGreaterThanOrEqual(seq);
        writeJson(seq, json);
      }
    }
    expect((await verify()).code).toBe(0);
  });

  it('names an event taken out, a log cut short, and a state that its events do not give', async () => {
    const copy = readFileSync(join(folder, 'events.db'));
    const cases: [sql: string, text: string][] = [
      ['DELETE FROM events WHERE seq = 3', 'event 4 mine m2: number 4 follows 2'],
      [
        'DELETE FROM events WHERE seq = 5',
        'event 4 mine m1: the last event is not the one whose hash was kept',
      ],
      [
        `UPDATE alarms SET json = replace(json, 'orange', 'blue') WHERE mine = 'm2'`,
        'is not the fold of its events',
      ],
      [`DELETE FROM cases WHERE mine = 'm2'`, 'm2/C1 is not the fold of its events'],
      [
        `UPDATE events SET at = at + 1 WHERE seq = 2`,
        'event 2 mine m1: the columns are not those of the event',
      ],
    ];
    for (const [sql, text] of cases) {
      change(sql);
      expect({ sql, ...(await verify()) }).toEqual({ sql, code: 1, text: expect.stringContaining(text) });
      for (const end of ['-wal', '-shm']) rmSync(join(folder, `events.db${end}`), { force: true });
      writeFileSync(join(folder, 'events.db'), copy);
    }
  });

  it('looks at one mine when asked: another mine’s break is not its break', async () => {
    change(`UPDATE meta SET value = 'ff' WHERE key = 'head m2'`);
    expect((await verify('--mine', 'm1')).code).toBe(0);
    expect((await verify('--mine', 'm2')).code).toBe(1);
  });

  it('finds a flipped byte in the journal, and proves a journal alone', async () => {
    rmSync(join(folder, 'events.db'));
    expect((await verify()).text).toContain('OK 校验通过 5 events, 2 mines, 5');
    const name = readdirSync(join(folder, 'journal'))[0]!;
    const path = join(folder, 'journal', name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('methane over limit');
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(path, bytes);
    expect(await verify()).toEqual({ code: 1, text: expect.stringContaining('the journal is damaged') });
  });

  it('refuses a call without a folder, and a folder with nothing in it, with code 2', async () => {
    const lines: string[] = [];
    const output = { out: () => {}, error: (line: string) => void lines.push(line) };
    expect(await verifyCommand([], output)).toBe(2);
    expect(await verifyCommand(['--nonsense'], output)).toBe(2);
    expect(await verifyCommand(['--data', join(folder, 'nowhere')], output)).toBe(2);
    expect(lines.join('\n')).toContain('usage: fengsui verify');
  });

  function writeJson(seq: number, json: string): void {
    const db = new DatabaseSync(join(folder, 'events.db'));
    db.prepare('UPDATE events SET json = ? WHERE seq = ?').run(json, seq);
    db.close();
  }
});
