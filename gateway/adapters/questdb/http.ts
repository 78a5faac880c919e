// QuestDB over HTTP: one keep-alive connection for rows and one for questions, a deadline for each try. It says what an
// answer means; what to do about it is its caller's business. After a disk of the server was full nothing may be sent
// until there is room: a repeated write has been seen to crash version 9.3.4 (DiskFull is an answer of its own).

import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';

export interface QuestdbAddress {
  /** http://host:port, with user and password in it when the server wants them. */
  readonly url: string;
}

export type WriteAnswer =
  | { readonly kind: 'taken' }
  /** Nothing of the request is stored; this row (from 1) is why. */
  | { readonly kind: 'row'; readonly line: number; readonly message: string }
  | { readonly kind: 'diskFull'; readonly message: string }
  /** A table or a column is not there. */
  | { readonly kind: 'schema'; readonly message: string }
  /** Anything else that it said; it may be said again. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string };

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The server is away, slow, or did not understand. `retryable`: the same again may succeed. */
export class QuestdbFailure extends Error {
  override readonly name = 'DependencyFailure';
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.retryable = retryable;
  }
}

const writeMs = 15_000;
const answerBytesMax = 256 * 1024 * 1024;

export class QuestdbHttp {
  private readonly url: URL;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 2 });
  private readonly authorization: string | null;

  constructor({ url }: QuestdbAddress) {
    this.url = new URL(url);
    const { username, password } = this.url;
    this.authorization =
      username === ''
        ? null
        : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  }

  close(): void {
    this.agent.destroy();
  }

  /** Rows of one table. Rejects with QuestdbFailure when no answer comes: the rows may be stored or not. */
  async write(body: Uint8Array): Promise<WriteAnswer> {
    const { status, text } = await this.send('POST', '/write', body, writeMs);
    if (status === 204 || status === 200) return { kind: 'taken' };
    const { message, line } = errorOf(text);
    if (/errno: ?28\b|No space left/i.test(message)) return { kind: 'diskFull', message };
    if (/creating new (tables|columns) is disabled|table does not exist/i.test(message)) {
      return { kind: 'schema', message };
    }
    if (status === 400 && line !== null) return { kind: 'row', line, message };
    return { kind: 'refused', status, message };
  }

  /** Rejects with QuestdbFailure; what the server did not understand is not retryable. */
  async ask(sql: string, withinMs = 30_000): Promise<Answer> {
    const { status, text } = await this.send('GET', `/exec?query=${encodeURIComponent(sql)}`, null, withinMs);
    if (status !== 200) throw new QuestdbFailure(`${status}: ${errorOf(text).message}`, status >= 500);
    // An answer of a server that the operator has named; its shape is that of /exec.
    const parsed = JSON.parse(text) as {
      columns?: readonly { name: string }[];
      dataset?: readonly unknown[][];
    };
    return { columns: (parsed.columns ?? []).map(({ name }) => name), rows: parsed.dataset ?? [] };
  }

  private send(
    method: string,
    path: string,
    body: Uint8Array | null,
    withinMs: number,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new QuestdbFailure(error.message, true, error));
      const request = httpRequest(
        {
          hostname: this.url.hostname,
          port: this.url.port === '' ? 9000 : this.url.port,
          path,
          method,
          agent: this.agent,
          signal: AbortSignal.timeout(withinMs),
          headers: {
            ...(body === null ? {} : { 'content-length': body.length }),
            ...(this.authorization === null ? {} : { authorization: this.authorization }),
          },
        },
        (answer) => {
          readAll(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), fail);
        },
      );
      request.once('error', fail);
      if (body === null) request.end();
      else request.end(body);
    });
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > answerBytesMax) throw new Error(`the answer is longer than ${answerBytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function errorOf(text: string): { message: string; line: number | null } {
  try {
    const { message, error, line } = JSON.parse(text) as Record<string, unknown>;
    const said = typeof message === 'string' ? message : typeof error === 'string' ? error : text;
    return { message: said.slice(0, 400), line: typeof line === 'number' && line > 0 ? line : null };
  } catch {
    return { message: text.slice(0, 400), line: null };
  }
}

/** A text in SQL: there are no bind variables over HTTP. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A moment in SQL, ms. */
export function moment(timeMs: number): string {
  return `cast(${Math.round(timeMs * 1000)} AS TIMESTAMP)`;
}
