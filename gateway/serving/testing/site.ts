// A small site for the tests of serving: a group with two mines, three points, and events as the core would make them.

import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { LogFold } from '#alarms/log/fold.ts';
import type { Event } from '#alarms/log/event.ts';
import type { GatewayStatus } from '../../protocol/stream.ts';
import { defaultWorkflowTimes, type Point } from '#alarms/registry/site.ts';

export const testTime = Date.UTC(2026, 0, 5, 8, 0, 0);

export const testSite: SiteDocuments = {
  sites: [
    { id: 'group', name: '演示集团', kind: 'group' },
    { id: 'east', name: '东矿', kind: 'mine', parent: 'group' },
    { id: 'west', name: '西矿', kind: 'mine', parent: 'group' },
  ],
  places: [
    { id: 'east.face', name: '1201 工作面', mine: 'east' },
    { id: 'west.face', name: '3305 工作面', mine: 'west' },
  ],
  points: [point('east.ch4', 'east'), point('east.co', 'east'), point('west.ch4', 'west')],
  rules: [
    { id: 'GAS-01', kind: 'threshold', op: '>=', limit: 1, level: 'yellow', class: 'gas' },
    { id: 'WEST-1', kind: 'threshold', op: '>=', limit: 1, level: 'blue', select: { mine: ['west'] } },
  ],
  times: defaultWorkflowTimes,
};

function point(id: string, mine: string): Point {
  return {
    id,
    mine,
    measurand: 'ch4',
    unit: '%CH4',
    periodS: 1,
    place: `${mine}.face`,
    limits: { alarmHigh: 1 },
    name: `${id} 甲烷`,
  };
}

/** Makes the events of a log in order, and knows the states after them. */
export class TestLog {
  readonly fold = new LogFold();
  readonly events: Event[] = [];
  private count = 0;

  /** An alarm at a mine's methane point. */
  raise(mine: 'east' | 'west'): Event {
    this.count += 1;
    const scope = `${mine}.ch4`;
    // Each raise is of its own rule, so that no alarm has to be ended first.
    const rule = `T${this.count}`;
    return this.add({
      ...this.head(mine),
      type: 'AlarmRaised',
      alarm: `${rule}/${scope}#1`,
      data: {
        rule,
        ruleName: { zh: '甲烷超限', en: 'methane over limit' },
        ruleVersion: '1',
        ruleKind: 'threshold',
        ruleClass: 'gas',
        overLimit: true,
        latching: false,
        clause: '第一百三十五条',
        mark: 'C',
        respond: [],
        scope,
        scopeName: scope,
        place: `${mine}.face`,
        placeName: '工作面',
        level: 'yellow',
        since: testTime,
        raisedAt: testTime,
        announced: true,
        planned: false,
        causedBy: null,
        marks: [],
        delayedS: null,
        unit: '%CH4',
        quantity: 1.2,
        limit: 1,
        op: '>=',
        limitSource: 'point',
        onDelayS: 0,
        samplesNeeded: 1,
      },
    });
  }

  openCase(alarm: Event): Event {
    this.count += 1;
    return this.add({
      ...this.head(alarm.mine),
      type: 'CaseOpened',
      case: `${alarm.mine}/C${this.count}`,
      ...(alarm.alarm === undefined ? {} : { alarm: alarm.alarm }),
      data: {
        level: 'yellow',
        place: `${alarm.mine}.face`,
        placeName: '工作面',
        causeKey: `${alarm.mine}.face gas`,
        alarms: [alarm.alarm ?? ''],
        manual: false,
        gas: true,
        onSiteRequired: false,
        previous: null,
        firstOut: alarm.alarm ?? null,
      },
    });
  }

  recordAction(opened: Event, evidence: readonly string[]): Event {
    return this.add({
      ...this.head(opened.mine),
      type: 'ActionRecorded',
      case: opened.case ?? '',
      by: { id: 'dispatcher', name: '陈立军', role: 'dispatcher' },
      data: {
        kind: 'cutPower',
        attempt: 1,
        at: testTime,
        place: '工作面',
        n: null,
        of: null,
        text: '已切断电源',
        evidence,
      },
    });
  }

  get seq(): number {
    return this.events.length;
  }

  private head(mine: string): Pick<Event, 'v' | 'id' | 'seq' | 'at' | 'mine' | 'prevHash'> {
    const seq = this.seq + 1;
    return { v: 1, id: `${seq}.0`, seq, at: testTime + seq, mine, prevHash: '0'.repeat(64) };
  }

  private add(event: Event): Event {
    this.fold.apply(event);
    this.events.push(event);
    return event;
  }
}

/** With one source in each mine. */
export function testStatus(): GatewayStatus {
  const source = { system: 'safety', source: 'gw', connected: true, lastReceived: testTime };
  const counts = { frames: 1, readings: 1, sequenceGaps: 0, duplicateFrames: 0, refused: 0 };
  return {
    serverTime: testTime,
    startedAt: testTime,
    demo: true,
    insecure: false,
    room: 'low',
    freeBytes: 5,
    counters: { frames: 2 },
    refusedByReason: {},
    sources: [
      { mine: 'east', ...source, ...counts },
      { mine: 'west', ...source, ...counts },
    ],
    projectionLagMs: 1,
    historyLagMs: 2,
    historyPaused: false,
    broker: 'embedded',
  };
}
