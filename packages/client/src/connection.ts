import { fullJitterMs } from "./backoff.ts";
import { aWebSocketUrl, checkArgument } from "./check.ts";
import { createAlarm } from "./clock.ts";
import { PubsubClientError } from "./errors.ts";
import { CONNECT_TIMEOUT_MS, CONNECTION_AGE_JITTER, OVERLAP_MS, YOUNG_ATTEMPT_MS } from "./limits.ts";
import { DISCONNECTED, type Link, type LinkHooks, openLink, SILENT } from "./link.ts";
import { type ResolvedOptions, resolveWebSocket } from "./options.ts";
import type { ClientState } from "./types.ts";
import { isFatalCloseCode } from "./web-socket.ts";

/** Keeps one link open: connects, reconnects, and moves to a new link before the server closes the old one. */
export interface Connection {
  readonly state: ClientState;
  /** Whether it has a link, or tries to open one. */
  readonly isActive: boolean;
  readonly link: Link | undefined;
  /**
   * Connects now, and starts the delays from the shortest again. An attempt that has no answer for a while gives way to a
   * new one.
   */
  connect(): void;
  /** The same, but an attempt gives way whatever its age. An open link stays until the new one took over. */
  renew(): void;
  /** The current link has all subscriptions of the older links, so these may close. */
  tookOver(): void;
  /** Closes all links and clears all timers. `connect` starts again. */
  stop(state: "idle" | "closed"): void;
}

interface Attempt {
  startedAtMs: number;
  link?: Link;
}

export interface ConnectionHooks {
  onState(state: ClientState): void;
  onUp(link: Link): void;
  onDown(link: Link): void;
  onEvents: LinkHooks["onEvents"];
  /** The server would reject every further attempt. MUST call `stop`. */
  onRefused(error: PubsubClientError): void;
}

export function createConnection(options: ResolvedOptions, hooks: ConnectionHooks): Connection {
  const { clock, random, backoff, guard } = options;
  /** The next attempt, the timeout of the current attempt, or the rotation. Only one of them is ever due. */
  const next = createAlarm(clock);
  const overlap = createAlarm(clock);
  let state: ClientState = "idle";
  let attempt: Attempt | undefined;
  let link: Link | undefined;
  /** The previous links. They stay open so that no event is lost while the current link takes over. */
  const older = new Set<Link>();
  let openedAtMs = 0;
  let tries = 0;

  function hurry(youngMs = YOUNG_ATTEMPT_MS): void {
    tries = 0;
    if (attempt && clock.now() - attempt.startedAtMs >= youngMs) giveUp(attempt);
    connect();
  }

  function giveUp({ link: opening }: Attempt): void {
    attempt = undefined;
    opening?.close("unanswered");
  }

  function connect(): void {
    if (attempt) return;
    const mine: Attempt = { startedAtMs: clock.now() };
    attempt = mine;
    const failed = (why: string, cause?: unknown): void => {
      if (attempt !== mine) return;
      giveUp(mine);
      next.set(fullJitterMs(backoff, tries++, random), connect);
      guard.report(new PubsubClientError("CONNECT_FAILED", `could not connect: ${why}`, { cause }));
    };
    const open = (url: string): void => {
      if (attempt !== mine) return;
      try {
        mine.link = openLink(
          url,
          { ...options, webSocket: resolveWebSocket(options) },
          {
            onOpen: opened,
            onEvents: hooks.onEvents,
            onEnd(ended, code, putOut) {
              if (attempt === mine && !isFatalCloseCode(code)) failed(`closed with ${code}`);
              else lost(ended, code, putOut);
            },
          },
        );
      } catch (error) {
        // Its message may contain the URL, and so a token
        failed((error as Error).name);
      }
    };
    next.set(CONNECT_TIMEOUT_MS, () => failed("no response"));
    if (!isActive()) changeState("connecting");
    // A listener may have closed the client
    if (attempt !== mine) return;
    const { getUrl, url } = options;
    if (!getUrl) open(url);
    else {
      Promise.resolve()
        .then(getUrl)
        .then((fresh) => {
          checkArgument("getUrl()", fresh, aWebSocketUrl);
          open(fresh);
        })
        .catch((cause: unknown) => failed("getUrl failed", cause));
    }
  }

  function opened(opening: Link): void {
    attempt = undefined;
    overlap.clear();
    if (link) older.add(link);
    link = opening;
    openedAtMs = clock.now();
    next.set(options.maxConnectionAgeMs * (1 - random() * CONNECTION_AGE_JITTER), () => hurry());
    changeState("open");
    if (link === opening) hooks.onUp(opening);
  }

  function lost(ended: Link, code: number, putOut?: string): void {
    if (putOut !== undefined || (isFatalCloseCode(code) && !older.has(ended))) {
      const [why, context] =
        putOut === undefined
          ? [`closed with ${code}`, { closeCode: code }]
          : [`${DISCONNECTED}: ${putOut}`, { code: DISCONNECTED }];
      const error = new PubsubClientError("CONNECTION_REFUSED", why, { context });
      hooks.onRefused(error);
      guard.report(error);
      return;
    }
    overlap.clear();
    if (!older.delete(ended)) {
      link = undefined;
      // Silence after a long time is no success: the server is perhaps too slow for everybody
      if (code !== SILENT && clock.now() - openedAtMs >= backoff.stableMs) tries = 0;
      if (!attempt) next.set(fullJitterMs(backoff, tries++, random), connect);
      changeState("reconnecting");
    }
    hooks.onDown(ended);
  }

  function drop(): void {
    for (const dropped of older) {
      older.delete(dropped);
      dropped.close("rotated");
      hooks.onDown(dropped);
    }
  }

  const isActive = (): boolean => state !== "idle" && state !== "closed";

  function changeState(next: ClientState): void {
    if (state === next) return;
    state = next;
    hooks.onState(next);
  }

  function stop(stopped: "idle" | "closed"): void {
    next.clear();
    overlap.clear();
    const open = [attempt?.link, link, ...older];
    attempt = link = undefined;
    older.clear();
    tries = 0;
    for (const closing of open) closing?.close(stopped);
    changeState(stopped);
  }

  return {
    get state() {
      return state;
    },
    get isActive() {
      return isActive();
    },
    get link() {
      return link;
    },
    connect: hurry,
    renew: () => hurry(0),
    tookOver() {
      if (older.size > 0 && !overlap.isSet) overlap.set(OVERLAP_MS, drop);
    },
    stop,
  };
}
