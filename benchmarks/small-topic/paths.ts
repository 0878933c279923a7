import { type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { connectSubscribers, RefusedFrame } from "./subscribers.ts";

/**
 * The ways from a publication to its subscribers. With `client`, one of them publishes over its WebSocket, the response is its
 * own copy of the event, and the others get it through the queue.
 */
export const PATHS = ["queue", "inline", "client"] as const;
export type Path = (typeof PATHS)[number];
/** Those of a process with AWS credentials, which calls `publishToTopic`. */
export type ProducerPath = Exclude<Path, "client">;

export const PATH_NAMES: Readonly<Record<Path, string>> = {
  queue: "through the queue",
  inline: "inline",
  client: "by a client",
};

/** The largest topic that the library lets a publisher fan out by itself. */
const INLINE_FANOUT_MAX = 100;

export function configOf(
  { dynamodbTableName, fanoutQueueUrl }: Pick<LocalStack, "dynamodbTableName" | "fanoutQueueUrl">,
  path: ProducerPath,
): PubsubConfig {
  const inline = path === "inline" ? { inlineFanoutMax: INLINE_FANOUT_MAX } : {};
  return { dynamodbTableName, fanoutQueueUrl, ...inline };
}

/**
 * Returns the paths that the library has: a version without `inlineFanoutMax` refuses the option, and one without PUBLISH the
 * message.
 */
export async function availablePaths(stack: LocalStack): Promise<Path[]> {
  const available: Path[] = [];
  for (const path of PATHS) {
    const isAvailable = path === "client" ? await clientsPublish(stack) : await isKnown(stack, path);
    if (isAvailable) available.push(path);
  }
  return available;
}

async function isKnown(stack: LocalStack, path: ProducerPath): Promise<boolean> {
  try {
    await publishToTopic({ topicId: `try-${path}`, data: "", config: configOf(stack, path) });
    return true;
  } catch (error) {
    if (isUnknownOption(error)) return false;
    throw error;
  }
}

async function clientsPublish({ websocketUrl }: LocalStack): Promise<boolean> {
  const topicId = "try-client";
  const subscribers = await connectSubscribers(websocketUrl, topicId, 1);
  try {
    await subscribers.publish({ topicId, data: "" });
    return true;
  } catch (error) {
    if (error instanceof RefusedFrame && error.code === "INVALID_FRAME") return false;
    throw error;
  } finally {
    await subscribers.close();
  }
}

const isUnknownOption = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  error.code === "INVALID_ARGUMENT" &&
  error.message.includes("inlineFanoutMax");
