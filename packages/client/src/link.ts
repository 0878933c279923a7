import type { ServerFrame } from "lambda-websocket-pubsub/protocol";
import { type Alarm, type ClientClock, createAlarm } from "./clock.ts";
import { decodeFrame } from "./decode-frame.ts";
import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isString } from "./is.ts";
import { PROBE_TIMEOUT_MS, REPEAT_WITHIN_MS } from "./limits.ts";
import { createNonce } from "./nonce.ts";
import type { Request } from "./request.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** One WebSocket, and the requests that wait for their responses on it. */
export interface Link {
  /**
   * Calls `onAnswer` with the response, and with an error if the response is one. Calls it with nothing if the response is late or lost. Never calls it after the link has ended.
   */
  request(request: Request, onAnswer: OnAnswer): void;
  /**
   * Sends a PING without positions, for which the server does no work, unless one is under way. Ends the link if nothing
   * at all arrives in time. Calls `onAlive` when something arrives.
   */
  probe(timeoutMs: number, onAlive?: () => void): void;
  /** Ends the link without calling `onEnd`. Returns whether it had not ended before. */
  close(reason: string): boolean;
}

/** The code for `onEnd` if a connection that looked open sent nothing. No WebSocket closes with it. */
export const SILENT = 0;

export type EventsFrame = Extract<ServerFrame, { type: "EVENTS" }>;
export type Answer = Exclude<ServerFrame, EventsFrame>;
export type PublishedFrame = Extract<ServerFrame, { type: "PUBLISHED" }>;
type ErrorFrame = Extract<ServerFrame, { type: "ERROR" }>;
/** Returns true if it passes the error on to the caller. Otherwise the link reports it. */
export type OnAnswer = (answer: Answer | undefined, error?: PubsubClientError) => unknown;

interface Waiting {
  alarm: Alarm;
  topicId: string | undefined;
  onAnswer: OnAnswer;
  /** Sends the request again. Absent after it was used. */
  again: (() => void) | undefined;
}

/** The code of an ERROR frame after which the server closes this connection, and rejects every other one. */
export const DISCONNECTED = "DISCONNECTED";

/** How the ERROR codes begin after which the server would reject the same request again. */
const REFUSALS = /^(FORBIDDEN|INVALID_|TOO_MANY_)/;

export interface LinkSettings {
  webSocket: WebSocketConstructor;
  protocols: string | readonly string[];
  answerTimeoutMs: number;
  clock: ClientClock;
  random: () => number;
  guard: Guard;
}

export interface LinkHooks {
  onOpen(link: Link): void;
  onEvents(frame: EventsFrame, chars: number): void;
  /**
   * Called once, when the connection is lost or no longer responds. No other call follows. `putOut` is the reason that the
   * server gave if it disconnected this client for good.
   */
  onEnd(link: Link, code: number, putOut?: string): void;
}

