// The drop folder on a real temp folder; the clock and the scans are the test's, so nothing waits.

import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Core, acknowledge, body, mineCode, nameAt, settle, textOf, useDropKit } from './testing/drop-kit.ts';

const { dropFolder, folderOf, kept, put, root, time } = useDropKit();

describe('handing on', () => {
  test('gives each file its topic, by our own words and those of the field', async () => {
    const core = new Core();
    for (const system of ['aqjk', 'rydw', 'jxry', 'shfz', 'zysb', 'slope', 'unknown']) {
      put(nameAt(1), body, folderOf('sy-01', system));
    }
    const folder = dropFolder(core);
    await settle(folder);
    const topics = core.messages.map(({ topic }) => topic).toSorted();
    expect(topics).toEqual(
      ['equipment', 'personnel', 'personnel', 'safety', 'slope', 'water'].map(
        (system) => `mine/v1/sy-01/${system}/upload-${mineCode}/file/CDSS`,
      ),
    );
    expect(core.messages.map(textOf)).toEqual(Array(6).fill(body));
    expect(core.messages.every(({ qos }) => qos === 1)).toBe(true);
    expect(folder.status().totals.ignored).toBe(1);
    expect(core.connections.size).toBe(6);
    expect(folder.state()).toBe('connected');
  });

  test('takes the oldest first, by the stamp in the name', async () => {
    const core = new Core();
    const names = [5, 1, 4, 2, 3].map((second) => nameAt(second));
    for (const name of names) put(name, `${name}||`);
    await settle(dropFolder(core));
    expect(core.messages.map(textOf)).toEqual([1, 2, 3, 4, 5].map((second) => `${nameAt(second)}||`));
  });

  test('lets mines take turns, so that a backlog of one holds up no other', async () => {
    const core = new Core();
    for (let second = 0; second < 20; second += 1) put(nameAt(second), body, folderOf('aa-01'));
    put(nameAt(59), body, folderOf('zz-01'));
    await settle(dropFolder(core, { heldFilesMax: 4 }));
    expect(core.messages.map(({ topic }) => topic.split('/')[2])).toEqual([
      'aa-01',
      'zz-01',
      'aa-01',
      'aa-01',
    ]);
  });

  test('moves a file to done only when it is acknowledged', async () => {
    const core = new Core();
    const file = put(nameAt(1));
    const folder = dropFolder(core);
    await settle(folder);
    expect(existsSync(file)).toBe(true);
    expect(folder.status()).toMatchObject({ heldFiles: 1, heldBytes: Buffer.byteLength(body) });
    await settle(folder);
    expect(core.messages).toHaveLength(1);
    core.messages[0]?.acknowledge();
    core.messages[0]?.acknowledge();
    await folder.idle();
    expect(existsSync(file)).toBe(false);
    expect(kept('done', '2026-11-24')).toEqual([nameAt(1)]);
    expect(folder.status()).toMatchObject({ heldFiles: 0, heldBytes: 0, unmovedFiles: 0 });
    expect(folder.status().totals).toMatchObject({ taken: 1, done: 1 });
  });

  test('moves a refused file to rejected with its reason and the report', async () => {
    const core = new Core();
    core.decide = (message) => {
      message.refused?.('EMPTY');
      message.acknowledge();
    };
    put(nameAt(1));
    const folder = dropFolder(core, { report: (name, bytes) => `${name} 共 ${bytes.length} 字节` });
    await settle(folder);
    expect(kept('rejected')).toEqual([nameAt(1), `${nameAt(1)}.reason.txt`]);
    const reason = readFileSync(path.join(folderOf(), 'rejected', `${nameAt(1)}.reason.txt`), 'utf8');
    expect(reason).toContain('空报文');
    expect(reason).toContain('no reading in the message');
    expect(reason).toContain(`${nameAt(1)} 共 ${Buffer.byteLength(body)} 字节`);
    expect(folder.status().totals).toMatchObject({ rejected: 1, done: 0 });
  });

  test('keeps the reason when the report fails', async () => {
    const core = new Core();
    core.decide = (message) => {
      message.refused?.('EMPTY');
      message.acknowledge();
    };
    put(nameAt(1));
    const report = (): string => {
      throw new Error('report broke');
    };
    await settle(dropFolder(core, { report }));
    const reason = readFileSync(path.join(folderOf(), 'rejected', `${nameAt(1)}.reason.txt`), 'utf8');
    expect(reason).toContain('空报文');
    expect(reason).toContain('report broke');
  });

  test('tries an abandoned file again with growing pauses, and at once when asked to', async () => {
    const core = new Core();
    core.decide = (message) => {
      message.abandon();
    };
    const file = put(nameAt(1));
    const folder = dropFolder(core);
    await settle(folder);
    await settle(folder);
    expect(core.messages).toHaveLength(1);
    time.now += 1_000;
    await settle(folder);
    expect(core.messages).toHaveLength(2);
    time.now += 1_000;
    await settle(folder);
    expect(core.messages).toHaveLength(2);
    core.decide = acknowledge;
    folder.reconnectAll();
    await folder.idle();
    expect(core.messages).toHaveLength(3);
    expect(existsSync(file)).toBe(false);
    expect(folder.status().totals).toMatchObject({ abandoned: 2, done: 1 });
  });

  test('takes nothing while paused', async () => {
    const core = new Core();
    put(nameAt(1));
    const folder = dropFolder(core);
    folder.pause();
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    folder.resume();
    await folder.idle();
    expect(core.messages).toHaveLength(1);
  });

  test('holds no more bytes than the bound', async () => {
    const core = new Core();
    for (let second = 0; second < 5; second += 1) put(nameAt(second), `${'x'.repeat(98)}||`);
    const folder = dropFolder(core, { fileBytesMax: 100, heldBytesMax: 250 });
    await settle(folder);
    expect(folder.status()).toMatchObject({ heldFiles: 2, heldBytes: 200 });
    for (let n = 0; n < core.messages.length; n += 1) {
      core.messages[n]?.acknowledge();
      await folder.idle();
      expect(folder.status().heldBytes).toBeLessThanOrEqual(250);
    }
    expect(core.messages).toHaveLength(5);
  });

  test('takes a thousand files in their order, in portions, each once', async () => {
    const core = new Core();
    const order: string[] = [];
    core.decide = (message) => {
      order.push(textOf(message).slice(0, -2));
      message.acknowledge();
    };
    const names = Array.from({ length: 1_000 }, (_, n) => nameAt((n % 60) + Math.floor(n / 60) * 100));
    for (const name of names.toReversed()) put(name, `${name}||`);
    const folder = dropFolder(core, { namesMax: 64 });
    await settle(folder);
    expect(order).toEqual(names.toSorted());
    expect(kept('done', '2026-11-24')).toHaveLength(1_000);
    expect(readdirSync(folderOf())).toEqual(['done']);
  });
});

