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
  /** Whether the publication id was published before. The position is then the first publication's. */
  duplicate: boolean;
}

export type Publish = (request: PublishRequest) => Promise<PublishResult>;

/** Appends to a topic's log and queues the fan-out. Concurrent calls share one append and one fan-out message. */
export function createPublish(
  ports: Omit<Ports, "subscriptions" | "connections">,
  settings: LogSettings,
): Publish {
  const { log, clock, observe } = ports;
  const recent = createRecentFanouts();
  const appends = createSharedAppends({ log, clock, ...settings });
  /** The fan-out of events that were appended together is queued once. */
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
