// A small world for tests of alarms and cases: two mines, a handful of rules, the people of the loop, and a desk.
// It plays the rule engine (conditions that are legal, numbered as the engine numbers them) and hands commands in.
// Every step is pushed through the invariant checker; `violations` must be empty at the end of every test.

import type { SiteDocuments } from '../engine/documents.ts';
import { levels, type Level } from '../kernel/level.ts';
import { pairOf } from '../lifecycle/alarm-id.ts';
import type { Digest } from '../log/chain.ts';
import type { Event, RoleName } from '../log/event.ts';
import { LogFold } from '../log/fold.ts';
import { InvariantChecker, type Violation } from '../log/invariants.ts';
import type { CaseState } from '../log/state.ts';
import type { Rule } from '../rules/rule.ts';
import type { Condition } from '../rules/condition.ts';
import type { Command, CommandAnswer, Grant } from '../workflow/command.ts';
import { Desk, type DeskOptions } from '../workflow/desk.ts';
import { DocumentIndex } from '../workflow/document-index.ts';

export const worldStart = Date.UTC(2026, 0, 5);

const gas = { class: 'gas', overLimit: true } as const;

export const worldRules: readonly Rule[] = [
  {
    id: 'GAS-01',
    name: { zh: '甲烷报警', en: 'methane alarm' },
    kind: 'threshold',
    op: '>=',
    limit: 'alarmHigh',
    level: 'yellow',
    respond: ['N', 'S'],
    ...gas,
  },
  {
    id: 'GAS-02',
    kind: 'threshold',
    op: '>=',
    limit: 'cutHigh',
    level: 'orange',
    respond: ['N', 'P', 'E'],
    ...gas,
  },
  { id: 'GAS-03', kind: 'threshold', op: '>=', limit: 2, level: 'orange', respond: ['N', 'P', 'E'], ...gas },
  {
    id: 'GAS-04',
    kind: 'threshold',
    op: '>=',
    limit: 3,
    level: 'red',
    respond: ['N', 'P', 'E', 'L'],
    ...gas,
  },
  {
    id: 'GAS-05',
    kind: 'sustained',
    base: 'GAS-01',
    level: 'yellow',
    respond: ['N', 'U'],
    ladder: [
      { afterS: 600, level: 'yellow' },
      { afterS: 1800, level: 'orange' },
      { afterS: 3600, level: 'red' },
    ],
    ...gas,
  },
  {
    id: 'GAS-07',
    kind: 'occurrences',
    base: ['GAS-01'],
    groupBy: 'mine',
    n: 2,
    calendar: 'week',
    level: 'yellow',
    class: 'gas',
    respond: ['V', 'U'],
  },
  { id: 'GAS-12', kind: 'threshold', op: '>=', limit: 0.8, level: 'blue', class: 'gas', respond: ['W'] },
  { id: 'DQ-01', kind: 'silence', silenceS: 120, level: 'yellow', class: 'trouble', respond: ['N', 'M'] },
  {
    id: 'DQ-04',
    kind: 'threshold',
    op: '<',
    limit: -0.05,
    level: 'blue',
    class: 'trouble',
    ladder: [
      { limit: -0.05, level: 'blue' },
      { limit: -0.5, level: 'yellow' },
    ],
  },
  { id: 'TMP-05', kind: 'status', any: 1, level: 'yellow', class: 'other', respond: ['V', 'L'] },
  { id: 'SOS-01', kind: 'status', any: 1, level: 'red', class: 'other', latching: true },
];

export const worldDocuments: SiteDocuments = {
  sites: [
    { id: 'P', name: '省', kind: 'province' },
    { id: 'K', name: '县', kind: 'county', parent: 'P' },
    { id: 'M1', name: '一矿', kind: 'mine', parent: 'K' },
    { id: 'M2', name: '二矿', kind: 'mine', parent: 'P' },
  ],
  places: [
    { id: 'P1', name: '工作面', mine: 'M1' },
    { id: 'P2', name: '回风巷', mine: 'M1' },
    { id: 'P3', name: '掘进面', mine: 'M2' },
  ],
  points: [
    point('A1', 'P1', 'M1', 'S1'),
    point('A2', 'P1', 'M1', 'S1'),
    point('B1', 'P2', 'M1', 'S1'),
    point('C1', 'P3', 'M2', 'S9'),
  ],
  rules: worldRules,
  times: { calmMs: 600_000, regroupMs: 1_800_000, reopenMs: 90 * 86_400_000 },
};

