import { CONNECTION_SECONDS_MAX } from "../../core/limits.ts";
import type { Spending, SpendRequest, Spent } from "../../core/ports.ts";
import { awsFailure } from "../sdk/aws-failure.ts";
import { type Item, number, readNumber, text } from "./attributes.ts";
import { UpdateItemCommand } from "./commands.ts";
import { isRefusal } from "./refusals.ts";
import { SPENDING_KEY, spendingKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

/** Two processes can both find no row, or one that is older than the burst. The second one then adds to the first. */
const TRIES = 3;

const ADD = {
  UpdateExpression: "ADD spentUntilMs :cost SET expiresAt = :expiresAt",
  ConditionExpression: "spentUntilMs BETWEEN :from AND :most",
} as const;
const BEGIN = {
  UpdateExpression: "SET spentUntilMs = :begun, expiresAt = :expiresAt",
  ConditionExpression: "attribute_not_exists(spentUntilMs) OR spentUntilMs < :from",
} as const;

/**
 * Keeps one row for a connection that was ever busy. It has no `p2`, so that it is not in the index: a call costs one
 * write unit, and the first one of a connection two. It expires by itself.
 */
export function createDynamodbSpending({ client, tableName }: DynamodbTable): Spending {
  /** Returns what the row has afterwards, or as `refused` what it had if the condition did not hold. */
  async function update(
    { consumer, account, nowMs }: SpendRequest,
    expression: typeof ADD | typeof BEGIN,
    values: Record<string, number>,
  ): Promise<{ row: Item | undefined; refused: boolean }> {
    const expiresAt = Math.ceil(nowMs / 1_000) + CONNECTION_SECONDS_MAX;
    const update = new UpdateItemCommand({
      TableName: tableName,
      Key: { p: text(spendingKey(consumer)), u: text(SPENDING_KEY[account]) },
      ...expression,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries({ ...values, ":expiresAt": expiresAt }).map(([name, value]) => [name, number(value)]),
      ),
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    try {
      const { Attributes } = await client.send(update);
      return { row: Attributes, refused: false };
    } catch (cause) {
      if (isRefusal(cause, "ConditionalCheckFailedException")) return { row: cause.Item, refused: true };
      throw awsFailure("STORAGE_FAILED", "UpdateItem", cause);
    }
  }

  return {
    async spend(request) {
      const { nowMs, burstMs, mayOwe } = request;
      const cost = Math.ceil(request.costMs);
      const from = Math.floor(nowMs - burstMs);
      const most = mayOwe ? Number.MAX_SAFE_INTEGER : Math.floor(nowMs) - cost;
      const unspent: Spent = { spent: false, spentUntilMs: from };
      if (most < from) return unspent;
      for (let tries = 0; tries < TRIES; tries++) {
        const added = await update(request, ADD, { ":cost": cost, ":from": from, ":most": most });
        const known = readNumber(added.row, "spentUntilMs");
        if (!added.refused) return { spent: true, spentUntilMs: known ?? from + cost };
        if (known !== undefined && known >= from) return { spent: false, spentUntilMs: known };
        const begun = await update(request, BEGIN, { ":begun": from + cost, ":from": from });
        if (!begun.refused) return { spent: true, spentUntilMs: from + cost };
      }
      return unspent;
    },
  };
}
