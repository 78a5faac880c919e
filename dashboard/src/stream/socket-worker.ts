// The socket's own thread: receives, decodes, batches, reconnects. A page that is busy painting neither slows the
// socket nor makes values pile up. It knows nothing of alarms; the page holds the state and says hello.

import type { StreamMessage } from '#gateway/protocol/stream.ts';
import { backoffMs, silentAfterMs, type FromWorker, type ToWorker } from './link.ts';
import { Mailbox } from './mailbox.ts';

/** Values repaint at most once a second. */
const valuesEveryMs = 1_000;

const mailbox = new Mailbox();
let url = '';
let socket: WebSocket | null = null;
let attempt = 0;
let lastHeard = 0;
let isPageReady = true;
let retry: ReturnType<typeof setTimeout> | undefined;

addEventListener('message', (event: MessageEvent<ToWorker>) => take(event.data));
setInterval(flushValues, valuesEveryMs);
setInterval(endSilentLink, 1_000);

function take(order: ToWorker): void {
  switch (order.kind) {
    case 'connect':
      url = order.url;
      attempt = 0;
      connect();
      break;
    case 'now':
      attempt = 0;
      connect();
      break;
    case 'send':
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(order.request));
      break;
    case 'ready':
      isPageReady = true;
      break;
    case 'stop':
      url = '';
      abandon();
      break;
  }
}

function connect(): void {
  if (url === '') return;
  clearTimeout(retry);
  abandon();
  const own = new WebSocket(url);
  let wasOpen = false;
  socket = own;
  lastHeard = Date.now();
  own.addEventListener('open', () => {
    wasOpen = true;
    lastHeard = Date.now();
    tell({ kind: 'open' });
  });
  own.addEventListener('message', (event: MessageEvent<unknown>) => {
    lastHeard = Date.now();
    attempt = 0;
    if (typeof event.data === 'string') receive(event.data);
  });
  own.addEventListener('close', () => {
    if (socket !== own) return;
    socket = null;
    retryLater(wasOpen);
  });
}

function receive(text: string): void {
  const urgent = mailbox.push(JSON.parse(text) as StreamMessage);
  if (urgent !== null) tell({ kind: 'message', message: urgent, dropped: mailbox.dropped });
}

function flushValues(): void {
  if (!isPageReady) return;
  const values = mailbox.takeValues();
  if (values === null) return;
  isPageReady = false;
  tell({ kind: 'message', message: values, dropped: mailbox.dropped });
}

function endSilentLink(): void {
  if (socket === null || Date.now() - lastHeard < silentAfterMs) return;
  const wasOpen = socket.readyState === WebSocket.OPEN;
  abandon();
  retryLater(wasOpen);
}

function retryLater(wasOpen: boolean): void {
  const waitMs = backoffMs(attempt, Math.random());
  attempt += 1;
  tell({ kind: 'closed', attempt, retryAt: Date.now() + waitMs, lastHeard, wasOpen });
  clearTimeout(retry);
  retry = setTimeout(connect, waitMs);
}

function abandon(): void {
  const old = socket;
  socket = null;
  clearTimeout(retry);
  old?.close();
}

function tell(message: FromWorker): void {
  postMessage(message);
}
