import { PubsubError } from "../../core/errors.ts";
import { isEpoch } from "../../core/log/epoch.ts";
import { NEAR_EXPIRY_SECONDS } from "../../core/log/place.ts";
import type { Clock, EpochRecord, LogTail, TopicLog } from "../../core/ports.ts";
import type { Position } from "../../core/types.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, readFlag, readNumber, readText, text } from "./attributes.ts";
import { GetItemCommand } from "./commands.ts";
import { readEvent } from "./event-row.ts";
import { appendToLog, putEpochRecord } from "./log-writes.ts";
import { readNewest } from "./newest-events.ts";
import { EPOCH_RECORD_KEY, EVENT_KEY_RANGE, eventKey, parseEventKey, topicKey } from "./schema.ts";
import { type CountUnits, type DynamodbTable, queryItems } from "./table.ts";

const RANGE = { KeyConditionExpression: "p = :p AND u BETWEEN :from AND :to", ConsistentRead: true };

/** The attributes of the last event, or of the record. DynamoDB bills the whole item, but does not send its data. */
const TAIL = {
  ProjectionExpression: "u, expiresAt, bytesSoFar, #epoch, #used",
  ExpressionAttributeNames: { "#epoch": "epoch", "#used": "used" },
} as const;

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

  /** Returns the last item of the range: an event, or the epoch record if the range begins with it and has no event. */
  async function lastItem(
    topicId: string,
    { from, mayLag, count }: { from: string; mayLag: boolean; count: CountUnits },
  ): Promise<Pick<LogTail, "last" | "record">> {
    const query = {
      ...RANGE,
      ...TAIL,
      ConsistentRead: !mayLag,
      ScanIndexForward: false,
      Limit: 1,
      ExpressionAttributeValues: {
        ":p": text(topicKey(topicId)),
        ":from": text(from),
        ":to": text(EVENT_KEY_RANGE.to),
      },
      ReturnConsumedCapacity: "TOTAL",
    } as const;
    // A query that finds nothing costs as much as one that finds a byte
    const least = mayLag ? 0.5 : 1;
    for await (const item of queryItems(table, query, (units) => count(Math.max(least, units)))) {
      const key = readText(item, "u") ?? "";
      if (key === EPOCH_RECORD_KEY) return { record: readRecord(topicId, item) };
      const position = parseEventKey(key);
      const bytesSoFar = readNumber(item, "bytesSoFar");
      const expiresAtSeconds = readNumber(item, "expiresAt") ?? 0;
      const known = bytesSoFar === undefined ? {} : { bytesSoFar };
      if (position) return { last: { ...position, expiresAtSeconds, ...known } };
    }
    return {};
  }

  /** The record sorts before all events, so that one query finds the last event, or the record of a topic without events. */
  async function laggingTail(topicId: string, after: Position | undefined): Promise<LogTail> {
    let readUnits = 0;
    const from = after ? eventKey(after.epoch, after.offset + 1) : EPOCH_RECORD_KEY;
    const count: CountUnits = (units) => {
      readUnits += units;
    };
    return { ...(await lastItem(topicId, { from, mayLag: true, count })), readUnits };
  }

  async function epochRecord(topicId: string): Promise<EpochRecord | undefined> {
    const Key = { p: text(topicKey(topicId)), u: text(EPOCH_RECORD_KEY) };
    const get = new GetItemCommand({ TableName: table.tableName, Key, ConsistentRead: true });
    const { Item: item } = await guarded("GetItem", () => table.client.send(get));
    return item && readRecord(topicId, item);
  }

  return {
    async tail(topicId, { mayLag = false, after } = {}) {
      if (mayLag) return laggingTail(topicId, after);
      let readUnits = 0;
      const count: CountUnits = (units) => {
        readUnits += units;
      };
      const lastEvent = async (): Promise<LogTail["last"]> =>
        (await lastItem(topicId, { from: EVENT_KEY_RANGE.from, mayLag, count })).last;
      const known = await lastEvent();
      if (known && known.expiresAtSeconds > nowSeconds() + NEAR_EXPIRY_SECONDS)
        return { last: known, readUnits };
      const record = await epochRecord(topicId);
      readUnits += 1;
      // Read the last event again, after a record that says "used". Otherwise it could come with a last event from
      // before that epoch's first one. The epoch would look expired, and a second one would be opened. A record that
      // says "unused" contains no append that the first read could have missed
      const last = record?.used ? await lastEvent() : known;
      return { ...(last && { last }), ...(record && { record }), readUnits };
    },
    append: (request) => appendToLog({ ...table, compressEvents }, clock, request, nowSeconds()),
    openEpoch: (request) => putEpochRecord(table, request),
    newest: (request) => readNewest(table, nowSeconds(), request),
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
        if (!event || event === "expired") continue;
        yield event;
        yielded += 1;
        if (yielded >= limit) return;
      }
    },
  };
}

/**
 * Throws `STORAGE_FAILED` if the record names no epoch. If an invalid record counted as missing, it would block every new
 * one. If it were used, it would become part of keys.
 */
function readRecord(topicId: string, item: Item): EpochRecord {
  const epoch = readText(item, "epoch");
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
