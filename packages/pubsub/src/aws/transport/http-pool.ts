import { afterPoll } from "./after-poll.ts";
import { createAwakeClock } from "./awake-clock.ts";
import { createConnectionOpener } from "./connection-opener.ts";
import { createConnectionReuse, REST_MS } from "./connection-reuse.ts";
import { type Exchanged, type ExchangeFailure, exchangeFailure } from "./exchange.ts";
import {
  type HttpBody,
  type HttpConnection,
  type HttpOrigin,
  openHttpConnection,
} from "./http-connection.ts";
import { isIdleTooLong } from "./idle-limit.ts";

/** Keep-alive connections to one origin, as many as are needed at once. */
export interface HttpPool {
  /** Sends a request at most once, and calls `done` once. */
  exchange(head: string, body: HttpBody, done: (exchanged: Exchanged) => void, patience?: Patience): void;
}

/** How long a caller can wait, counted from its call, where that is less than the limits of the pool. */
export interface Patience {
  /** The request is not sent after this. */
  sendWithinMs?: number;
  /** The pool does not wait for a response after this. */
  giveUpAfterMs?: number;
}

export interface HttpPoolOptions {
  /** How long a response may take, from the write of its request. Default: what API Gateway may take. */
  maxAnswerMs?: number;
  maxAnswerBytes?: number;
}

/**
 * Our own limit: how long a request waits for a connection. Nothing was sent, so another try cannot repeat anything.
 */
const WAIT_MS_MAX = 10_000;
/**
 * API Gateway gives up after 29 s and then returns 504. So after this time no response arrives any more: it was lost,
 * or the request was. docs/decisions/0011 says what another try means then.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 */
const RESPONSE_MS_MAX = 30_000;
const WATCH_MS = 250;

/** A request that waits for a connection, or for its response. */
interface Request {
  head: string;
  body: HttpBody;
  done(exchanged: Exchanged): void;
  /** Since when it waits, by the clock that stops while the process is frozen. */
  sinceMs: number;
  /** By a clock that never stops, like its caller's patience. */
  calledAtMs: number;
  sendWithinMs: number;
  giveUpAfterMs: number;
}

