// What the deciding functions share: the state they read, the case at hand, the person who acts, and the envelope of
// the events they draft. Types and small constructors only.

import type { Actor, EventDraft } from '../log/event.ts';
import type { LogFold } from '../log/fold.ts';
import type { AlarmState, CaseState } from '../log/state.ts';
import type { Command, CommandRefusal } from './command.ts';
import type { DocumentIndex } from './document-index.ts';
import type { SupervisorLevel, UnknownNow } from './guards.ts';

export interface DecisionContext {
  readonly fold: LogFold;
  readonly documents: DocumentIndex;
  readonly now: number;
  /** Whether the data under (rule, scope) is unknown at this moment, also for an alarm that has ended. */
  readonly isUnknownNow: UnknownNow;
  /** Highest supervisor in the tree above the mine; null when there is none. */
  readonly highestSupervisor: (mine: string) => SupervisorLevel | null;
}

export type Decision = { readonly refused: false; readonly drafts: readonly EventDraft[] } | CommandRefusal;

export type AlarmCommand = Extract<Command, { name: 'AcknowledgeAlarm' | 'SilenceAlarm' }>;
export type CaseCommand = Exclude<Command, AlarmCommand>;
export type CommandOf<N extends Command['name']> = Extract<Command, { name: N }>;

export interface Matter {
  readonly context: DecisionContext;
  readonly state: CaseState;
  readonly actor: Actor;
  readonly envelope: {
    readonly mine: string;
    readonly case: string;
    readonly by: Actor;
    readonly commandId: string;
  };
}

export function accept(...drafts: readonly EventDraft[]): Decision {
  return { refused: false, drafts };
}

export function acknowledgedDraft(
  alarm: AlarmState,
  to: AlarmState['base'],
  phrase: string,
  by: Actor,
  commandId: string,
): EventDraft {
  const { mine, id } = alarm;
  const place = alarm.case === null ? { mine } : { mine, case: alarm.case };
  return { type: 'AlarmAcknowledged', ...place, alarm: id, by, commandId, data: { to, phrase } };
}
