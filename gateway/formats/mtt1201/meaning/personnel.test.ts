import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at, header, mine, upload, uploadedAt } from '../testing/upload-text.ts';

const card = (n: number): string => `${mine}${String(n).padStart(5, '0')}`;
const area = `${mine}0008`;
const station = `${area}000012`;
const underground = (n: number, name = `测试${n}`): string =>
  `${card(n)};${name};1;2026-11-24 06:33:52;;${area};2026-11-24 07:00:00;${station};2026-11-24 07:10:00;三八制;-3.50;正常;0;1;${station}&2026-11-24 07:10:00`;

describe('RYSS', () => {
  test('is a snapshot of where people are, at the time of the upload', () => {
    const read = upload('RYSS', header, underground(1));
    expect(read.isSnapshot).toBe(true);
    expect(read.report.positions).toEqual([
      {
        card: card(1),
        time: uploadedAt,
        whereabouts: 1,
        enteredAt: at('06:33:52'),
        leftAt: null,
        area,
        areaEnteredAt: at('07:00:00'),
        station,
        stationEnteredAt: at('07:10:00'),
        distanceM: -3.5,
        x: null,
        y: null,
        z: null,
        workState: '正常',
      },
    ]);
    expect(read.remarks.map(({ zh }) => zh)).toEqual([expect.stringContaining('行进轨迹未采集')]);
  });

  test('without records says that nobody is underground', () => {
    const read = upload('RYSS', header);
    expect(read).toMatchObject({ isSnapshot: true, records: 0, report: {} });
  });

  test('names people whom the ledger forgot, but no card without a name', () => {
    const read = upload('RYSS', header, underground(1), underground(2, ''));
    expect(read.definitions).toEqual([
      {
        kind: 'person',
        id: card(1),
        name: '测试1',
        trade: null,
        duty: null,
        team: null,
        isLeader: false,
        isSpecial: true,
      },
    ]);
    expect(read.report.positions).toHaveLength(2);
  });

  test('takes the last record of each card and tells of each one that it replaces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }), (cards) => {
        const records = cards.map((n, index) => underground(n, `第${index}`));
        const read = upload('RYSS', header, ...records);
        const last = new Map(cards.map((n, index) => [card(n), `第${index}`]));
        const names = read.definitions.map((each) => [each.id, 'name' in each ? each.name : '']);
        expect(new Map(names as [string, string][])).toEqual(last);
        expect(read.report.positions?.length ?? 0).toBe(last.size);
        const replaced = read.remarks.filter(({ zh }) => zh.includes('重复'));
        expect(replaced).toHaveLength(cards.length - last.size);
      }),
    );
  });

  test('refuses a record with another flag and keeps the rest', () => {
    const read = upload('RYSS', header, underground(1).replace(';1;2026', ';7;2026'), underground(2));
    expect(read.refused).toMatchObject([{ record: 1, reason: 'FIELD_INVALID' }]);
    expect(read.report.positions?.map((position) => position.card)).toEqual([card(2)]);
  });

  test('of the older national edition means the same, by fewer fields', () => {
    const row = `${card(1)};测试1;1;2026-11-24 06:33:52;;${area};2026-11-24 07:00:00;${station};2026-11-24 07:10:00;`;
    const read = upload('RYSS', `2026-11-24 08:00:00;1;00012/带班;`, row);
    expect(read.header).toMatchObject({ dialect: 'olderNational', uploadedAt });
    expect(read.report.positions).toMatchObject([{ card: card(1), time: uploadedAt, area, distanceM: null }]);
  });

  test('of Shanxi 2010 keeps no identity number', () => {
    const row = `1;${card(1)};测试1;110101199001011234;采煤工;综采一队;工作面;2026-11-24/06:33:52;;${area}`;
    const read = upload('RYSS', `${mine.slice(0, 11)};某集团;某公司;某矿;1;2026-11-24/08:00:00`, row);
    expect(read.header).toMatchObject({ dialect: 'shanxi2010', uploadedAt });
    expect(read.report.positions).toMatchObject([{ card: card(1), enteredAt: at('06:33:52'), area }]);
    expect(read.definitions).toMatchObject([{ name: '测试1', trade: '采煤工', team: '综采一队' }]);
    expect(JSON.stringify(read)).not.toContain('110101199001011234');
  });
});

