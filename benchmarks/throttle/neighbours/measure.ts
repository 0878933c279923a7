import { startLocal } from "lambda-websocket-pubsub-local";
import { logToStandardError } from "../../../packages/local/src/shown-log.ts";
import { startChild } from "../../support/bench-child.ts";
import type { NeighbourOrder, NeighbourReply } from "./orders.ts";

export interface NeighbourSettings {
  /** Requests a second of the account: posts, handshakes and messages together. */
  quota: number;
  workers: number;
  /** Duration of all posts at the quota. */
  seconds: number;
  /** A DynamoDB Local that runs already. */
  dynamodbEndpoint: string;
}

/** One fan-out with SUBSCRIBEs beside it. */
export interface NeighbourRound extends NeighbourReply {
  /** Posts that the account's rate refused. */
  throttledPosts: number;
}

export const CAPPED_SHARE = 0.7;
const TOPICS = 40;
/** API Gateway's burst is half of its rate: 5,000 at 10,000 per second. */
const BURST_SHARE = 0.5;
const PATIENCE_MS = 60_000;
/** The account's rate refuses replies of the websocket function too. That is what is measured, and `refused` counts it. */
const REFUSED_REPLY = "throttled (429)";

let stacks = 0;

/**
 * Measures on a local stack of its own, whose gateway has one bucket for everything. With `capped`, each worker has its
 * part of 70 % of the rate as `maxPostsPerSecond`.
 */
export async function measureNeighbours(
  { quota, workers, seconds, dynamodbEndpoint }: NeighbourSettings,
  { capped }: { capped: boolean },
): Promise<NeighbourRound> {
  const maxPostsPerSecond = capped ? Math.max(1, Math.floor((CAPPED_SHARE * quota) / workers)) : undefined;
  const stack = await startLocal({
    dynamodbEndpoint,
    tableName: `neighbours-${process.pid}-${stacks++}`,
    gateway: { postLatencyMs: { min: 10, max: 30 } },
    fanout: { maximumConcurrency: workers },
    onLog: (line, source) => {
      if (!line.includes(REFUSED_REPLY)) logToStandardError(line, source);
    },
    functionEnv:
      maxPostsPerSecond === undefined ? {} : { PUBSUB_MAX_POSTS_PER_SECOND: String(maxPostsPerSecond) },
  });
  try {
    const clients = await startChild<NeighbourOrder, NeighbourReply | null>(
      new URL("./clients.ts", import.meta.url),
      stack.env,
    );
    try {
      const listeners = Math.max(1, Math.round((quota * seconds) / TOPICS));
      await clients.ask({ do: "connect", websocketUrl: stack.websocketUrl, listeners, topics: TOPICS });
      await clients.ask({ do: "warm-up" });
      // Only now: the connections of the clients would use up the small account's rate
      stack.setLimits({ postsPerSecond: quota, postBurst: Math.ceil(quota * BURST_SHARE) });
      const reply = await clients.ask({ do: "measure", patienceMs: PATIENCE_MS });
      if (reply === null) throw new Error("expected the figures of the clients; got null");
      return { ...reply, throttledPosts: stack.stats().gateway.throttledAccount };
    } finally {
      await clients.stop();
    }
  } finally {
    await stack.stop();
  }
}
