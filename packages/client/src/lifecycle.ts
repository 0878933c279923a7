import { createAlarm } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { PubsubClientError } from "./errors.ts";
import { type ResolvedOptions, resolveWebSocket } from "./options.ts";
import { createClosedError } from "./subscriber.ts";
import type { ClientState } from "./types.ts";

/**
 * Decides when the client has a connection: from the first subscription or `connect()` on, until it has been without
 * either for the idle timeout. A client without a connection has no timers and no listeners.
 */
export interface Lifecycle {
  readonly state: ClientState;
  /** Why a new subscription ends at once, if it does. */
  readonly obstacle: PubsubClientError | undefined;
  /** MUST be called when a subscription has begun or ended. */
  changed(): void;
  connect(): void;
  reconnect(): void;
  close(): void;
  /** The server rejects this client. It stays closed until the caller wants another try. */
  refuse(error: PubsubClientError): void;
}

export interface LifecyclePort {
  /** Whether there is a subscription. */
  isUsed(): boolean;
  /** Called only while there is a connection or an attempt. */
  onWake(): void;
  /** Forgets the subscriptions, and returns a function that ends those. A listener may subscribe in between. */
  forget(): (error: PubsubClientError) => void;
}

export function createLifecycle(
  options: ResolvedOptions,
  connection: Connection,
  port: LifecyclePort,
): Lifecycle {
  const { clock, guard, environment, signal, idleTimeoutMs } = options;
  const idle = createAlarm(clock);
  /** Whether `connect()` asked for a connection without subscriptions. */
  let isKept = false;
  let refusal: PubsubClientError | undefined;
  let sleep: (() => void) | undefined;

  const isActive = (): boolean => connection.state !== "idle" && connection.state !== "closed";
  const isNeeded = (): boolean => isKept || port.isUsed();

  function changed(): void {
    if (isNeeded()) {
      idle.clear();
      // Later, because React's StrictMode subscribes, unsubscribes and subscribes again in one task
      if (!isActive()) queueMicrotask(start);
    } else if (isActive()) idle.set(idleTimeoutMs, () => stop("idle"));
  }

  function start(): void {
    if (!isNeeded() || isActive() || refusal) return;
    if (signal?.aborted) close();
    else {
      signal?.addEventListener("abort", close);
      guard.call("environment.onWake", listen, undefined);
      connection.connect();
    }
  }

  function listen(): void {
    sleep = environment.onWake(() => {
      if (isActive()) port.onWake();
    });
  }

  function stop(state: "idle" | "closed", error = createClosedError()): void {
    const end = port.forget();
    idle.clear();
    signal?.removeEventListener("abort", close);
    if (sleep) guard.call("environment.onWake", sleep, undefined);
    sleep = undefined;
    connection.stop(state);
    end(error);
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
    changed,
    connect() {
      resolveWebSocket(options);
      isKept = true;
      refusal = undefined;
      idle.clear();
      if (!isActive()) start();
      else if (!connection.link) connection.connect();
    },
    reconnect() {
      resolveWebSocket(options);
      refusal = undefined;
      if (isActive()) connection.renew();
      else start();
    },
    close,
    refuse(error) {
      refusal = error;
      stop("closed", error);
    },
  };
}
