import { listMembers, type TopicMember } from "lambda-websocket-pubsub";
import { EXIT_CODES } from "../exit-codes.ts";
import { printable, printableJson } from "../printable.ts";
import { findStack } from "../stack/find-stack.ts";
import type { StackOptions } from "../stack/stack-options.ts";
import { toConfig } from "../stack/to-config.ts";
import { cyan, dim } from "../terminal/colours.ts";

interface MembersOptions extends StackOptions {
  "active-within"?: number;
  json?: true;
}

export async function runMembers(
  { topic: topicId }: { topic: string },
  { "active-within": activeWithinSeconds, json, ...options }: MembersOptions,
): Promise<number> {
  const config = toConfig(await findStack(["table"], options));
  const members: TopicMember[] = [];
  for await (const member of listMembers({ topicId, activeWithinSeconds, config })) members.push(member);
  if (json) console.log(printableJson({ topicId, count: members.length, members }));
  else if (members.length === 0) console.error(`${printable(topicId)} has no members.`);
  else console.log(members.map(memberLine).join("\n"));
  return EXIT_CODES.done;
}

function memberLine({ userId, info, since }: TopicMember): string {
  const time = dim(new Date(since).toISOString().replace(/\.\d+Z$/, "Z"));
  return [time, cyan(printable(userId)), ...(info === undefined ? [] : [printableJson(info)])].join("  ");
}