describe('half-written files', () => {
  test('waits for the end mark, white space after it or not', async () => {
    const core = new Core();
    const file = put(nameAt(1), body.slice(0, 10));
    const folder = dropFolder(core);
    await settle(folder);
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    expect(folder.status()).toMatchObject({ waitingFiles: 1 });
    expect(folder.status().totals.waiting).toBe(1);
    writeFileSync(file, `${body}\r\n `);
    await settle(folder);
    expect(core.messages.map(textOf)).toEqual([`${body}\r\n `]);
    expect(folder.status().totals.incomplete).toBe(0);
    expect(folder.status().waitingFiles).toBe(0);
  });

  test('knows the end mark of the other dialect', async () => {
    const core = new Core();
    put(nameAt(1, 'NCDDY'), 'x^]]]');
    await settle(dropFolder(core));
    expect(core.messages).toHaveLength(1);
  });

  test('hands it on without its end once it has not grown for a minute', async () => {
    const core = new Core();
    const file = put(nameAt(1), body.slice(0, 10));
    const folder = dropFolder(core);
    await settle(folder);
    time.now += 59_000;
    await settle(folder);
    writeFileSync(file, body.slice(0, 20));
    time.now += 59_000;
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    time.now += 59_999;
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    time.now += 1;
    await settle(folder);
    expect(core.messages.map(textOf)).toEqual([body.slice(0, 20)]);
    expect(folder.status().totals.incomplete).toBe(1);
  });

  test('lets files that are complete pass it', async () => {
    const core = new Core();
    put(nameAt(1), 'half');
    put(nameAt(2));
    await settle(dropFolder(core));
    expect(core.messages.map(textOf)).toEqual([body]);
  });
});

