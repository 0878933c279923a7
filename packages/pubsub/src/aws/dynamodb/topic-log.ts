import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { PubsubError } from "../../core/errors.ts";
import { isEpoch } from "../../core/log/epoch.ts";
import type { Clock, EpochRecord, LogTail, TopicLog } from "../../core/ports.ts";
import type { StoredEvent } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, readFlag, readNumber, readText, text } from "./attributes.ts";
import { readData } from "./data-at-rest.ts";
import { appendToLog, putEpochRecord } from "./log-writes.ts";
import { EPOCH_RECORD_KEY, EVENT_KEY_RANGE, eventKey, parseEventKey, topicKey } from "./schema.ts";
import { type CountUnits, type DynamodbTable, queryItems } from "./table.ts";

/**
 * If the last event expires within this time, its epoch may be about to end, so the record is read too. It is twice the
 * time before expiry at which an epoch ends, so that a process with a slow clock sees an epoch that another one opened.
 */
const NEAR_EXPIRY_SECONDS = 120;
const RANGE = { KeyConditionExpression: "p = :p AND u BETWEEN :from AND :to", ConsistentRead: true };

/** The attributes of the last event. DynamoDB bills the whole item, but does not send its data. */
const TAIL = "u, expiresAt, bytesSoFar";

export interface TopicLogOptions {
  /** Whether data over 1 KB is stored compressed where that saves a fifth or more. Default true. */
  compressEvents?: boolean;
}

export function createDynamodbTopicLog(
  table: DynamodbTable,
  clock: Clock,
  { compressEvents = true }: TopicLogOptions = {},
): TopicLog {
  const nowSeconds = (): number => clock.now() / 1_000;

  async function lastEvent(topicId: string, count: CountUnits): Promise<LogTail["last"]> {
    const { from, to } = EVENT_KEY_RANGE;
    const values = { ":p": text(topicKey(topicId)), ":from": text(from), ":to": text(to) };
    const backwards = { ...RANGE, ScanIndexForward: false, Limit: 1, ProjectionExpression: TAIL };
    const query = {
      ...backwards,
      ExpressionAttributeValues: values,
      ReturnConsumedCapacity: "TOTAL",
    } as const;
    for await (const item of queryItems(table, query, count)) {
      const position = parseEventKey(readText(item, "u") ?? "");
      const bytesSoFar = readNumber(item, "bytesSoFar");
      const expiresAtSeconds = readNumber(item, "expiresAt") ?? 0;
      if (position) return { ...position, expiresAtSeconds, ...(bytesSoFar !== undefined && { bytesSoFar }) };
    }
    return undefined;
  }

  async function epochRecord(topicId: string): Promise<EpochRecord | undefined> {
    const Key = { p: text(topicKey(topicId)), u: text(EPOCH_RECORD_KEY) };
    const get = new GetItemCommand({ TableName: table.tableName, Key, ConsistentRead: true });
    const { Item: item } = await guarded("GetItem", () => table.client.send(get));
    const epoch = readText(item, "epoch");
    if (item === undefined) return undefined;
    // If an invalid record counted as missing, it would block every new one. If it were used, it would become part of
    // keys
    if (!isEpoch(epoch)) {
      throw new PubsubError("STORAGE_FAILED", "the topic's epoch record names no epoch", {
        context: { topicId },
      });
    }
    return {
      epoch,
      used: readFlag(item, "used") ?? true,
      expiresAtSeconds: readNumber(item, "expiresAt") ?? 0,
    };
  }

  return {
    async tail(topicId) {
      let readUnits = 0;
      const count: CountUnits = (units) => {
        // A strongly consistent query costs at least one unit, also if it finds nothing
        readUnits += Math.max(1, units);
      };
      const known = await lastEvent(topicId, count);
      if (known && known.expiresAtSeconds > nowSeconds() + NEAR_EXPIRY_SECONDS)
        return { last: known, readUnits };
      const record = await epochRecord(topicId);
      readUnits += 1;
      // Read the last event again, after a record that says "used". Otherwise it could come with a last event from
      // before that epoch's first one. The epoch would look expired, and a second one would be opened. A record that
      // says "unused" contains no append that the first read could have missed
      const last = record?.used ? await lastEvent(topicId, count) : known;
      return { ...(last && { last }), ...(record && { record }), readUnits };
    },
    append: (request) => appendToLog({ ...table, compressEvents }, clock, request, nowSeconds()),
    openEpoch: (request) => putEpochRecord(table, request),
    async *read({ topicId, epoch, after, limit = Number.POSITIVE_INFINITY, mayLag = false }) {
      // DynamoDB rejects a range that ends before it begins
      if (after >= Number.MAX_SAFE_INTEGER) return;
      const values = {
        ":p": text(topicKey(topicId)),
        ":from": text(eventKey(epoch, after + 1)),
        ":to": text(eventKey(epoch, Number.MAX_SAFE_INTEGER)),
      };
      const page = Number.isFinite(limit) ? { Limit: Math.max(1, limit) } : {};
      const query = { ...RANGE, ...page, ConsistentRead: !mayLag, ExpressionAttributeValues: values };
      let yielded = 0;
      for await (const item of queryItems(table, query)) {
        if (yielded >= limit) return;
        const event = readEvent(item, nowSeconds());
        if (!event) continue;
        yield event;
        yielded += 1;
        if (yielded >= limit) return;
      }
    },
  };
}

/** Skips expired rows and malformed rows. */
function readEvent(item: Item, nowSeconds: number): StoredEvent | undefined {
  const offset = parseEventKey(readText(item, "u") ?? "")?.offset;
  const publicationId = readText(item, "publicationId");
  const expiresAtSeconds = readNumber(item, "expiresAt") ?? 0;
  if (!offset || publicationId === undefined) return undefined;
  if (expiresAtSeconds <= nowSeconds) return undefined;
  const verbatim = readFlag(item, "verbatim") ?? false;
  const data = readData(item, verbatim);
  if (!data) return undefined;
  const publishedAt = readNumber(item, "publishedAt") ?? 0;
  const bytesSoFar = readNumber(item, "bytesSoFar");
  return {
    offset,
    publicationId,
    publishedAt,
    ...data,
    verbatim,
    ...(bytesSoFar !== undefined && { bytesSoFar }),
  };
}
