// All dialects with the kinds each of them has, and the meaning of each kind: the one place where the parts are put
// together. Order matters: where a file could be read in several dialects, the first that fits takes it.

import { equipmentMeanings } from '../meaning/equipment.ts';
import type { Meaning } from '../meaning/meaning.ts';
import { personnelMeanings } from '../meaning/personnel.ts';
import { safetyMeanings } from '../meaning/safety.ts';
import { stressMeanings } from '../meaning/stress.ts';
import { waterMeanings } from '../meaning/water.ts';
import type { DialectProfile, KindProfile } from '../profile.ts';
import { commonHeader } from './fields.ts';
import { part1SafetyKinds, sichuanSafetyKinds } from './part1-safety.ts';
import { part2EquipmentKinds } from './part2-equipment.ts';
import {
  olderNationalPersonnelKinds,
  part3PersonnelKinds,
  shanxi2010PersonnelKinds,
} from './part3-personnel.ts';
import { part4WaterKinds } from './part4-water.ts';
import { part5StressKinds } from './part5-stress.ts';

const byKind = (kinds: readonly KindProfile[]) => new Map(kinds.map((kind) => [kind.kind, kind]));

const national = byKind([
  ...part1SafetyKinds,
  ...part2EquipmentKinds,
  ...part3PersonnelKinds,
  ...part4WaterKinds,
  ...part5StressKinds,
]);

const marks = { fieldSeparator: ';', recordEnd: '~', fileEnd: '||' };
/** Older exports have codes of 9 to 24 digits and letters where the standard has 12 digits. */
const anyMineCode = '[0-9A-Za-z]{9,24}';

/** Which fields the shorter rows leave out is not known: what is missing at the end is read as empty. */
const nonCoal = byKind(
  [...part1SafetyKinds, ...part3PersonnelKinds].map((kind) => ({
    ...kind,
    kind: `N${kind.kind}`,
    zh: `${kind.zh}（非煤）`,
    header: commonHeader,
    rowFieldsMin: requiredFields(kind),
    certainty: 'assumed',
  })),
);

function requiredFields({ row }: KindProfile): number {
  return row.findLastIndex((field) => field.isRequired === true) + 1;
}

export const dialects: readonly DialectProfile[] = [
  { id: 'mtt1201', zh: 'MT/T 1201-2023', ...marks, mineCode: '[0-9]{12}', kinds: national },
  { id: 'document42', zh: '煤安监办〔2019〕42号文', ...marks, mineCode: anyMineCode, kinds: national },
  {
    id: 'sichuan',
    zh: '四川 KJ1031X',
    ...marks,
    lineBreak: '\r\n',
    closes: ['header', 'row'],
    mineCode: anyMineCode,
    kinds: byKind(sichuanSafetyKinds),
  },
  {
    id: 'shanxi2010',
    zh: '山西 2010',
    ...marks,
    timePatterns: ['yyyy-MM-dd/HH:mm:ss'],
    mineCode: anyMineCode,
    kinds: byKind(shanxi2010PersonnelKinds),
  },
  {
    id: 'olderNational',
    zh: '旧国家版（人员）',
    ...marks,
    closes: ['header'],
    mineCode: anyMineCode,
    kinds: byKind(olderNationalPersonnelKinds),
  },
  {
    id: 'nonCoal',
    zh: '非煤（N*）',
    fieldSeparator: ';',
    recordEnd: '^',
    fileEnd: ']]]',
    mineCode: anyMineCode,
    kinds: nonCoal,
  },
];

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ...safetyMeanings,
  ...equipmentMeanings,
  ...personnelMeanings,
  ...waterMeanings,
  ...stressMeanings,
]);

/** N kinds mean what their coal mine twins mean. */
export function meaningOf(kind: string): Meaning | undefined {
  return meanings.get(kind) ?? (kind.startsWith('N') ? meanings.get(kind.slice(1)) : undefined);
}

export const kindNames: ReadonlySet<string> = new Set(dialects.flatMap(({ kinds }) => [...kinds.keys()]));