test('RYXX, RYQY and RYJZ define people, areas and stations', () => {
  const ledgerHeader = `${mine};某矿;120;KJ1;人员定位;某厂;2027-01-01;2026-11-24 08:00:00`;
  expect(
    upload('RYXX', ledgerHeader, `${card(1)};测试1;未设置;矿长;综采一队;1990-01-01;;1;0`).definitions,
  ).toEqual([
    {
      kind: 'person',
      id: card(1),
      name: '测试1',
      trade: null,
      duty: '矿长',
      team: '综采一队',
      isLeader: true,
      isSpecial: false,
    },
  ]);
  expect(upload('RYQY', header, `限制区域;${area};0;采空区`).definitions).toEqual([
    { kind: 'area', id: area, name: '采空区', areaType: '限制区域', headcountMax: 0 },
  ]);
  expect(upload('RYJZ', header, `${station};北翼大巷;1;2;-300;2026-11-01`).definitions).toEqual([
    { kind: 'station', id: station, place: '北翼大巷', area, x: 1, y: 2, z: -300 },
  ]);
});

test('JZSS gives two readings per station, and refuses states that there are not', () => {
  const read = upload(
    'JZSS',
    header,
    `${station};1;2;2026-11-24 07:59:50`,
    `${area}000013;5;0;2026-11-24 07:59:50`,
  );
  expect(read.readings).toEqual([
    { point: `${station}.run`, time: at('07:59:50'), value: 1, status: 0, unit: null },
    { point: `${station}.power`, time: at('07:59:50'), value: 2, status: 0, unit: null },
    { point: `${area}000013.power`, time: at('07:59:50'), value: 0, status: 0, unit: null },
  ]);
  expect(read.refused).toMatchObject([{ record: 2 }]);
});

describe('alarms of the system that reports', () => {
  const where = `${area};2026-11-24 06:40:00;${station};2026-11-24 06:40:00`;

  test('RYCS, RYXZ and RYQJ are of a card, and last while they have no end', () => {
    const rows = {
      RYCS: `${card(1)};测试1;2026-11-24 06:33:52;2026-11-24 07:00:00;;${where}`,
      RYXZ: `${card(1)};测试1;2026-11-24 07:00:00;;2026-11-24 06:33:52;${where}`,
      RYQJ: `${card(1)};测试1;2026-11-24 07:00:00;;2026-11-24 06:33:52;${where};2026-11-24 07:30:00`,
    };
    for (const [kind, row] of Object.entries(rows)) {
      const [alarm] = upload(kind, header, row).report.upstreamAlarms ?? [];
      expect(alarm).toMatchObject({ subject: card(1), kind, startedAt: at('07:00:00'), endedAt: null });
      expect(alarm?.reportedAt).toBe(kind === 'RYQJ' ? at('07:30:00') : uploadedAt);
    }
  });

  test('RYCY is of an area, or of the mine, with the headcount as its peak', () => {
    const rest = `2026-11-24 07:00:00;2026-11-24 07:20:00;${card(1)},${card(2)}`;
    const read = upload('RYCY', header, `区域超员;1;2;${area};工作面;${rest}`, `全矿超员;1;2;;;${rest}`);
    expect(read.report.upstreamAlarms).toMatchObject([
      { subject: area, kind: 'RYCY', endedAt: at('07:20:00'), max: 2, cause: '区域超员' },
      { subject: mine, kind: 'RYCY', endedAt: at('07:20:00'), max: 2, cause: '全矿超员' },
    ]);
  });
});
