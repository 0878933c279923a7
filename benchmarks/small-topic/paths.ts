import { type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";

/** The ways from a publication to its subscribers. */
export const PATHS = ["queue", "inline"] as const;
export type Path = (typeof PATHS)[number];

export const PATH_NAMES: Readonly<Record<Path, string>> = {
  queue: "through the queue",
  inline: "inline",
};

/** The largest topic that the library lets a publisher fan out by itself. */
const INLINE_FANOUT_MAX = 100;

export function configOf(
  { dynamodbTableName, fanoutQueueUrl }: Pick<LocalStack, "dynamodbTableName" | "fanoutQueueUrl">,
  path: Path,
): PubsubConfig {
  const inline = path === "inline" ? { inlineFanoutMax: INLINE_FANOUT_MAX } : {};
  return { dynamodbTableName, fanoutQueueUrl, ...inline };
}

/** Returns the paths that the library has: a version without `inlineFanoutMax` refuses the option. */
export async function availablePaths(stack: LocalStack): Promise<Path[]> {
  const available: Path[] = [];
  for (const path of PATHS) {
    const tried = publishToTopic({ topicId: `try-${path}`, data: "", config: configOf(stack, path) });
    const error: unknown = await tried.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) available.push(path);
    else if (!isUnknownOption(error)) throw error;
  }
  return available;
}

const isUnknownOption = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  error.code === "INVALID_ARGUMENT" &&
  error.message.includes("inlineFanoutMax");
