// What a system says of its own points, stations, areas and people (CDDY, FZDY, RYXX, RYQY, RYJZ …): the definitions
// that build the registry beside the site files. Plain data, ids as the sender has them; registry/define.ts merges
// them into the documents by the precedence stated there.

export interface PointDefinition {
  readonly kind: 'point';
  readonly id: string;
  /** Of the catalogue's measurands (CH4, CO, windSpeed …); as the sender says when the dictionary has none. */
  readonly measurand: string;
  readonly unit: string;
  readonly valueKind: 'analog' | 'switch' | 'counter' | 'multistate';
  readonly station: string | null;
  readonly place: string | null;
  readonly range: readonly [low: number, high: number] | null;
  /** alarmHigh, clearHigh, alarmLow, clearLow, cutHigh, restoreHigh, cutLow, restoreLow */
  readonly limits: Readonly<Record<string, number>>;
  /** What 1 and 0 mean. */
  readonly states: readonly [off: string, on: string] | null;
  readonly x: number | null;
  readonly y: number | null;
  readonly z: number | null;
  /** Which points it cuts off, locks …; as sent. */
  readonly relations: string | null;
}

export interface StationDefinition {
  readonly kind: 'station';
  readonly id: string;
  readonly place: string | null;
  /** Area that it stands in (personnel). */
  readonly area: string | null;
  readonly x: number | null;
  readonly y: number | null;
  readonly z: number | null;
}

export interface AreaDefinition {
  readonly kind: 'area';
  readonly id: string;
  readonly name: string;
  /** As sent: 井口区域 重点区域 限制区域 其它区域 */
  readonly areaType: string;
  readonly headcountMax: number | null;
}

export interface PersonDefinition {
  readonly kind: 'person';
  /** The card. */
  readonly id: string;
  readonly name: string;
  readonly trade: string | null;
  readonly duty: string | null;
  readonly team: string | null;
  readonly isLeader: boolean;
  readonly isSpecial: boolean;
}

/** Pumps, fans, hoists … with what is known of them, as sent. */
export interface EquipmentDefinition {
  readonly kind: 'equipment';
  readonly id: string;
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

export type Definition =
  | PointDefinition
  | StationDefinition
  | AreaDefinition
  | PersonDefinition
  | EquipmentDefinition;
