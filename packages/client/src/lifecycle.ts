import { createAlarm } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { PubsubClientError } from "./errors.ts";
import type { Extension } from "./extension.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { type ResolvedOptions, resolveWebSocket } from "./options.ts";
import { createClosedError } from "./subscriber.ts";
import type { Topic } from "./topic-port.ts";
import type { ClientState } from "./types.ts";

/**
 * Decides when the client has a connection: from the first subscription or `connect()` on, until it has been without
 * either for the idle timeout. A client without a connection has no timers and no listeners.
 */
export interface Lifecycle {
  readonly state: ClientState;
  /** Why a new subscription ends at once, if it does. */
  readonly obstacle: PubsubClientError | undefined;
  /** MUST be called with 1 when a subscription or a publication has begun, and with -1 when it has ended. */
  count(by: 1 | -1): void;
  connect(): void;
  reconnect(): void;
  close(): void;
  /** The server rejects this client. It stays closed until the caller wants another try. */
  refuse(error: PubsubClientError): void;
}

export function createLifecycle(
  options: ResolvedOptions & Partial<Pick<Extension, "take">>,
  connection: Connection,
  heartbeat: Heartbeat,
  topics: Map<string, Topic>,
): Lifecycle {
  const { guard, environment, signal, idleTimeoutMs } = options;
  const idle = createAlarm(options.clock);
  let subscriptions = 0;
  /** Whether `connect()` asked for a connection without subscriptions. */
  let isKept = false;
  let refusal: PubsubClientError | undefined;
  let sleep: (() => void) | undefined;

  function start(): void {
    if ((!subscriptions && !isKept) || connection.isActive || refusal) return;
    if (signal?.aborted) close();
    else {
      signal?.addEventListener("abort", close);
      guard.call("environment.onWake", listen);
      connection.connect();
    }
  }

  function listen(): void {
    sleep = environment.onWake(() => {
      if (connection.link) heartbeat.wake();
      else if (connection.isActive) connection.connect();
    });
  }

  function stop(state: "idle" | "closed", error = createClosedError()): void {
    // Forgotten first: a listener may subscribe when it learns of the state
    const ending = [...topics.values(), ...(options.take?.() ?? [])];
    topics.clear();
    heartbeat.stop();
    idle.clear();
    signal?.removeEventListener("abort", close);
    if (sleep) guard.call("environment.onWake", sleep);
    sleep = undefined;
    connection.stop(state);
    for (const topic of ending) topic.end(error);
  }

  function close(): void {
    isKept = false;
    refusal = undefined;
    stop("closed");
  }

  return {
    get state() {
      return signal?.aborted ? "closed" : connection.state;
    },
    get obstacle() {
      return signal?.aborted ? createClosedError() : refusal;
    },
    count(by) {
      subscriptions += by;
      idle.clear();
      // Later, because React's StrictMode subscribes, unsubscribes and subscribes again in one task
      if (!connection.isActive) queueMicrotask(start);
      else if (!subscriptions && !isKept) idle.set(idleTimeoutMs, () => stop("idle"));
    },
    connect() {
      resolveWebSocket(options);
      isKept = true;
      refusal = undefined;
      idle.clear();
      if (!connection.isActive) start();
      else if (!connection.link) connection.connect();
    },
    reconnect() {
      resolveWebSocket(options);
      refusal = undefined;
      if (connection.isActive) connection.renew();
      else start();
    },
    close,
    refuse(error) {
      refusal = error;
      stop("closed", error);
    },
  };
}