describe('what is not ours to take', () => {
  test('rejects a file beyond the bound unread', async () => {
    const core = new Core();
    put(nameAt(1), `${'x'.repeat(1_000)}||`);
    await settle(dropFolder(core, { fileBytesMax: 1_000 }));
    expect(core.messages).toHaveLength(0);
    expect(kept('rejected')).toEqual([nameAt(1), `${nameAt(1)}.reason.txt`]);
  });

  test('rejects foreign names once nobody writes them any more, whatever their characters', async () => {
    const core = new Core();
    const names = ['读我.txt', 'cdss.csv', `${mineCode}_cdss_20261124080000.txt`, `${'瓦'.repeat(80)}.txt`];
    for (const name of names) put(name);
    const folder = dropFolder(core);
    await settle(folder);
    expect(kept('rejected')).toEqual([]);
    time.now += 60_000;
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    const rejected = kept('rejected');
    expect(rejected).toHaveLength(8);
    expect(rejected).toContain('读我.txt');
    expect(rejected.every((name) => Buffer.byteLength(name) <= 255)).toBe(true);
    expect(readFileSync(path.join(folderOf(), 'rejected', '读我.txt.reason.txt'), 'utf8')).toContain(
      '文件名不是',
    );
  });

  test('ignores and counts links, folders, pipes of names that are uploads, and what is still being written', async () => {
    const core = new Core();
    const secret = put('secret', body, root());
    symlinkSync(secret, path.join(folderOf(), nameAt(1)));
    mkdirSync(path.join(folderOf(), nameAt(2)));
    put(`${nameAt(3)}.filepart`);
    symlinkSync(folderOf(), path.join(root(), 'sy-01', 'shfz'));
    symlinkSync(path.join(root(), 'sy-01'), path.join(root(), 'sy-09'));
    const folder = dropFolder(core);
    await settle(folder);
    time.now += 120_000;
    await settle(folder);
    expect(core.messages).toHaveLength(0);
    expect(readdirSync(folderOf()).toSorted()).toEqual([nameAt(1), nameAt(2), `${nameAt(3)}.filepart`]);
    // The three, the two linked folders and the file beside the mines.
    expect(folder.status().totals.ignored).toBe(6);
  });
});

describe('the life of it', () => {
  test('a file that arrives is found by notification, long before the next scan', async () => {
    const core = new Core();
    const folderPath = folderOf();
    const arrived = new Promise<string>((resolve) => {
      core.decide = (message) => {
        message.acknowledge();
        resolve(message.topic);
      };
    });
    const folder = dropFolder(core, { scanEveryMs: 3_600_000, now: Date.now });
    await folder.start();
    put(nameAt(1), body, folderPath);
    expect(await arrived).toContain('/file/CDSS');
    await folder.close();
    expect(core.connections.size).toBe(0);
  });

  test('a mine that appears later is found by the scan', async () => {
    const core = new Core();
    const folder = dropFolder(core);
    await settle(folder);
    put(nameAt(1), body, folderOf('new-01', 'rydw'));
    await settle(folder);
    expect(core.messages).toHaveLength(1);
    rmSync(path.join(root(), 'new-01'), { recursive: true });
    await settle(folder);
    expect(core.connections.size).toBe(0);
    core.messages[0]?.acknowledge();
    await folder.idle();
    expect(folder.status()).toMatchObject({ heldFiles: 0, unmovedFiles: 0 });
  });

  test('a drop folder that cannot be had is told of and waited for', async () => {
    rmSync(root(), { recursive: true });
    writeFileSync(root(), '');
    const core = new Core();
    const folder = dropFolder(core);
    await settle(folder);
    expect(folder.state()).toBe('disconnected');
    expect(folder.status().lastError).not.toBe('');
    rmSync(root());
    put(nameAt(1));
    await settle(folder);
    expect(folder.state()).toBe('connected');
    expect(core.messages).toHaveLength(1);
  });

  test('after close nothing is taken, and a late acknowledgement still moves its file', async () => {
    const core = new Core();
    put(nameAt(1));
    const folder = dropFolder(core);
    await settle(folder);
    await folder.close();
    put(nameAt(2));
    await settle(folder);
    expect(core.messages).toHaveLength(1);
    core.messages[0]?.acknowledge();
    await folder.idle();
    expect(kept('done', '2026-11-24')).toEqual([nameAt(1)]);
  });

  test('a touched but unchanged half file waits from the touch on', async () => {
    const core = new Core();
    const file = put(nameAt(1), 'half');
    const folder = dropFolder(core);
    await settle(folder);
    time.now += 60_000;
    utimesSync(file, 1, 1);
    await settle(folder);
    expect(core.messages).toHaveLength(0);
  });
});
