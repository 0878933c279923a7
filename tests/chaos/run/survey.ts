import { type AttributeValue, paginateScan } from "@aws-sdk/client-dynamodb";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import {
  parseConsumerKey,
  parseEventKey,
  parseLedgerRowKey,
  parseTopicKey,
} from "../../../packages/pubsub/src/aws/schema.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/fanout/decode-message.ts";
import { type Line, markersIn } from "../lines.ts";
import type { Lookers } from "./clients.ts";

export interface Survey {
  /** Connections that the table has unexpired subscriptions of. */
  subscribed: { connectionId: string; subscribedAt: number }[];
  deadLetters: { malformed: number; deliveries: number; pages: number };
}

interface SurveyContext {
  lookers: Lookers;
  record(line: Line): void;
  whoIs(connectionId: string): string;
}

/** What the table and the dead-letter queue hold in the end, read without the library's adapters. */
export async function survey(stack: LocalStack, context: SurveyContext): Promise<Survey> {
  return {
    subscribed: await surveyTable(stack, context),
    deadLetters: await surveyDeadLetters(stack, context),
  };
}

type Item = Record<string, AttributeValue>;

async function surveyTable(
  { dynamodbTableName: TableName }: LocalStack,
  { lookers, record, whoIs }: SurveyContext,
): Promise<Survey["subscribed"]> {
  const subscribed: Survey["subscribed"] = [];
  const nowSeconds = Date.now() / 1_000;
  for await (const { Items = [] } of paginateScan(
    { client: lookers.dynamodb },
    { TableName, ConsistentRead: true },
  )) {
    for (const item of Items) {
      const p = item.p?.S ?? "";
      const u = item.u?.S ?? "";
      const consumer = parseConsumerKey(p);
      if (consumer && Number(item.expiresAt?.N) > nowSeconds) {
        subscribed.push({ connectionId: consumer.connectionId, subscribedAt: Number(item.subscribedAt?.N) });
      }
      recordEvent(item, { topic: parseTopicKey(p), place: parseEventKey(u) }, record);
      const [, topic = "", epoch = "", offset] = /^fanout#(.+)#([^#]+)#(\d+)$/s.exec(p) ?? [];
      if (parseLedgerRowKey(u)?.row !== "abandoned") continue;
      for (const { S: id = "" } of item.consumers?.L ?? []) {
        const who = whoIs(id.split("/").slice(2).join("/"));
        record({ at: Date.now(), k: "abandoned", topic, epoch, offset: Number(offset), who });
      }
    }
  }
  return subscribed;
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

async function surveyDeadLetters(
  { deadLetterQueueUrl: QueueUrl }: LocalStack,
  { lookers, record, whoIs }: SurveyContext,
): Promise<Survey["deadLetters"]> {
  const counts = { malformed: 0, deliveries: 0, pages: 0 };
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 });
  for (;;) {
    const { Messages = [] } = await lookers.sqs.send(receive);
    if (Messages.length === 0) return counts;
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
