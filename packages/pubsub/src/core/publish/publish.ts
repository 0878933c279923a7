import { PubsubError } from "../errors.ts";
import { inlineEvents } from "../fanout/inline-events.ts";
import { encodeFanoutMessage } from "../fanout/message.ts";
import { createRecentFanouts, type RecentFanouts } from "../fanout/recent-fanouts.ts";
import { foldLedger } from "../fanout/status.ts";
import { pageUnit } from "../fanout/units.ts";
import { assertPublicationId, assertTopicId } from "../ids.ts";
import type { Appended, EventDraft } from "../log/append.ts";
import { nextEpoch } from "../log/epoch.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { type AppendedTogether, createSharedAppends } from "../log/shared-appends.ts";
import type { LedgerRow, Ports, QueuedMessage } from "../ports.ts";
import type { Publication } from "../types.ts";
import { assertPostable, encodeData } from "./data.ts";

export interface PublishRequest {
  topicId: string;
  data: unknown;
  publicationId?: string | undefined;
}

export interface PublishResult extends Publication {
  publicationId: string;
  /** Published before under the same publication id; the position is that one's. */
  duplicate: boolean;
}

export type Publish = (request: PublishRequest) => Promise<PublishResult>;

/** Publishes into a topic's log and queues the fan-out, sharing both between calls that come together. */
export function createPublish(
  ports: Omit<Ports, "subscriptions" | "connections">,
  settings: LogSettings,
): Publish {
  const { log, clock, observe } = ports;
  const recent = createRecentFanouts();
  const appends = createSharedAppends({ log, clock, ...settings });
  /** One for everything that was appended together: their fan-out is queued once. */
  const queueings = new WeakMap<AppendedTogether, Promise<void>>();

  function queueOnce(topicId: string, together: AppendedTogether): Promise<void> {
    const queueing = queueings.get(together) ?? queueFanout(ports, recent, topicId, together);
    queueings.set(together, queueing);
    return queueing;
  }

  return async ({ topicId, data, publicationId }) => {
    assertTopicId(topicId);
    if (publicationId !== undefined) assertPublicationId(publicationId);
    const idempotent = publicationId !== undefined;
    const id = publicationId ?? crypto.randomUUID();
    const encoded = encodeData(data);
    const publishedAt = clock.now();
    assertPostable(topicId, nextEpoch(publishedAt, undefined), id, encoded);
    const draft = { ...encoded, publicationId: id, publishedAt, idempotent };
    const { appended, together } = await appends.append(topicId, draft);
    await queueOnce(topicId, together);
    const { epoch, offset, duplicate } = appended;
    const result = { topicId, publicationId: id, epoch, offset, duplicate };
    observe({ event: "publication-accepted", ...result, durationMs: clock.now() - publishedAt });
    return result;
  };
}

/** Queues the fan-out of what one append brought: new events together, duplicates where it may be missing. */
async function queueFanout(
  ports: Omit<Ports, "subscriptions" | "connections">,
  recent: RecentFanouts,
  topicId: string,
  together: AppendedTogether,
): Promise<void> {
  const fresh = [...together].filter(([, { duplicate }]) => !duplicate);
  const repeated = [...together.values()].filter(({ duplicate }) => duplicate);
  try {
    const [first] = fresh;
    if (first) {
      const queueing = ports.queue.send([firstPage(topicId, first[1].epoch, fresh)]);
      const idempotent = fresh.filter(([draft]) => draft.idempotent);
      recent.remember(
        idempotent.map(([, { epoch, offset }]) => ({ topicId, epoch, offset })),
        queueing,
      );
      await queueing;
    }
    const again = repeated.map(({ epoch, offset }) => fanoutAgain(ports, recent, { topicId, epoch, offset }));
    const messages = (await Promise.all(again)).filter((message) => message !== undefined);
    if (messages.length > 0) await ports.queue.send(messages);
  } catch (cause) {
    throw new PubsubError(
      "FANOUT_NOT_QUEUED",
      "the event is in the log, but its fan-out could not be queued; publish again with the same publicationId",
      { retryable: true, cause, context: { topicId } },
    );
  }
}

/** One message for all events that were appended together: they go out together. */
function firstPage(
  topicId: string,
  epoch: string,
  appended: readonly (readonly [EventDraft, Appended])[],
): QueuedMessage {
  const events = appended.map(([{ publicationId, publishedAt, json, verbatim }, { offset }]) => {
    return { offset, publicationId, publishedAt, json, verbatim };
  });
  const offsets = events.map(({ offset }) => offset);
  const page = { kind: "page" as const, page: 1, topicId, epoch, offsets, ...inlineEvents(events) };
  return { body: encodeFanoutMessage(page), delaySeconds: 0 };
}

/**
 * The message that a publication published again needs: none if its fan-out is known to have begun, since the
 * queue holds the rest; where the queue dies with its process, the page after the last one that is done.
 */
async function fanoutAgain(
  { ledger, queue }: Pick<Ports, "ledger" | "queue">,
  recent: RecentFanouts,
  publication: Publication,
): Promise<QueuedMessage | undefined> {
  if (await recent.isQueued(publication)) return undefined;
  const rows: LedgerRow[] = [];
  for await (const row of ledger.rows(publication)) rows.push(row);
  if (rows.length > 0 && (queue.durable || foldLedger(rows).state === "complete")) return undefined;
  const { topicId, epoch, offset } = publication;
  const next = { kind: "page" as const, topicId, epoch, offsets: [offset], ...pageAfterDone(rows) };
  return { body: encodeFanoutMessage(next), delaySeconds: 0 };
}

function pageAfterDone(rows: readonly LedgerRow[]): { page: number; cursor?: string } {
  const done = new Map(rows.map((row) => [row.unit, row]));
  let next: { page: number; cursor?: string } = { page: 1 };
  for (;;) {
    const row = done.get(pageUnit(next.page));
    if (row?.row !== "done" || row.end === undefined) return next;
    next = { page: next.page + 1, cursor: row.end };
  }
}
