// The types of the wire, named for the screens. All come from the protocol (types only): what travels over the
// socket and the API is the only thing that the dashboard knows about alarms and cases.

import type { commandPayloads, SessionView } from '#gateway/protocol/api.ts';
import type { StreamMessage } from '#gateway/protocol/stream.ts';

export type Snapshot = Extract<StreamMessage, { readonly type: 'snapshot' }>;
export type SiteView = Snapshot['site'];
export type AlarmState = Snapshot['alarms'][number];
export type CaseState = Snapshot['cases'][number];
export type Point = NonNullable<SiteView['points'][number]>;
export type Place = SiteView['places'][number];
export type SiteNode = SiteView['sites'][number];
export type Rule = SiteView['rules'][number];
export type Level = AlarmState['level'];
export type AlarmBase = AlarmState['base'];
export type CaseStage = CaseState['stage'];
export type RoleName = Snapshot['viewer']['roles'][number];
export type Grant = SessionView['user']['grants'][number];
export type EventEntry = Extract<StreamMessage, { readonly type: 'events' }>['events'][number];
export type Event = EventEntry['event'];
export type ActionKind = CaseState['actions'][number]['kind'];
export type MeasureKind = CaseState['measures'][number]['kind'];

export type CommandName = keyof typeof commandPayloads;
/** As sent: the desk adds `commandId`. */
export type CommandPayload<N extends CommandName> = Omit<(typeof commandPayloads)[N]['_output'], 'commandId'>;
