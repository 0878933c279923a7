import { deflateSync } from "node:zlib";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { createDynamodbLedger } from "../../../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import { createDynamodbSubscriptions } from "../../../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import { createDynamodbTopicLog } from "../../../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { isPubsubError } from "../../../../../packages/pubsub/src/core/errors.ts";
import type { EpochRecord, LedgerRow } from "../../../../../packages/pubsub/src/core/ports.ts";
import type { StoredEvent, Subscription } from "../../../../../packages/pubsub/src/core/types.ts";
import { createManualClock } from "../../../../support/manual-clock.ts";
import { collect } from "../../../../support/samples.ts";
import { corpus } from "../../corpus.ts";
import { awkwardJson, awkwardText } from "../../inputs/awkward.ts";
import { mangled } from "../../inputs/mangled.ts";
import { isNonce, isOffset } from "../../oracles/frame-oracle.ts";
import { isEpoch } from "../../oracles/message-oracle.ts";
import { Violation } from "../../surface.ts";
import { type Decoder, holds } from "./decoder.ts";

type Row = Record<string, unknown>;

/** The time of the recording. Its rows have expired since then. */
const RECORDED_AT_MS = Math.max(...corpus.rows.map(({ subscribedAt }) => Number(subscribedAt?.N ?? 0)));
const clock = createManualClock({ startMs: RECORDED_AT_MS });

/** Creates a table that returns this item for every read. A write is a violation. */
function createTableWith(item: Row): { client: DynamoDBClient; tableName: string } {
  const client = {
    async send(command: { constructor: { name: string } }): Promise<unknown> {
      const { name } = command.constructor;
      if (name === "QueryCommand") return { Items: [item] };
      if (name === "GetItemCommand") return { Item: item };
      throw new Violation(`reading a row must not call ${name}`);
    },
  };
  return { client: client as unknown as DynamoDBClient, tableName: "hostile" };
}

/** DynamoDB's responses are JSON. An attribute can therefore have any type, or be any other JSON value. */
const attribute = fc.oneof(
  awkwardText.map((S) => ({ S })),
  fc
    .oneof(fc.integer().map(String), fc.constantFrom("1e125", "-1", "0.5", "9007199254740993"))
    .map((N) => ({ N })),
  fc.constantFrom<unknown>({ BOOL: true }, { NULL: true }, { L: [] }, { M: {} }, { SS: ["a"] }, { B: {} }),
  awkwardJson,
);

const rowsLike = (prefix: string): fc.Arbitrary<string> => {
  const recorded = corpus.rows.filter(({ u }) => String(u?.S).startsWith(prefix));
  const rows = [
    ...recorded,
    ...recorded.map((row) => ({ ...row, nonce: { S: "1-2-3-4" } })),
    ...recorded.map(({ json, ...row }) => ({ ...row, deflated: { B: deflated(json?.S) } })),
  ];
  return mangled(fc.constantFrom<unknown>(...rows), attribute).map((row) => JSON.stringify(row) ?? "null");
};

/** Returns the data of a row as the direct path reads it, if it is stored compressed. */
const deflated = (json: unknown): string => deflateSync(String(json)).toString("base64");

/** Creates a decoder of rows. A row is always an object, because `Items` contains nothing else. */
function createRowDecoder(prefix: string, decode: (row: Row) => Promise<boolean>): Decoder {
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
  "subscription row": createRowDecoder("topic#", async (row) => {
    const subscriptions = createDynamodbSubscriptions(createTableWith(row), clock);
    const page = await subscriptions.page({ topicId: "room-1", limit: 10 });
    for (const subscription of page.subscriptions) checkSubscription(subscription);
    const consumer = { domainName: "a", stage: "b", connectionId: "c" };
    const found = await subscriptions.find({ consumer, topicId: "room-1" });
    if (found && found !== "expired") checkSubscription(found);
    const topics = await collect(subscriptions.topicsOf(consumer));
    holds(
      "topic ids must be non-empty strings",
      topics.every((topic) => typeof topic === "string" && topic !== ""),
    );
    return page.subscriptions.length > 0;
  }),
  "event row": createRowDecoder("event#", async (row) => {
    const log = createDynamodbTopicLog(createTableWith(row), clock);
    const events = await collect(log.read({ topicId: "room-1", epoch: "0mwtlex2q", after: 0 }));
    for (const event of events) checkEvent(event);
    const newest = await log.newest({ topicId: "room-1", limit: 10 });
    for (const event of newest.events) checkEvent(event);
    const { last } = await allowOwnError(log.tail("room-1"));
    holds("the position of the last event", !last || (isEpoch(last.epoch) && isOffset(last.offset)));
    return events.length > 0;
  }),
  "epoch record": createRowDecoder("epoch", async (row) => {
    const { record } = await allowOwnError(
      createDynamodbTopicLog(createTableWith(row), clock).tail("room-1"),
    );
    if (record) checkEpochRecord(record);
    return record !== undefined;
  }),
  "ledger row": createRowDecoder("page#", async (row) => {
    const ledger = createDynamodbLedger(createTableWith(row), { clock, retentionSeconds: 60 });
    const rows = await collect(ledger.rows({ topicId: "room-1", epoch: "0mwtlex2q", offset: 1 }));
    for (const one of rows) checkLedgerRow(one);
    return rows.length > 0;
  }),
};

/** Returns the result of a read, or an empty object if it fails with our own error for an unreadable log. */
async function allowOwnError<Result extends object>(reading: Promise<Result>): Promise<Partial<Result>> {
  try {
    return await reading;
  } catch (error) {
    if (isPubsubError(error, "STORAGE_FAILED")) return {};
    throw error;
  }
}

function checkSubscription(subscription: Subscription): void {
  const { consumer, format, subscribedAt, expiresAtSeconds, abandonments, latest, nonce } = subscription;
  holds("abandonments", abandonments === undefined || Object.values(abandonments).every(isOffset));
  const { domainName, stage, connectionId } = consumer;
  const parts = [domainName, stage, connectionId];
  holds(
    "consumer",
    parts.every((part) => typeof part === "string" && part !== ""),
  );
  holds("format", format === "data" || format === "event");
  holds("latest", latest === undefined || latest === true);
  holds("nonce", nonce === undefined || isNonce(nonce));
  holds(
    "subscribedAt or expiresAtSeconds",
    isOffset(subscribedAt) && (expiresAtSeconds === undefined || isOffset(expiresAtSeconds)),
  );
}

function checkEvent({ offset, publicationId, publishedAt, json, verbatim }: StoredEvent): void {
  holds("offset", isOffset(offset) && offset > 0);
  holds("publicationId", typeof publicationId === "string");
  holds("publishedAt", isOffset(publishedAt));
  const data: unknown = JSON.parse(json);
  holds(
    "verbatim must be a boolean, and verbatim data must be a string",
    typeof verbatim === "boolean" && (!verbatim || typeof data === "string"),
  );
}

function checkEpochRecord({ epoch, used, expiresAtSeconds }: EpochRecord): void {
  holds("epoch record", isEpoch(epoch) && typeof used === "boolean" && isOffset(expiresAtSeconds));
}

function checkLedgerRow(row: LedgerRow): void {
  holds("unit", typeof row.unit === "string");
  if (row.row === "abandoned") holds("count", isOffset(row.count));
  if (row.row !== "done") return;
  const { consumers, delivered, gone, retried, handedOn, lastStep, end } = row;
  holds("counts", [consumers, delivered, gone, retried, handedOn].every(isOffset));
  holds("lastStep or end", typeof lastStep === "boolean" && (end === undefined || typeof end === "string"));
}
