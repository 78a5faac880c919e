// Part 1 by examples of each kind, the dialects' own headers and rows, relations, and what came before.

import { describe, expect, test } from 'vitest';
import { decodeUpload } from './decode.ts';
import { measurandByType, stateByWord } from './dictionary.ts';
import { parseRelations } from './relations.ts';
import { judgeResend } from './resend.ts';

const mine = '150622004499';
const receivedAt = Date.UTC(2026, 2, 18, 6, 0, 5);
const at = (clock: string) => Date.parse(`2026-03-18T${clock}+08:00`);
const head = `${mine};演示矿;2026-03-18 14:00:00~`;
const point = `${mine}01MN0001`;
const door = `${mine}01KG0002`;
const identity = { fileName: 'a.txt', sha256: 'aa' };

function read(kind: string, text: string, fileName = `${mine}_${kind}_20260318140000.txt`) {
  const result = decodeUpload(new TextEncoder().encode(text), { kind, fileName, receivedAt });
  if (!result.ok) throw new Error(`${result.reason} ${result.en}`);
  return result.upload;
}

describe('CDDY', () => {
  const system = `${mine};演示矿;KJ90X;煤矿安全监控系统;某厂;2027-01-01;2026-03-18 14:00:00~`;

  test('defines a methane point with its range, eight limits, place and relations', () => {
    const row = `${point};01;${mine}F001;0001;MN;%;40;0;1.0;0.9;;;1.5;1.0;;;;;上隅角;1.5;-2;3;K-${door}-风门:D-${door};2026-03-18 13:00:00~`;
    const { definitions, header } = read('CDDY', `${system}${row}||`);
    expect(header).toStrictEqual({
      kind: 'CDDY',
      dialect: 'mtt1201',
      encoding: 'utf-8',
      mineCode: mine,
      mineName: '演示矿',
      uploadedAt: at('14:00:00'),
    });
    expect(definitions).toStrictEqual([
      {
        kind: 'point',
        id: point,
        measurand: 'CH4',
        unit: '%',
        valueKind: 'analog',
        station: `${mine}F001`,
        place: '上隅角',
        range: [0, 40],
        limits: { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1.5, restoreHigh: 1 },
        states: null,
        x: 1.5,
        y: -2,
        z: 3,
        relations: `K-${door}-风门:D-${door}`,
      },
    ]);
  });

  test('a type that no measurand is known for keeps its code, a switch its own words', () => {
    const rows = [
      `${point};01;;0049;MN;m;5;5;;;;;;;;;;;水仓;;;;;~`,
      `${door};01;;1002;KG;;;;;;;;;;;;打开;关上;风门;;;;;~`,
      `${mine}01KG0003;01;;1010;KG;;;;;;;;;;;;;;风机房;;;;;~`,
    ];
    const { definitions, remarks } = read('CDDY', `${system}${rows.join('')}||`);
    expect(definitions).toMatchObject([
      { measurand: 'mtt:0049', range: null, valueKind: 'analog' },
      { measurand: 'airDoor', states: ['关上', '打开'], valueKind: 'switch' },
      { measurand: 'mainFan', states: ['停', '开'] },
    ]);
    expect(remarks.map(({ en }) => en)).toStrictEqual(['range low 5 is not below high 5: range left out']);
  });
});

test('FZDY defines stations, FZSS gives their state as readings of two points', () => {
  const station = `${mine}F001`;
  expect(read('FZDY', `${head}${station};中央变电所;1;2;3;2026-03-18 13:00:00~||`).definitions).toStrictEqual(
    [{ kind: 'station', id: station, place: '中央变电所', area: null, x: 1, y: 2, z: 3 }],
  );
  const time = at('13:59:58');
  const upload = read(
    'FZSS',
    `${head}${station};1;0;2026-03-18 13:59:58~${station}9;;9;2026-03-18 13:59:58~||`,
  );
  expect(upload.readings).toStrictEqual([
    { point: `${station}.run`, time, value: 1, status: 0, unit: null },
    { point: `${station}.power`, time, value: 0, status: 0, unit: null },
    { point: `${station}9.power`, time, value: 9, status: 0, unit: null },
  ]);
});

