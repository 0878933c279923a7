import type { Put, TransactWriteItem, TransactWriteItemsCommandInput } from "@aws-sdk/client-dynamodb";
import type { AppendOutcome, AppendRequest, Clock, EpochRecord, EventToAppend } from "../../core/ports.ts";
import type { Position } from "../../core/types.ts";
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
import { type FoundIntents, readCancellation } from "./cancelled-append.ts";
import { PutItemCommand, TransactWriteItemsCommand } from "./commands.ts";
import { merged, NOTHING_REPLACED, type Replacing, settleIntents } from "./intents.ts";
import { epochPut, eventPut, fencePut, type LogTable, publicationPut } from "./log-puts.ts";
import { type Intent, isIntent, type PublicationRecord, readRecord } from "./publication-record.ts";
import { isRefusal } from "./refusals.ts";
import type { DynamodbTable } from "./table.ts";

/** How often a transaction is made again because it met intents. Another append moves them only if it makes progress. */
const INTENT_TRIES = 3;

/**
 * Writes a single event with a conditional put, one write unit per kilobyte. With a publication id it first writes the
 * idempotency record with another put, as an intent. More needs a transaction, at twice the cost.
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
  const { events, opening } = request;
  const [only] = events;
  if (!only || events.length > 1 || opening) return appendTogether(table, clock, request, nowSeconds);
  if (only.idempotent) return appendAfterIntent(table, clock, request, only, nowSeconds);
  return putEvent(table, clock, request, only);
}

/**
 * Writes where the event is to be, and then the event, on the condition that the offset is free. The record moves only if
 * the event can't be written any more where the record says. So at any time there is one place at most where an event with
 * this id can be written, by any publisher (docs/decisions/0032).
 */
async function appendAfterIntent(
  table: LogTable,
  clock: Clock,
  request: AppendRequest,
  event: EventToAppend,
  nowSeconds: number,
): Promise<AppendOutcome> {
  const { topicId, epoch, offset } = request;
  const { publicationId } = event;
  let replaces: Intent | undefined;
  for (;;) {
    const expiresAtSeconds = Math.max(event.expiresAtSeconds, replaces?.expiresAtSeconds ?? 0);
    const record = { state: "intended", epoch, offset, expiresAtSeconds } as const;
    const put = publicationPut(table, topicId, publicationId, record, { nowSeconds, replaces });
    const found = await untilConclusive(clock, WRITE_LIMITS, () => tryRecord(table, put));
    if (found === "written") break;
    if (found === undefined) return { outcome: "conflict" };
    if (!isIntent(found)) return duplicateAt(publicationId, found);
    const isHere = found.epoch === epoch && found.offset === offset;
    if (isHere && found.expiresAtSeconds >= event.expiresAtSeconds) break;
    if (replaces) return { outcome: "conflict" };
    const settled = await settleIntents(table, clock, request, new Map([[publicationId, found]]));
    if (settled.outcome !== "replacing") return settled;
    if (settled.fences.length > 0) return appendTogether(table, clock, request, nowSeconds, settled);
    replaces = found;
  }
  return putEvent(table, clock, request, event);
}

const duplicateAt = (publicationId: string, { epoch, offset }: Position): AppendOutcome => ({
  outcome: "duplicate",
  duplicates: [{ publicationId, epoch, offset }],
});

async function appendTogether(
  table: LogTable,
  clock: Clock,
  request: AppendRequest,
  nowSeconds: number,
  replacingAtFirst: Replacing = NOTHING_REPLACED,
): Promise<AppendOutcome> {
  let replacing = replacingAtFirst;
  for (let tries = 0; tries < INTENT_TRIES; tries++) {
    const TransactItems = togetherPuts(table, request, nowSeconds, replacing).map(
      (Put): TransactWriteItem => ({ Put }),
    );
    // For ten minutes DynamoDB takes a repeated transaction with the same token for the one that it has already made
    const transaction = { TransactItems, ClientRequestToken: crypto.randomUUID() };
    const outcome = await untilConclusive<AppendOutcome | FoundIntents>(clock, WRITE_LIMITS, () =>
      tryTransaction(table, transaction, request),
    );
    if (outcome.outcome !== "intended") return outcome;
    const settled = await settleIntents(table, clock, request, outcome.intents);
    if (settled.outcome !== "replacing") return settled;
    replacing = merged(replacing, settled);
  }
  return { outcome: "conflict" };
}

