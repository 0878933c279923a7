import type { ServerFrame } from "lambda-websocket-pubsub/protocol";
import { type Alarm, type ClientClock, createAlarm } from "./clock.ts";
import { decodeFrame } from "./decode-frame.ts";
import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isString } from "./is.ts";
import type { Position } from "./types.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** One WebSocket, and the requests that wait for their answers on it. */
export interface Link {
  /**
   * Calls back with the answer, and with the error if it is one, which is reported as well; or with nothing if the
   * answer was lost on a connection that is alive otherwise. Never calls back once the link has ended.
   */
  request(request: Request, onAnswer: OnAnswer, timeoutMs?: number): void;
  /** Ends it, without a call to `onEnd`. */
  close(reason: string): void;
}

export type Request =
  | {
      action: "SUBSCRIBE";
      topicId: string;
      format: "event";
      since?: Position | undefined;
      token?: string | undefined;
    }
  | { action: "UNSUBSCRIBE"; topicId: string }
  | { action: "PING"; topicId?: undefined; positions: Record<string, Position> };

export type EventsFrame = Extract<ServerFrame, { type: "EVENTS" }>;
export type Answer = Exclude<ServerFrame, EventsFrame>;
type ErrorFrame = Extract<ServerFrame, { type: "ERROR" }>;
export type OnAnswer = (answer: Answer | undefined, error?: PubsubClientError) => void;

/** ERROR codes after which the same request would be refused again: how they begin. */
const REFUSALS = /^(FORBIDDEN|INVALID_|TOO_MANY_)/;

export interface LinkSettings {
  webSocket: WebSocketConstructor;
  protocols: string | readonly string[];
  answerTimeoutMs: number;
  clock: ClientClock;
  guard: Guard;
}

export interface LinkHooks {
  onOpen(link: Link): void;
  onEvents(frame: EventsFrame, chars: number): void;
  /** The connection is lost, or as good as: once, and nothing comes after it. */
  onEnd(link: Link, code: number): void;
}

/** Throws what the WebSocket's constructor throws. */
export function openLink(url: string, settings: LinkSettings, hooks: LinkHooks): Link {
  const { clock, guard, answerTimeoutMs } = settings;
  const socket = new settings.webSocket(url, settings.protocols as string[]);
  const pending = new Map<string, { alarm: Alarm; topicId: string | undefined; onAnswer: OnAnswer }>();
  const link: Link = { request, close };
  let requests = 0;
  let framesReceived = 0;
  let ended = false;

  socket.addEventListener("open", () => {
    // Some implementations forget a close() that comes while they connect
    if (ended) closeSocket();
    else hooks.onOpen(link);
  });
  socket.addEventListener("message", (event) => {
    if (!ended) receive((event as { data: unknown }).data);
  });
  socket.addEventListener("close", (event) => end((event as { code: number }).code));
  // Not all implementations have a close event follow it
  socket.addEventListener("error", () => end(1006));

  function request(frame: Request, onAnswer: OnAnswer, timeoutMs = answerTimeoutMs): void {
    if (ended) return;
    const requestId = String(++requests);
    const receivedBefore = framesReceived;
    const alarm = createAlarm(clock);
    alarm.set(timeoutMs, () => {
      pending.delete(requestId);
      // Silence: half-open, as after a laptop's sleep. Otherwise one frame was lost, which can happen
      if (framesReceived === receivedBefore) end(1006);
      else onAnswer(undefined);
    });
    pending.set(requestId, { alarm, onAnswer, topicId: frame.topicId });
    socket.send(JSON.stringify({ ...frame, requestId }));
  }

  function receive(text: unknown): void {
    framesReceived++;
    const frame = decodeFrame(text);
    if (isString(frame)) guard.report(new PubsubClientError("UNKNOWN_FRAME", `received ${frame}`));
    else if (frame.type === "EVENTS") hooks.onEvents(frame, (text as string).length);
    else {
      const { requestId = "" } = frame;
      const waiting = pending.get(requestId);
      pending.delete(requestId);
      waiting?.alarm.clear();
      const error = frame.type === "ERROR" ? errorOf(frame, waiting?.topicId) : undefined;
      waiting?.onAnswer(frame, error);
      if (error) guard.report(error);
    }
  }

  function end(code: number): void {
    if (abandon("unanswered")) hooks.onEnd(link, code);
  }

  function close(reason: string): void {
    abandon(reason);
  }

  /**
   * Closes the socket in whatever state it is, also after its own close event: implementations that reconnect by
   * themselves, such as partysocket, would otherwise open a connection that nothing here knows.
   */
  function abandon(reason: string): boolean {
    if (ended) return false;
    ended = true;
    for (const { alarm } of pending.values()) alarm.clear();
    closeSocket(reason);
    return true;
  }

  function closeSocket(reason?: string): void {
    // What it throws must not keep the client from connecting again
    guard.call("webSocket.close", () => socket.close(1000, reason), undefined);
  }

  return link;
}

function errorOf({ code, message }: ErrorFrame, topicId: string | undefined): PubsubClientError {
  const kind = REFUSALS.test(code) ? "REFUSED" : "SERVER_ERROR";
  return new PubsubClientError(kind, `${code}: ${message}`, { context: { code, topicId } });
}
