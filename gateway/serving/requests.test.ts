// The bounded request queue, the query desk and its client.

import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { QueryClient, QueryFailed } from './query/client.ts';
import { QueryDispatcher } from './query/dispatch.ts';
import type { QueryReply, QueryRequest } from './query/messages.ts';
import { PeerGone, PendingRequests, RequestTimedOut, TooManyRequests } from './requests.ts';
import { FakeQueries } from './testing/serving-kit.ts';
import { TestLog } from './testing/site.ts';

afterEach(() => vi.useRealTimers());

describe('pending requests', () => {
  it('are settled by number, refused above the bound, and fail when the other side is gone', async () => {
    const sent: number[] = [];
    const pending = new PendingRequests<string>(2, 1_000);
    const ask = (): Promise<string> => pending.ask((request) => sent.push(request));
    const first = ask();
    const second = ask();
    await expect(ask()).rejects.toBeInstanceOf(TooManyRequests);
    pending.settle(sent[1]!, 'two');
    await expect(second).resolves.toBe('two');
    pending.settle(99, 'nobody asked');
    pending.end(new PeerGone('gone'));
    await expect(first).rejects.toBeInstanceOf(PeerGone);
    await expect(ask()).rejects.toBeInstanceOf(PeerGone);
    expect(pending.size).toBe(0);
  });

  it('time out, and an answer that comes later is dropped', async () => {
    vi.useFakeTimers();
    const pending = new PendingRequests<string>(2, 1_000);
    let number = 0;
    const asked = pending.ask((request) => {
      number = request;
    });
    const outcome = asked.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await outcome).toBeInstanceOf(RequestTimedOut);
    pending.settle(number, 'late');
    expect(pending.size).toBe(0);
  });
});

describe('the query desk', () => {
  it('holds a request back until the record has its event, and others pass it', async () => {
    vi.useFakeTimers();
    const replies: QueryReply[] = [];
    const queries = new FakeQueries(new TestLog());
    const desk = new QueryDispatcher(
      { events: () => queries, history: () => queries },
      (reply) => replies.push(reply),
      () => Date.now(),
    );
    const request = (number: number, atLeast: number): QueryRequest => ({
      request: number,
      call: { name: 'projectedSeq', args: [] },
      atLeast,
      waitMs: 100,
    });
    desk.take(request(1, 5));
    desk.take(request(2, 7));
    desk.take(request(3, 0));
    expect(replies).toEqual([{ request: 3, result: 0 }]);
    queries.projected = 5;
    await vi.advanceTimersByTimeAsync(10);
    expect(replies[1]).toEqual({ request: 1, result: 5 });
    await vi.advanceTimersByTimeAsync(100);
    expect(replies[2]).toMatchObject({ request: 2, failed: 'NOT_RECORDED_YET' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says UNAVAILABLE until the database is there, and FAILED for what goes wrong in it', () => {
    const replies: QueryReply[] = [];
    const queries = new FakeQueries(new TestLog());
    queries.alarm = () => {
      throw new Error('malformed');
    };
    let isThere = false;
    const desk = new QueryDispatcher(
      {
        events: () => {
          if (!isThere) throw new Error('no such file');
          return queries;
        },
        history: () => queries,
      },
      (reply) => replies.push(reply),
      () => 0,
    );
    const request: QueryRequest = { request: 1, call: { name: 'alarm', args: ['a'] }, atLeast: 0, waitMs: 1 };
    desk.take(request);
    isThere = true;
    desk.take(request);
    expect(replies).toEqual([
      { request: 1, failed: 'UNAVAILABLE', detail: 'no such file' },
      { request: 1, failed: 'FAILED', detail: 'malformed' },
    ]);
  });

  it('lets others pass a history that takes its time, and names what goes wrong in it', async () => {
    const replies: QueryReply[] = [];
    const queries = new FakeQueries(new TestLog());
    let answer = (): void => {};
    queries.latest = () => new Promise((resolve) => (answer = () => resolve([null])));
    queries.rollup = () => Promise.reject(Object.assign(new Error('refused'), { name: 'StoreMissing' }));
    const desk = new QueryDispatcher(
      { events: () => queries, history: () => queries },
      (reply) => replies.push(reply),
      () => 0,
    );
    const ask = (request: number, call: QueryRequest['call']): void =>
      desk.take({ request, call, atLeast: 0, waitMs: 1 });
    ask(1, { name: 'latest', args: [['a']] });
    ask(2, { name: 'projectedSeq', args: [] });
    ask(3, { name: 'rollup', args: [{ points: [], from: 0, to: 1, step: '1m' }] });
    await vi.waitFor(() => expect(replies).toHaveLength(2));
    answer();
    await vi.waitFor(() => expect(replies).toHaveLength(3));
    expect(replies).toEqual([
      { request: 2, result: 0 },
      { request: 3, failed: 'UNAVAILABLE', detail: 'refused' },
      { request: 1, result: [null] },
    ]);
    await desk.close();
  });

  it('is reached through the client by message, answers and failures alike', async () => {
    const { port1, port2 } = new MessageChannel();
    const log = new TestLog();
    const raised = log.raise('east');
    const queries = new FakeQueries(log);
    queries.case = () => {
      throw new Error('malformed');
    };
    const desk = new QueryDispatcher(
      { events: () => queries, history: () => queries },
      (reply) => port2.postMessage(reply),
      () => performance.now(),
    );
    port2.on('message', (request: QueryRequest) => desk.take(request));
    const client = new QueryClient(port1);
    expect((await client.ask('alarm', [raised.alarm ?? '']))?.id).toBe(raised.alarm);
    await expect(client.ask('case', ['c'])).rejects.toBeInstanceOf(QueryFailed);
    port1.close();
  });
});
