// The desk: session, stream, clock, sound, language and address of one browser, as reactive state and a few deeds.
// It holds no rule of alarms or cases; screens read it and ask it to send commands.

import { computed, nextTick, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { CommandResult, SessionView } from '#gateway/protocol/api.ts';
import { higherLevel } from '#alarms/kernel/level.ts';
import { translate, type Fillings, type TextKey } from '../language/texts.ts';
import { audibleLevel, type SoundName } from '../sound/patterns.ts';
import { SoundPlayer } from '../sound/player.ts';
import { StreamClient, startWorker } from '../stream/client.ts';
import { clockOffMs, ServerClock } from '../stream/clock.ts';
import type { AlarmState, CommandName, CommandPayload, Level, Point, RoleName } from '../stream/contract.ts';
import { isCutOff, linkAtStart, type LinkState } from '../stream/link.ts';
import { emptyState, type StreamState } from '../stream/state.ts';
import { oldestOwed } from '../widgets/alarm-order.ts';
import type { Language } from '../widgets/formatting.ts';
import { namesOf, type Names } from '../widgets/place-words.ts';
import { viewValue, type ValueView } from '../widgets/quality.ts';
import { api, type Outcome } from './api.ts';
import { isWithin, rolesLacking } from './permission.ts';
import { formatRoute, parseRoute, type Route, type ScreenName } from './route.ts';

export type SessionPhase = 'asking' | 'out' | 'in' | 'unreachable';

export interface DeskModel {
  readonly language: Ref<Language>;
  readonly t: (key: TextKey, fillings?: Fillings) => string;
  readonly phase: Ref<SessionPhase>;
  readonly session: ShallowRef<SessionView | null>;
  /** The session was ended by the gateway, not by this person. */
  readonly wasEnded: Ref<boolean>;
  readonly stream: ShallowRef<StreamState>;
  readonly link: ShallowRef<LinkState>;
  /** The gateway's time, moving once a second; the desk's own beside it. */
  readonly now: Ref<number>;
  readonly localNow: Ref<number>;
  readonly clockOffset: Ref<number>;
  readonly isClockOff: ComputedRef<boolean>;
  readonly isCutOff: ComputedRef<boolean>;
  readonly route: ShallowRef<Route>;
  /** Of mines, places and points, in the viewer's language. */
  readonly names: ComputedRef<Names>;
  readonly points: ComputedRef<ReadonlyMap<string, { readonly slot: number; readonly point: Point }>>;
  readonly isSoundOn: Ref<boolean>;
  readonly announcement: Ref<{ readonly text: string; readonly isUrgent: boolean }>;
  /** When an alarm first stood on this screen, by the gateway's clock. */
  readonly paintedAt: Map<string, number>;
  /** The alarm whose acknowledgement is being asked for. */
  readonly acknowledging: Ref<string | null>;
  /** The alarm selected on a screen: what the key A is about. */
  readonly selected: Ref<string | null>;
  readonly go: (
    screen: ScreenName,
    id?: string,
    query?: Readonly<Record<string, string | undefined>>,
  ) => void;
  readonly setQuery: (query: Readonly<Record<string, string | undefined>>) => void;
  readonly setLanguage: (language: Language) => void;
  readonly valueOf: (pointId: string) => { readonly point: Point; readonly view: ValueView } | null;
  readonly lacks: (command: CommandName, mine: string) => readonly RoleName[];
  /** Why a command may not be given now, in words; null = it may. */
  readonly whyNot: (command: CommandName, mine: string) => string | null;
  readonly command: <N extends CommandName>(
    name: N,
    payload: CommandPayload<N>,
  ) => Promise<Outcome<CommandResult>>;
  readonly askAcknowledge: () => void;
  readonly logIn: (user: string, password: string) => Promise<Outcome<SessionView>>;
  readonly changePassword: (current: string, next: string) => Promise<Outcome<SessionView>>;
  readonly logOut: () => Promise<void>;
  readonly turnSoundOn: () => Promise<void>;
  readonly testSound: () => Promise<void>;
  readonly reconnectNow: () => void;
  readonly start: () => void;
}

const languageKey = 'fengsui.language';
/** While the gateway does not answer, the login screen asks again. */
const askAgainMs = 3_000;
/** As many as a shift could raise and more. */
const paintedMax = 5_000;

export function createDesk(): DeskModel {
  const language = ref<Language>(readLanguage());
  const phase = ref<SessionPhase>('asking');
  const session = shallowRef<SessionView | null>(null);
  const wasEnded = ref(false);
  const stream = shallowRef<StreamState>(emptyState);
  const link = shallowRef<LinkState>(linkAtStart);
  const now = ref(Date.now());
  const localNow = ref(Date.now());
  const clockOffset = ref(0);
  const route = shallowRef<Route>(parseRoute(location.hash));
  const isSoundOn = ref(false);
  const announcement = ref({ text: '', isUrgent: false });
  const acknowledging = ref<string | null>(null);
  const selected = ref<string | null>(null);
  const paintedAt = new Map<string, number>();
  const clock = new ServerClock();
  const player = new SoundPlayer();
  let client: StreamClient | null = null;

  const t = (key: TextKey, fillings?: Fillings): string => translate(language.value, key, fillings);
  const cutOff = computed(() => isCutOff(link.value, localNow.value));
  const site = computed(() => stream.value.site);
  const names = computed(() => namesOf(site.value, language.value, t('mine.demo')));
  const points = computed(() => {
    const index = new Map<string, { readonly slot: number; readonly point: Point }>();
    for (const [slot, point] of site.value.points.entries())
      if (point !== null) index.set(point.id, { slot, point });
    return index;
  });

  function connect(): void {
    if (client !== null) return;
    const url = new URL('/stream', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    client = new StreamClient(startWorker(), { changed, linkChanged, serverTimeHeard }, Date.now);
    client.connect(url.href);
  }

  function changed(state: StreamState, before: StreamState): void {
    stream.value = state;
    if (state.closing === 'SESSION_ENDED') {
      leave(true);
      return;
    }
    if (state.lastSeq !== before.lastSeq || state.alarms !== before.alarms) told(state, before);
  }

  /** Alarms are announced and painted at once; what was painted is reported back. */
  function told(state: StreamState, before: StreamState): void {
    const fresh = [...state.alarms.values()].filter((alarm) => !before.alarms.has(alarm.id));
    if (before.isReady) announce(fresh);
    void nextTick(() =>
      requestAnimationFrame(() => {
        const at = Date.now() + clock.offsetMs;
        for (const alarm of fresh) paintedAt.set(alarm.id, paintedAt.get(alarm.id) ?? at);
        for (const id of paintedAt.keys()) {
          if (paintedAt.size <= paintedMax) break;
          paintedAt.delete(id);
        }
        client?.painted(state.lastSeq);
      }),
    );
  }

  function announce(fresh: readonly AlarmState[]): void {
    const announced = fresh.filter((alarm) => alarm.announced && alarm.base === 'unacknowledged');
    const [first] = announced;
    if (first === undefined) return;
    const highest = announced.reduce((level, alarm) => higherLevel(level, alarm.level), first.level);
    announcement.value = {
      isUrgent: highest === 'red' || highest === 'orange',
      text: announced.slice(0, 3).map(announcementOf).join('；'),
    };
    for (const alarm of announced) player.again(alarm.level);
  }

  function announcementOf(alarm: AlarmState): string {
    const name = language.value === 'zh' ? alarm.ruleName.zh : alarm.ruleName.en;
    return t('announce.alarm', {
      level: t(`level.${alarm.level}`),
      name,
      place: names.value.alarmPlace(alarm),
    });
  }

  function linkChanged(state: LinkState): void {
    const before = link.value;
    link.value = state;
    if (!state.isOpen && state.attempt !== before.attempt) void checkSession();
  }

  function serverTimeHeard(serverTime: number): void {
    clock.heard(serverTime, Date.now());
    clockOffset.value = clock.offsetMs;
  }

  /** A refused upgrade and a dead gateway look alike to a socket; the API tells them apart. */
  async function checkSession(): Promise<void> {
    const answer = await api.session();
    if (!answer.ok && answer.status === 401 && phase.value === 'in') leave(true);
  }

  function enter(view: SessionView): void {
    session.value = view;
    wasEnded.value = false;
    phase.value = 'in';
    serverTimeHeard(view.serverTime);
    connect();
  }

  function leave(isForced: boolean): void {
    client?.stop();
    client = null;
    session.value = null;
    stream.value = emptyState;
    link.value = linkAtStart;
    acknowledging.value = null;
    selected.value = null;
    wasEnded.value = isForced;
    phase.value = 'out';
  }

  async function ask(): Promise<void> {
    const answer = await api.session();
    if (answer.ok) {
      enter(answer.value);
      return;
    }
    phase.value = answer.status === 401 ? 'out' : 'unreachable';
    if (phase.value === 'unreachable') setTimeout(() => void ask(), askAgainMs);
  }

  function tick(): void {
    localNow.value = Date.now();
    now.value = Date.now() + clock.offsetMs;
    client?.check();
    player.set(soundNow());
  }

  function soundNow(): SoundName | null {
    if (phase.value !== 'in') return null;
    if (cutOff.value) return 'cutOff';
    const level = audibleLevel(stream.value.alarms.values(), now.value);
    return stream.value.unrecorded.reduce<Level | null>(
      (highest, alarm) => (highest === null ? alarm.level : higherLevel(highest, alarm.level)),
      level,
    );
  }

  function lacks(command: CommandName, mine: string): readonly RoleName[] {
    const grants = session.value?.user.grants ?? [];
    return rolesLacking({ grants, sites: site.value.sites }, command, mine);
  }

  function whyNot(command: CommandName, mine: string): string | null {
    if (cutOff.value) return t('permission.cutOff');
    const needed = lacks(command, mine);
    if (needed.length === 0) {
      return session.value?.user.mustChangePassword === true ? t('banner.passwordChange') : null;
    }
    const own = (session.value?.user.grants ?? []).filter((grant) =>
      isWithin(site.value.sites, mine, grant.site),
    );
    const names = own.length === 0 ? [] : [...new Set(own.map((grant) => t(`role.${grant.role}`)))];
    return t('permission.role', {
      roles: needed.map((role) => t(`role.${role}`)).join('、'),
      own: names.length === 0 ? t('permission.roles.none') : names.join('、'),
    });
  }

  async function command<N extends CommandName>(
    name: N,
    payload: CommandPayload<N>,
  ): Promise<Outcome<CommandResult>> {
    const outcome = await api.command(name, payload);
    if (!outcome.ok && outcome.status === 401) leave(true);
    return outcome;
  }

  function start(): void {
    addEventListener('hashchange', () => {
      route.value = parseRoute(location.hash);
    });
    watch([() => stream.value.alarms, () => stream.value.unrecorded, cutOff, phase], () =>
      player.set(soundNow()),
    );
    watch(
      language,
      (value) => document.documentElement.setAttribute('lang', value === 'zh' ? 'zh-CN' : 'en'),
      {
        immediate: true,
      },
    );
    setInterval(tick, 1_000);
    void ask();
  }

  return {
    language,
    t,
    phase,
    session,
    wasEnded,
    stream,
    link,
    now,
    localNow,
    clockOffset,
    isClockOff: computed(() => Math.abs(clockOffset.value) > clockOffMs),
    isCutOff: cutOff,
    route,
    names,
    points,
    isSoundOn,
    announcement,
    paintedAt,
    acknowledging,
    selected,
    go: (screen, id, query) => {
      location.hash = formatRoute(screen, id, query);
    },
    setQuery: (query) => {
      const { screen, id, query: before } = route.value;
      history.replaceState(null, '', formatRoute(screen, id, { ...before, ...query }));
      route.value = parseRoute(location.hash);
    },
    setLanguage: (value) => {
      language.value = value;
      keepLanguage(value);
    },
    valueOf: (pointId) => {
      const found = points.value.get(pointId);
      if (found === undefined) return null;
      const reading = stream.value.values.get(found.slot);
      return { point: found.point, view: viewValue(found.point, reading, now.value) };
    },
    lacks,
    whyNot,
    command,
    askAcknowledge: () => {
      const chosen = selected.value === null ? undefined : stream.value.alarms.get(selected.value);
      const owed = chosen !== undefined && oldestOwed([chosen]) !== null ? chosen : null;
      acknowledging.value = (owed ?? oldestOwed(stream.value.alarms.values()))?.id ?? null;
    },
    logIn: async (user, password) => {
      const outcome = await api.logIn(user, password);
      if (outcome.ok) enter(outcome.value);
      return outcome;
    },
    changePassword: async (current, next) => {
      const outcome = await api.changePassword(current, next);
      if (outcome.ok) session.value = outcome.value;
      return outcome;
    },
    logOut: async () => {
      await api.logOut();
      leave(false);
    },
    turnSoundOn: async () => {
      isSoundOn.value = await player.turnOn();
    },
    testSound: async () => {
      isSoundOn.value = await player.turnOn();
      player.test();
    },
    reconnectNow: () => client?.reconnectNow(),
    start,
  };
}

function readLanguage(): Language {
  try {
    return localStorage.getItem(languageKey) === 'en' ? 'en' : 'zh';
  } catch {
    return 'zh';
  }
}

function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(languageKey, language);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
