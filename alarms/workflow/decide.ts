// Commands of people → event drafts or one refusal. This file owns the order of the checks (payload, exists, role,
// scope, version, stage, the command's own) and the switch; the decide-*.ts files hold what each command asks beyond.
// A refusal changes nothing.

import { assertNever } from '../kernel/result.ts';
import type { Actor, CaseStage, RoleName } from '../log/event.ts';
import type { CaseState } from '../log/state.ts';
import type { Command, CommandRefusal } from './command.ts';
import { commandTable, stagesOfHoldResponsible } from './command-table.ts';
import { decideOnAlarm } from './decide-alarm.ts';
import { archiveCase, dismissCase, feedBackCase, verifyCase, whoArchives } from './decide-closing.ts';
import { completeHandling, receiveCase, recordAction, recordMeasure } from './decide-handling.ts';
import { decideHazard, reopenCase, returnCase } from './decide-return.ts';
import { actingRole, refuse } from './guards.ts';
import type { CaseCommand, Decision, DecisionContext, Matter } from './matter.ts';
import { payloadFaults } from './payload.ts';

export function decide(context: DecisionContext, command: Command): Decision {
  const faults = payloadFaults(command, context.now);
  if (faults.length > 0) return refuse('INVALID_PAYLOAD', faults);
  if (command.name === 'AcknowledgeAlarm' || command.name === 'SilenceAlarm')
    return decideOnAlarm(context, command);
  const state = context.fold.cases.get(command.payload.case);
  return state === undefined ? decideOnForgotten(context, command) : decideOnCase(context, command, state);
}

function decideOnCase(context: DecisionContext, command: CaseCommand, state: CaseState): Decision {
  const acting = actingRole(command, whoMay(command, state), state.mine, context.documents);
  if (acting.refused) return acting;
  const { version, commandId } = command.payload;
  if (version !== undefined && version !== state.version)
    return refuse('STALE_VERSION', [String(state.version)]);
  const wrong = whyWrongStage(command, state);
  if (wrong !== null) return wrong;
  const actor: Actor = { id: command.by.id, name: command.by.name, role: acting.role };
  const envelope = { mine: state.mine, case: state.id, by: actor, commandId };
  return decideMatter({ context, state, actor, envelope }, command);
}

function decideMatter(matter: Matter, command: CaseCommand): Decision {
  switch (command.name) {
    case 'ReceiveCase':
      return receiveCase(matter, command);
    case 'RecordAction':
      return recordAction(matter, command);
    case 'RecordMeasure':
      return recordMeasure(matter, command);
    case 'CompleteHandling':
      return completeHandling(matter, command);
    case 'DismissCase':
      return dismissCase(matter, command);
    case 'VerifyCase':
      return verifyCase(matter, command);
    case 'FeedBackCase':
      return feedBackCase(matter, command);
    case 'ArchiveCase':
      return archiveCase(matter, command);
    case 'ReturnCase':
      return returnCase(matter, command);
    case 'ReopenCase':
      return reopenCase(matter, command);
    case 'DecideHazard':
      return decideHazard(matter, command);
    default:
      return assertNever(command, 'command');
  }
}

/** Archived so long ago that the core has forgotten it; the record has not. */
function decideOnForgotten(context: DecisionContext, command: CaseCommand): Decision {
  const mine = context.fold.mineOfForgottenCase(command.payload.case);
  if (mine === null) return refuse('NO_SUCH_CASE', [command.payload.case]);
  const acting = actingRole(command, commandTable[command.name].who, mine, context.documents);
  if (acting.refused) return acting;
  return refuse(command.name === 'ReopenCase' ? 'REOPEN_TOO_LATE' : 'CASE_ARCHIVED');
}

function whoMay(command: CaseCommand, state: CaseState): readonly RoleName[] {
  return command.name === 'ArchiveCase' ? whoArchives(state.level) : commandTable[command.name].who;
}

function stagesOf(command: CaseCommand): readonly CaseStage[] {
  if (command.name === 'RecordMeasure' && command.payload.kind === 'holdResponsible')
    return stagesOfHoldResponsible;
  return commandTable[command.name].from ?? [];
}

function whyWrongStage(command: CaseCommand, state: CaseState): CommandRefusal | null {
  const { stage } = state;
  if (stagesOf(command).includes(stage)) return null;
  if (stage === 'merged') return refuse('CASE_MERGED');
  if (stage === 'archived') return refuse('CASE_ARCHIVED');
  if (stage === 'opened') return refuse('NOT_RECEIVED');
  return refuse('WRONG_STAGE', [stage]);
}
