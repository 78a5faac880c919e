// The invariants of the workflow, checked over an event log (docs/case-workflow.md lists them by number). A second
// opinion: it keeps its own plain books from the events and never asks the fold or the deciding code, so that a fault
// shared with them is not overlooked; only INV-28 compares with the fold. For tests and for the offline verifier.

import { levelRank, type Level } from '../kernel/level.ts';
import type { SiteDocuments } from '../engine/documents.ts';
import { opensCase } from '../rules/rule.ts';
import { verifyChain, type Digest } from './chain.ts';
import type { AlarmBase, Event, EventOf, EventType } from './event.ts';
import { LogFold } from './fold.ts';

export interface Violation {
  /** Number of the invariant. */
  readonly invariant: number;
  readonly seq: number;
  readonly text: string;
}

interface AlarmBook {
  readonly id: string;
  readonly pair: string;
  readonly ruleId: string;
  readonly isCount: boolean;
  readonly isTrouble: boolean;
  readonly overLimit: boolean;
  base: AlarmBase;
  level: Level;
  isUnknown: boolean;
  caseId: string | null;
  owesAnnouncement: boolean;
}

interface CaseBook {
  readonly id: string;
  readonly alarms: string[];
  readonly handlers: Set<string>;
  level: Level;
  isOpen: boolean;
  isReceived: boolean;
  hazard: 'none' | 'candidate' | 'decided';
  wasListed: boolean;
  isFalseAlarm: boolean;
  measures: Set<string>;
  /** Milestones of the present attempt, by number of their event. */
  milestones: Map<EventType, number>;
}

const actsOfPeople: ReadonlySet<EventType> = new Set<EventType>([
  'AlarmAcknowledged',
  'AlarmReset',
  'AlarmSilenced',
  'CaseReceived',
  'ActionRecorded',
  'MeasureRecorded',
  'HandlingCompleted',
  'CaseDismissed',
  'CaseVerified',
  'VerificationFailed',
  'CaseFedBack',
  'CaseArchived',
  'CaseReturned',
  'CaseReopened',
  'HazardDecided',
]);

/** 归档 needs these, in this order, in the last attempt. */
const milestonesInOrder: readonly EventType[] = [
  'ActionRecorded',
  'HandlingCompleted',
  'CaseDismissed',
  'CaseVerified',
  'CaseFedBack',
];

const firstThree: readonly string[] = ['cutAndEvacuate', 'analyseCause', 'stopAndRectify'];

export class InvariantChecker {
  readonly violations: Violation[] = [];
  private readonly documents: SiteDocuments;
  private readonly alarms = new Map<string, AlarmBook>();
  private readonly living = new Map<string, string>();
  private readonly cases = new Map<string, CaseBook>();
  private readonly eventIds = new Set<string>();
  private readonly fold: LogFold;
  private step = '';
  private seq = 0;

  constructor(documents: SiteDocuments) {
    this.documents = documents;
    this.fold = new LogFold({ keepArchivedMs: documents.times.reopenMs });
  }

  /** The next event of the log. Checks that look at a whole step run when the next step begins, or at `finish`. */
  push(event: Event): void {
    const step = event.id.split('.')[0] ?? '';
    if (this.step !== '' && step !== this.step) this.endOfStep();
    this.step = step;
    this.envelope(event);
    this.alarmEvent(event);
    this.caseEvent(event);
    const { alarm, case: state } = this.fold.apply(event);
    if (alarm !== undefined) this.agree(alarm.id, this.alarms.get(alarm.id)?.base, alarm.base);
    if (state !== undefined) this.agree(state.id, this.cases.get(state.id)?.level, state.level);
  }

  finish(): readonly Violation[] {
    this.endOfStep();
    return this.violations;
  }

  private envelope(event: Event): void {
    this.check(28, event.seq === this.seq + 1, `number ${event.seq} follows ${this.seq}`);
    this.seq = event.seq;
    this.check(28, !this.eventIds.has(event.id), `event id ${event.id} repeats`);
    this.eventIds.add(event.id);
    const isOfPerson = event.by !== undefined && event.commandId !== undefined;
    this.check(11, !actsOfPeople.has(event.type) || isOfPerson, `${event.type} without a person's command`);
  }