/** The events, then the idempotency records, then the rest: `readCancellation` relies on this order. */
function togetherPuts(
  table: LogTable,
  request: AppendRequest,
  nowSeconds: number,
  { intents, fences }: Replacing,
): Put[] {
  const { topicId, epoch, offset, events, opening } = request;
  const puts: Put[] = events.map((event, index) => eventPut(table, request, event, offset + index));
  events.forEach(({ publicationId, idempotent, expiresAtSeconds }, index) => {
    if (!idempotent) return;
    const record = { state: "written", epoch, offset: offset + index, expiresAtSeconds } as const;
    const replaces = intents.get(publicationId);
    puts.push(publicationPut(table, topicId, publicationId, record, { nowSeconds, replaces }));
  });
  if (opening) {
    const expiresAtSeconds = Math.max(...events.map((event) => event.expiresAtSeconds));
    puts.push(epochPut(table, topicId, { epoch, used: true, expiresAtSeconds }, opening.replaces));
  }
  const fencedUntil = Math.min(...events.map((event) => event.expiresAtSeconds));
  return [...puts, ...fences.map((fence) => fencePut(table, topicId, fence, fencedUntil))];
}

export async function putEpochRecord(
  table: DynamodbTable,
  { topicId, epoch, replaces }: { topicId: string; epoch: EpochRecord; replaces: EpochRecord | undefined },
): Promise<boolean> {
  try {
    await table.client.send(new PutItemCommand(epochPut(table, topicId, epoch, replaces)));
    return true;
  } catch (cause) {
    if (
      isRefusal(cause, "ConditionalCheckFailedException") ||
      isRefusal(cause, "TransactionConflictException")
    )
      return false;
    throw awsFailure("STORAGE_FAILED", "PutItem", cause);
  }
}

function putEvent(
  table: LogTable,
  clock: Clock,
  request: AppendRequest,
  event: EventToAppend,
): Promise<AppendOutcome> {
  const put = eventPut(table, request, event, request.offset);
  return untilConclusive<AppendOutcome>(clock, WRITE_LIMITS, () => tryPut(table, request, event, put));
}

async function tryPut(
  table: DynamodbTable,
  place: Position,
  event: EventToAppend,
  put: Put,
): Promise<AppendOutcome | Inconclusive> {
  try {
    await table.client.send(new PutItemCommand(put));
    return { outcome: "appended" };
  } catch (cause) {
    if (!isRefusal(cause, "ConditionalCheckFailedException")) return inconclusiveOrThrow("PutItem", cause);
    if (readText(cause.Item, "publicationId") !== event.publicationId) return { outcome: "conflict" };
    // The SDK repeats a put whose response was lost, and then finds the row of its own first try. With an id that the
    // caller chose it can be another writer's too
    return event.idempotent ? duplicateAt(event.publicationId, place) : { outcome: "appended" };
  }
}

/** Returns the record that is there instead, or undefined for one that is malformed, or gone by now. */
async function tryRecord(
  table: DynamodbTable,
  put: Put,
): Promise<PublicationRecord | "written" | undefined | Inconclusive> {
  try {
    await table.client.send(new PutItemCommand(put));
    return "written";
  } catch (cause) {
    if (isRefusal(cause, "ConditionalCheckFailedException")) return readRecord(cause.Item);
    return inconclusiveOrThrow("PutItem", cause);
  }
}

async function tryTransaction(
  table: DynamodbTable,
  transaction: TransactWriteItemsCommandInput,
  request: AppendRequest,
): Promise<AppendOutcome | FoundIntents | Inconclusive> {
  try {
    await table.client.send(new TransactWriteItemsCommand(transaction));
    return { outcome: "appended" };
  } catch (cause) {
    const decided = isRefusal(cause, "TransactionCanceledException")
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
  const isCancelled = isRefusal(cause, "TransactionCanceledException");
  const isConflict = isCancelled || (cause instanceof Error && CONFLICTS.has(cause.name));
  if (kind === "transient" && isConflict) return conflicted(failure);
  throw failure;
}
