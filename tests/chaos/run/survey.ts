import { setTimeout as sleep } from "node:timers/promises";
import { type AttributeValue, paginateScan } from "@aws-sdk/client-dynamodb";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import { readData } from "../../../packages/pubsub/src/aws/dynamodb/data-at-rest.ts";
import {
  parseEventKey,
  parseLedgerRowKey,
  parseTopicKey,
} from "../../../packages/pubsub/src/aws/dynamodb/schema.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { type Line, readMarkers } from "../lines.ts";
import type { AwsClients } from "./clients.ts";
import { countQueuedMessages } from "./queued-messages.ts";

export interface DeadLetterCounts {
  malformed: number;
  deliveries: number;
  pages: number;
}

interface SurveyContext {
  awsClients: AwsClients;
  record(line: Line): void;
  whoIs(connectionId: string): string;
}

/** Records the final content of the table and of the dead-letter queue. It does not use the library's adapters. */
export async function survey(stack: LocalStack, context: SurveyContext): Promise<DeadLetterCounts> {
  await surveyTable(stack, context);
  return surveyDeadLetters(stack, context);
}

type Item = Record<string, AttributeValue>;

async function surveyTable(
  { dynamodbTableName: TableName }: LocalStack,
  { awsClients, record, whoIs }: SurveyContext,
): Promise<void> {
  for await (const { Items = [] } of paginateScan(
    { client: awsClients.dynamodb },
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
        const k = item.unlettered ? "unread" : "abandoned";
        record({ at: Date.now(), k, topic, epoch, offset: Number(offset), who });
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
  // A fence is no event: it keeps a late one out
  if (item.fence?.BOOL === true) return;
  const data = readData(item, item.verbatim?.BOOL === true);
  const [m = ""] = readMarkers(data?.json ?? "");
  record({ at: Date.now(), k: "event", topic, ...place, id: item.publicationId?.S ?? "", m });
}

/** Longer than the reader of an interrupted redrive holds a dead letter that it saw twice. */
const MAX_HELD_MS = 330_000;
const HELD_POLL_MS = 250;

async function surveyDeadLetters(
  { deadLetterQueueUrl: QueueUrl }: LocalStack,
  { awsClients, record, whoIs }: SurveyContext,
): Promise<DeadLetterCounts> {
  const counts = { malformed: 0, deliveries: 0, pages: 0 };
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 });
  const deadlineMs = performance.now() + MAX_HELD_MS;
  for (;;) {
    const { Messages = [] } = await awsClients.sqs.send(receive);
    if (Messages.length === 0) {
      const { all } = await countQueuedMessages(awsClients, QueueUrl);
      if (all === 0 || performance.now() > deadlineMs) return counts;
      // An interrupted redrive still holds some dead letters
      await sleep(HELD_POLL_MS);
      continue;
    }
    for (const { Body = "" } of Messages) {
      const decoded = decodeFanoutMessage(Body);
      if (!decoded.ok) counts.malformed += 1;
      else if (decoded.message.kind === "topic") counts.pages += 1;
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
    await awsClients.sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}
