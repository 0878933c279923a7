import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { createDynamodbLedger } from "../../../../../packages/pubsub/src/aws/dynamodb-ledger.ts";
import { createDynamodbSubscriptions } from "../../../../../packages/pubsub/src/aws/dynamodb-subscriptions.ts";
import { createDynamodbTopicLog } from "../../../../../packages/pubsub/src/aws/dynamodb-topic-log.ts";
import { isPubsubError } from "../../../../../packages/pubsub/src/errors.ts";
import type { EpochRecord, LedgerRow } from "../../../../../packages/pubsub/src/ports.ts";
import type { StoredEvent, Subscription } from "../../../../../packages/pubsub/src/types.ts";
import { createManualClock } from "../../../../support/manual-clock.ts";
import { collect } from "../../../../support/samples.ts";
import { corpus } from "../../corpus.ts";
import { awkwardJson, awkwardText } from "../../inputs/awkward.ts";
import { mangled } from "../../inputs/mangled.ts";
import { isOffset } from "../../oracles/frame-oracle.ts";
import { isEpoch } from "../../oracles/message-oracle.ts";
import { Violation } from "../../surface.ts";
import { type Decoder, holds } from "./decoder.ts";

type Row = Record<string, unknown>;

/** When the recording was made: by now its rows have expired. */
const RECORDED_AT_MS = Math.max(...corpus.rows.map(({ subscribedAt }) => Number(subscribedAt?.N ?? 0)));
const clock = createManualClock({ startMs: RECORDED_AT_MS });

/** A table in which whatever is asked for is this item. Nothing may be written to it. */
function tableOf(item: Row): { client: DynamoDBClient; tableName: string } {
  const client = {
    async send(command: { constructor: { name: string } }): Promise<unknown> {
      const { name } = command.constructor;
      if (name === "QueryCommand") return { Items: [item] };
      if (name === "GetItemCommand") return { Item: item };
      throw new Violation(`a row that was read led to a ${name}`);
    },
  };
  return { client: client as unknown as DynamoDBClient, tableName: "hostile" };
}

/** DynamoDB's answers are JSON: any type in any attribute, and any JSON should it ever come to that. */
const attribute = fc.oneof(
  awkwardText.map((S) => ({ S })),
  fc
    .oneof(fc.integer().map(String), fc.constantFrom("1e125", "-1", "0.5", "9007199254740993"))
    .map((N) => ({ N })),
  fc.constantFrom<unknown>({ BOOL: true }, { NULL: true }, { L: [] }, { M: {} }, { SS: ["a"] }, { B: {} }),
  awkwardJson,
);

const rowsLike = (prefix: string): fc.Arbitrary<string> => {
  const rows = corpus.rows.filter(({ u }) => String(u?.S).startsWith(prefix));
  return mangled(fc.constantFrom<unknown>(...rows), attribute).map((row) => JSON.stringify(row) ?? "null");
};

/** An item is an object at the least: nothing else is in `Items`. */
function decoderOf(prefix: string, decode: (row: Row) => Promise<boolean>): Decoder {
  return {
    inputs: rowsLike(prefix),
    async decode(text) {
      let row: unknown;
      try {
        row = JSON.parse(text);
      } catch {
        return false;
      }
      return typeof row === "object" && row !== null && decode(row as Row);
    },
  };
}

export const rowDecoders: Readonly<Record<string, Decoder>> = {
  "subscription row": decoderOf("topic#", async (row) => {
    const subscriptions = createDynamodbSubscriptions(tableOf(row), clock);
    const page = await subscriptions.page({ topicId: "room-1", limit: 10 });
    for (const subscription of page.subscriptions) checkSubscription(subscription);
    const consumer = { domainName: "a", stage: "b", connectionId: "c" };
    holds("no answer", typeof (await subscriptions.has({ consumer, topicId: "room-1" })) === "boolean");
    const topics = await collect(subscriptions.topicsOf(consumer));
    holds(
      "no topic id",
      topics.every((topic) => typeof topic === "string" && topic !== ""),
    );
    return page.subscriptions.length > 0;
  }),
  "event row": decoderOf("event#", async (row) => {
    const log = createDynamodbTopicLog(tableOf(row), clock);
    const events = await collect(log.read({ topicId: "room-1", epoch: "0mwtlex2q", after: 0 }));
    for (const event of events) checkEvent(event);
    const { last } = await orOwnError(log.tail("room-1"));
    holds("no end of a log", !last || (isEpoch(last.epoch) && isOffset(last.offset)));
    return events.length > 0;
  }),
  "epoch record": decoderOf("epoch", async (row) => {
    const { record } = await orOwnError(createDynamodbTopicLog(tableOf(row), clock).tail("room-1"));
    if (record) checkEpochRecord(record);
    return record !== undefined;
  }),
  "ledger row": decoderOf("page#", async (row) => {
    const ledger = createDynamodbLedger(tableOf(row), { clock, retentionSeconds: 60 });
    const rows = await collect(ledger.rows({ topicId: "room-1", epoch: "0mwtlex2q", offset: 1 }));
    for (const one of rows) checkLedgerRow(one);
    return rows.length > 0;
  }),
};

/** A log that cannot be read is refused by an error of ours. */
async function orOwnError<Result extends object>(reading: Promise<Result>): Promise<Partial<Result>> {
  try {
    return await reading;
  } catch (error) {
    if (isPubsubError(error, "STORAGE_FAILED")) return {};
    throw error;
  }
}

function checkSubscription({ consumer, format, subscribedAt, expiresAtSeconds }: Subscription): void {
  const { domainName, stage, connectionId } = consumer;
  const parts = [domainName, stage, connectionId];
  holds(
    "no consumer",
    parts.every((part) => typeof part === "string" && part !== ""),
  );
  holds("no format", format === "data" || format === "event");
  holds("no time", isOffset(subscribedAt) && (expiresAtSeconds === undefined || isOffset(expiresAtSeconds)));
}

function checkEvent({ offset, publicationId, publishedAt, json, verbatim }: StoredEvent): void {
  holds("no offset", isOffset(offset) && offset > 0);
  holds("no publication id", typeof publicationId === "string");
  holds("no time", isOffset(publishedAt));
  const data: unknown = JSON.parse(json);
  holds(
    "no text, to be sent as one",
    typeof verbatim === "boolean" && (!verbatim || typeof data === "string"),
  );
}

function checkEpochRecord({ epoch, used, expiresAtSeconds }: EpochRecord): void {
  holds("no epoch", isEpoch(epoch) && typeof used === "boolean" && isOffset(expiresAtSeconds));
}

function checkLedgerRow(row: LedgerRow): void {
  holds("no unit", typeof row.unit === "string");
  if (row.row === "abandoned") holds("no count", isOffset(row.count));
  if (row.row !== "done") return;
  const { consumers, delivered, gone, retried, handedOn, lastPage, end } = row;
  holds("no counts", [consumers, delivered, gone, retried, handedOn].every(isOffset));
  holds("no flag", typeof lastPage === "boolean" && (end === undefined || typeof end === "string"));
}
