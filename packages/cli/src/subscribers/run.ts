import { type Consumer, countSubscribers, listSubscribers } from "lambda-websocket-pubsub";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";

interface SubscribersOptions extends StackOptions {
  count?: true;
  max?: number;
  json?: true;
}

/** Prints each subscriber when it is read: a topic may have a million. With `--json`, all as one object. */
export async function runSubscribers(
  { topic: topicId }: { topic: string },
  { count, max = Number.POSITIVE_INFINITY, json, ...options }: SubscribersOptions,
): Promise<number> {
  const config = toConfig(await findStack(["table"], options));
  if (count) {
    const subscribers = await countSubscribers({ topicId, config });
    console.log(json ? printableJson({ topicId, count: subscribers }) : String(subscribers));
    return EXIT_CODES.done;
  }
  const listed: Consumer[] = [];
  let read = 0;
  for await (const consumer of listSubscribers({ topicId, config })) {
    if (json) listed.push(consumer);
    else console.log(nameOf(consumer));
    read += 1;
    if (read >= max) break;
  }
  if (json) console.log(printableJson({ topicId, count: read, subscribers: listed }));
  else if (read === 0) console.error(`Nobody is subscribed to ${printable(topicId)}.`);
  return EXIT_CODES.done;
}

const nameOf = ({ domainName, stage, connectionId }: Consumer): string =>
  printable(`${domainName}/${stage}/${connectionId}`);
