// The site documents: what a mine declares about itself. Plain data, as parsed (registry/parse.ts refuses faults).
// Points are the unit of monitoring; ids of points and places are unique over the whole tree.

export type LimitName =
  | 'alarmHigh'
  | 'clearHigh'
  | 'cutHigh'
  | 'restoreHigh'
  | 'alarmLow'
  | 'clearLow'
  | (string & {});

/** Where the site tree's nodes are; a role holds on a subtree of it. */
export interface SiteNode {
  readonly id: string;
  readonly name: string;
  readonly kind: 'province' | 'city' | 'county' | 'group' | 'mine';
  readonly parent?: string;
  /** 演示矿: carries the permanent banner. Only mines. */
  readonly demo?: boolean;
  /** Sources (by their part of the topic) whose values are made up: each is marked 模拟. Only demo mines. */
  readonly simulatedSources?: readonly string[];
  /** Codes that upload files call it by (煤矿编码). Only mines. */
  readonly codes?: readonly string[];
}

export interface PlaceDocument {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
  readonly type?: string;
  readonly mine: string;
}

export interface CalibrationWindow {
  readonly from: number;
  readonly to: number;
  readonly declaredAt: number;
}

/** A point in documents has ISO times; parsed it has milliseconds. */
export interface Point {
  readonly id: string;
  readonly measurand: string;
  readonly unit: string;
  readonly periodS: number;
  readonly place: string;
  readonly placeType?: string;
  readonly locationType?: string;
  readonly mine: string;
  readonly registeredAt?: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly range?: readonly [number, number];
  readonly gapS?: number;
  readonly calibration?: readonly CalibrationWindow[];
  readonly name?: string;
  readonly nameEn?: string;
  readonly station?: string;
  /** Screen order and grouping only. */
  readonly order?: number;
}

/** Time values of the workflow, data per site (milliseconds). */
export interface WorkflowTimes {
  /** Since the last return before a case may be verified. Default 10 min; demo 60 s. */
  readonly calmMs: number;
  /** How long after its last return a case still takes a new alarm of its cause. Default 30 min. */
  readonly regroupMs: number;
  /** Default 90 days. */
  readonly reopenMs: number;
}

export const defaultWorkflowTimes: WorkflowTimes = {
  calmMs: 600_000,
  regroupMs: 1_800_000,
  reopenMs: 90 * 86_400_000,
};

/** The gap of a point when the rule has none: its own, else max(3 × period, 10 s). Milliseconds. */
export function pointGapMs(point: Point): number {
  return (point.gapS ?? Math.max(3 * point.periodS, 10)) * 1000;
}