/** Opens a WebSocket. Throws what its constructor throws. */
export function openLink(url: string, settings: LinkSettings, hooks: LinkHooks): Link {
  const { clock, guard, answerTimeoutMs, random } = settings;
  const socket = new settings.webSocket(url, settings.protocols as string[]);
  const nonce = createNonce(random);
  const pending = new Map<string, Waiting>();
  const probing = createAlarm(clock);
  let whenAlive: (() => void) | undefined;
  const link: Link = { request, probe, close };
  let requests = 0;
  let framesReceived = 0;
  let ended = false;

  socket.addEventListener("open", () => {
    // Some implementations ignore close() while they connect
    if (ended) closeSocket();
    else hooks.onOpen(link);
  });
  socket.addEventListener("message", (event) => {
    if (!ended) receive((event as { data: unknown }).data);
  });
  socket.addEventListener("close", (event) => end((event as { code: number }).code));
  // Some implementations send no close event after it
  socket.addEventListener("error", () => end(1006));

  function send(frame: object, requestId: string = String(++requests)): string {
    socket.send(JSON.stringify({ ...frame, requestId, nonce }));
    return requestId;
  }

  function request(frame: Request, onAnswer: OnAnswer): void {
    if (ended) return;
    const receivedBefore = framesReceived;
    const alarm = createAlarm(clock);
    const requestId = send(frame);
    const onLate = (): void => {
      pending.delete(requestId);
      // Nothing came since. The connection may be half-open, as after a laptop's sleep, or the server's work is slow
      if (framesReceived === receivedBefore) probe(Math.min(PROBE_TIMEOUT_MS, answerTimeoutMs));
      onAnswer(undefined);
    };
    const again = (): void => {
      send(frame, requestId);
      alarm.set(answerTimeoutMs, onLate);
    };
    pending.set(requestId, { alarm, again, onAnswer, topicId: frame.topicId });
    alarm.set(answerTimeoutMs, onLate);
  }

  function probe(timeoutMs: number, onAlive?: () => void): void {
    whenAlive = onAlive ?? whenAlive;
    if (ended || probing.isSet) return;
    probing.set(timeoutMs, () => end(SILENT));
    send({ action: "PING" });
  }

  /** Any frame proves that the connection is alive, also one that is not ours. */
  function alive(): void {
    framesReceived++;
    probing.clear();
    const onAlive = whenAlive;
    whenAlive = undefined;
    onAlive?.();
  }

  /**
   * API Gateway does not say which message failed. Those that are being answered get a moment. Its frame has no nonce, so
   * it can also be published data: all that it may cause is that a request is sent twice.
   */
  function gatewayFailed(message: string): void {
    const text = `API Gateway could not handle a message: ${message}`;
    guard.report(new PubsubClientError("SERVER_ERROR", text, { context: { code: "GATEWAY_ERROR" } }));
    for (const waiting of pending.values()) {
      if (waiting.again) waiting.alarm.set(REPEAT_WITHIN_MS * random(), waiting.again);
      waiting.again = undefined;
    }
  }

  function receive(text: unknown): void {
    alive();
    if (ended) return;
    const frame = decodeFrame(text, nonce);
    if (isString(frame)) guard.report(new PubsubClientError("UNKNOWN_FRAME", `received ${frame}`));
    else if (frame.type === "GATEWAY_ERROR") gatewayFailed(frame.message);
    else if (frame.type === "EVENTS") hooks.onEvents(frame, (text as string).length);
    else if (frame.type === "ERROR" && frame.code === DISCONNECTED && !frame.requestId) {
      // Its nonce shows that it is the server's: published data cannot put out a client
      end(1000, frame.message);
    } else {
      const { requestId = "" } = frame;
      const waiting = pending.get(requestId);
      pending.delete(requestId);
      waiting?.alarm.clear();
      const error = frame.type === "ERROR" ? toError(frame, waiting?.topicId) : undefined;
      if (waiting?.onAnswer(frame, error) !== true && error) guard.report(error);
    }
  }

  function end(code: number, putOut?: string): void {
    if (close("unanswered")) hooks.onEnd(link, code, putOut);
  }

  /**
   * Closes the socket in every state, also after its own close event. Implementations that reconnect by themselves,
   * such as partysocket, would otherwise open a connection that the client does not know.
   */
  function close(reason: string): boolean {
    if (ended) return false;
    ended = true;
    probing.clear();
    for (const { alarm } of pending.values()) alarm.clear();
    closeSocket(reason);
    return true;
  }

  function closeSocket(reason?: string): void {
    // An error here must not prevent the client from reconnecting
    guard.call("webSocket.close", () => socket.close(1000, reason));
  }

  return link;
}

function toError({ code, message }: ErrorFrame, topicId: string | undefined): PubsubClientError {
  const kind = REFUSALS.test(code) ? "REFUSED" : "SERVER_ERROR";
  return new PubsubClientError(kind, `${code}: ${message}`, { context: { code, topicId } });
}
