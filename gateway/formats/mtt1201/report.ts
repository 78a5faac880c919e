// The conformance report of one file: what was read, what was refused and why, what is against the standard, and how
// sure we are of the field order. For people (lines, both languages) and for machines (JSON). Pure.

import type { UploadResult } from '#gateway/formats/upload.ts';
import { intakeRefusals, type IntakeRefusal } from '#gateway/protocol/refusals.ts';
import type { Certainty } from './profile.ts';
import { dialects } from './profiles/dialects.ts';

/** Of refusals and of remarks each; more are counted, not listed. */
const listedMax = 200;

export interface ConformanceNote {
  readonly record: number;
  readonly zh: string;
  readonly en: string;
}

export interface ConformanceJson {
  readonly fileName: string;
  readonly verdict: 'conforms' | 'understood' | 'partly refused' | 'incomplete' | 'refused';
  readonly kind: string | null;
  readonly dialect: string | null;
  readonly encoding: string | null;
  readonly mineCode: string | null;
  readonly certainty: Certainty | null;
  readonly recordsRead: number;
  readonly recordsRefused: number;
  readonly refused: readonly (ConformanceNote & { readonly reason: IntakeRefusal })[];
  readonly remarks: readonly ConformanceNote[];
}

export interface ConformanceReport {
  readonly json: ConformanceJson;
  readonly zh: readonly string[];
  readonly en: readonly string[];
}

const verdicts = {
  conforms: '符合',
  understood: '可读，有不合标准之处',
  'partly refused': '部分记录被拒',
  incomplete: '不完整，等待',
  refused: '拒收',
} as const;

const certainties: Readonly<Record<Certainty, { readonly zh: string; readonly en: string } | null>> = {
  confirmed: null,
  field: {
    zh: '字段顺序取自现场实现，未经标准原文核对',
    en: 'field order is that of implementations in the field, not checked against the standard',
  },
  assumed: { zh: '字段顺序未确认', en: 'field order is not confirmed' },
};

export function conformanceReport(result: UploadResult, fileName: string): ConformanceReport {
  const json = jsonOf(result, fileName);
  return { json, zh: lines(json, 'zh'), en: lines(json, 'en') };
}

function jsonOf(result: UploadResult, fileName: string): ConformanceJson {
  if (!result.ok) {
    const { reason, zh, en, isIncomplete } = result;
    return {
      fileName,
      verdict: isIncomplete ? 'incomplete' : 'refused',
      kind: null,
      dialect: null,
      encoding: null,
      mineCode: null,
      certainty: null,
      recordsRead: 0,
      recordsRefused: 0,
      refused: [{ record: 0, reason, zh, en }],
      remarks: [],
    };
  }
  const { header, records, refused, remarks } = result.upload;
  const { kind, dialect, encoding, mineCode } = header;
  const understood = remarks.length > 0 ? 'understood' : 'conforms';
  return {
    fileName,
    verdict: refused.length > 0 ? 'partly refused' : understood,
    kind,
    dialect,
    encoding,
    mineCode,
    certainty: dialects.find(({ id }) => id === dialect)?.kinds.get(kind)?.certainty ?? null,
    recordsRead: records,
    recordsRefused: new Set(refused.map(({ record }) => record)).size,
    refused,
    remarks,
  };
}

function lines(json: ConformanceJson, language: 'zh' | 'en'): readonly string[] {
  const isZh = language === 'zh';
  const certainty = json.certainty === null ? null : certainties[json.certainty];
  const at = (record: number) => {
    if (record === 0) return isZh ? '文件' : 'file';
    return isZh ? `第 ${record} 条` : `record ${record}`;
  };
  const head = isZh ? `${json.fileName}：${verdicts[json.verdict]}` : `${json.fileName}: ${json.verdict}`;
  const facts = isZh
    ? `类型 ${json.kind}，方言 ${json.dialect}，编码 ${json.encoding}，煤矿 ${json.mineCode}；读入 ${json.recordsRead} 条，拒收 ${json.recordsRefused} 条`
    : `kind ${json.kind}, dialect ${json.dialect}, encoding ${json.encoding}, mine ${json.mineCode}; ${json.recordsRead} records read, ${json.recordsRefused} refused`;
  const refused = json.refused
    .slice(0, listedMax)
    .map(
      ({ record, reason, ...why }) =>
        `${at(record)}: ${reason} ${intakeRefusals[reason][language]} – ${why[language]}`,
    );
  const remarks = json.remarks
    .slice(0, listedMax)
    .map(({ record, ...what }) => `${at(record)}: ${isZh ? '提示' : 'remark'} – ${what[language]}`);
  return [
    head,
    ...(json.kind === null ? [] : [facts]),
    ...refused,
    ...heldBack(json.refused.length, language),
    ...remarks,
    ...heldBack(json.remarks.length, language),
    ...(certainty === null ? [] : [certainty[language]]),
  ];
}

function heldBack(count: number, language: 'zh' | 'en'): readonly string[] {
  if (count <= listedMax) return [];
  const more = count - listedMax;
  return [language === 'zh' ? `另有 ${more} 条未列出` : `${more} more not listed`];
}
