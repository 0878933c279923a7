import type { ServerFrame } from "lambda-websocket-pubsub/protocol";
import { type Alarm, type ClientClock, createAlarm } from "./clock.ts";
import { decodeFrame } from "./decode-frame.ts";
import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isString } from "./is.ts";
import type { Position } from "./types.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** One WebSocket, and the requests that wait for their responses on it. */
export interface Link {
  /**
   * Calls `onAnswer` with the response, and with an error if the response is one; the error is reported as well. Calls
   * it with nothing if the response was lost on a connection that is alive. Never calls it after the link has ended.
   */
  request(request: Request, onAnswer: OnAnswer, timeoutMs?: number): void;
  /** Ends the link without calling `onEnd`. */
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

/** How the ERROR codes begin after which the server would reject the same request again. */
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
  /** Called once, when the connection is lost or no longer responds. No other call follows. */
  onEnd(link: Link, code: number): void;
}

/** Opens a WebSocket. Throws what its constructor throws. */
export function openLink(url: string, settings: LinkSettings, hooks: LinkHooks): Link {
  const { clock, guard, answerTimeoutMs } = settings;
  const socket = new settings.webSocket(url, settings.protocols as string[]);
  const pending = new Map<string, { alarm: Alarm; topicId: string | undefined; onAnswer: OnAnswer }>();
  const link: Link = { request, close };
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

  function request(frame: Request, onAnswer: OnAnswer, timeoutMs = answerTimeoutMs): void {
    if (ended) return;
    const requestId = String(++requests);
    const receivedBefore = framesReceived;
    const alarm = createAlarm(clock);
    alarm.set(timeoutMs, () => {
      pending.delete(requestId);
      // Nothing came: the connection is half-open, as after a laptop's sleep. Otherwise only one frame was lost
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
      const error = frame.type === "ERROR" ? toError(frame, waiting?.topicId) : undefined;
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
   * Closes the socket in every state, also after its own close event. Implementations that reconnect by themselves,
   * such as partysocket, would otherwise open a connection that the client does not know.
   */
  function abandon(reason: string): boolean {
    if (ended) return false;
    ended = true;
    for (const { alarm } of pending.values()) alarm.clear();
    closeSocket(reason);
    return true;
  }

  function closeSocket(reason?: string): void {
    // An error here must not prevent the client from reconnecting
    guard.call("webSocket.close", () => socket.close(1000, reason), undefined);
  }

  return link;
}

function toError({ code, message }: ErrorFrame, topicId: string | undefined): PubsubClientError {
  const kind = REFUSALS.test(code) ? "REFUSED" : "SERVER_ERROR";
  return new PubsubClientError(kind, `${code}: ${message}`, { context: { code, topicId } });
}
