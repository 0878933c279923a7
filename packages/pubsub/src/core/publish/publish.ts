import type { InlineFanout } from "../fanout/inline-fanout.ts";
import { createRecentFanouts } from "../fanout/recent-fanouts.ts";
import { assertPublicationId, assertTopicId } from "../ids.ts";
import { nextEpoch } from "../log/epoch.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { type AppendedTogether, createSharedAppends } from "../log/shared-appends.ts";
import type { Ports } from "../ports.ts";
import type { Publication } from "../types.ts";
import { assertPostable, encodeData } from "./data.ts";
import { queueFanout } from "./queue-fanout.ts";

export interface PublishRequest {
  topicId: string;
  data: unknown;
  publicationId?: string | undefined;
}

export interface PublishResult extends Publication {
  publicationId: string;
  /** Whether this publication id was published before. If so, the position is that of the first publication. */
  duplicate: boolean;
}

export type Publish = (request: PublishRequest) => Promise<PublishResult>;

/**
 * Creates `publish`. It appends to a topic's log and queues the fan-out, or does it itself with `inline`. Concurrent calls
 * share one append and one message.
 */
export function createPublish(
  ports: Omit<Ports, "subscriptions" | "connections">,
  settings: LogSettings,
  inline?: InlineFanout,
): Publish {
  const { log, clock, observe } = ports;
  const start = { ports, recent: createRecentFanouts(), inline };
  const appends = createSharedAppends({ log, clock, ...settings });
  /** Makes events that were appended together share one queued fan-out. */
  const queueings = new WeakMap<AppendedTogether, Promise<void>>();

  function queueOnce(topicId: string, together: AppendedTogether): Promise<void> {
    const queueing = queueings.get(together) ?? queueFanout(start, topicId, together);
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
