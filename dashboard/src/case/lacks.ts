// What is still missing before a command of a case can be accepted, as far as the desk can know. Pure. The order is that
// of the gateway's checks; the gateway decides and may know more.

import { levelRank } from '#alarms/kernel/level.ts';
import { isStageOpen } from '../desk/permission.ts';
import type { TextKey } from '../language/texts.ts';
import type { AlarmState, CaseState, CommandName, MeasureKind } from '../stream/contract.ts';
import { isActive, isOwed } from '../widgets/alarm-order.ts';

export interface Lack {
  readonly key: TextKey;
  /** An alarm's id, a measure kind … : made a name by the screen. */
  readonly subject?: { readonly alarm: AlarmState } | { readonly measure: MeasureKind };
}

export interface CaseForm {
  readonly measureKind?: MeasureKind;
  readonly disposition?: 'resolved' | 'falseAlarm';
  readonly result?: 'pass' | 'fail';
  readonly mode?: 'online' | 'onSite';
  readonly evidenceCount: number;
}

export const measureKinds: readonly MeasureKind[] = [
  'cutAndEvacuate',
  'analyseCause',
  'stopAndRectify',
  'holdResponsible',
];

export function lacksOf(
  command: CommandName,
  one: CaseState,
  alarms: readonly AlarmState[],
  viewer: string,
  form: CaseForm,
): readonly Lack[] {
  const isHold = command === 'RecordMeasure' && form.measureKind === 'holdResponsible';
  if (!isStageOpen(command, one.stage, isHold)) return [{ key: 'lack.stage' }];
  switch (command) {
    case 'ReceiveCase':
      return one.stage === 'opened' || alarms.some(isOwed) ? [] : [{ key: 'lack.received' }];
    case 'RecordMeasure':
      return one.measures.some((entry) => entry.kind === form.measureKind) ? [{ key: 'lack.recorded' }] : [];
    case 'CompleteHandling':
      return completionLacks(one, alarms);
    case 'DismissCase':
      return [
        ...cleanLacks(alarms),
        ...(form.disposition === 'falseAlarm' && form.evidenceCount === 0 ? [evidenceLack] : []),
      ];
    case 'VerifyCase':
      return verificationLacks(one, alarms, viewer, form);
    case 'ArchiveCase':
      return [
        ...cleanLacks(alarms),
        ...measureLacks(one, 4),
        ...(one.hazard === 'candidate' ? [{ key: 'lack.hazard' } as const] : []),
      ];
    case 'DecideHazard':
      return one.hazard === 'candidate' ? [] : [{ key: 'lack.noHazard' }];
    default:
      return [];
  }
}

const evidenceLack: Lack = { key: 'lack.evidence' };

function completionLacks(one: CaseState, alarms: readonly AlarmState[]): readonly Lack[] {
  const actions = one.actions.filter((entry) => entry.attempt === one.attempt);
  const mustEvacuate = alarms.some((alarm) => alarm.respond.some((code) => code === 'E' || code === 'EE'));
  return [
    ...(actions.length === 0 ? [{ key: 'lack.action' } as const] : []),
    ...alarms.filter(isOwed).map((alarm): Lack => ({ key: 'lack.unacknowledged', subject: { alarm } })),
    ...(mustEvacuate && !actions.some((entry) => entry.kind === 'evacuate')
      ? [{ key: 'lack.evacuation' } as const]
      : []),
    ...measureLacks(one, 2),
  ];
}

function verificationLacks(
  one: CaseState,
  alarms: readonly AlarmState[],
  viewer: string,
  form: CaseForm,
): readonly Lack[] {
  const lacks: Lack[] = one.handlers.includes(viewer) ? [{ key: 'lack.samePerson' }] : [];
  if (form.result === 'fail') return lacks;
  if (isOnSiteRequired(one) && form.mode !== 'onSite') lacks.push({ key: 'lack.onSite' });
  if (form.mode === 'onSite' && form.evidenceCount === 0) lacks.push(evidenceLack);
  return [...lacks, ...cleanLacks(alarms), ...measureLacks(one, 3)];
}

export function isOnSiteRequired(one: CaseState): boolean {
  return (
    one.onSiteRequired ||
    levelRank(one.level) >= levelRank('orange') ||
    (one.gas && one.dismissed?.disposition === 'falseAlarm')
  );
}

/** Nothing active, unknown, unacknowledged or latched. A count that was acknowledged holds nobody up. */
export function cleanLacks(all: readonly AlarmState[]): readonly Lack[] {
  const alarms = all.filter((alarm) => !(alarm.ruleKind === 'occurrences' && alarm.base === 'acknowledged'));
  const lack = (key: TextKey, test: (alarm: AlarmState) => boolean): readonly Lack[] =>
    alarms.filter(test).map((alarm) => ({ key, subject: { alarm } }));
  return [
    ...lack('lack.active', (alarm) => isActive(alarm) && !alarm.unknown),
    ...lack('lack.unknown', (alarm) => alarm.unknown),
    ...lack('lack.unacknowledged', (alarm) => alarm.base === 'returned'),
    ...lack('lack.latched', (alarm) => alarm.base.startsWith('latched')),
  ];
}

function measureLacks(one: CaseState, count: number): readonly Lack[] {
  if (!one.gas) return [];
  const recorded = new Set(one.measures.map((entry) => entry.kind));
  return measureKinds
    .slice(0, count)
    .filter((measure) => !recorded.has(measure))
    .map((measure) => ({ key: 'lack.measure', subject: { measure } }));
}
