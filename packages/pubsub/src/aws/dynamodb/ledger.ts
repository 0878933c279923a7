import { consumerId } from "../../core/consumer.ts";
import type {
  ClaimOutcome,
  ClaimRequest,
  Clock,
  FanoutLedger,
  LedgerRow,
  StepPlan,
  UnitTimes,
} from "../../core/ports.ts";
import type { Publication } from "../../core/types.ts";
import { awsFailure, guarded } from "../sdk/aws-failure.ts";
import { type Item, number, readFlag, readLength, readNumber, readText, text } from "./attributes.ts";
import { PutItemCommand, UpdateItemCommand } from "./commands.ts";
import { isRefusal } from "./refusals.ts";
import { createRunRows } from "./run-rows.ts";
import { ledgerAbandonedKey, ledgerKey, ledgerPageKey, parseLedgerRowKey } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

export function createDynamodbLedger(
  table: DynamodbTable,
  { clock, retentionSeconds }: { clock: Pick<Clock, "now">; retentionSeconds: number },
): FanoutLedger {
  const { client, tableName } = table;
  const expiresAt = (): Item[string] => number(Math.ceil(clock.now() / 1_000) + retentionSeconds);

  const runs = createRunRows(table, { clock, expiresAt });

  /** Takes over from a worker whose lease expired, unless another worker just did. */
  async function takeOver(
    { publication, unit, nowMs, leaseUntilMs }: ClaimRequest,
    row: Item,
    claimId: string,
  ): Promise<ClaimOutcome> {
    const leased = readNumber(row, "leaseUntilMs") ?? 0;
    if (readFlag(row, "done")) return { outcome: "done", ...endOf(row) };
    if (leased > nowMs) return { outcome: "leased", untilMs: leased };
    const update = new UpdateItemCommand({
      TableName: tableName,
      Key: rowKey(publication, ledgerPageKey(unit)),
      UpdateExpression: "SET leaseUntilMs = :lease, claimId = :claim",
      ConditionExpression: "leaseUntilMs = :leased AND attribute_not_exists(done)",
      ExpressionAttributeValues: {
        ":lease": number(leaseUntilMs),
        ":leased": number(leased),
        ":claim": text(claimId),
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    const taken = await unlessConditionFails(() => client.send(update));
    if (taken && readText(taken.Item, "claimId") !== claimId) {
      return { outcome: "leased", untilMs: leaseUntilMs };
    }
    return { outcome: "taken-over", ...planOf(row) };
  }

  return {
    settleRun: runs.settleRun,
    doneInRuns: runs.doneInRuns,
    async claim(request) {
      const { publication, unit, leaseUntilMs, nowMs } = request;
      // A call whose response was lost is repeated, and finds its own claim, which must not count as another worker's
      const claimId = crypto.randomUUID();
      const put = new PutItemCommand({
        TableName: tableName,
        Item: {
          ...rowKey(publication, ledgerPageKey(unit)),
          leaseUntilMs: number(leaseUntilMs),
          claimedAtMs: number(nowMs),
          claimId: text(claimId),
          expiresAt: expiresAt(),
        },
        ConditionExpression: "attribute_not_exists(p)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      const standing = await unlessConditionFails(() => client.send(put));
      if (!standing || readText(standing.Item, "claimId") === claimId) return { outcome: "claimed" };
      return takeOver(request, standing.Item ?? {}, claimId);
    },
    async plan({ publication, unit, plan: { end, parts } }) {
      const update = new UpdateItemCommand({
        TableName: tableName,
        Key: rowKey(publication, ledgerPageKey(unit)),
        UpdateExpression: `SET partPlan = :plan ${end === undefined ? "REMOVE planEnd" : ", planEnd = :end"}`,
        ExpressionAttributeValues: {
          ":plan": text(parts.map(({ name, from }) => `${name}:${from}`).join(" ")),
          ...(end !== undefined && { ":end": text(end) }),
        },
      });
      await guarded("UpdateItem", () => client.send(update));
    },
    async settle({ publication, unit, result }) {
      const { consumers, delivered, gone, retried, handedOn, parts, lastStep, end } = result;
      // A worker that did the step before may have ended it at another row, or may have sent it as parts
      const absent = [end === undefined ? "endCursor" : [], parts === undefined ? "partNames" : []].flat();
      const update = new UpdateItemCommand({
        TableName: tableName,
        Key: rowKey(publication, ledgerPageKey(unit)),
        UpdateExpression:
          "SET done = :done, consumers = :consumers, delivered = :delivered, gone = :gone, retried = :retried, " +
          "handedOn = :handedOn, lastPage = :lastPage, doneAtMs = :doneAtMs, expiresAt = :expiresAt" +
          (end === undefined ? "" : ", endCursor = :end") +
          (parts === undefined ? "" : ", partNames = :parts") +
          (absent.length === 0 ? "" : ` REMOVE ${absent.join(", ")}`),
        ExpressionAttributeValues: {
          ":done": { BOOL: true },
          ":consumers": number(consumers),
          ":delivered": number(delivered),
          ":gone": number(gone),
          ":retried": number(retried),
          ":handedOn": number(handedOn),
          ":lastPage": { BOOL: lastStep },
          ":doneAtMs": number(clock.now()),
          ...(end !== undefined && { ":end": text(end) }),
          ...(parts !== undefined && { ":parts": text(parts.join(" ")) }),
          ":expiresAt": expiresAt(),
        },
      });
      await guarded("UpdateItem", () => client.send(update));
    },
    async abandon({ publication, unit, abandonment }) {
      const { consumers, attempts, reason, unlettered } = abandonment;
      const put = new PutItemCommand({
        TableName: tableName,
        Item: {
          ...rowKey(publication, ledgerAbandonedKey(unit)),
          consumers: { L: consumers.map((consumer) => text(consumerId(consumer))) },
          attempts: number(attempts),
          reason: text(reason),
          ...(unlettered && { unlettered: { BOOL: true } }),
          abandonedAtMs: number(clock.now()),
          expiresAt: expiresAt(),
        },
      });
      await guarded("PutItem", () => client.send(put));
    },
    async *rows(publication) {
      const { topicId, epoch, offset } = publication;
      const query = {
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": text(ledgerKey(topicId, epoch, offset)) },
        ConsistentRead: true,
      };
      for await (const item of queryItems(table, query)) {
        const row = readRow(item);
        if (row) yield row;
      }
      yield* runs.rowsOf(publication);
    },
  };
}

const rowKey = ({ topicId, epoch, offset }: Publication, u: string): Item => ({
  p: text(ledgerKey(topicId, epoch, offset)),
  u: text(u),
});

/** Returns undefined, or the row that was there when the condition failed. */
async function unlessConditionFails(
  call: () => Promise<unknown>,
): Promise<{ Item?: Item | undefined } | undefined> {
  try {
    await call();
    return undefined;
  } catch (cause) {
    if (isRefusal(cause, "ConditionalCheckFailedException")) return { Item: cause.Item };
    throw awsFailure("STORAGE_FAILED", "ledger", cause);
  }
}

function readRow(item: Item): LedgerRow | undefined {
  const key = parseLedgerRowKey(readText(item, "u") ?? "");
  if (!key) return undefined;
  const { unit } = key;
  if (key.row === "abandoned") return { row: "abandoned", unit, ...abandonmentOf(item) };
  if (!readFlag(item, "done")) return { row: "claimed", unit, ...timesOf(item) };
  return {
    row: "done",
    unit,
    ...timesOf(item),
    ...endOf(item),
    consumers: readNumber(item, "consumers") ?? 0,
    delivered: readNumber(item, "delivered") ?? 0,
    gone: readNumber(item, "gone") ?? 0,
    retried: readNumber(item, "retried") ?? 0,
    handedOn: readNumber(item, "handedOn") ?? 0,
    ...partsOf(item),
    lastStep: readFlag(item, "lastPage") ?? false,
  };
}

function timesOf(item: Item): UnitTimes {
  const [claimedAtMs, doneAtMs] = [readNumber(item, "claimedAtMs"), readNumber(item, "doneAtMs")];
  return { ...(claimedAtMs !== undefined && { claimedAtMs }), ...(doneAtMs !== undefined && { doneAtMs }) };
}

function abandonmentOf(item: Item): Omit<LedgerRow & { row: "abandoned" }, "row" | "unit"> {
  const attempts = readNumber(item, "attempts");
  const reason = readText(item, "reason");
  const abandonedAtMs = readNumber(item, "abandonedAtMs");
  return {
    count: readLength(item, "consumers"),
    ...(attempts !== undefined && { attempts }),
    ...(reason !== undefined && { reason }),
    ...(abandonedAtMs !== undefined && { abandonedAtMs }),
  };
}

function partsOf(item: Item): { parts?: string[] } {
  const parts = readText(item, "partNames");
  return parts === undefined ? {} : { parts: parts.split(" ") };
}

/** Returns no plan if the row has none that this version can read. The worker then makes a new one. */
function planOf(item: Item): { plan?: StepPlan } {
  const parts = (readText(item, "partPlan") ?? "").split(" ").map((part) => {
    const [name = "", from = ""] = part.split(":");
    return { name, from: Number(from) };
  });
  if (parts.some(({ name, from }) => name === "" || !Number.isSafeInteger(from))) return {};
  const end = readText(item, "planEnd");
  return { plan: { ...(end !== undefined && { end }), parts } };
}

function endOf(item: Item): { end?: string } {
  const end = readText(item, "endCursor");
  return end === undefined ? {} : { end };
}
