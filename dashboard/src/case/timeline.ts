// The timeline of a case in words: what the record has (API) and what came since (stream), one entry per event, the
// newest first. Pure.

import { assertNever } from '#alarms/kernel/result.ts';
import type { Translate } from '../language/texts.ts';
import type { Event, Level } from '../stream/contract.ts';
import { counted, quantityText } from '../widgets/alarm-words.ts';
import { formatClock, type Language } from '../widgets/formatting.ts';
import type { Names } from '../widgets/place-words.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly at: number;
  readonly text: string;
  readonly detail: string;
  readonly evidence: readonly string[];
  readonly isPerson: boolean;
  /** An alarm was raised: its mark stands on the line. */
  readonly level: Level | null;
}

/** Events of both, each once, in the order of the log. */
export function mergeEvents(
  recorded: readonly Event[],
  live: readonly Event[],
  caseId: string,
  alarmIds: readonly string[],
): readonly Event[] {
  const own = new Set(alarmIds);
  const all = new Map<string, Event>();
  for (const event of recorded) all.set(event.id, event);
  for (const event of live) {
    const isOwn = event.case === caseId || (event.alarm !== undefined && own.has(event.alarm));
    if (isOwn) all.set(event.id, event);
  }
  return [...all.values()].toSorted((a, b) => a.seq - b.seq);
}

export function timeline(
  events: readonly Event[],
  nameOfAlarm: (id: string) => string,
  names: Names,
  language: Language,
  t: Translate,
): readonly TimelineEntry[] {
  const raised = alarmNames(events, names, language);
  const name = (id: string | undefined): string =>
    id === undefined ? '' : (raised.get(id) ?? nameOfAlarm(id));
  return events.map((event) => entryOf(event, name(event.alarm), names, t)).toReversed();
}

function alarmNames(events: readonly Event[], names: Names, language: Language): ReadonlyMap<string, string> {
  const raised = new Map<string, string>();
  for (const event of events) {
    if (event.type !== 'AlarmRaised' || event.alarm === undefined) continue;
    const { ruleName } = event.data;
    raised.set(event.alarm, `${names.scope(event.data)} ${language === 'zh' ? ruleName.zh : ruleName.en}`);
  }
  return raised;
}

function entryOf(event: Event, name: string, names: Names, t: Translate): TimelineEntry {
  const { text, detail, evidence } = describe(event, name, names, t);
  return {
    id: event.id,
    at: event.at,
    text,
    detail: detail ?? '',
    evidence: evidence ?? [],
    isPerson: event.by !== undefined,
    level: event.type === 'AlarmRaised' ? event.data.level : null,
  };
}

interface Words {
  readonly text: string;
  readonly detail?: string;
  readonly evidence?: readonly string[];
}

function describe(event: Event, name: string, names: Names, t: Translate): Words {
  const by = event.by?.name ?? '';
  switch (event.type) {
    case 'AlarmRaised': {
      const value = quantityText(event.data.quantity, counted(event.data, t).unit, undefined);
      return { text: t('event.AlarmRaised', { name, value }).trim(), detail: event.data.rule };
    }
    case 'AlarmReturned':
      if (event.data.reason === 'recoveryDiffered') return { text: t('event.AlarmUnheld', { name }) };
      return {
        text: t(event.data.to === 'normal' ? 'event.AlarmReturnedToNormal' : 'event.AlarmReturned', { name }),
      };
    case 'AlarmLevelRaised':
    case 'AlarmLevelLowered':
      return { text: t(`event.${event.type}`, { name, level: t(`level.${event.data.to}`) }) };
    case 'AlarmAcknowledged':
      return { text: t('event.AlarmAcknowledged', { by, name }), detail: event.data.phrase };
    case 'AlarmSilenced':
      return { text: t('event.AlarmSilenced', { by, time: formatClock(event.data.until) }) };
    case 'AlarmSuperseded':
    case 'AlarmWithdrawn':
    case 'AlarmConditionLost':
    case 'AlarmConditionRegained':
    case 'AlarmReannounced':
    case 'AlarmJoinedCase':
      return { text: t(`event.${event.type}`, { name }) };
    case 'AlarmReset':
      return { text: t('event.AlarmReset', { by, name }) };
    default:
      return describeCase(event, by, names, t);
  }
}

type CaseEvent = Exclude<Event, { readonly type: `Alarm${string}` }>;

function describeCase(event: CaseEvent, by: string, names: Names, t: Translate): Words {
  switch (event.type) {
    case 'CaseOpened':
      return {
        text: t('event.CaseOpened', {
          level: t(`level.${event.data.level}`),
          place: names.casePlace({ ...event.data, mine: event.mine }),
        }),
      };
    case 'CaseLevelRaised':
      return { text: t('event.CaseLevelRaised', { level: t(`level.${event.data.to}`) }) };
    case 'CaseReceived':
      return {
        text: t('event.CaseReceived', { by, n: event.data.acknowledged.length }),
        detail: event.data.remark,
      };
    case 'ActionRecorded': {
      const { kind, place, n, of, text, evidence } = event.data;
      const share = n === null || of === null ? '' : `${n} / ${of}`;
      const detail = [place, share, text].filter((part) => part !== '').join(' · ');
      return { text: t('event.ActionRecorded', { by, kind: t(`action.${kind}`) }), detail, evidence };
    }
    case 'MeasureRecorded': {
      const { kind, text, person, evidence } = event.data;
      const words = t('event.MeasureRecorded', { by, kind: t(`measure.${kind}`) });
      return { text: words, detail: `${person}：${text}`, evidence };
    }
    case 'HandlingCompleted': {
      const { text, evidence } = event.data;
      return {
        text: t('event.HandlingCompleted', { by, cause: causeName(event.data.cause, t) }),
        detail: text,
        evidence,
      };
    }
    case 'CaseDismissed': {
      const { disposition, text, evidence } = event.data;
      return {
        text: t('event.CaseDismissed', { by, disposition: t(`disposition.${disposition}`) }),
        detail: text,
        evidence,
      };
    }
    case 'CaseVerified':
    case 'VerificationFailed': {
      const { mode, place, text, evidence } = event.data;
      const detail = [place, text].filter((part) => part !== '').join(' · ');
      return { text: t(`event.${event.type}`, { by, mode: t(`mode.${mode}`) }), detail, evidence };
    }
    case 'CaseFedBack':
      return {
        text: t('event.CaseFedBack', { by }),
        detail: [event.data.to.join('、'), event.data.text].filter((part) => part !== '').join(' · '),
        evidence: event.data.evidence,
      };
    case 'CaseArchived':
      return { text: t('event.CaseArchived', { by }), detail: event.data.text };
    case 'CaseFellBack':
      return { text: t(`event.CaseFellBack.${event.data.reason}`, { n: event.data.attempt }) };
    case 'CaseReturned':
    case 'CaseReopened':
      return { text: t(`event.${event.type}`, { by, n: event.data.attempt }), detail: event.data.text };
    case 'HazardCandidateListed':
    case 'GatewayStarted':
      return { text: t(`event.${event.type}`) };
    case 'HazardDecided':
      return {
        text: t('event.HazardDecided', { by, decision: t(`decision.${event.data.decision}`) }),
        detail: event.data.text,
      };
    default:
      return assertNever(event, 'event');
  }
}

const knownCauses = new Set([
  'emission',
  'ventilation',
  'drainage',
  'work',
  'equipment',
  'calibration',
  'other',
]);

function causeName(cause: string, t: Translate): string {
  return knownCauses.has(cause) ? t(`cause.${cause as 'other'}`) : cause;
}
