import type { Put } from "@aws-sdk/client-dynamodb";
import type { AppendRequest, EpochRecord, EventToAppend } from "../../core/ports.ts";
import type { Position } from "../../core/types.ts";
import { flag, number, text } from "./attributes.ts";
import { dataAttributes } from "./data-at-rest.ts";
import { type Intent, OFFSET_ATTRIBUTE, type PublicationRecord } from "./publication-record.ts";
import { EPOCH_RECORD_KEY, eventKey, publicationKey, topicKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

/** The table of topic logs, and whether large data is stored compressed. */
export interface LogTable extends DynamodbTable {
  compressEvents: boolean;
}

const NOTHING_THERE = "attribute_not_exists(p)";
const NOTHING_THERE_OR_EXPIRED = "attribute_not_exists(p) OR expiresAt <= :now";
const STILL_INTENDED = "#epoch = :epoch AND intendedOffset = :offset AND expiresAt = :expiresAt";
const STILL_AS_READ = "#epoch = :epoch AND #used = :used AND expiresAt = :expiresAt";

export function eventPut(
  { tableName, compressEvents }: LogTable,
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
      ...dataAttributes(event.json, compressEvents),
      ...(event.verbatim && { verbatim: flag(true) }),
      ...(event.bytesSoFar !== undefined && { bytesSoFar: number(event.bytesSoFar) }),
      ...(event.traceparent !== undefined && { traceparent: text(event.traceparent) }),
      expiresAt: number(event.expiresAtSeconds),
    },
    ConditionExpression: NOTHING_THERE,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

/** Writes an idempotency record, if there is none that has not expired, or only `replaces`. */
export function publicationPut(
  { tableName }: DynamodbTable,
  topicId: string,
  publicationId: string,
  { state, epoch, offset, expiresAtSeconds }: PublicationRecord,
  { nowSeconds, replaces }: { nowSeconds: number; replaces: Intent | undefined },
): Put {
  return {
    TableName: tableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(publicationKey(publicationId)),
      epoch: text(epoch),
      [OFFSET_ATTRIBUTE[state]]: number(offset),
      expiresAt: number(expiresAtSeconds),
    },
    ...(replaces
      ? {
          ConditionExpression: STILL_INTENDED,
          ExpressionAttributeNames: { "#epoch": "epoch" },
          ExpressionAttributeValues: {
            ":epoch": text(replaces.epoch),
            ":offset": number(replaces.offset),
            ":expiresAt": number(replaces.expiresAtSeconds),
          },
        }
      : {
          ConditionExpression: NOTHING_THERE_OR_EXPIRED,
          ExpressionAttributeValues: { ":now": number(Math.floor(nowSeconds)) },
        }),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

/**
 * Occupies a position where an event was intended, so that it cannot be written there any more. Readers skip it. It must
 * be written together with a later event that does not expire before it, so that it never is the end of the log.
 */
export function fencePut(
  { tableName }: DynamodbTable,
  topicId: string,
  { epoch, offset }: Position,
  expiresAtSeconds: number,
): Put {
  return {
    TableName: tableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(eventKey(epoch, offset)),
      fence: flag(true),
      expiresAt: number(expiresAtSeconds),
    },
    ConditionExpression: NOTHING_THERE,
  };
}

export function epochPut(
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
