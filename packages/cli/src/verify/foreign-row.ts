import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { TABLE, topicKey } from "lambda-websocket-pubsub/schema";
import type { VerifyContext } from "./context.ts";
import { waitFor } from "./wait.ts";

const SEEN_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;
const KEEP_SECONDS = 3_600;

/** Writes a row that the index lists under a topic and that is no subscription, and waits until the index has it. */
export async function writeForeignRow(
  { clients: { dynamodb }, target, signal, willWrite }: VerifyContext,
  topicId: string,
): Promise<void> {
  const row = { p: `verify#${topicId}`, u: "row#foreign" };
  willWrite(row);
  const expiresAtSeconds = Math.floor(Date.now() / 1_000) + KEEP_SECONDS;
  const Item = {
    [TABLE.hashKey]: { S: row.p },
    [TABLE.rangeKey]: { S: row.u },
    [TABLE.index.hashKey]: { S: topicKey(topicId) },
    [TABLE.ttlAttribute]: { N: String(expiresAtSeconds) },
  };
  await dynamodb.send(new PutItemCommand({ TableName: target.table, Item }));
  const query = new QueryCommand({
    TableName: target.table,
    IndexName: TABLE.index.name,
    KeyConditionExpression: "#key = :topic",
    ExpressionAttributeNames: { "#key": TABLE.index.hashKey },
    ExpressionAttributeValues: { ":topic": { S: topicKey(topicId) } },
  });
  const seen = await waitFor({ signal, withinMs: SEEN_WITHIN_MS, everyMs: LOOK_EVERY_MS }, async () => {
    const { Items = [] } = await dynamodb.send(query);
    return Items.some((item) => item[TABLE.rangeKey]?.S === row.u) || undefined;
  });
  if (!seen) throw new Error(`the index does not have a new row within ${SEEN_WITHIN_MS / 1_000} s`);
}