test('CDSS gives readings: numbers, words of switches, nothing, and the status as it is', () => {
  const row = (value: string, status: string, second: number) =>
    `${point};环境瓦斯;上隅角;${value};%;${status};2026-03-18 13:59:0${second}~`;
  const values = [
    ['0.52', '0'],
    ['4.0', '9'],
    ['', '128'],
    ['开', '00000001'],
    ['停', ''],
    ['负荷侧无电压', '2'],
  ];
  const rows = values.map(([value = '', status = ''], second) => row(value, status, second));
  const { readings, refused } = read('CDSS', `${head}${rows.join('')}||`);
  expect(refused).toStrictEqual([]);
  expect(readings.map(({ value, status }) => [value, status])).toStrictEqual([
    [0.52, 0],
    [4, 9],
    [null, 128],
    [1, 1],
    [0, 0],
    [0, 2],
  ]);
  expect(readings[0]).toStrictEqual({ point, time: at('13:59:00'), value: 0.52, status: 0, unit: '%' });
});

test('of a point twice at one time the last counts; at two times both do', () => {
  const row = (value: string, clock: string) => `${point};瓦斯;上隅角;${value};%;0;2026-03-18 ${clock}~`;
  const { readings, remarks } = read(
    'CDSS',
    `${head}${row('1', '13:59:58')}${row('2', '13:59:59')}${row('3', '13:59:58')}||`,
  );
  expect(readings.map(({ value, time }) => [value, time])).toStrictEqual([
    [2, at('13:59:59')],
    [3, at('13:59:58')],
  ]);
  expect(remarks).toHaveLength(1);
});

test('KGBH gives each change and the reading that it makes, the previous state within the file', () => {
  const upload = read(
    'KGBH',
    `${head}${door};风门;回风巷;打开;2026-03-18 13:58:00~${door};风门;回风巷;0;2026-03-18 13:58:30;x~||`,
  );
  expect(upload.report.switchChanges).toStrictEqual([
    { point: door, time: at('13:58:00'), state: 1, previous: null },
    { point: door, time: at('13:58:30'), state: 0, previous: 1 },
  ]);
  expect(upload.readings.map(({ value }) => value)).toStrictEqual([1, 0]);
});

test('TJSJ gives statistics', () => {
  const upload = read(
    'TJSJ',
    `${head}${point};瓦斯;上隅角;%;2026-03-18 13:50:00;2026-03-18 13:55:00;0.6;2026-03-18 13:51:00;0.4;xxxx-xx-xx xx:xx:xx;0.5;2026-03-18 13:55:01~||`,
  );
  expect(upload.report.statistics).toStrictEqual([
    {
      point,
      from: at('13:50:00'),
      to: at('13:55:00'),
      max: 0.6,
      maxAt: at('13:51:00'),
      min: 0.4,
      minAt: null,
      mean: 0.5,
    },
  ]);
});

test('YCBJ gives alarms of the sender; the row that knows the end takes the place of the one that did not', () => {
  const row = (end: string, cause: string) =>
    `${point};瓦斯;上隅角;%;001;2026-03-18 13:40:00;${end};1.2;2026-03-18 13:41:00;0.4;;0.8;${cause};停电撤人;2026-03-18 13:55:00;张三;2026-03-18 14:00:00~`;
  const { report } = read('YCBJ', `${head}${row('', '')}${row('2026-03-18 13:50:00', '风门打开')}||`);
  expect(report.upstreamAlarms).toStrictEqual([
    {
      subject: point,
      kind: 'YCBJ.001',
      startedAt: at('13:40:00'),
      endedAt: at('13:50:00'),
      reportedAt: at('14:00:00'),
      max: 1.2,
      maxAt: at('13:41:00'),
      min: 0.4,
      minAt: null,
      mean: 0.8,
      cause: '风门打开',
      measures: '停电撤人',
      recordedAt: at('13:55:00'),
      recordedBy: '张三',
    },
  ]);
});

