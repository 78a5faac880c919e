// From what was typed to the payload of a command: nothing empty is sent, lengths are counted as the gateway counts
// them. Pure; which fields a command has is said here once.

import type { ActionKind, CaseState, CommandName, CommandPayload, MeasureKind } from '../stream/contract.ts';

export type CaseCommand = Exclude<CommandName, 'AcknowledgeAlarm' | 'SilenceAlarm'>;

/** In the order of the tabs. */
export const caseCommands: readonly CaseCommand[] = [
  'ReceiveCase',
  'RecordAction',
  'RecordMeasure',
  'CompleteHandling',
  'DismissCase',
  'VerifyCase',
  'FeedBackCase',
  'ArchiveCase',
  'DecideHazard',
  'ReturnCase',
  'ReopenCase',
];

export interface FormState {
  remark: string;
  actionKind: ActionKind;
  measureKind: MeasureKind;
  place: string;
  n: string;
  of: string;
  text: string;
  person: string;
  /** '' = not chosen yet: a decision is never a default. */
  cause: string;
  disposition: '' | 'resolved' | 'falseAlarm';
  result: '' | 'pass' | 'fail';
  mode: 'online' | 'onSite';
  decision: '' | 'confirmed' | 'rejected';
  to: string;
}

export const actionKinds: readonly ActionKind[] = [
  'cutPower',
  'evacuate',
  'stopWork',
  'ventilate',
  'notify',
  'dispatchCheck',
  'repair',
  'manualReading',
  'other',
];

export const causes = [
  'emission',
  'ventilation',
  'drainage',
  'work',
  'equipment',
  'calibration',
  'other',
] as const;

export function emptyForm(place: string): FormState {
  return {
    remark: '',
    actionKind: 'cutPower',
    measureKind: 'cutAndEvacuate',
    place,
    n: '',
    of: '',
    text: '',
    person: '',
    ...nothingDecided,
    mode: 'onSite',
    to: '',
  };
}

/** What is chosen anew for each command. */
export const nothingDecided = { cause: '', disposition: '', result: '', decision: '' } as const;

type Field =
  | 'kind'
  | 'measure'
  | 'place'
  | 'counts'
  | 'text'
  | 'optionalText'
  | 'person'
  | 'cause'
  | 'disposition'
  | 'result'
  | 'decision'
  | 'to'
  | 'evidence'
  | 'remark';

const fieldsOf: Readonly<Record<CaseCommand, readonly Field[]>> = {
  ReceiveCase: ['remark'],
  RecordAction: ['kind', 'place', 'counts', 'optionalText', 'evidence'],
  RecordMeasure: ['measure', 'person', 'text', 'evidence'],
  CompleteHandling: ['cause', 'text', 'evidence'],
  DismissCase: ['disposition', 'text', 'evidence'],
  VerifyCase: ['result', 'place', 'optionalText', 'evidence'],
  FeedBackCase: ['to', 'text', 'evidence'],
  ArchiveCase: ['optionalText'],
  DecideHazard: ['decision', 'text'],
  ReturnCase: ['text'],
  ReopenCase: ['text'],
};

export function hasField(command: CaseCommand, field: Field): boolean {
  return fieldsOf[command].includes(field);
}

export const textLeast = 10;

/** Characters as people count them, without the blanks around. */
export function textLength(text: string): number {
  return Array.from(text.trim()).length;
}

/** Characters still to type before the form can be sent; 0 = enough. */
export function textShort(command: CaseCommand, form: FormState): number {
  return hasField(command, 'text') ? Math.max(0, textLeast - textLength(form.text)) : 0;
}

/** Decisions are about the case as it was seen; entries only add to it. */
const additive: ReadonlySet<CaseCommand> = new Set(['ReceiveCase', 'RecordAction', 'RecordMeasure']);

export function payloadOf(
  command: CaseCommand,
  one: Pick<CaseState, 'id' | 'version'>,
  form: FormState,
  evidence: readonly string[],
): CommandPayload<CaseCommand> {
  return {
    case: one.id,
    ...(additive.has(command) ? {} : { version: one.version }),
    ...(hasField(command, 'evidence') && evidence.length > 0 ? { evidence: [...evidence] } : {}),
    ...(hasField(command, 'remark') ? filled('remark', form.remark) : {}),
    ...(hasField(command, 'kind') ? { kind: form.actionKind } : {}),
    ...(hasField(command, 'measure') ? { kind: form.measureKind } : {}),
    ...(hasField(command, 'place') ? filled('place', form.place) : {}),
    ...(hasField(command, 'counts') ? { ...count('n', form.n), ...count('of', form.of) } : {}),
    ...(hasField(command, 'text') ? { text: form.text.trim() } : {}),
    ...(hasField(command, 'optionalText') ? filled('text', form.text) : {}),
    ...(hasField(command, 'person') ? { person: form.person.trim() } : {}),
    ...(hasField(command, 'cause') ? { cause: form.cause } : {}),
    ...(hasField(command, 'disposition') ? { disposition: form.disposition } : {}),
    ...(hasField(command, 'result') ? { result: form.result, mode: form.mode } : {}),
    ...(hasField(command, 'decision') ? { decision: form.decision } : {}),
    ...(hasField(command, 'to') ? targets(form.to) : {}),
    // Which keys a command has is checked by the table above and by the gateway's strict schema.
  };
}

function filled(key: string, text: string): Record<string, string> {
  return text.trim() === '' ? {} : { [key]: text.trim() };
}

function count<K extends string>(key: K, text: string): { readonly [key in K]?: number } {
  return /^\d+$/.test(text.trim()) ? ({ [key]: Number(text) } as Record<K, number>) : {};
}

/** More done than was to do: the gateway does not take it. */
export function isCountsReversed(form: Pick<FormState, 'n' | 'of'>): boolean {
  const { n } = count('n', form.n);
  const { of } = count('of', form.of);
  return n !== undefined && of !== undefined && n > of;
}

function targets(text: string): { readonly to?: readonly string[] } {
  const to = text
    .split(/[、,，;；\s]+/)
    .filter((name) => name !== '')
    .slice(0, 20);
  return to.length === 0 ? {} : { to };
}
