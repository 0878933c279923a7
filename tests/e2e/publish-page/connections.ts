import type { LocalFaults, PostSubject } from "lambda-websocket-pubsub-local";

/** What the gateway saw of the pages: their connections, and what was posted to them. */
export interface WatchedConnections {
  readonly cuts: number;
  /** Publication ids that were confirmed as new, with the connection to which that was posted: `CONNECTION ID`. */
  confirmed: Set<string>;
  /** Events that the fan-out posted: `CONNECTION ID`, once for each post. */
  posted: string[];
}

/** Called before the confirmation of a new publication is posted to a page. `cut` closes the connection that a page has now. */
export type OnConfirm = (name: string, cut: (name: string) => void) => void;

const CODES = [1001, 1006, 1011];

interface Frame {
  type: string;
  topicId?: string;
  publicationId?: string;
  duplicate?: boolean;
  events?: { publicationId: string }[];
}

/**
 * Watches what is posted of a topic to pages, which name themselves in the URL, as `?name=NAME`. A cut in `onConfirm` loses
 * the confirmation, if it is the connection of that page.
 */
export function watchConnections(
  faults: LocalFaults,
  topicId: string,
  random: () => number,
  onConfirm: OnConfirm,
): WatchedConnections {
  /** By page: the connection that it opened last. */
  const current = new Map<string, string>();
  const names = new Map<string, string>();
  let cuts = 0;
  function cut(name: string): void {
    const connectionId = current.get(name);
    if (connectionId === undefined) return;
    current.delete(name);
    cuts++;
    faults.cut(connectionId, CODES[Math.floor(random() * CODES.length)]);
  }
  const watched: WatchedConnections = {
    get cuts() {
      return cuts;
    },
    confirmed: new Set(),
    posted: [],
  };

  function onPost({ connectionId, body, caller }: PostSubject): void {
    const frame = JSON.parse(body.toString()) as Frame;
    // Redeliveries of another test may still be under way
    if (frame.topicId !== topicId) return;
    if (frame.type === "PUBLISHED" && frame.duplicate === false) {
      watched.confirmed.add(`${connectionId} ${frame.publicationId}`);
      onConfirm(names.get(connectionId) ?? "", cut);
    }
    // Replays to clients that missed something come from the function for messages
    if (!caller.startsWith("fanout/")) return;
    for (const { publicationId } of frame.events ?? [])
      watched.posted.push(`${connectionId} ${publicationId}`);
  }

  // Rules that look and never hit
  faults.connect({
    delayMs: 1,
    match({ connectionId, url }) {
      const name = new URL(url, "ws://localhost").searchParams.get("name") ?? "";
      current.set(name, connectionId);
      names.set(connectionId, name);
      return false;
    },
  });
  faults.post({
    delayMs: 1,
    match(post) {
      onPost(post);
      return false;
    },
  });
  return watched;
}
