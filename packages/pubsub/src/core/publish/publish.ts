import { forEachAtOnce } from "../at-once.ts";
import type { PubsubError } from "../errors.ts";
import type { EarlyRead, InlineFanout } from "../fanout/inline-fanout.ts";
import { createRecentFanouts } from "../fanout/recent-fanouts.ts";
import { assertPublicationId, assertTopicId } from "../ids.ts";
import { nextEpoch } from "../log/epoch.ts";
import type { LogSettings } from "../log/log-settings.ts";
import { type AppendedTogether, createSharedAppends, type SharedAppend } from "../log/shared-appends.ts";
import type { FanoutQueue, Ports } from "../ports.ts";
import { NO_TRACING } from "../tracing.ts";
import type { Consumer, Publication } from "../types.ts";
import { assertPostable, type EncodedData, encodeData } from "./data.ts";
import { gatherSends } from "./gathered-sends.ts";
import { type Begun, begin, byTopic, type Prepared, prepareAll, toPubsubError } from "./publications.ts";
import { queueFanout } from "./queue-fanout.ts";

export type PublishRequest = {
  topicId: string;
  publicationId?: string | undefined;
  /** The connection that publishes, if one does. */
  client?: PublishingClient | undefined;
} & ({ data: unknown; encoded?: never } | { encoded: EncodedData; data?: never });

export interface PublishingClient {
  consumer: Consumer;
  /**
   * Whether the response to its request is its copy of the event. The fan-out then does not post the event to its subscription
   * of the format `event`, unless the publication is a duplicate.
   */
  isEchoed: boolean;
}

export interface PublishResult extends Publication {
  publicationId: string;
  /** Whether this publication id was published before. If so, the position is that of the first publication. */
  duplicate: boolean;
}

/** A publication of `publishAll` that failed. */
export interface FailedPublication {
  topicId: string;
  error: PubsubError;
}

export type Publish = (request: PublishRequest) => Promise<PublishResult>;

/** Rejects only for a bad argument, before anything is written. Returns a result for each publication, in their order. */
export type PublishAll = (
  requests: readonly PublishRequest[],
) => Promise<(PublishResult | FailedPublication)[]>;

export interface Publisher {
  publish: Publish;
  publishAll: PublishAll;
}

/** How a fan-out begins: through which queue, and with which read of the topic's subscribers. */
interface FanoutWay {
  through: FanoutQueue;
  early: EarlyRead | undefined;
}

/** Our own limit: how many topics of one call are appended to at once. */
const TOPICS_AT_ONCE = 25;

/**
 * Creates `publish` and `publishAll`. They append to a topic's log and queue the fan-out, or do it themselves with `inline`.
 * Concurrent calls share one append and one message of a topic.
 */
export function createPublisher(
  ports: Omit<Ports, "subscriptions" | "connections">,
  settings: LogSettings,
  inline?: InlineFanout,
): Publisher {
  const { log, clock, observe, queue, tracing = NO_TRACING } = ports;
  const recent = createRecentFanouts();
  const appends = createSharedAppends({ log, clock, ...settings });
  /** Makes events that were appended together share one queued fan-out. */
  const queueings = new WeakMap<AppendedTogether, Promise<void>>();

  function queueOnce(
    topicId: string,
    together: AppendedTogether,
    { through, early }: FanoutWay,
  ): Promise<void> {
    const start = { ports: { ...ports, queue: through }, recent, inline };
    const queueing = queueings.get(together) ?? queueFanout(start, topicId, together, early);
    queueings.set(together, queueing);
    return queueing;
  }

  /** Throws for a bad argument. Nothing is written yet. */
  function prepare(request: PublishRequest): Prepared {
    const { topicId, data, encoded = encodeData(data), publicationId, client } = request;
    assertTopicId(topicId);
    if (publicationId !== undefined) assertPublicationId(publicationId);
    const id = publicationId ?? crypto.randomUUID();
    const publishedAt = clock.now();
    assertPostable(topicId, nextEpoch(publishedAt, undefined), id, encoded);
    const echoedTo = client?.isEchoed ? client.consumer : undefined;
    const idempotent = publicationId !== undefined;
    const draft = { ...encoded, publicationId: id, publishedAt, idempotent, echoedTo };
    return { topicId, draft, by: client?.consumer };
  }

  async function finish(
    { topicId, draft: { publicationId, publishedAt }, by, span }: Begun,
    appending: Promise<SharedAppend>,
    way: FanoutWay,
  ): Promise<PublishResult> {
    try {
      const { appended, together } = await appending;
      await queueOnce(topicId, together, way);
      const { epoch, offset, duplicate } = appended;
      const result = { topicId, publicationId, epoch, offset, duplicate };
      const durationMs = clock.now() - publishedAt;
      observe({ event: "publication-accepted", ...result, ...(by && { consumer: by }), durationMs });
      span.end({ "pubsub.epoch": epoch, "pubsub.offset": offset, "pubsub.duplicate": duplicate });
      return result;
    } catch (error) {
      span.end({}, error);
      throw error;
    }
  }

  return {
    async publish(request) {
      const begun = begin(tracing, prepare(request));
      const early = inline?.readEarly(begun.topicId);
      const appending = appends.append(begun.topicId, begun.draft);
      return finish(begun, appending, { through: queue, early });
    },
    async publishAll(requests) {
      const topics = byTopic(prepareAll(requests, prepare));
      const results: (PublishResult | FailedPublication)[] = [];
      // In process, a message is its whole fan-out, which must not wait for other topics
      const gathered = queue.durable ? gatherSends(queue, clock, topics.length) : undefined;
      await forEachAtOnce(TOPICS_AT_ONCE, topics, async ({ topicId, publications }) => {
        const sender = gathered?.();
        const way = { through: sender?.queue ?? queue, early: inline?.readEarly(topicId) };
        const begun = publications.map((each) => ({ index: each.index, ...begin(tracing, each) }));
        const drafts = begun.map(({ draft }) => draft);
        const finishing = appends.appendAll(topicId, drafts).map(async (appending, nth) => {
          const publication = begun[nth];
          if (!publication) return;
          results[publication.index] = await finish(publication, appending, way).catch((error: unknown) => ({
            topicId,
            error: toPubsubError(error),
          }));
        });
        await Promise.all(finishing);
        sender?.finished();
      });
      return results;
    },
  };
}
