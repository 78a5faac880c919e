// The HTTP API of a running gateway as its administrator, with the password that the first start printed.

import { until } from '../support/wait.ts';
import type { HealthAnswer, HistoryAnswer, QuarantineAnswer } from '#gateway/protocol/api.ts';

/** `name` and its password on one line, as printed at the first start. */
export function printedPassword(output: string, name: string): string {
  const password = new RegExp(`^ {2}${name} +(\\S+)`, 'm').exec(output)?.[1];
  if (password === undefined) throw new Error(`no password of ${name} in:\n${output}`);
  return password;
}

/** The one-time password of `name`, once the gateway has printed it. */
export function firstPassword(gateway: { readonly output: string }, name: string): Promise<string> {
  return until(`the password of ${name} is printed`, () =>
    gateway.output.includes(`  ${name} `) ? printedPassword(gateway.output, name) : null,
  );
}

/** Status of a login. */
export async function tryLogin(url: string, user: string, password: string): Promise<Response> {
  return fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'fengsui', origin: url },
    body: JSON.stringify({ user, password }),
  });
}

export class ApiClient {
  private readonly url: string;
  private readonly cookie: string;

  private constructor(url: string, cookie: string) {
    this.url = url;
    this.cookie = cookie;
  }

  static async login(url: string, user: string, password: string): Promise<ApiClient> {
    const answer = await tryLogin(url, user, password);
    if (answer.status !== 200) throw new Error(`login of ${user} answered ${answer.status}`);
    return new ApiClient(url, (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '');
  }

  async get(path: string): Promise<unknown> {
    // 503: a database is being made in the first second of a start; a client asks again.
    const answer = await until(`${path} is ready`, async () => {
      const got = await fetch(`${this.url}/api/v1${path}`, { headers: { cookie: this.cookie } });
      return got.status !== 503 && got;
    });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  async health(): Promise<HealthAnswer['status']> {
    return ((await this.get('/health')) as HealthAnswer).status;
  }

  async quarantine(): Promise<QuarantineAnswer['samples']> {
    return ((await this.get('/quarantine')) as QuarantineAnswer).samples;
  }

  /** Samples of one point as [time, value, status], gaps left out. */
  async history(point: string, from: number, to: number): Promise<[number, number | null, number][]> {
    const path = `/history?points=${encodeURIComponent(point)}&from=${from}&to=${to}&maxSamples=20000`;
    const { series } = (await this.get(path)) as HistoryAnswer;
    const one = series[0];
    return (one?.t ?? []).map((t, i) => [t, one?.v[i] ?? null, one?.s[i] ?? 0]);
  }
}
