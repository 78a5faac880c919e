// File kinds of part 4 (水害防治) with the class that the same body carries as a message. Rows are as producers in the
// field write them; WZC* (微震) is our assumption, nobody's file was seen. PSLCDYC was seen without
// the sensor type that CGKCDYC has and is taken with it too. Times of definitions are dates only and stay text.

import type { FieldProfile, KindProfile } from '../profile.ts';
import { bits, code, commonHeader, flag, number, required, text, time } from './fields.ts';

const point = code('point', '测点编码', required);
const status = bits('status', '测点状态');
const recordTime = time('time', '数据时间', required);
const definitionTime = text('time', '数据时间');
const place = text('place', '安装位置');
const coordinates: readonly FieldProfile[] = [
  number('x', 'X坐标'),
  number('y', 'Y坐标'),
  number('z', 'Z坐标'),
];

/** An alarm together with how it was handled: the standard's own closed loop. */
const alarmEnd: readonly FieldProfile[] = [
  place,
  flag('isAlarm', '是否报警'),
  text('content', '报警内容', { charsMax: 1024 }),
  time('startedAt', '报警时间', required),
  text('handling', '处理类型'),
  text('cause', '原因分析', { charsMax: 1024 }),
  text('handledBy', '处理人'),
  time('handledAt', '处理时间'),
  time('time', '数据时间'),
];

/** 降水量 and 地表水 stations are bought, set up and tested. */
const stationDevice: readonly FieldProfile[] = [
  text('deviceType', '设备类型'),
  place,
  text('installedOn', '安装日期'),
  text('manufacturer', '生产厂家'),
  text('calibratedOn', '检定日期'),
];

interface WaterKind {
  readonly kind: string;
  readonly zh: string;
  readonly messageClass: string;
  readonly row: readonly FieldProfile[];
  readonly otherRows?: readonly (readonly FieldProfile[])[];
  readonly certainty?: 'assumed';
}