export function createHttpPool(
  origin: HttpOrigin,
  { maxAnswerMs = RESPONSE_MS_MAX, maxAnswerBytes }: HttpPoolOptions = {},
): HttpPool {
  const connecting = { tlsSession: {}, maxAnswerBytes };
  const clock = createAwakeClock(WATCH_MS, look);
  const reuse = createConnectionReuse();
  const opener = createConnectionOpener(
    (events) => openHttpConnection(origin, connecting, events),
    clock.nowMs,
    { onReady, onEnd, onRefused },
  );
  const busy = new Map<HttpConnection, Request>();
  const free: HttpConnection[] = [];
  /** The connections that had a response since this turn of the event loop began. */
  let answered: HttpConnection[] = [];
  let resting = 0;
  let waiting: Request[] = [];

  /** Gives the free connections to the requests that wait, in their order. */
  function serve(): void {
    while (waiting.length > 0) {
      const connection = takeFree();
      if (!connection) break;
      const request = waiting.shift() as Request;
      if (agoMs(request.calledAtMs) <= request.sendWithinMs) {
        begin(connection, request);
        continue;
      }
      free.push(connection);
      failUnsent(request);
    }
    while (opener.mayOpen(waiting.length, resting)) opener.open();
    // The clock also keeps the process alive while requests are under way
    if (waiting.length + busy.size + opener.opening() > 0) clock.start();
    else clock.stop();
  }

  function takeFree(): HttpConnection | undefined {
    const known = free.pop();
    if (!known || !isIdleTooLong(known.lastUsedMs)) return known;
    // The others have been idle for even longer
    for (const old of [known, ...free.splice(0)]) old.destroy(exchangeFailure("broken-connection", "idle"));
    return undefined;
  }

  function onReady(connection: HttpConnection): void {
    free.push(connection);
    serve();
  }

  function onEnd(connection: HttpConnection): void {
    const at = free.indexOf(connection);
    if (at >= 0) free.splice(at, 1);
    if (!busy.has(connection)) reuse.ended(connection);
    serve();
  }

  /**
   * While other connections work, requests wait for them. Without any, all waiting requests fail for the same reason.
   */
  function onRefused(failure: ExchangeFailure, isLast: boolean): void {
    if (isLast) for (const { done } of waiting.splice(0)) done(failure);
    serve();
  }

  function begin(connection: HttpConnection, request: Request): void {
    request.sinceMs = clock.nowMs();
    busy.set(connection, request);
    connection.exchange(request.head, request.body, (exchanged) => {
      busy.delete(connection);
      if (!("problem" in exchanged)) opener.proved(connection);
      if (connection.usable()) rest(connection);
      else serve();
      request.done(exchanged);
    });
  }

  /** A connection is given out again only after the loop had a turn to see its end. */
  function rest(connection: HttpConnection): void {
    const restMs = reuse.answered(connection);
    if (restMs > 0) {
      // Requests wait for those that rest for a moment; for others, new connections are opened
      const isAwaited = restMs <= REST_MS;
      if (isAwaited) resting += 1;
      setTimeout(() => afterPoll(() => release([connection], isAwaited ? 1 : 0)), restMs).unref();
      return;
    }
    resting += 1;
    if (answered.push(connection) === 1) setImmediate(endTurn);
  }

  function endTurn(): void {
    const rested = answered;
    answered = [];
    setImmediate(() => release(rested, rested.length));
  }

  function release(rested: HttpConnection[], awaited: number): void {
    resting -= awaited;
    free.push(...rested.filter((connection) => connection.usable()));
    serve();
  }

  function look(): void {
    serve();
    if (overdue().length > 0) afterPoll(endOverdue);
  }

  function endOverdue(): void {
    for (const giveUp of overdue()) giveUp();
  }

  /** For each connection or request that has taken too long, the call that ends it. */
  function overdue(): (() => void)[] {
    const nowMs = clock.nowMs();
    const isLate = ({ sinceMs, calledAtMs }: Request, maxMs: number, patienceMs: number): boolean =>
      nowMs - sinceMs > maxMs || agoMs(calledAtMs) > patienceMs;
    const overdueBusy = [...busy].filter(([, request]) =>
      isLate(request, maxAnswerMs, request.giveUpAfterMs),
    );
    const unserved = waiting.filter((request) => isLate(request, WAIT_MS_MAX, request.sendWithinMs));
    return [
      ...opener.overdue(),
      ...overdueBusy.map(([connection, request]) => () => {
        const ms = Math.min(maxAnswerMs, request.giveUpAfterMs);
        connection.destroy(exchangeFailure("no-answer", `no response within ${Math.round(ms)} ms`));
      }),
      ...unserved.map((request) => () => giveUpWaiting(request)),
    ];
  }

  function giveUpWaiting(request: Request): void {
    // It can have been served, or have failed, by what was read since
    if (!waiting.includes(request)) return;
    waiting = waiting.filter((other) => other !== request);
    failUnsent(request);
  }

  function failUnsent({ sendWithinMs, done }: Request): void {
    const ms = Math.max(0, Math.round(Math.min(WAIT_MS_MAX, sendWithinMs)));
    const problem = opener.lastProblem();
    const cause = problem && ` (${problem})`;
    done(exchangeFailure("no-connection", `no connection within ${ms} ms${cause}`));
  }

  return {
    exchange(
      head,
      body,
      done,
      { giveUpAfterMs = Number.POSITIVE_INFINITY, sendWithinMs = giveUpAfterMs } = {},
    ) {
      const times = { sinceMs: clock.nowMs(), calledAtMs: performance.now() };
      waiting.push({ head, body, done, ...times, sendWithinMs, giveUpAfterMs });
      serve();
    },
  };
}

const agoMs = (sinceMs: number): number => performance.now() - sinceMs;
