// Who may give which command from which stage, as the desk shows it: to grey out what would be refused and say why.
// The gateway decides; a desk that knows less than it (another's grant, a newer stage) is told so by the refusal.

import type { CaseStage, CommandName, Grant, RoleName, SiteNode } from '../stream/contract.ts';

interface CommandRow {
  readonly who: readonly RoleName[];
  /** Null: not about a case. */
  readonly from: readonly CaseStage[] | null;
}

const openStages: readonly CaseStage[] = [
  'opened',
  'received',
  'handling',
  'handled',
  'dismissed',
  'verified',
  'fedBack',
];

export const commandRows: Readonly<Record<CommandName, CommandRow>> = {
  AcknowledgeAlarm: { who: ['dispatcher', 'leader'], from: null },
  SilenceAlarm: { who: ['dispatcher', 'leader'], from: null },
  ReceiveCase: { who: ['dispatcher', 'leader'], from: ['opened', 'received', 'handling', 'handled'] },
  RecordAction: { who: ['dispatcher', 'safetyOfficer', 'leader'], from: ['received', 'handling'] },
  RecordMeasure: { who: ['safetyOfficer', 'leader'], from: ['handling', 'handled', 'dismissed'] },
  CompleteHandling: { who: ['dispatcher', 'safetyOfficer', 'leader'], from: ['handling'] },
  DismissCase: { who: ['dispatcher', 'leader'], from: ['handled'] },
  VerifyCase: { who: ['verifier', 'leader', 'supervisor'], from: ['dismissed'] },
  FeedBackCase: { who: ['safetyOfficer', 'leader'], from: ['verified'] },
  ArchiveCase: { who: ['leader', 'safetyOfficer', 'supervisor'], from: ['fedBack'] },
  ReturnCase: { who: ['supervisor'], from: ['handled', 'dismissed', 'verified', 'fedBack'] },
  ReopenCase: { who: ['leader', 'supervisor', 'auditor'], from: ['archived'] },
  DecideHazard: { who: ['leader', 'supervisor'], from: openStages },
};

/** 追究责任 takes time: it may also follow the verification. */
const stagesOfHoldResponsible: readonly CaseStage[] = [
  'handling',
  'handled',
  'dismissed',
  'verified',
  'fedBack',
];

export interface Desk {
  readonly grants: readonly Grant[];
  readonly sites: readonly SiteNode[];
}

/** The roles of which one is needed; empty when the person has one of them on that mine. */
export function rolesLacking(desk: Desk, command: CommandName, mine: string): readonly RoleName[] {
  const { who } = commandRows[command];
  const may = desk.grants.some((grant) => who.includes(grant.role) && isWithin(desk.sites, mine, grant.site));
  return may ? [] : who;
}

export function isStageOpen(command: CommandName, stage: CaseStage, isHoldResponsible = false): boolean {
  const from = isHoldResponsible ? stagesOfHoldResponsible : commandRows[command].from;
  return from === null || from.includes(stage);
}

/** Sites above one's own are not always sent: a grant's root then stands for itself. */
export function isWithin(sites: readonly SiteNode[], site: string, root: string): boolean {
  const seen = new Set<string>();
  let current: string | undefined = site;
  while (current !== undefined && !seen.has(current)) {
    if (current === root) return true;
    seen.add(current);
    current = sites.find((node) => node.id === current)?.parent;
  }
  return false;
}
