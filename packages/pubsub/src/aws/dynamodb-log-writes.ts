import {
  ConditionalCheckFailedException,
  type Put,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { AppendOutcome, AppendRequest, EpochRecord, EventToAppend } from "../ports.ts";
import { flag, type Item, number, readNumber, readText, text } from "./attributes.ts";
import { awsFailure } from "./aws-failure.ts";
import type { DynamodbTable } from "./dynamodb-table.ts";
import { EPOCH_RECORD_KEY, eventKey, publicationKey, topicKey } from "./schema.ts";

const NOTHING_THERE = "attribute_not_exists(p)";
const NOTHING_THERE_OR_EXPIRED = "attribute_not_exists(p) OR expiresAt <= :now";
const STILL_AS_READ = "#epoch = :epoch AND #used = :used AND expiresAt = :expiresAt";

/** One event alone is a conditional put, one write unit a kilobyte; anything more a transaction, at double. */
export async function appendToLog(
  table: DynamodbTable,
  request: AppendRequest,
  nowSeconds: number,
): Promise<AppendOutcome> {
  const { topicId, epoch, offset, events, opening } = request;
  const [only] = events;
  if (only && events.length === 1 && !only.idempotent && !opening) {
    return putEvent(table, only, eventPut(table, request, only, offset));
  }
  const puts: Put[] = events.map((event, index) => eventPut(table, request, event, offset + index));
  const idempotent = events.flatMap((event, index) =>
    event.idempotent ? [{ event, offset: offset + index }] : [],
  );
  for (const { event, offset: at } of idempotent)
    puts.push(publicationPut(table, request, event, at, nowSeconds));
  if (opening) {
    const expiresAtSeconds = Math.max(...events.map((event) => event.expiresAtSeconds));
    puts.push(epochPut(table, topicId, { epoch, used: true, expiresAtSeconds }, opening.replaces));
  }
  return transact(
    table,
    puts,
    events,
    idempotent.map(({ event }) => event),
  );
}

export async function putEpochRecord(
  table: DynamodbTable,
  { topicId, epoch, replaces }: { topicId: string; epoch: EpochRecord; replaces: EpochRecord | undefined },
): Promise<boolean> {
  try {
    await table.client.send(new PutItemCommand(epochPut(table, topicId, epoch, replaces)));
    return true;
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException || cause instanceof TransactionConflictException)
      return false;
    throw awsFailure("STORAGE_FAILED", "PutItem", cause);
  }
}

async function putEvent(table: DynamodbTable, event: EventToAppend, put: Put): Promise<AppendOutcome> {
  try {
    await table.client.send(new PutItemCommand(put));
    return { outcome: "appended" };
  } catch (cause) {
    if (cause instanceof TransactionConflictException) return { outcome: "conflict" };
    if (!(cause instanceof ConditionalCheckFailedException))
      throw awsFailure("STORAGE_FAILED", "PutItem", cause);
    // The SDK repeats a put whose answer was lost, and meets its own first one
    return {
      outcome: readText(cause.Item, "publicationId") === event.publicationId ? "appended" : "conflict",
    };
  }
}

async function transact(
  table: DynamodbTable,
  puts: readonly Put[],
  events: readonly EventToAppend[],
  idempotent: readonly EventToAppend[],
): Promise<AppendOutcome> {
  const TransactItems = puts.map((Put): TransactWriteItem => ({ Put }));
  try {
    const ClientRequestToken = crypto.randomUUID();
    await table.client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
    return { outcome: "appended" };
  } catch (cause) {
    if (!(cause instanceof TransactionCanceledException))
      throw awsFailure("STORAGE_FAILED", "TransactWriteItems", cause);
    const reasons = cause.CancellationReasons ?? [];
    const standing = (index: number): Item | undefined => reasons[index]?.Item;
    // Its own earlier write, should a repeat come after the service forgot the first one's token. A publication
    // id that was given proves nothing: another process may be publishing under it at the same offset
    const ours =
      idempotent.length < events.length &&
      events.every(({ publicationId }, i) => readText(standing(i), "publicationId") === publicationId);
    if (ours) return { outcome: "appended" };
    const duplicates = idempotent.flatMap(({ publicationId }, index) => {
      const record = standing(events.length + index);
      const epoch = readText(record, "epoch");
      const offset = readNumber(record, "offset");
      return epoch !== undefined && offset !== undefined ? [{ publicationId, epoch, offset }] : [];
    });
    if (duplicates.length > 0) return { outcome: "duplicate", duplicates };
    const contended = reasons.some(
      ({ Code }) => Code === "ConditionalCheckFailed" || Code === "TransactionConflict",
    );
    if (contended) return { outcome: "conflict" };
    throw awsFailure("STORAGE_FAILED", "TransactWriteItems", cause);
  }
}

function eventPut(
  { tableName }: DynamodbTable,
  { topicId, epoch }: AppendRequest,
  event: EventToAppend,
  at: number,
): Put {
  return {
    TableName: tableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(eventKey(epoch, at)),
      publicationId: text(event.publicationId),
      publishedAt: number(event.publishedAt),
      json: text(event.json),
      ...(event.verbatim && { verbatim: flag(true) }),
      expiresAt: number(event.expiresAtSeconds),
    },
    ConditionExpression: NOTHING_THERE,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

function publicationPut(
  { tableName }: DynamodbTable,
  { topicId, epoch }: AppendRequest,
  event: EventToAppend,
  at: number,
  nowSeconds: number,
): Put {
  return {
    TableName: tableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(publicationKey(event.publicationId)),
      epoch: text(epoch),
      offset: number(at),
      expiresAt: number(event.expiresAtSeconds),
    },
    ConditionExpression: NOTHING_THERE_OR_EXPIRED,
    ExpressionAttributeValues: { ":now": number(Math.floor(nowSeconds)) },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

function epochPut(
  { tableName }: DynamodbTable,
  topicId: string,
  { epoch, used, expiresAtSeconds }: EpochRecord,
  replaces: EpochRecord | undefined,
): Put {
  return {
    TableName: tableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(EPOCH_RECORD_KEY),
      epoch: text(epoch),
      used: flag(used),
      expiresAt: number(expiresAtSeconds),
    },
    ...(replaces
      ? {
          ConditionExpression: STILL_AS_READ,
          ExpressionAttributeNames: { "#epoch": "epoch", "#used": "used" },
          ExpressionAttributeValues: {
            ":epoch": text(replaces.epoch),
            ":used": flag(replaces.used),
            ":expiresAt": number(replaces.expiresAtSeconds),
          },
        }
      : { ConditionExpression: NOTHING_THERE }),
  };
}
