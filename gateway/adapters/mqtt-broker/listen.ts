// Makes, opens and closes the broker's port, with TLS or without; a port that cannot be opened is said in one sentence of both languages.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const readBufferBytes = 256 * 1024;

export interface ServerParts {
  /** PEM texts; absent: without TLS. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly handshakeTimeoutMs: number;
  readonly accept: (socket: Socket) => void;
  readonly refusedTls: (message: string) => void;
}

export function createBrokerServer({ tls, handshakeTimeoutMs, accept, refusedTls }: ServerParts): Server {
  const tcp = { highWaterMark: readBufferBytes, noDelay: true, keepAlive: true };
  if (tls === undefined) return createServer(tcp, accept);
  const handshakeTimeout = handshakeTimeoutMs;
  const server = createTlsServer({ ...tcp, ...tls, minVersion: 'TLSv1.2', handshakeTimeout }, accept);
  server.on('tlsClientError', (error) => {
    refusedTls(error.message.slice(0, 128));
  });
  return server;
}

/** The port could not be opened: said in one sentence, nothing to retry before a person acts. */
export class ListenFailure extends Error {
  override readonly name = 'DependencyFailure';
  readonly code: string;
  readonly retryable = false;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      reject(new ListenFailure(error.code ?? 'UNKNOWN', listenProblem(error, host, port), error));
    };
    server.once('error', fail);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `MQTT port ${host}:${port} is in use by another program; set FENGSUI_MQTT_PORT. MQTT 端口 ${host}:${port} 已被占用，请改 FENGSUI_MQTT_PORT。`;
  }
  if (error.code === 'EACCES') {
    return `MQTT port ${host}:${port} may not be opened by this user. 无权使用 MQTT 端口 ${host}:${port}。`;
  }
  return `MQTT port ${host}:${port} cannot be opened (${error.message}). 无法打开 MQTT 端口 ${host}:${port}。`;
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Waits, but not for somebody who is gone. */
export function closedOrAfter(socket: Socket, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
