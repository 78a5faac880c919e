// File kinds of part 3 (井下人员位置), and the rows of two older editions whose files still come: the older national
// one and Shanxi 2010. Field names are the same in all three, so one meaning reads them all.
// Field lists of RYXX, RYQY, RYSS and JZSS are known from producers and parsers in the field; those of the four alarms
// from the columns of a receiving data base, in its order, which the standard's own text has not confirmed.

import type { FieldProfile, KindProfile } from '../profile.ts';
import { code, commonHeader, flag, integer, list, number, required, text, time } from './fields.ts';

/** Where a person was: five fields that the alarms of persons share. */
const whereabouts: readonly FieldProfile[] = [
  code('area', '区域编码'),
  time('areaEnteredAt', '进入当前区域时刻'),
  code('station', '基站编码'),
  time('stationEnteredAt', '进入当前所处基站时刻'),
];

/** Some editions end each alarm with the time of the record. */
const recordTime = time('time', '数据时间');

export const part3PersonnelKinds: readonly KindProfile[] = [
  {
    kind: 'RYXX',
    zh: '人员基本信息',
    header: [
      code('mineCode', '煤矿编码', required),
      text('mineName', '矿井名称'),
      integer('headcountMax', '核定下井人数'),
      text('systemModel', '系统型号'),
      text('systemName', '系统名称'),
      text('manufacturer', '生产厂家'),
      text('certificateUntil', '安标有效期'),
      time('uploadedAt', '数据上传时间', required),
    ],
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      text('trade', '工种'),
      text('duty', '职务'),
      text('team', '队组班组/部门'),
      text('birth', '出生年月'),
      text('education', '学历'),
      flag('isLeader', '是否矿领导'),
      flag('isSpecial', '是否特种人员'),
    ],
    certainty: 'field',
  },
  {
    kind: 'RYQY',
    zh: '区域基本信息',
    header: commonHeader,
    row: [
      text('areaType', '区域类型', required),
      code('area', '区域编码', required),
      integer('headcountMax', '核定人数'),
      text('name', '区域名称'),
    ],
    certainty: 'field',
  },
  {
    kind: 'RYJZ',
    zh: '基站基本信息',
    header: commonHeader,
    row: [
      code('station', '基站编码', required),
      text('place', '基站名称/位置'),
      number('x', 'X坐标'),
      number('y', 'Y坐标'),
      number('z', 'Z坐标'),
      text('time', '数据时间'),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'RYSS',
    zh: '人员实时',
    header: commonHeader,
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      integer('whereabouts', '出入井标志位', required),
      time('enteredAt', '入井时刻'),
      time('leftAt', '出井时刻'),
      ...whereabouts,
      text('shiftSystem', '劳动组织方式'),
      number('distanceM', '距离基站距离'),
      text('workState', '人员工作状态'),
      flag('isLeader', '是否矿领导'),
      flag('isSpecial', '是否特种人员'),
      text('track', '行进轨迹基站、时间集合', list),
    ],
    certainty: 'field',
  },
  {
    kind: 'JZSS',
    zh: '基站实时',
    header: commonHeader,
    row: [
      code('station', '基站编码', required),
      integer('run', '运行状态'),
      integer('power', '供电状态'),
      time('time', '数据时间', required),
    ],
    certainty: 'field',
  },
  {
    kind: 'RYCS',
    zh: '人员超时报警',
    header: commonHeader,
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      time('enteredAt', '入井时刻'),
      time('startedAt', '报警开始时间', required),
      time('endedAt', '报警结束时间'),
      ...whereabouts,
      recordTime,
    ],
    rowFieldsMin: 9,
    certainty: 'assumed',
  },
  {
    kind: 'RYCY',
    zh: '人员超员报警',
    header: commonHeader,
    row: [
      text('alarmType', '报警类型'),
      integer('headcountMax', '定员数'),
      integer('headcount', '当前总人数'),
      code('area', '区域编码'),
      text('name', '区域名称'),
      time('startedAt', '报警开始时间', required),
      time('endedAt', '报警结束时间'),
      text('cards', '区域人员集合', list),
      recordTime,
    ],
    rowFieldsMin: 8,
    certainty: 'assumed',
  },
  {
    kind: 'RYXZ',
    zh: '进入限制区域报警',
    header: commonHeader,
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      time('startedAt', '报警开始时间', required),
      time('endedAt', '报警结束时间'),
      time('enteredAt', '入井时刻'),
      ...whereabouts,
      recordTime,
    ],
    rowFieldsMin: 9,
    certainty: 'assumed',
  },
  {
    kind: 'RYQJ',
    zh: '人员求救报警',
    header: commonHeader,
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      time('startedAt', '求救开始时间', required),
      time('endedAt', '求救结束时间'),
      time('enteredAt', '入井时刻'),
      ...whereabouts,
      recordTime,
    ],
    rowFieldsMin: 9,
    certainty: 'assumed',
  },
];

/** Older national edition: no mine code in the file (the name has it), and who leads the shift in the header. */
export const olderNationalPersonnelKinds: readonly KindProfile[] = [
  {
    kind: 'RYSS',
    zh: '人员实时（旧国家版）',
    header: [
      time('uploadedAt', '时间', required),
      integer('headcount', '井下人数'),
      text('shiftLeader', '带班领导卡号/姓名'),
    ],
    row: [
      code('card', '人员卡编码', required),
      text('name', '姓名'),
      integer('whereabouts', '出入井标志位', required),
      time('enteredAt', '入井时刻'),
      time('leftAt', '出井时刻'),
      ...whereabouts,
      text('track', '行进轨迹', list),
    ],
    certainty: 'field',
  },
];

/** Shanxi 2010: every file names group and company; a row carries an identity number, which is read past, never kept. */
export const shanxi2010PersonnelKinds: readonly KindProfile[] = [
  {
    kind: 'RYSS',
    zh: '人员实时（山西2010）',
    header: [
      code('mineCode', '煤矿编码', required),
      text('groupName', '集团名称'),
      text('companyName', '公司名称'),
      text('mineName', '煤矿简称'),
      integer('headcount', '井下人数'),
      time('uploadedAt', '文件生成时刻', required),
    ],
    row: [
      integer('whereabouts', '出入井标志', required),
      code('card', '卡号', required),
      text('name', '姓名'),
      text('identityNumber', '身份证号', { charsMax: 32 }),
      text('trade', '工种'),
      text('team', '部门'),
      text('workPlace', '主要工作地点'),
      time('enteredAt', '入井时刻'),
      time('leftAt', '出井时刻'),
      ...whereabouts,
      text('track', '行进轨迹', list),
    ],
    // The fields after 出井时刻 are named by the standard's table, their order is not.
    rowFieldsMin: 10,
    certainty: 'assumed',
  },
];