  private alarmEvent(event: Event): void {
    if (event.type === 'AlarmRaised') return this.raised(event);
    const alarm = this.alarms.get(event.alarm ?? '');
    if (alarm === undefined) return;
    switch (event.type) {
      case 'AlarmSuperseded':
      case 'AlarmWithdrawn':
        return this.ended(alarm);
      case 'AlarmReturned':
      case 'AlarmAcknowledged':
        alarm.base = event.data.to;
        if (alarm.base === 'normal') this.ended(alarm);
        return;
      case 'AlarmReset':
        this.check(
          6,
          alarm.base === 'latchedAcknowledged' && !alarm.isUnknown,
          `${alarm.id} reset too early`,
        );
        return this.ended(alarm);
      case 'AlarmLevelRaised':
        alarm.base = 'unacknowledged';
        alarm.level = event.data.to;
        alarm.owesAnnouncement = true;
        return;
      case 'AlarmReannounced':
        alarm.owesAnnouncement = false;
        return;
      case 'AlarmConditionLost':
        alarm.isUnknown = true;
        return;
      case 'AlarmConditionRegained':
        alarm.isUnknown = false;
        return;
      default:
        return;
    }
  }

  private raised(event: EventOf<'AlarmRaised'>): void {
    const { data, alarm: id = '' } = event;
    const pair = `${data.rule}/${data.scope}`;
    this.check(1, id.startsWith(`${pair}#`) && !this.alarms.has(id), `alarm id ${id} repeats or is foreign`);
    const living = this.living.get(pair);
    this.check(2, living === undefined, `${id} raised while ${living} lives`);
    this.living.set(pair, id);
    this.alarms.set(id, {
      id,
      pair,
      ruleId: data.rule,
      isCount: data.ruleKind === 'occurrences',
      isTrouble: data.ruleClass === 'trouble',
      overLimit: data.overLimit,
      base: 'unacknowledged',
      level: data.level,
      isUnknown: false,
      caseId: null,
      owesAnnouncement: !data.announced,
    });
  }

  private ended(alarm: AlarmBook): void {
    alarm.base = 'normal';
    alarm.isUnknown = false;
    if (this.living.get(alarm.pair) === alarm.id) this.living.delete(alarm.pair);
  }

  private caseEvent(event: Event): void {
    if (event.type === 'CaseOpened') return this.opened(event);
    const book = this.cases.get(event.case ?? '');
    if (book === undefined) return;
    const by = event.by?.id ?? '';
    switch (event.type) {
      case 'AlarmJoinedCase':
        this.check(5, book.isOpen, `${event.alarm} joins ${book.id}, which is closed`);
        return this.joins(book, event.alarm ?? '');
      case 'CaseLevelRaised': {
        const { from, to } = event.data;
        const isRise = from === book.level && levelRank(to) > levelRank(from);
        this.check(13, isRise, `${book.id} goes from ${book.level} to ${to}`);
        book.level = to;
        return;
      }
      case 'CaseReceived':
        book.isReceived = true;
        return;
      case 'ActionRecorded':
      case 'HandlingCompleted':
        book.handlers.add(by);
        return this.milestone(book, event);
      case 'MeasureRecorded':
        book.measures.add(event.data.kind);
        if (firstThree.includes(event.data.kind)) book.handlers.add(by);
        return;
      case 'CaseDismissed':
        book.handlers.add(by);
        book.isFalseAlarm = event.data.disposition === 'falseAlarm';
        this.isClean(book, '消警');
        return this.milestone(book, event);
      case 'CaseVerified':
        this.verified(book, event);
        return this.milestone(book, event);
      case 'CaseFedBack':
        return this.milestone(book, event);
      case 'CaseArchived':
        return this.archived(book);
      case 'CaseFellBack':
        book.measures = new Set();
        book.milestones = new Map();
        return;
      case 'VerificationFailed':
      case 'CaseReturned':
        book.milestones = new Map();
        return;
      case 'CaseReopened':
        book.isOpen = true;
        book.milestones = new Map();
        return;
      case 'HazardCandidateListed':
        book.hazard = 'candidate';
        book.wasListed = true;
        return;
      case 'HazardDecided':
        book.hazard = 'decided';
        return;
      default:
        return;
    }
  }

  private opened({ case: id = '', data }: EventOf<'CaseOpened'>): void {
    this.check(28, !this.cases.has(id), `case id ${id} repeats`);
    const book: CaseBook = {
      id,
      alarms: [],
      handlers: new Set(),
      level: data.level,
      isOpen: true,
      isReceived: false,
      hazard: 'none',
      wasListed: false,
      isFalseAlarm: false,
      measures: new Set(),
      milestones: new Map(),
    };
    this.cases.set(id, book);
    for (const alarm of data.alarms) this.joins(book, alarm);
  }