describe('dialects', () => {
  test('a header alone is a file', () => {
    expect(read('CDSS', `${head}||`)).toMatchObject({ records: 0, refused: [], remarks: [] });
  });

  test.each(['1506220044', '15062200449', '150622B0012000200092'])(
    'mine code %s is that of document 42',
    (old) => {
      const upload = read('CDSS', `${old};演示矿;2026-03-18 14:00:00~||`, `${old}_CDSS_20260318140000.txt`);
      expect(upload.header).toMatchObject({ dialect: 'document42', mineCode: old });
    },
  );

  test('Sichuan: definitions of switches and of analog points in one file, the mine from the name', () => {
    const upload = read(
      'CDDY',
      'KJ1031X;煤矿安全监控系统;某厂;2026-03-18 14:00:00;1;1;0;0;0;0;;~\r\n' +
        `${door};F16;风门;;打开;关闭;0;1;0;1;D-${point}~\r\n` +
        `${point};F16; ;;%;;;1.0;;;;1.5;1.0;;;~||\r\n`,
    );
    expect(upload).toMatchObject({
      header: { dialect: 'sichuan', mineCode: mine },
      refused: [],
      remarks: [],
    });
    expect(upload.definitions).toMatchObject([
      { id: door, valueKind: 'switch', states: ['关闭', '打开'], relations: `D-${point}` },
      { id: point, valueKind: 'analog', place: null, limits: { alarmHigh: 1, cutHigh: 1.5, restoreHigh: 1 } },
    ]);
  });

  test('Sichuan: alarms under a count, each row closed by a separator', () => {
    const upload = read(
      'YCBJ',
      `2026-03-18 14:00:00;1;~\r\n${point};001;2026-03-18 13:40:00;2026-03-18 13:50:00;1.2;2026-03-18 13:40:00;2026-03-18 13:50:00;1.0;0.8;停电;2026-03-18 13:55:00;admin;~||\r\n`,
    );
    expect(upload).toMatchObject({ header: { dialect: 'sichuan' }, records: 1, remarks: [] });
    expect(upload.report.upstreamAlarms).toMatchObject([{ subject: point, max: 1.2, min: 0.8, mean: 1 }]);
  });

  test('the non-coal edition has marks of its own and shorter rows', () => {
    const upload = read(
      'NCDDY',
      `${mine};演示矿;2026-03-18 14:00:00^${point};01;F1;0004;MN;ppm;500;0;24^]]]`,
    );
    expect(upload.header).toMatchObject({ dialect: 'nonCoal', kind: 'NCDDY' });
    expect(upload.definitions).toMatchObject([
      { measurand: 'CO', range: [0, 500], limits: { alarmHigh: 24 } },
    ]);
  });

  test('the older national personnel edition and Shanxi 2010 are told by their headers', () => {
    const older = read('RYSS', '2026-03-18 14:00:00;0;10001/张三;~||');
    expect(older.header).toMatchObject({ dialect: 'olderNational', mineCode: mine });
    const shanxi = read('RYSS', '15062200449;集团;公司;演示矿;0;2026-03-18/14:00:00~||');
    expect(shanxi.header).toMatchObject({
      dialect: 'shanxi2010',
      mineCode: '15062200449',
      uploadedAt: at('14:00:00'),
    });
  });
});

test('relations are parsed group by group; what is none is left out', () => {
  expect(parseRelations(`K-${door}-风门:D-${point}◇B-${door}◇nonsense◇X-1`)).toStrictEqual([
    [
      { letter: 'K', point: door, name: '风门' },
      { letter: 'D', point, name: null },
    ],
    [{ letter: 'B', point: door, name: null }],
  ]);
  expect(parseRelations('')).toStrictEqual([]);
});

test('no word of a switch means 0 with one and 1 with another, and no type has two names', () => {
  expect(stateByWord.get('停')).toBe(0);
  expect(stateByWord.get('开')).toBe(1);
  expect([...measurandByType.keys()].filter((type) => !/^\d{4}$/.test(type))).toStrictEqual([]);
});

test.each([
  ['the same name and content', 'aa', 100, 50, 'duplicate'],
  ['the same content whose snapshot was since passed by', 'aa', 50, 100, 'duplicate'],
  ['the same name, another content, newer', 'bb', 100, 50, 'apply'],
  ['older than what is applied', null, 50, 100, 'store'],
  ['as old as what is applied', null, 100, 100, 'apply'],
  ['without an upload time', null, null, 100, 'apply'],
  ['the first of all', null, 50, null, 'apply'],
] as const)('resent: %s', (_what, sha256OfName, uploadedAt, appliedAt, verdict) => {
  expect(judgeResend({ ...identity, uploadedAt }, { sha256OfName, appliedAt })).toBe(verdict);
});
