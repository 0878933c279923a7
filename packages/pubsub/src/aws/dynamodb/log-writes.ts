import { setTimeout as sleep } from "node:timers/promises";
import {
  ConditionalCheckFailedException,
  type Put,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { PubsubError } from "../../core/errors.ts";
import type { AppendOutcome, AppendRequest, EpochRecord, EventToAppend } from "../../core/ports.ts";
import { awsFailure } from "../sdk/aws-failure.ts";
import { flag, type Item, number, readNumber, readText, text } from "./attributes.ts";
import { EPOCH_RECORD_KEY, eventKey, publicationKey, topicKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

const NOTHING_THERE = "attribute_not_exists(p)";
const NOTHING_THERE_OR_EXPIRED = "attribute_not_exists(p) OR expiresAt <= :now";
const STILL_AS_READ = "#epoch = :epoch AND #used = :used AND expiresAt = :expiresAt";

/**
 * Writes a single event with a conditional put, one write unit per kilobyte. More needs a transaction, at twice the
 * cost.
 */
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

type Tried = AppendOutcome | { outcome: "inconclusive"; failure: PubsubError };

/**
 * How often a write is repeated while another transaction is under way. Such a transaction ends within milliseconds.
 */
const CONFLICTS_MAX = 8;
const CONFLICT_PAUSE_MS = 5;

/**
 * Another transaction on the same items does not say what the items contain: this very write can have been made before,
 * and its response lost. If that counted as a conflict, the event would be appended twice. So the same write is
 * repeated until a condition on the items decides.
 */
async function untilConclusive(attempt: () => Promise<Tried>): Promise<AppendOutcome> {
  for (let conflicts = 1; ; conflicts++) {
    const tried = await attempt();
    if (tried.outcome !== "inconclusive") return tried;
    if (conflicts >= CONFLICTS_MAX) throw tried.failure;
    await sleep(Math.random() * CONFLICT_PAUSE_MS * 2 ** conflicts);
  }
}

function putEvent(table: DynamodbTable, event: EventToAppend, put: Put): Promise<AppendOutcome> {
  return untilConclusive(() => tryPut(table, event, put));
}

async function tryPut(table: DynamodbTable, event: EventToAppend, put: Put): Promise<Tried> {
  try {
    await table.client.send(new PutItemCommand(put));
    return { outcome: "appended" };
  } catch (cause) {
    if (cause instanceof TransactionConflictException) {
      return { outcome: "inconclusive", failure: awsFailure("STORAGE_FAILED", "PutItem", cause) };
    }
    if (!(cause instanceof ConditionalCheckFailedException))
      throw awsFailure("STORAGE_FAILED", "PutItem", cause);
    // The SDK repeats a put whose response was lost, and then finds the row of its own first try
    return {
      outcome: readText(cause.Item, "publicationId") === event.publicationId ? "appended" : "conflict",
    };
  }
}

function transact(
  table: DynamodbTable,
  puts: readonly Put[],
  events: readonly EventToAppend[],
  idempotent: readonly EventToAppend[],
): Promise<AppendOutcome> {
  const TransactItems = puts.map((Put): TransactWriteItem => ({ Put }));
  const ClientRequestToken = crypto.randomUUID();
  const request = { TransactItems, ClientRequestToken };
  return untilConclusive(() => tryTransaction(table, request, events, idempotent));
}

async function tryTransaction(
  table: DynamodbTable,
  request: TransactWriteItemsCommand["input"],
  events: readonly EventToAppend[],
  idempotent: readonly EventToAppend[],
): Promise<Tried> {
  try {
    await table.client.send(new TransactWriteItemsCommand(request));
    return { outcome: "appended" };
  } catch (cause) {
    if (!(cause instanceof TransactionCanceledException))
      throw awsFailure("STORAGE_FAILED", "TransactWriteItems", cause);
    const reasons = cause.CancellationReasons ?? [];
    const standing = (index: number): Item | undefined => reasons[index]?.Item;
    // This is its own earlier write if a repeat came after the service forgot the first token. A publication id that
    // the caller chose proves nothing, because another process can publish with the same id at the same offset
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
    const failure = awsFailure("STORAGE_FAILED", "TransactWriteItems", cause);
    if (reasons.some(({ Code }) => Code === "TransactionConflict"))
      return { outcome: "inconclusive", failure };
    if (reasons.some(({ Code }) => Code === "ConditionalCheckFailed")) return { outcome: "conflict" };
    throw failure;
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