  private joins(book: CaseBook, alarmId: string): void {
    const alarm = this.alarms.get(alarmId);
    this.check(5, alarm !== undefined, `${alarmId} joins ${book.id} and was never raised`);
    if (alarm === undefined) return;
    const other = alarm.caseId === null ? undefined : this.cases.get(alarm.caseId);
    this.check(4, other?.isOpen !== true, `${alarmId} is in ${other?.id} and joins ${book.id}`);
    alarm.caseId = book.id;
    book.alarms.push(alarmId);
  }

  private milestone(book: CaseBook, event: Event): void {
    if (!book.milestones.has(event.type)) book.milestones.set(event.type, event.seq);
  }

  private verified(book: CaseBook, event: EventOf<'CaseVerified'>): void {
    const by = event.by?.id ?? '';
    this.check(15, !book.handlers.has(by), `${by} handled ${book.id} and verifies it`);
    this.hasMeasures(book, firstThree);
    const isFalseGasAlarm = book.isFalseAlarm && this.isGas(book);
    const needsOnSite = levelRank(book.level) >= levelRank('orange') || book.wasListed || isFalseGasAlarm;
    this.check(17, !needsOnSite || event.data.mode === 'onSite', `${book.id} verified online`);
    this.isClean(book, '核查');
  }

  private archived(book: CaseBook): void {
    book.isOpen = false;
    const seqs = milestonesInOrder.map((type) => book.milestones.get(type) ?? Number.NaN);
    const isOrdered = seqs.every((seq, index) => index === 0 || seq > seqs[index - 1]!);
    this.check(14, book.isReceived && isOrdered, `${book.id} archived without its steps: ${seqs.join(' ')}`);
    this.hasMeasures(book, [...firstThree, 'holdResponsible']);
    this.check(18, book.hazard !== 'candidate', `${book.id} archived with a hazard undecided`);
    this.isClean(book, '归档');
  }

  private hasMeasures(book: CaseBook, kinds: readonly string[]): void {
    const lacking = kinds.filter((kind) => !book.measures.has(kind));
    this.check(16, !this.isGas(book) || lacking.length === 0, `${book.id} lacks ${lacking.join(' ')}`);
  }

  private isGas(book: CaseBook): boolean {
    return book.alarms.some((id) => this.alarms.get(id)?.overLimit);
  }

  private isClean(book: CaseBook, act: string): void {
    for (const id of book.alarms) {
      const alarm = this.alarms.get(id);
      if (alarm === undefined || isCountDone(alarm)) continue;
      this.check(
        19,
        alarm.base === 'normal' && !alarm.isUnknown,
        `${act} of ${book.id}: ${id} is ${alarm.base}`,
      );
    }
  }

  private endOfStep(): void {
    for (const id of this.living.values()) {
      const alarm = this.alarms.get(id)!;
      this.check(3, !alarm.owesAnnouncement, `${id} was not announced`);
      const book = alarm.caseId === null ? undefined : this.cases.get(alarm.caseId);
      const isActive = alarm.base === 'unacknowledged' || alarm.base === 'acknowledged';
      if (isActive && this.needsCase(alarm) && !isCountDone(alarm))
        this.check(4, book?.isOpen === true, `${id} is ${alarm.base} and in no open case`);
      if (book !== undefined && book.isOpen)
        this.check(13, levelRank(book.level) >= levelRank(alarm.level), `${book.id} is below ${id}`);
    }
  }

  private needsCase(alarm: AlarmBook): boolean {
    const rule = this.documents.rules.find((candidate) => candidate.id === alarm.ruleId);
    return rule === undefined ? !(alarm.isTrouble && alarm.level === 'blue') : opensCase(rule, alarm.level);
  }

  private agree(id: string, own: string | undefined, folded: string): void {
    this.check(28, own === folded, `${id}: the fold says ${folded}, the log ${own}`);
  }

  private check(invariant: number, holds: boolean, text: string): void {
    if (!holds) this.violations.push({ invariant, seq: this.seq, text });
  }
}

/** A count cannot be undone: once acknowledged it keeps no case open. */
function isCountDone(alarm: AlarmBook): boolean {
  return alarm.isCount && alarm.base === 'acknowledged';
}

/** Every invariant that applies, over a whole log; with a digest also the hash chain. */
export function checkInvariants(
  events: readonly Event[],
  documents: SiteDocuments,
  sha256?: Digest,
): readonly Violation[] {
  const checker = new InvariantChecker(documents);
  for (const event of events) checker.push(event);
  const violations = [...checker.finish()];
  if (sha256 === undefined) return violations;
  const verdict = verifyChain(events, sha256);
  if (verdict.holds) return violations;
  return [...violations, { invariant: 28, seq: verdict.seq, text: `${verdict.mine}: ${verdict.reason}` }];
}