function point(id: string, place: string, mine: string, station: string): SiteDocuments['points'][number] {
  return {
    id,
    name: `甲烷 ${id}`,
    measurand: 'CH4',
    unit: '%',
    periodS: 10,
    place,
    mine,
    station,
    limits: { alarmHigh: 1, cutHigh: 1.5 },
  };
}

export const people: Readonly<Record<string, readonly Grant[]>> = {
  dispatcher: [{ role: 'dispatcher', site: 'M1' }],
  dispatcher2: [{ role: 'dispatcher', site: 'M1' }],
  officer: [{ role: 'safetyOfficer', site: 'M1' }],
  leader: [{ role: 'leader', site: 'M1' }],
  leader2: [{ role: 'leader', site: 'M1' }],
  verifier: [{ role: 'verifier', site: 'M1' }],
  supervisor: [{ role: 'supervisor', site: 'K' }],
  /** A supervisor of the mine's own company. */
  inhouse: [{ role: 'supervisor', site: 'M1' }],
  auditor: [{ role: 'auditor', site: 'P' }],
  administrator: [{ role: 'administrator', site: 'P' }],
  stranger: everyRole('M2'),
  province: everyRole('P'),
  /** Comes from outside and never handles anything. */
  inspector: [{ role: 'verifier', site: 'P' }],
};

function everyRole(site: string): readonly Grant[] {
  const roles: readonly RoleName[] = [
    'dispatcher',
    'safetyOfficer',
    'leader',
    'verifier',
    'supervisor',
    'auditor',
  ];
  return roles.map((role) => ({ role, site }));
}

export interface RaiseOptions {
  readonly quantity?: number;
  readonly since?: number;
}

interface Standing {
  n: number;
  level: Level;
  isUp: boolean;
  isUnknown: boolean;
}

export type Payload<N extends Command['name']> = Omit<Extract<Command, { name: N }>['payload'], 'commandId'>;

export class CaseWorld {
  now = worldStart;
  readonly log: Event[] = [];
  readonly fold: LogFold;
  readonly desk: Desk;
  readonly falseAlarms: string[] = [];
  readonly documents: SiteDocuments;
  /** What commands say of the accounts; undefined: nothing. */
  supervisorSites: readonly string[] | undefined;
  private readonly checker: InvariantChecker;
  private readonly conditions = new Map<string, Standing>();
  private sequence = 0;
  private commandNumber = 0;

  constructor(
    sha256: Digest,
    options: Partial<Pick<DeskOptions, 'highestSupervisor' | 'isUnknownNow'>> & {
      readonly documents?: SiteDocuments;
    } = {},
  ) {
    const { documents = worldDocuments, ...deskOptions } = options;
    this.documents = documents;
    const index = new DocumentIndex(documents);
    this.fold = new LogFold();
    this.checker = new InvariantChecker(documents);
    this.desk = new Desk({ fold: this.fold, documents: () => index, sha256, ...deskOptions });
    this.desk.onFalseAlarmVerified = (rule, scope, n) => this.falseAlarms.push(`${rule}/${scope}#${n}`);
  }

  pass(ms: number): void {
    this.now += ms;
  }

  isUp(rule: string, scope: string): boolean {
    return this.standing(rule, scope).isUp;
  }

