import { PutItemCommand, paginateQuery } from "@aws-sdk/client-dynamodb";
import { TABLE, topicKey } from "lambda-websocket-pubsub/schema";
import { type Check, fails, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { waitFor } from "../wait.ts";

/** After this a client asks again for what it may have missed, so a subscription must be in the index by then. */
const LAG_MAX_MS = 3_000;
const WRITES_AT_ONCE = 10;
const SEEN_WITHIN_MS = 90_000;
const KEEP_SECONDS = 3_600;

export const indexLagCheck = (rows: number): Check => ({
  id: "index-lag",
  what: "how far the index is behind the table",
  expected: `p99 under ${LAG_MAX_MS} ms: a client asks again 3 s after it subscribed`,
  usage: { writeUnits: 4 * rows, readUnits: 10 * rows },
  timeoutMs: SEEN_WITHIN_MS + 60_000 + 20 * rows,
  async run(context) {
    const topicId = context.newTopic();
    const lags: number[] = [];
    for (let from = 0; from < rows; from += WRITES_AT_ONCE) {
      const batch = Array.from({ length: Math.min(WRITES_AT_ONCE, rows - from) }, (_, at) => from + at);
      const measured = await measure(context, topicId, batch);
      if (!measured) return fails(`the index does not have every row within ${SEEN_WITHIN_MS / 1_000} s`);
      lags.push(...measured);
    }
    lags.sort((one, other) => one - other);
    const p99 = percentile(lags, 0.99);
    return verdict(p99 < LAG_MAX_MS, `p50 ${percentile(lags, 0.5)} ms, p99 ${p99} ms, of ${rows} rows`);
  },
});

/** Writes rows, and returns after how many milliseconds the index had each of them. */
async function measure(
  { clients: { dynamodb }, target, signal, willWrite }: VerifyContext,
  topicId: string,
  batch: readonly number[],
): Promise<number[] | undefined> {
  const writtenAt = new Map<string, number>();
  const lags: number[] = [];
  // One partition of the index for each batch, so that every query is small
  const indexKey = topicKey(`${topicId}-${batch[0]}`);
  await Promise.all(
    batch.map(async (number) => {
      const row = { p: `verify#${topicId}`, u: `row#${number}` };
      willWrite(row);
      const nowMs = Date.now();
      await dynamodb.send(
        new PutItemCommand({
          TableName: target.table,
          Item: {
            [TABLE.hashKey]: { S: row.p },
            [TABLE.rangeKey]: { S: row.u },
            [TABLE.index.hashKey]: { S: indexKey },
            // As a subscription has it
            subscribedAt: { N: String(nowMs) },
            [TABLE.ttlAttribute]: { N: String(Math.floor(nowMs / 1_000) + KEEP_SECONDS) },
          },
        }),
      );
      writtenAt.set(row.u, performance.now());
    }),
  );
  const query = {
    TableName: target.table,
    IndexName: TABLE.index.name,
    KeyConditionExpression: "#key = :topic",
    ExpressionAttributeNames: { "#key": TABLE.index.hashKey },
    ExpressionAttributeValues: { ":topic": { S: indexKey } },
  };
  return waitFor({ signal, withinMs: SEEN_WITHIN_MS, everyMs: 20 }, async () => {
    const askedAt = performance.now();
    for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query)) {
      for (const item of Items) {
        const name = item[TABLE.rangeKey]?.S ?? "";
        const written = writtenAt.get(name);
        if (written !== undefined) lags.push(Math.max(0, Math.round(askedAt - written)));
        writtenAt.delete(name);
      }
    }
    return writtenAt.size === 0 ? lags : undefined;
  });
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
