// File kinds of part 1 (安全监控). CDDY, CDSS and YCBJ are known from two implementations in the field; the order of FZDY,
// FZSS and TJSJ is that of a receiving data base; KGBH is known as far as its fifth field. Sichuan's (KJ1031X) files of
// the same names have headers and rows of their own, known from one producer.

import type { FieldProfile, KindProfile } from '../profile.ts';
import { bits, code, commonHeader, integer, number, required, text, time } from './fields.ts';

const point = code('point', '测点编码', required);
const typeName = text('typeName', '传感器类型名称');
const place = text('place', '测点安装位置');
const unit = text('unit', '数值单位');
const recordTime = time('time', '数据时间', required);
const coordinates = [number('x', 'X坐标'), number('y', 'Y坐标'), number('z', 'Z坐标')];
const relations = text('relations', '传感器关联关系', { charsMax: 4096 });
const long = { charsMax: 1024 } as const;

const systemHeader: readonly FieldProfile[] = [
  code('mineCode', '煤矿编码', required),
  text('mineName', '矿井名称'),
  text('systemModel', '系统型号'),
  text('systemName', '系统名称'),
  text('manufacturer', '生产厂家'),
  text('certificateUntil', '安标有效期'),
  time('uploadedAt', '数据上传时间', required),
];

const extremes = [
  number('max', '最大值'),
  time('maxAt', '最大值时刻'),
  number('min', '最小值'),
  time('minAt', '最小值时刻'),
  number('mean', '平均值'),
];

export const part1SafetyKinds: readonly KindProfile[] = [
  {
    kind: 'CDDY',
    zh: '测点定义',
    header: systemHeader,
    row: [
      point,
      code('systemCode', '系统编码'),
      code('station', '分站编码'),
      code('typeCode', '传感器类型'),
      code('valueKind', '数值类型'),
      unit,
      number('rangeHigh', '高量程'),
      number('rangeLow', '低量程'),
      number('alarmHigh', '上限报警门限'),
      number('clearHigh', '上限解报门限'),
      number('alarmLow', '下限报警门限'),
      number('clearLow', '下限解报门限'),
      number('cutHigh', '上限断电门限'),
      number('restoreHigh', '上限复电门限'),
      number('cutLow', '下限断电门限'),
      number('restoreLow', '下限复电门限'),
      text('on', '开描述'),
      text('off', '停描述'),
      place,
      ...coordinates,
      relations,
      time('time', '数据时间'),
    ],
    certainty: 'field',
  },
  {
    kind: 'FZDY',
    zh: '分站定义',
    header: commonHeader,
    row: [
      code('station', '分站编码', required),
      text('place', '分站安装位置'),
      ...coordinates,
      time('time', '数据时间'),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'CDSS',
    zh: '测点实时',
    header: commonHeader,
    row: [
      point,
      typeName,
      place,
      text('value', '测点值', { charsMax: 64 }),
      unit,
      bits('status', '测点状态'),
      recordTime,
    ],
    certainty: 'field',
  },
  {
    kind: 'FZSS',
    zh: '分站实时',
    header: commonHeader,
    row: [
      code('station', '分站编码', required),
      integer('run', '运行状态'),
      integer('power', '供电状态'),
      recordTime,
    ],
    certainty: 'assumed',
  },
  {
    kind: 'KGBH',
    zh: '开关量变化',
    header: commonHeader,
    row: [
      point,
      typeName,
      place,
      text('value', '变化后状态', { isRequired: true, charsMax: 64 }),
      time('time', '变化时刻', required),
      text('unnamed', '含义未确认'),
    ],
    rowFieldsMin: 5,
    certainty: 'assumed',
  },
  {
    kind: 'TJSJ',
    zh: '统计数据',
    header: commonHeader,
    row: [
      point,
      typeName,
      place,
      unit,
      time('from', '开始时间', required),
      time('to', '结束时间', required),
      ...extremes,
      time('time', '数据时间'),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'YCBJ',
    zh: '异常报警',
    header: commonHeader,
    row: [
      point,
      typeName,
      place,
      unit,
      code('alarmType', '异常类型', required),
      time('startedAt', '开始时间', required),
      time('endedAt', '结束时间'),
      ...extremes,
      text('cause', '异常原因', long),
      text('measures', '处理措施', long),
      time('recordedAt', '录入时间'),
      text('recordedBy', '录入人'),
      time('time', '数据时间'),
    ],
    certainty: 'field',
  },
];

const sichuanCount: readonly FieldProfile[] = [
  time('uploadedAt', '时间', required),
  integer('recordCount', '条数'),
];

/** No mine code inside: the file name has it. Switches and analog points are rows of two lengths. */
export const sichuanSafetyKinds: readonly KindProfile[] = [
  {
    kind: 'CDDY',
    zh: '测点定义（四川KJ1031X）',
    header: [
      text('systemModel', '系统型号', required),
      text('systemName', '系统名称'),
      text('manufacturer', '生产厂家'),
      time('uploadedAt', '时间', required),
      integer('switchCount', '开关量数'),
      integer('analogCount', '模拟量数'),
      integer('counterCount', '累计量数'),
      text('unnamedFirst', '含义未确认（一）'),
      text('unnamedSecond', '含义未确认（二）'),
      text('unnamedThird', '含义未确认（三）'),
      text('unnamedFourth', '含义未确认（四）'),
    ],
    headerFieldsMin: 7,
    row: [
      point,
      code('station', '分站编码'),
      place,
      text('unnamedFirst', '含义未确认（一）'),
      unit,
      number('rangeHigh', '高量程'),
      number('rangeLow', '低量程'),
      number('alarmHigh', '上限报警门限'),
      number('clearHigh', '上限解报门限'),
      number('alarmLow', '下限报警门限'),
      number('clearLow', '下限解报门限'),
      number('cutHigh', '上限断电门限'),
      number('restoreHigh', '上限复电门限'),
      number('cutLow', '下限断电门限'),
      number('restoreLow', '下限复电门限'),
      relations,
    ],
    otherRows: [
      [
        point,
        code('station', '分站编码'),
        place,
        text('unnamedFirst', '含义未确认（一）'),
        text('on', '开描述'),
        text('off', '停描述'),
        text('alarmState', '报警状态'),
        text('clearState', '解报状态'),
        text('cutState', '断电状态'),
        text('restoreState', '复电状态'),
        relations,
      ],
    ],
    certainty: 'assumed',
  },
  {
    kind: 'KGBH',
    zh: '开关量变化（四川KJ1031X）',
    header: sichuanCount,
    row: [
      point,
      text('value', '变化后状态', { isRequired: true, charsMax: 64 }),
      time('time', '变化时刻', required),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'YCBJ',
    zh: '异常报警（四川KJ1031X）',
    header: sichuanCount,
    row: [
      point,
      code('alarmType', '异常类型', required),
      time('startedAt', '开始时间', required),
      time('endedAt', '结束时间'),
      number('max', '最大值'),
      time('maxAt', '最大值时刻'),
      time('minAt', '最小值时刻'),
      number('mean', '平均值'),
      number('min', '最小值'),
      text('measures', '处理措施', long),
      time('recordedAt', '录入时间'),
      text('recordedBy', '录入人'),
    ],
    certainty: 'assumed',
  },
];