const kinds: readonly WaterKind[] = [
  {
    kind: 'CGKCDDY',
    zh: '长观孔测点定义',
    messageClass: 'holedefine',
    row: [
      point,
      code('typeCode', '测点类型'),
      place,
      text('layer', '含水层层位'),
      number('layerThickness', '含水层厚度'),
      number('layerDepth', '含水层埋深'),
      number('holeDepth', '孔深'),
      number('holeDiameter', '孔径'),
      ...coordinates,
      definitionTime,
    ],
  },
  {
    kind: 'CGKCDSS',
    zh: '长观孔实时',
    messageClass: 'holerealdata',
    row: [point, status, number('level', '水位/埋深'), number('temperature', '水温'), recordTime],
  },
  {
    kind: 'CGKCDYC',
    zh: '长观孔异常',
    messageClass: 'holealarm',
    row: [point, code('typeCode', '测点类型'), ...alarmEnd],
  },
  {
    kind: 'YSLCDDY',
    zh: '涌水量测点定义',
    messageClass: 'gushingdefine',
    row: [
      point,
      place,
      text('district', '采区'),
      code('typeCode', '测点类型'),
      text('unit', '单位'),
      ...coordinates,
      definitionTime,
    ],
  },
  {
    kind: 'YSLCDSS',
    zh: '涌水量实时',
    messageClass: 'gushingrealdata',
    row: [point, status, number('flow', '涌水量'), recordTime],
  },
  {
    kind: 'PSLCDDY',
    zh: '排水量测点定义',
    messageClass: 'drainagedefine',
    row: [
      point,
      place,
      text('district', '服务范围'),
      ...coordinates,
      text('pumpRoom', '水泵房'),
      text('pump', '水泵名称'),
      text('pumpEfficiency', '水泵效率'),
      text('pumpFlow', '水泵额定流量'),
      text('pumpModel', '水泵型号'),
      definitionTime,
    ],
  },
  {
    kind: 'PSLCDSS',
    zh: '排水量实时',
    messageClass: 'drainagerealdata',
    row: [point, number('flow', '排水量'), status, number('total', '日累计排水量'), recordTime],
  },
  {
    kind: 'PSLCDYC',
    zh: '排水量异常',
    messageClass: 'drainagealarm',
    row: [point, ...alarmEnd],
    otherRows: [[point, code('typeCode', '测点类型'), ...alarmEnd]],
  },
  {
    kind: 'SBCDSS',
    zh: '水泵开停实时',
    messageClass: 'drainagestartstop',
    row: [
      point,
      text('name', '水泵名称'),
      time('startedAt', '开时刻'),
      time('stoppedAt', '停时刻'),
      flag('state', '状态', required),
      recordTime,
    ],
  },
  {
    kind: 'SFSCDDY',
    zh: '疏（放）水测点定义',
    messageClass: 'pumpdefine',
    row: [
      point,
      place,
      text('unit', '测点单位'),
      text('layer', '目标层位'),
      number('layerThickness', '含水层厚度'),
      number('layerDepth', '含水层埋深'),
      number('holeDepth', '孔深'),
      number('holeDiameter', '孔径'),
      ...coordinates,
      // Two numbers whose names were not found: 0 … 2 and 0 … 50 in what was seen.
      text('unnamedFirst', '含义未确认（一）'),
      text('unnamedSecond', '含义未确认（二）'),
      definitionTime,
    ],
  },
  {
    kind: 'SFSCDSS',
    zh: '疏（放）水实时',
    messageClass: 'pumprealdata',
    row: [point, place, number('value', '测点值'), recordTime],
  },
  {
    kind: 'JSLCDDY',
    zh: '降水量测点定义',
    messageClass: 'raindefine',
    row: [point, ...stationDevice, ...coordinates],
  },
  {
    kind: 'JSLCDSS',
    zh: '降水量实时',
    messageClass: 'rainrealdata',
    row: [
      point,
      time('from', '开始时间'),
      time('to', '结束时间'),
      recordTime,
      status,
      number('rain', '降水量'),
    ],
  },
  {
    kind: 'DBSCDDY',
    zh: '地表水测点定义',
    messageClass: 'surfacedefine',
    row: [point, ...stationDevice, code('typeCode', '测点类型'), text('unit', '单位'), ...coordinates],
  },
  {
    kind: 'DBSCDSS',
    zh: '地表水实时',
    messageClass: 'surfacerealdata',
    // The second number is a flow with one producer and a water temperature in another description.
    row: [point, number('level', '水位'), number('flow', '流量'), status, recordTime],
  },
  {
    kind: 'DBCXCDDY',
    zh: '地表沉陷测点定义',
    messageClass: 'sinkdefine',
    row: [
      point,
      text('areaName', '沉陷区名称'),
      number('miningDepth', '开采深度'),
      text('areaExtent', '沉陷区范围'),
      text('areaBoundary', '沉陷区边界', { charsMax: 4096 }),
      text('miningMethod', '开采方法'),
      text('benchmark', '桩点编号'),
      ...coordinates,
      definitionTime,
    ],
  },
  {
    kind: 'DBCXCDSS',
    zh: '地表沉陷实时',
    messageClass: 'sinkrealdata',
    row: [
      point,
      text('areaName', '沉陷区名称'),
      text('benchmark', '桩点编号'),
      status,
      number('displacementX', 'X方向位移'),
      number('displacementY', 'Y方向位移'),
      number('displacementZ', 'Z方向位移'),
      recordTime,
    ],
  },
  {
    kind: 'WZCDDY',
    zh: '微震测点定义',
    messageClass: 'quakedefine',
    row: [point, place, code('typeCode', '测点类型'), text('unit', '单位'), ...coordinates, definitionTime],
    certainty: 'assumed',
  },
  {
    kind: 'WZCDSS',
    zh: '微震实时',
    messageClass: 'quakerealdata',
    row: [point, status, ...coordinates, number('energy', '能量'), number('magnitude', '震级'), recordTime],
    certainty: 'assumed',
  },
];

export const part4WaterKinds: readonly KindProfile[] = kinds.map((kind) => ({
  certainty: 'field',
  ...kind,
  header: commonHeader,
}));
