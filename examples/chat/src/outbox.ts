import { isPubsubClientError, type Position } from "lambda-websocket-pubsub-client";
import type { Publish } from "lambda-websocket-pubsub-client/react";
import type { ChatMessage } from "./message.ts";

/** A message of this page that is not in the room yet, as far as the page knows. */
export interface Outgoing extends ChatMessage {
  publicationId: string;
  writtenAt: number;
  state: "sending" | "failed";
  /** Why it failed. */
  reason?: string;
  /** It was published by an earlier attempt, and its event is still on its way here. */
  published?: Position;
}

export interface OutboxSnapshot {
  /** In the order in which they were written. */
  outgoing: readonly Outgoing[];
  /** The publication ids of this page's messages, also of those that are in the room. */
  ownIds: ReadonlySet<string>;
}

/** The messages that this page sends. A reload keeps those that were not confirmed. */
export interface Outbox {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): OutboxSnapshot;
  send(publish: Publish<ChatMessage>, message: ChatMessage): void;
  /** Sends a failed message again. Its publication id stays, so the room gets it once, whatever became of the first try. */
  retry(publish: Publish<ChatMessage>, publicationId: string): void;
  discard(publicationId: string): void;
  /** Sends what an earlier load of the page did not get confirmed. Only the first call does something. */
  resume(publish: Publish<ChatMessage>): void;
}

/** The part of the browser's `Storage` that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const OWN_IDS_MAX = 500;

export function createOutbox(room: string, storage: Store): Outbox {
  const key = `chat:outbox:${room}`;
  const listeners = new Set<() => void>();
  const saved = read(storage.getItem(key));
  let isResumed = false;
  let snapshot: OutboxSnapshot = { outgoing: saved.outgoing, ownIds: new Set(saved.ownIds) };

  function update(change: Partial<OutboxSnapshot>): void {
    snapshot = { ...snapshot, ...change };
    const ownIds = [...snapshot.ownIds].slice(-OWN_IDS_MAX);
    const outgoing = snapshot.outgoing.filter(({ published }) => published === undefined);
    storage.setItem(key, JSON.stringify({ outgoing, ownIds }));
    for (const listener of listeners) listener();
  }

  function change(publicationId: string, to: (outgoing: Outgoing) => Outgoing | undefined): void {
    const outgoing = snapshot.outgoing.flatMap((each) =>
      each.publicationId === publicationId ? (to(each) ?? []) : each,
    );
    update({ outgoing });
  }

  function publishOne(publish: Publish<ChatMessage>, { publicationId, name, text }: Outgoing): void {
    publish({ name, text }, { publicationId }).then(
      // The event of a new publication is on the page already; that of an earlier attempt may still be on its way
      ({ epoch, offset, duplicate }) =>
        change(publicationId, (outgoing) =>
          duplicate ? { ...outgoing, published: { epoch, offset } } : undefined,
        ),
      (error: unknown) =>
        change(publicationId, (outgoing) => ({ ...outgoing, state: "failed", reason: explain(error) })),
    );
  }

  return {
    subscribe(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    getSnapshot: () => snapshot,
    send(publish, message) {
      const publicationId = crypto.randomUUID();
      const outgoing: Outgoing = { ...message, publicationId, writtenAt: Date.now(), state: "sending" };
      update({
        outgoing: [...snapshot.outgoing, outgoing],
        ownIds: new Set([...snapshot.ownIds, publicationId]),
      });
      publishOne(publish, outgoing);
    },
    retry(publish, publicationId) {
      const failed = snapshot.outgoing.find((each) => each.publicationId === publicationId);
      if (failed?.state !== "failed") return;
      const { reason: _, ...outgoing } = failed;
      change(publicationId, () => ({ ...outgoing, state: "sending" }));
      publishOne(publish, failed);
    },
    discard: (publicationId) => change(publicationId, () => undefined),
    resume(publish) {
      if (isResumed) return;
      isResumed = true;
      for (const each of saved.outgoing) if (each.state === "sending") publishOne(publish, each);
    },
  };
}

/** Only this page writes the item, but an older version of the page may have written it. */
function read(text: string | null): { outgoing: Outgoing[]; ownIds: string[] } {
  try {
    const { outgoing, ownIds } = JSON.parse(text ?? "{}") as Partial<ReturnType<typeof read>>;
    if (Array.isArray(outgoing) && Array.isArray(ownIds)) return { outgoing, ownIds };
  } catch {
    // Not JSON: nothing waits
  }
  return { outgoing: [], ownIds: [] };
}

function explain(error: unknown): string {
  if (!isPubsubClientError(error)) return "something went wrong.";
  if (error.code === "QUEUE_FULL") return "too many messages are waiting already.";
  if (error.code !== "REFUSED") return "the server did not confirm it.";
  const [, reason] = error.message.split("INVALID_DATA: ");
  return reason === undefined ? "you may not write in this room." : `${reason}.`;
}
