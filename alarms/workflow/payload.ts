// The payload check of a command, first in the order of checks: bounds and closed lists. Schemas at the edge have
// parsed the shape; this says what the record accepts, also from a journal of another release.

import { assertNever } from '../kernel/result.ts';
import type { ActionKind, MeasureKind } from '../log/event.ts';
import type { Command } from './command.ts';

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

export const measureKinds: readonly MeasureKind[] = [
  'cutAndEvacuate',
  'analyseCause',
  'stopAndRectify',
  'holdResponsible',
];

/** Silence is short: blue 15 min, yellow 5; orange and red are never silenced. */
export const silenceMinutesMax = { blue: 15, yellow: 5 } as const;

const textMin = 10;
const textMax = 2000;
const remarkMax = 500;
const evidenceMax = 20;
const idMax = 128;
const nameMax = 100;
const targetsMax = 20;
const peopleMax = 100_000;
/** A person's clock may be ahead of ours by this much. */
const aheadMs = 60_000;

/** Names of the fields that do not hold; empty when all do. */
export function payloadFaults(command: Command, now: number): readonly string[] {
  const { commandId, version, remark, evidence } = command.payload;
  const faults: string[] = [];
  const check = (field: string, holds: boolean): void => {
    if (!holds) faults.push(field);
  };
  check('commandId', isId(commandId));
  check('version', version === undefined || isCount(version, Number.MAX_SAFE_INTEGER));
  check('remark', isShort(remark, remarkMax));
  check('evidence', evidence === undefined || (evidence.length <= evidenceMax && evidence.every(isId)));
  checkOwn(command, now, check);
  return faults;
}

type Check = (field: string, holds: boolean) => void;

function checkOwn(command: Command, now: number, check: Check): void {
  switch (command.name) {
    case 'AcknowledgeAlarm':
      return check('phrase', isShort(command.payload.phrase, remarkMax));
    case 'SilenceAlarm': {
      const { minutes } = command.payload;
      return check('minutes', minutes >= 1 && isCount(minutes, silenceMinutesMax.blue));
    }
    case 'ReceiveCase':
      return;
    case 'RecordAction':
      return checkAction(command.payload, now, check);
    case 'RecordMeasure': {
      const { kind, text, person, evidence } = command.payload;
      check('kind', measureKinds.includes(kind));
      check('text', isText(text));
      check('person', isName(person));
      return check('evidence', (evidence ?? []).length >= 1);
    }
    case 'CompleteHandling':
      check('cause', isName(command.payload.cause));
      return check('text', isText(command.payload.text));
    case 'DismissCase':
      check('disposition', ['resolved', 'falseAlarm'].includes(command.payload.disposition));
      return check('text', isText(command.payload.text));
    case 'VerifyCase': {
      const { result, mode, place, text } = command.payload;
      check('result', ['pass', 'fail'].includes(result));
      check('mode', ['online', 'onSite'].includes(mode));
      check('place', isShort(place, nameMax));
      return check('text', isShort(text, textMax));
    }
    case 'FeedBackCase': {
      const { text, to = [] } = command.payload;
      check('text', isText(text));
      return check('to', to.length <= targetsMax && to.every(isName));
    }
    case 'ArchiveCase':
      return check('text', isShort(command.payload.text, textMax));
    case 'ReturnCase':
    case 'ReopenCase':
      return check('text', isText(command.payload.text));
    case 'DecideHazard':
      check('decision', ['confirmed', 'rejected'].includes(command.payload.decision));
      return check('text', isText(command.payload.text));
    default:
      return assertNever(command, 'command');
  }
}

type ActionPayload = Extract<Command, { name: 'RecordAction' }>['payload'];

function checkAction(payload: ActionPayload, now: number, check: Check): void {
  const { kind, at, place, n, of, text } = payload;
  check('kind', actionKinds.includes(kind));
  check('at', at === undefined || (Number.isInteger(at) && at > 0 && at <= now + aheadMs));
  check('place', isShort(place, nameMax));
  check('n', n === undefined || isCount(n, peopleMax));
  check('of', of === undefined || (isCount(of, peopleMax) && (n ?? 0) <= of));
  check('text', isShort(text, textMax));
}

/** Blanks around are no reason. */
function isText(text: string): boolean {
  const { length } = text.trim();
  return length >= textMin && length <= textMax;
}

function isShort(text: string | undefined, max: number): boolean {
  return text === undefined || text.length <= max;
}

function isName(text: string): boolean {
  return text.trim().length >= 1 && text.length <= nameMax;
}

function isId(text: string): boolean {
  return text.length >= 1 && text.length <= idMax;
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
