import { createBoundedMap } from "../../core/bounded-map.ts";
import { PubsubError } from "../../core/errors.ts";
import type { Clock, Subscriptions } from "../../core/ports.ts";
import {
  findMarker,
  GROWTH_MARGIN_MS,
  isGrowing,
  replaceMarker,
  SHARDS_MAX,
  type ShardMarker,
} from "./shard-marker.ts";
import type { DynamodbTable } from "./table.ts";

/**
 * Our own limit for the rows of a shard. DynamoDB writes 1,000 units a second under one key, and an index that is throttled
 * throttles the table. So the subscribers of a shard, if all come back at once, are written again within 25 s, less than the
 * 29 s that API Gateway waits for a function.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
export const ROWS_PER_SHARD = 25_000;

/** How long a process does not look again at a topic that is large enough to grow. */
const LOOK_AGAIN_MS = 30_000;
const TOPICS_REMEMBERED_MAX = 1_000;
const TRIES_MAX = 3;

/**
 * Gives a topic more shards, in two writes. The first says to readers how many there will be. Only when it has succeeded,
 * the second says from when on writers use them. In one write, a process that stands still between reading its clock and
 * the write would name a time that has passed when the first reader can find the row.
 */
export function createShardGrowth(
  table: DynamodbTable,
  clock: Clock,
  rowsPerShard: number = ROWS_PER_SHARD,
): Required<Pick<Subscriptions, "noteSize" | "grow">> {
  const lookedAt = createBoundedMap<number>(TOPICS_REMEMBERED_MAX);

  async function setTime(topicId: string, announced: ShardMarker): Promise<ShardMarker | undefined> {
    const is = { ...announced, growsAtMs: clock.now() + GROWTH_MARGIN_MS };
    return (await replaceMarker(table, topicId, { was: announced, is })) ? is : undefined;
  }

  /** Returns undefined if another process changed the row meanwhile. */
  async function growFrom(
    topicId: string,
    was: ShardMarker | undefined,
    shards: number,
  ): Promise<ShardMarker | undefined> {
    // Of a growth that has not ended, writers may not use all shards yet
    const before = was && isGrowing(was, clock.now()) ? was.before : (was?.shards ?? 1);
    const announced = { shards, before };
    return (await replaceMarker(table, topicId, { was, is: announced }))
      ? setTime(topicId, announced)
      : undefined;
  }

  return {
    async noteSize({ topicId, rows }) {
      if (rows <= rowsPerShard) return;
      const nowMs = clock.now();
      const sinceMs = nowMs - (lookedAt.get(topicId) ?? Number.NEGATIVE_INFINITY);
      if (sinceMs >= 0 && sinceMs < LOOK_AGAIN_MS) return;
      lookedAt.set(topicId, nowMs);
      const marker = await findMarker(table, topicId);
      const shards = shardsFor(rows / rowsPerShard);
      // Somebody announced a growth and died
      if (marker && marker.growsAtMs === undefined) await setTime(topicId, marker);
      else if (!marker || !isGrowing(marker, nowMs)) {
        if (shards > (marker?.shards ?? 1)) await growFrom(topicId, marker, shards);
      }
    },
    async grow({ topicId, shards }) {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const was = await findMarker(table, topicId, { consistent: true });
        if (shards <= (was?.shards ?? 1)) {
          const { growsAtMs = clock.now() } = was ?? {};
          const marker = was && was.growsAtMs === undefined ? await setTime(topicId, was) : { growsAtMs };
          if (marker) return { shards: was?.shards ?? 1, usedFromMs: marker.growsAtMs ?? growsAtMs };
        } else {
          const marker = await growFrom(topicId, was, shards);
          if (marker?.growsAtMs !== undefined) return { shards, usedFromMs: marker.growsAtMs };
        }
      }
      const message = "the topic's shards were changed by others at the same time";
      throw new PubsubError("STORAGE_FAILED", message, { retryable: true, context: { topicId } });
    },
  };
}

/** Returns the power of two that is not less. */
const shardsFor = (needed: number): number => Math.min(SHARDS_MAX, 2 ** Math.ceil(Math.log2(needed)));
