// What is still missing before a command of a case can be accepted, as far as the desk can know. Pure. The order is that
// of the gateway's checks; the gateway decides and may know more.

import { levelRank } from '#alarms/kernel/level.ts';
import { commandRows, isStageOpen } from '../desk/permission.ts';
import type { TextKey } from '../language/texts.ts';
import type { AlarmState, CaseStage, CaseState, CommandName, MeasureKind } from '../stream/contract.ts';
import { isActive, isOwed } from '../widgets/alarm-order.ts';
import { hasField, isCountsReversed, textShort, type CaseCommand, type FormState } from './forms.ts';

export interface Lack {
  readonly key: TextKey;
  /** What it is about; made a name by the screen. */
  readonly subject?:
    | { readonly alarm: AlarmState }
    | { readonly measure: MeasureKind }
    | { readonly field: Choice }
    | { readonly characters: number }
    | { readonly remainingMs: number };
  /** Nothing lacks: it has been done. Said with a tick, and there is nothing to send. */
  readonly isDone?: true;
}

export interface CaseForm {
  readonly measureKind?: FormState['measureKind'];
  readonly disposition?: FormState['disposition'];
  readonly result?: FormState['result'];
  readonly mode?: FormState['mode'];
  readonly evidenceCount: number;
  readonly now: number;
  /** How long it must be calm since the last return. */
  readonly calmMs: number;
}

export const measureKinds: readonly MeasureKind[] = [
  'cutAndEvacuate',
  'analyseCause',
  'stopAndRectify',
  'holdResponsible',
];

/** Choices that are decisions: none is made for a person. */
const choices = ['cause', 'disposition', 'result', 'decision'] as const;
type Choice = (typeof choices)[number];

const evidenceLack: Lack = { key: 'lack.evidence' };

/** What the form itself must hold: without it the gateway answers INVALID_PAYLOAD. */
export function fieldLacks(command: CaseCommand, form: FormState, evidenceCount: number): readonly Lack[] {
  const characters = textShort(command, form);
  return [
    ...choices
      .filter((field) => hasField(command, field) && form[field] === '')
      .map((field): Lack => ({ key: 'lack.choice', subject: { field } })),
    ...(hasField(command, 'person') && form.person.trim() === '' ? [{ key: 'lack.person' } as const] : []),
    ...(hasField(command, 'counts') && isCountsReversed(form) ? [{ key: 'lack.counts' } as const] : []),
    ...(characters > 0 ? [{ key: 'field.tooShort', subject: { characters } } as const] : []),
    ...(command === 'RecordMeasure' && evidenceCount === 0 ? [evidenceLack] : []),
  ];
}

/** What the case must have come to. `alarms`: all of the case, those that have ended as `normal`. */
export function lacksOf(
  command: CommandName,
  one: CaseState,
  alarms: readonly AlarmState[],
  viewer: string,
  form: CaseForm,
): readonly Lack[] {
  if (command === 'RecordMeasure' && one.measures.some((entry) => entry.kind === form.measureKind))
    return [{ key: 'lack.recorded', isDone: true }];
  const isHold = command === 'RecordMeasure' && form.measureKind === 'holdResponsible';
  if (!isStageOpen(command, one.stage, isHold)) return [stageLack(command, one.stage)];
  switch (command) {
    case 'ReceiveCase':
      return one.stage === 'opened' || alarms.some(isOwed) ? [] : [{ key: 'lack.received', isDone: true }];
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
      return one.hazard === 'candidate' ? [] : [{ key: 'lack.noHazard', isDone: true }];
    default:
      return [];
  }
}

const stageOrder: readonly CaseStage[] = [
  'opened',
  'received',
  'handling',
  'handled',
  'dismissed',
  'verified',
  'fedBack',
];

/** A closed case lacks nothing; before that a step is still to come or already behind. */
function stageLack(command: CommandName, stage: CaseStage): Lack {
  if (stage === 'archived') return { key: 'lack.archived', isDone: true };
  if (stage === 'merged') return { key: 'lack.merged', isDone: true };
  const at = stageOrder.indexOf(stage);
  const isPast = (commandRows[command].from ?? []).every((from) => {
    const index = stageOrder.indexOf(from);
    return index >= 0 && index < at;
  });
  return isPast ? { key: 'lack.stagePast', isDone: true } : { key: 'lack.stage' };
}

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
  return [...lacks, ...cleanLacks(alarms), ...calmLacks(one, form), ...measureLacks(one, 3)];
}

/** The gateway's clock decides; a second later both surely agree. */
const clockMarginMs = 1_000;

function calmLacks(one: CaseState, { now, calmMs }: CaseForm): readonly Lack[] {
  if (one.lastReturnAt === null) return [];
  const remainingMs = one.lastReturnAt + calmMs + clockMarginMs - now;
  return remainingMs > 0 ? [{ key: 'lack.calm', subject: { remainingMs } }] : [];
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
