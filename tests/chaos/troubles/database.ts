import type { CallSubject } from "lambda-websocket-pubsub-local";
import { onDynamodb } from "./calls.ts";
import { every, type Trouble } from "./trouble.ts";

export const INDEX_LAG_MS = 2_500;

const isAppend = ({ operation, body }: CallSubject): boolean =>
  operation === "TransactWriteItems" || (operation === "PutItem" && JSON.stringify(body).includes('"event#'));

/** Throttling, errors, lost responses, a lagging index, and rows that the library did not write. */
export const databaseTroubles: readonly Trouble[] = [
  onDynamodb("DynamoDB throttles", { share: 0.15, error: "ProvisionedThroughputExceededException" }),
  onDynamodb("the account's DynamoDB throttles", { share: 0.15, error: "ThrottlingException" }),
  onDynamodb("DynamoDB returns 500", { share: 0.1, error: "InternalServerError" }),
  onDynamodb("DynamoDB returns 503", { share: 0.1, error: "ServiceUnavailable" }),
  onDynamodb("DynamoDB resets", { share: 0.05, act: "reset" }),
  onDynamodb("DynamoDB loses responses", { share: 0.05, act: "lose-answer" }),
  onDynamodb("DynamoDB never responds", { share: 0.002, act: "hang" }),
  onDynamodb("DynamoDB is slow", { share: 0.2, delayMs: 300 }),
  onDynamodb("batches written in part", { share: 0.7, act: "partly" }),
  // Only the items of an append can be in a transaction of another call
  onDynamodb("transactions conflict", { share: 0.3, concerns: isAppend, error: "TransactionConflict" }),
  onDynamodb("the index lags", { share: 1, indexLagMs: INDEX_LAG_MS }),
  every("rows malformed or expired", 1_500, ({ putItems, topics, random, hit }) => {
    hit("rows malformed or expired");
    const id = Math.floor(random() * 1e9);
    const u = { S: `topic#${topics[id % topics.length]}` };
    const row = { u, p2: u };
    const expired = { N: String(Math.floor(Date.now() / 1_000) - 60) };
    putItems([
      { ...row, p: { S: `consumer#nobody-${id}` } },
      { ...row, p: { S: `consumer#domain/stage/${id}` }, format: { N: "1" } },
      { ...row, p: { S: `consumer#domain/stage/expired-${id}` }, format: { S: "data" }, expiresAt: expired },
    ]);
  }),
];
