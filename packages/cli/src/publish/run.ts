import { publishToTopic, publishToUser } from "lambda-websocket-pubsub";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";
import { dim } from "../terminal/colours.ts";
import { UsageError } from "../usage-error.ts";
import { dataOf, readData } from "./data.ts";

interface PublishOptions extends StackOptions {
  text?: true;
  "to-user"?: string;
  "publication-id"?: string;
  json?: true;
}

interface Words {
  topic: string | undefined;
  data: string | undefined;
}

export async function runPublish(
  words: Words,
  { text, "to-user": userId, "publication-id": publicationId, json, ...options }: PublishOptions,
): Promise<number> {
  const { topicId, argument } = whereAndWhat(words, userId);
  const data = dataOf(await readData(argument), text === true);
  const config = toConfig(await findStack(["table", "queue"], options));
  const published =
    userId === undefined
      ? await publishToTopic({ topicId, data, publicationId, config })
      : await publishToUser({ userId, data, publicationId, config });
  if (json) {
    console.log(printableJson(published));
    return EXIT_CODES.done;
  }
  const { offset, duplicate } = published;
  const was = duplicate ? "was published before" : "published";
  const id = dim(`publication ${printable(published.publicationId)}`);
  console.log(`${was}: ${printable(published.topicId)} #${offset}  ${id}`);
  return EXIT_CODES.done;
}

/** With a user, the only word is the data. */
function whereAndWhat(
  { topic: first, data: second }: Words,
  userId: string | undefined,
): { topicId: string; argument: string } {
  const got = [first, second].filter((word) => word !== undefined).map((word) => JSON.stringify(word));
  if (userId === undefined) {
    if (first !== undefined && second !== undefined) return { topicId: first, argument: second };
    throw new UsageError(`publish must be followed by TOPIC and DATA; got ${got[0] ?? "neither"}`);
  }
  if (first !== undefined && second === undefined) return { topicId: "", argument: first };
  const found = got.length === 0 ? "none" : got.join(" and ");
  throw new UsageError(`--to-user publishes to a user's own topic: give DATA and no TOPIC; got ${found}`);
}