  raise(rule: string, scope: string, level: Level, options: RaiseOptions = {}): readonly Event[] {
    const standing = this.standing(rule, scope);
    standing.n += 1;
    standing.level = level;
    standing.isUp = true;
    standing.isUnknown = false;
    const found = this.documents.points.find((candidate) => candidate.id === scope);
    return this.step({
      kind: 'raised',
      rule,
      scope,
      n: standing.n,
      mine: found?.mine ?? scope,
      place: found?.place ?? '',
      level,
      since: options.since ?? this.now,
      raisedAt: this.now,
      marks: [],
      delayedS: null,
      peak: null,
      samples: 1,
      quantity: options.quantity ?? null,
      limit: null,
    });
  }

  levelUp(rule: string, scope: string, to: Level): readonly Event[] {
    const standing = this.standing(rule, scope);
    const { level: from, n } = standing;
    standing.level = to;
    return this.step({
      kind: 'levelRaised',
      rule,
      scope,
      n,
      from,
      to,
      at: this.now,
      quantity: null,
      limit: null,
    });
  }

  clear(
    rule: string,
    scope: string,
    options: { readonly peak?: number; readonly reason?: 'cleared' | 'ruleChanged' | 'withdrawn' } = {},
  ): readonly Event[] {
    const standing = this.standing(rule, scope);
    standing.isUp = false;
    return this.step({
      kind: 'cleared',
      rule,
      scope,
      n: standing.n,
      clearedAt: this.now,
      peak: options.peak === undefined ? null : { value: options.peak, at: this.now },
      samples: 3,
      marks: [],
      delayedS: null,
      reason: options.reason ?? 'cleared',
    });
  }

  known(kind: 'unknown' | 'known', rule: string, scope: string): readonly Event[] {
    const standing = this.standing(rule, scope);
    standing.isUnknown = kind === 'unknown';
    return this.step({ kind, rule, scope, n: standing.n, at: this.now });
  }

  /** As the engine would: everything that stands becomes known and clears. */
  calmDown(): void {
    for (const [pair, standing] of this.conditions) {
      const [rule = '', scope = ''] = pair.split('/');
      if (standing.isUnknown) this.known('known', rule, scope);
      if (standing.isUp) this.clear(rule, scope);
    }
  }

  standingPairs(): readonly (readonly [rule: string, scope: string, level: Level])[] {
    return [...this.conditions]
      .filter(([, standing]) => standing.isUp)
      .map(([pair, standing]) => {
        const [rule = '', scope = ''] = pair.split('/');
        return [rule, scope, standing.level] as const;
      });
  }

  /** A command of one of `people`; gives the answer and the events of its step. */
  command<N extends Command['name']>(
    person: string,
    name: N,
    payload: Payload<N> & { readonly commandId?: string },
  ): { readonly answer: CommandAnswer; readonly events: readonly Event[] } {
    this.commandNumber += 1;
    const command = {
      name,
      by: { id: person, name: person, grants: people[person] ?? [] },
      payload: { commandId: `c${this.commandNumber}`, ...payload },
      ...(this.supervisorSites === undefined ? {} : { supervisorSites: this.supervisorSites }),
    } as unknown as Command; // name and payload belong together by the signature
    this.begin();
    const answer = this.desk.command(command);
    return { answer, events: this.end() };
  }

  newestCase(): CaseState | undefined {
    return [...this.fold.cases.values()].at(-1);
  }

  /** What the checker found so far, the running step included. */
  violations(): readonly Violation[] {
    return this.checker.finish();
  }

  private step(condition: Condition): readonly Event[] {
    this.begin();
    this.desk.condition(condition);
    return this.end();
  }

  private begin(): void {
    this.sequence += 1;
    this.desk.begin(this.sequence, this.now);
  }

  private end(): readonly Event[] {
    const events = this.desk.end();
    this.log.push(...events);
    for (const event of events) this.checker.push(event);
    return events;
  }

  private standing(rule: string, scope: string): Standing {
    const pair = pairOf(rule, scope);
    let standing = this.conditions.get(pair);
    if (standing === undefined) {
      standing = { n: 0, level: levels[0]!, isUp: false, isUnknown: false };
      this.conditions.set(pair, standing);
    }
    return standing;
  }
}
