// What happens on the serving side, one call per application event: the log line and the metric in one. Tests pass
// their own `Log`. Levels by what the reader should do (STYLE §9); nothing here is the record of alarms or cases.

import { RepeatLimit, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface ServingEvents {
  servingStarted(url: string): void;
  servingStopped(): void;
  liveStateTaken(seq: number, alarms: number, cases: number): void;
  loginSucceeded(user: string, address: string): void;
  loginFailed(user: string, address: string): void;
  loginLimited(user: string, address: string): void;
  logoutDone(user: string): void;
  passwordChanged(user: string): void;
  originRefused(path: string, origin: string): void;
  requestRefused(code: string): void;
  requestFailed(path: string, detail: string): void;
  commandAccepted(name: string, user: string, commandId: string): void;
  commandRefused(name: string, user: string, code: string): void;
  commandTimedOut(name: string, user: string): void;
  evidenceStored(id: string, bytes: number, user: string): void;
  evidenceRefused(code: string): void;
  queryTimedOut(name: string): void;
  queryRefused(name: string): void;
  queryFailed(name: string, detail: string): void;
  clientConnected(user: string): void;
  clientDisconnected(user: string): void;
  clientResumed(missed: number): void;
  clientSnapshotSent(bytes: number): void;
  clientValuesSkipped(): void;
  clientPainted(): void;
  clientTooSlow(user: string, bufferedBytes: number): void;
  clientMessageRefused(user: string): void;
  readingsAnswered(outcome: (typeof readingsOutcomes)[number]): void;
  sourceTokenRefused(address: string): void;
  eventsTold(count: number, delayMs: number): void;
}

/** `unknown`: the core did not say in time. */
const readingsOutcomes = ['recorded', 'refused', 'pressed', 'abandoned', 'unknown'] as const;

const refusalCodesShown = [
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'LOGIN_FAILED',
  'TOKEN_UNKNOWN',
  'LOGIN_LIMITED',
  'ORIGIN_REFUSED',
  'RATE_LIMITED',
  'BODY_TOO_LARGE',
  'READINGS_TYPE_UNSUPPORTED',
  'INTAKE_PRESSED',
  'NOT_RECORDING',
  'NOT_FOUND',
  'STARTING',
  'BUSY',
  'INTERNAL',
] as const;

export function createServingEvents(log: Log, metrics: Metrics, now: () => number): ServingEvents {
  const repeats = new RepeatLimit();
  const logins = metrics.counterBy('fengsui_logins_total', 'logins by outcome', 'outcome', [
    'succeeded',
    'failed',
    'limited',
  ]);
  const refusals = metrics.counterBy(
    'fengsui_http_refusals_total',
    'requests refused by code',
    'code',
    refusalCodesShown,
  );
  const commands = metrics.counterBy('fengsui_http_commands_total', 'commands by outcome', 'outcome', [
    'accepted',
    'refused',
    'timedOut',
  ]);
  const readings = metrics.counterBy(
    'fengsui_http_readings_total',
    'messages with readings over HTTP by outcome',
    'outcome',
    readingsOutcomes,
  );
  const evidence = metrics.counterBy('fengsui_evidence_total', 'uploads of evidence by outcome', 'outcome', [
    'stored',
    'refused',
  ]);
  const queries = metrics.counterBy('fengsui_queries_failed_total', 'queries not answered', 'reason', [
    'timedOut',
    'full',
    'failed',
  ]);
  const stream = metrics.counterBy('fengsui_stream_total', 'happenings on the stream', 'what', [
    'connected',
    'disconnected',
    'resumed',
    'snapshot',
    'valuesSkipped',
    'painted',
    'tooSlow',
    'messageRefused',
  ]);
  const told = metrics.counter('fengsui_stream_events_told_total', 'events handed to the stream');
  const delay = metrics.histogram(
    'fengsui_stream_tell_delay_ms',
    'from durable to written to every socket',
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 1_000],
  );

  /** A warning that anybody outside can provoke: one line a minute for each key. */
  function warnRepeated(event: string, key: string, fields: Readonly<Record<string, string | number>>): void {
    const heldBack = repeats.pass(`${event} ${key}`, now());
    if (heldBack !== null) log.warn(event, heldBack === 0 ? fields : { ...fields, heldBack });
  }

  return {
    servingStarted: (url) => log.info('ServingStarted', { url }),
    servingStopped: () => log.info('ServingStopped'),
    liveStateTaken: (seq, alarms, cases) => log.info('LiveStateTaken', { seq, alarms, cases }),
    loginSucceeded: (user, address) => {
      logins('succeeded');
      log.info('LoginSucceeded', { user, address });
    },
    loginFailed: (user, address) => {
      logins('failed');
      warnRepeated('LoginFailed', address, { user, address });
    },
    loginLimited: (user, address) => {
      logins('limited');
      warnRepeated('LoginLimited', address, { user, address });
    },
    logoutDone: (user) => log.info('LogoutDone', { user }),
    passwordChanged: (user) => log.info('PasswordChanged', { user }),
    originRefused: (path, origin) => warnRepeated('OriginRefused', origin, { path, origin }),
    requestRefused: (code) => refusals(code),
    requestFailed: (path, detail) => log.error('RequestFailed', { path, detail }),
    commandAccepted: (name, user, commandId) => {
      commands('accepted');
      log.info('CommandAccepted', { name, user, commandId });
    },
    commandRefused: (name, user, code) => {
      commands('refused');
      log.info('CommandRefused', { name, user, code });
    },
    commandTimedOut: (name, user) => {
      commands('timedOut');
      log.error('CommandTimedOut', { name, user });
    },
    evidenceStored: (id, bytes, user) => {
      evidence('stored');
      log.info('EvidenceStored', { id, bytes, user });
    },
    evidenceRefused: (code) => {
      evidence('refused');
      warnRepeated('EvidenceRefused', code, { code });
    },
    queryTimedOut: (name) => {
      queries('timedOut');
      warnRepeated('QueryTimedOut', name, { name });
    },
    queryRefused: (name) => {
      queries('full');
      warnRepeated('QueryRefused', name, { name });
    },
    queryFailed: (name, detail) => {
      queries('failed');
      log.error('QueryFailed', { name, detail });
    },
    clientConnected: (user) => {
      stream('connected');
      log.info('ClientConnected', { user });
    },
    clientDisconnected: (user) => {
      stream('disconnected');
      log.info('ClientDisconnected', { user });
    },
    clientResumed: (missed) => {
      stream('resumed');
      log.debug('ClientResumed', { missed });
    },
    clientSnapshotSent: (bytes) => {
      stream('snapshot');
      log.debug('ClientSnapshotSent', { bytes });
    },
    clientValuesSkipped: () => stream('valuesSkipped'),
    clientPainted: () => stream('painted'),
    clientTooSlow: (user, bufferedBytes) => {
      stream('tooSlow');
      log.warn('ClientTooSlow', { user, bufferedBytes });
    },
    clientMessageRefused: (user) => {
      stream('messageRefused');
      warnRepeated('ClientMessageRefused', user, { user });
    },
    readingsAnswered: (outcome) => readings(outcome),
    sourceTokenRefused: (address) => warnRepeated('SourceTokenRefused', address, { address }),
    eventsTold: (count, delayMs) => {
      told(count);
      delay(delayMs);
    },
  };
}
