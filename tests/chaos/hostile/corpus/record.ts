/**
 * Records the corpus of the hostile suite from a real session on the local stack, and writes corpus.json beside it:
 *   npx node --conditions=pubsub-source tests/chaos/hostile/corpus/record.ts
 * It contains the payloads of the functions' invocations, the frames that clients received, every row of the table at
 * the end, and the bytes that clients sent to the gateway's HTTP surface. A new recording differs only in ids and
 * times. The payload that was too large for a queue message is shortened, because its length does not matter.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { publishToTopic } from "lambda-websocket-pubsub";
import { type LocalStack, localCredentials, startLocal } from "lambda-websocket-pubsub-local";
import { createManagementConnections } from "../../../../packages/pubsub/src/aws/management-api/connections.ts";
import { fanoutIdle } from "../../../support/queues.ts";
import { readRows } from "../../../support/rows.ts";
import { connect, type TestSocket } from "../../../support/sockets.ts";
import { type Kept, keep } from "./keep.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const directory = await mkdtemp(join(tmpdir(), "hostile-corpus-"));
const recording = join(directory, "recording.ndjson");
const stack = await startLocal({
  functions: { websocket: here("recorded-websocket.ts"), fanout: here("recorded-fanout.ts") },
  functionEnv: { RECORDING: recording },
});
try {
  Object.assign(process.env, stack.env);
  await runSession(stack);
  await runHttpSession(stack);
  await writeFile(
    here("corpus.json"),
    `${JSON.stringify(groupByKind(await readFile(recording, "utf8")), null, 2)}\n`,
  );
} finally {
  await stack.stop();
  await rm(directory, { recursive: true });
}

/** Uses each format and action, several pages, a recovery, a payload too large for the queue, and a lost client. */
async function runSession({ dynamodbTableName, fanoutQueueUrl, env, ...rest }: LocalStack): Promise<void> {
  const region = env.AWS_REGION ?? "";
  const clientOptions = { region, credentials: localCredentials };
  const dynamodb = new DynamoDBClient({ ...clientOptions, endpoint: rest.dynamodbEndpoint });
  const sqs = new SQSClient({ ...clientOptions, endpoint: new URL(fanoutQueueUrl).origin });
  const config = { dynamodbTableName, fanoutQueueUrl };
  const topicId = "room-1";
  const clients: TestSocket[] = [];
  for (const format of ["event", "data", "event", "data", "event"]) {
    const client = await connect(rest);
    await client.request({ action: "SUBSCRIBE", topicId, format });
    clients.push(client);
  }
  const [first, second, third] = clients;
  if (!first || !second || !third) throw new Error(`expected five clients; got ${clients.length}`);
  const { epoch } = await publishToTopic({ topicId, data: { text: "hello" }, config, publicationId: "p-1" });
  await publishToTopic({ topicId, data: "a string, verbatim", config });
  await publishToTopic({ topicId, data: { long: "x".repeat(60_000) }, config });
  await fanoutIdle({ sqs, config, stack: rest });
  third.socket.terminate();
  await publishToTopic({ topicId, data: [1, null, { emoji: "👋" }], config });
  await fanoutIdle({ sqs, config, stack: rest });
  await first.request({ action: "SUBSCRIBE", topicId, format: "event", since: { epoch, offset: 3 } });
  const positions = { [topicId]: { epoch, offset: 1 }, elsewhere: { epoch, offset: 0 } };
  await second.request({ action: "PING", positions });
  first.send({ action: "PING", requestId: "r-1" });
  first.send({ action: "SUBSCRIBE", topicId: 5, requestId: "r-2" });
  await second.request({ action: "UNSUBSCRIBE", topicId });
  await first.settle();
  for (const { received } of clients) for (const text of received) keep("frames", text, recording);
  for (const { socket } of clients) socket.close();
  for (const row of await readRows({ dynamodb, config })) keep("rows", row, recording);
  dynamodb.destroy();
  sqs.destroy();
}

/** Makes a handshake, posts with the library, and GET and DELETE requests with AWS's own client. */
async function runHttpSession({ websocketUrl, env }: LocalStack): Promise<void> {
  const proxy = await startRecordingProxy(Number(new URL(websocketUrl).port), (bytes) =>
    keep("http", bytes.toString("base64"), recording),
  );
  const client = await connect({ websocketUrl: `ws://127.0.0.1:${proxy.port}` });
  const endpoint = `http://127.0.0.1:${proxy.port}/$default`;
  const identity = { region: async () => env.AWS_REGION ?? "", credentials: async () => localCredentials };
  const connections = createManagementConnections(endpoint, identity, () => {});
  const consumer = {
    domainName: `127.0.0.1:${proxy.port}`,
    stage: "$default",
    connectionId: "L0SM9cOFvHcCIhw=",
  };
  for (const text of ["hello", '{"type":"PONG"}']) {
    await connections.post(consumer, { body: new TextEncoder().encode(text) });
  }
  const sdk = new ApiGatewayManagementApiClient({ endpoint, ...identity, maxAttempts: 1 });
  const ConnectionId = consumer.connectionId;
  await sdk.send(new GetConnectionCommand({ ConnectionId })).catch(() => {}); // the gateway must return 410
  await sdk.send(new DeleteConnectionCommand({ ConnectionId })).catch(() => {});
  sdk.destroy();
  client.socket.terminate();
  await proxy.stop();
}

function groupByKind(lines: string): Record<Kept, unknown[]> {
  const kept: Record<Kept, unknown[]> = { events: [], sqsEvents: [], frames: [], rows: [], http: [] };
  const short = lines.replace(/x{1000,}/g, "x".repeat(200));
  for (const line of short.split("\n").filter((text) => text !== "")) {
    const { kind, value } = JSON.parse(line) as { kind: Kept; value: unknown };
    kept[kind].push(value);
  }
  return kept;
}
