import { createBoundedMap } from "../../core/bounded-map.ts";
import { hash53 } from "../../core/fanout/digest.ts";
import type { Observe } from "../../core/pipeline-events.ts";
import type { Clock } from "../../core/ports.ts";
import type { Consumer } from "../../core/types.ts";
import { consumerKey } from "./schema.ts";
import { findMarker, type ShardMarker, shardsToWrite } from "./shard-marker.ts";
import type { DynamodbTable } from "./table.ts";

/** A process that writes fewer subscriptions to a topic within this time does not ask for the topic's shards. */
const BUSY_WRITES = 10;
const BUSY_MS = 60_000;
/** How long a process relies on what it has read: the marker, or that there is none. */
const KNOWN_MS = 30_000;
const TOPICS_REMEMBERED_MAX = 1_000;

interface Topic {
  sinceMs: number;
  writes: number;
  marker?: ShardMarker | undefined;
  readAtMs: number;
  reading?: Promise<void> | undefined;
}

/** Returns under which shard a new subscription is written. */
export type ChooseShard = (subscription: { consumer: Consumer; topicId: string }) => Promise<number>;

/**
 * Creates the choice of shards. It reads nothing for a topic that this process seldom writes to. A process that does not
 * know all shards, or has old knowledge, writes to fewer of them. That is safe, because readers read them all.
 */
export function createShardChoice(table: DynamodbTable, clock: Clock, observe: Observe): ChooseShard {
  const topics = createBoundedMap<Topic>(TOPICS_REMEMBERED_MAX);

  async function read(topicId: string, topic: Topic): Promise<void> {
    topic.readAtMs = clock.now();
    try {
      topic.marker = await findMarker(table, topicId);
    } catch (error) {
      // The marker is in the partition of the topic's events, which may be busy. The subscription is not
      observe({ event: "background-failure", stage: "read-shards", error });
    } finally {
      topic.reading = undefined;
    }
  }

  return async ({ consumer, topicId }) => {
    const nowMs = clock.now();
    const topic = topics.get(topicId) ?? { sinceMs: nowMs, writes: 0, readAtMs: Number.NEGATIVE_INFINITY };
    if (topic.writes === 0) topics.set(topicId, topic);
    if (nowMs - topic.sinceMs >= BUSY_MS) {
      topic.sinceMs = nowMs;
      topic.writes = 0;
    }
    topic.writes += 1;
    if (topic.writes > BUSY_WRITES && nowMs - topic.readAtMs >= KNOWN_MS) {
      topic.reading ??= read(topicId, topic);
    }
    if (topic.reading) await topic.reading;
    const shards = shardsToWrite(topic.marker, clock.now());
    return shards === 1 ? 0 : hash53(consumerKey(consumer)) % shards;
  };
}
