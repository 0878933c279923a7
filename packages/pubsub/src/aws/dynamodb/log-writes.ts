import {
  ConditionalCheckFailedException,
  type Put,
  PutItemCommand,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { AppendOutcome, AppendRequest, Clock, EpochRecord, EventToAppend } from "../../core/ports.ts";
import { awsFailure } from "../sdk/aws-failure.ts";
import { kindOfError } from "../sdk/error-kind.ts";
import {
  conflicted,
  type Inconclusive,
  throttled,
  untilConclusive,
  WRITE_LIMITS,
} from "../sdk/until-conclusive.ts";
import { readText } from "./attributes.ts";
import { readCancellation } from "./cancelled-append.ts";
import { epochPut, eventPut, type LogTable, publicationPut } from "./log-puts.ts";
import type { DynamodbTable } from "./table.ts";

/**
 * Writes a single event with a conditional put, one write unit per kilobyte. More needs a transaction, at twice the
 * cost.
 *
 * A write that was throttled, or that met another transaction on the same items, does not say what the items contain:
 * this very write can have been made before, and its response lost. If that counted as a conflict, the event would be
 * appended twice. So the same write is repeated until a condition on the items decides.
 */
export async function appendToLog(
  table: LogTable,
  clock: Clock,
  request: AppendRequest,
  nowSeconds: number,
): Promise<AppendOutcome> {
  const { topicId, epoch, offset, events, opening } = request;
  const [only] = events;
  if (only && events.length === 1 && !only.idempotent && !opening) {
    const put = eventPut(table, request, only, offset);
    return untilConclusive<AppendOutcome>(clock, WRITE_LIMITS, () => tryPut(table, only, put));
  }
  const puts: Put[] = events.map((event, index) => eventPut(table, request, event, offset + index));
  events.forEach((event, index) => {
    if (event.idempotent) puts.push(publicationPut(table, request, event, offset + index, nowSeconds));
  });
  if (opening) {
    const expiresAtSeconds = Math.max(...events.map((event) => event.expiresAtSeconds));
    puts.push(epochPut(table, topicId, { epoch, used: true, expiresAtSeconds }, opening.replaces));
  }
  const TransactItems = puts.map((Put): TransactWriteItem => ({ Put }));
  // For ten minutes DynamoDB takes a repeated transaction with the same token for the one that it has already made
  const transaction = { TransactItems, ClientRequestToken: crypto.randomUUID() };
  return untilConclusive<AppendOutcome>(clock, WRITE_LIMITS, () =>
    tryTransaction(table, transaction, request),
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

async function tryPut(
  table: DynamodbTable,
  event: EventToAppend,
  put: Put,
): Promise<AppendOutcome | Inconclusive> {
  try {
    await table.client.send(new PutItemCommand(put));
    return { outcome: "appended" };
  } catch (cause) {
    // The SDK repeats a put whose response was lost, and then finds the row of its own first try
    if (cause instanceof ConditionalCheckFailedException) {
      const isOurs = readText(cause.Item, "publicationId") === event.publicationId;
      return { outcome: isOurs ? "appended" : "conflict" };
    }
    return inconclusiveOrThrow("PutItem", cause);
  }
}

async function tryTransaction(
  table: DynamodbTable,
  transaction: TransactWriteItemsCommand["input"],
  request: AppendRequest,
): Promise<AppendOutcome | Inconclusive> {
  try {
    await table.client.send(new TransactWriteItemsCommand(transaction));
    return { outcome: "appended" };
  } catch (cause) {
    const decided =
      cause instanceof TransactionCanceledException
        ? readCancellation(request, cause.CancellationReasons ?? [])
        : undefined;
    return decided ?? inconclusiveOrThrow("TransactWriteItems", cause);
  }
}

const CONFLICTS = new Set(["TransactionConflictException", "TransactionInProgressException"]);

function inconclusiveOrThrow(operation: string, cause: unknown): Inconclusive {
  const failure = awsFailure("STORAGE_FAILED", operation, cause);
  const kind = kindOfError(cause);
  if (kind === "throttled") return throttled(failure);
  const isCancelled = cause instanceof TransactionCanceledException;
  const isConflict = isCancelled || (cause instanceof Error && CONFLICTS.has(cause.name));
  if (kind === "transient" && isConflict) return conflicted(failure);
  throw failure;
}
