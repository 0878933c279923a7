import { setTimeout as sleep } from "node:timers/promises";
import { type AttributeValue, paginateScan } from "@aws-sdk/client-dynamodb";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { parseEventKey, parseLedgerRowKey, parseTopicKey } from "../../../packages/pubsub/src/aws/schema.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/fanout/decode-message.ts";
import { type Line, markersIn } from "../lines.ts";
import type { Lookers } from "./clients.ts";
import { queuedMessages } from "./queued-messages.ts";

export interface DeadLetterCounts {
  malformed: number;
  deliveries: number;
  pages: number;
}

interface SurveyContext {
  lookers: Lookers;
  record(line: Line): void;
  whoIs(connectionId: string): string;
}

/** What the table and the dead-letter queue hold in the end, read without the library's adapters. */
export async function survey(stack: LocalStack, context: SurveyContext): Promise<DeadLetterCounts> {
  await surveyTable(stack, context);
  return surveyDeadLetters(stack, context);
}

type Item = Record<string, AttributeValue>;

async function surveyTable(
  { dynamodbTableName: TableName }: LocalStack,
  { lookers, record, whoIs }: SurveyContext,
): Promise<void> {
  for await (const { Items = [] } of paginateScan(
    { client: lookers.dynamodb },
    { TableName, ConsistentRead: true },
  )) {
    for (const item of Items) {
      const p = item.p?.S ?? "";
      const u = item.u?.S ?? "";
      recordEvent(item, { topic: parseTopicKey(p), place: parseEventKey(u) }, record);
      const [, topic = "", epoch = "", offset] = /^fanout#(.+)#([^#]+)#(\d+)$/s.exec(p) ?? [];
      if (parseLedgerRowKey(u)?.row !== "abandoned") continue;
      for (const { S: id = "" } of item.consumers?.L ?? []) {
        const who = whoIs(id.split("/").slice(2).join("/"));
        record({ at: Date.now(), k: "abandoned", topic, epoch, offset: Number(offset), who });
      }
    }
  }
}

function recordEvent(
  item: Item,
  { topic, place }: { topic: string | undefined; place: { epoch: string; offset: number } | undefined },
  record: (line: Line) => void,
): void {
  if (topic === undefined || place === undefined) return;
  const [m = ""] = markersIn(item.json?.S ?? "");
  record({ at: Date.now(), k: "event", topic, ...place, id: item.publicationId?.S ?? "", m });
}

/** More than a redrive holds a letter for. */
const HELD_MS_MAX = 120_000;
const HELD_LOOK_EVERY_MS = 250;

async function surveyDeadLetters(
  { deadLetterQueueUrl: QueueUrl }: LocalStack,
  { lookers, record, whoIs }: SurveyContext,
): Promise<DeadLetterCounts> {
  const counts = { malformed: 0, deliveries: 0, pages: 0 };
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 });
  const deadlineMs = performance.now() + HELD_MS_MAX;
  for (;;) {
    const { Messages = [] } = await lookers.sqs.send(receive);
    if (Messages.length === 0) {
      const { all } = await queuedMessages(lookers, QueueUrl);
      if (all === 0 || performance.now() > deadlineMs) return counts;
      // A redrive that was cut short holds some for a while
      await sleep(HELD_LOOK_EVERY_MS);
      continue;
    }
    for (const { Body = "" } of Messages) {
      const decoded = decodeFanoutMessage(Body);
      if (!decoded.ok) counts.malformed += 1;
      else if (decoded.message.kind === "page") counts.pages += 1;
      else {
        const { topicId: topic, epoch, offsets, consumers } = decoded.message;
        counts.deliveries += 1;
        for (const { consumer, from } of consumers) {
          const who = whoIs(consumer.connectionId);
          for (const offset of offsets.filter((one) => one >= from)) {
            record({ at: Date.now(), k: "dead", topic, epoch, offset, who });
          }
        }
      }
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await lookers.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
