import { randomUUID } from "node:crypto";
import { localCredentials } from "./credentials.ts";
import { createTable, type MeteredDynamodb, startDynamodb, startMeteredDynamodb } from "./dynamodb/index.ts";
import type { OnEvents } from "./inspector/event-tap.ts";
import type { LocalSettings } from "./local-options.ts";
import { assertPortFree } from "./ports.ts";
import { createQueues, type Queues, type SqsLocal, startSqs } from "./sqs/index.ts";
import type { Teardown } from "./teardown.ts";
import { createWebGuard } from "./web-guard.ts";

export interface LocalServers extends Queues {
  /** All calls go through this proxy, whether the stack started DynamoDB Local or uses a running one. */
  dynamodb: MeteredDynamodb;
  sqs: SqsLocal;
}

/** Starts the DynamoDB and SQS servers, and creates the table and the queues in them. */
export async function startServers(
  settings: LocalSettings,
  teardown: Teardown,
  onEvents: OnEvents | undefined,
): Promise<LocalServers> {
  const { host, ports, region, tableName, queue, onLog } = settings;
  await assertPortFree({ host, port: ports.gateway, service: "gateway" });
  await assertPortFree({ host, port: ports.sqs, service: "sqs" });
  await assertPortFree({ host, port: ports.dynamodb, service: "dynamodb" });
  await assertPortFree({ host, port: ports.http, service: "http" });
  const { inspector } = ports;
  if (typeof inspector === "number") await assertPortFree({ host, port: inspector, service: "inspector" });

  const guard = createWebGuard(settings);
  const sqs = await startSqs({ host, port: ports.sqs, region, guard });
  teardown.defer("sqs", () => sqs.stop());

  let upstream = settings.dynamodbEndpoint;
  let upstreamHost: string | undefined;
  if (upstream === undefined) {
    // Only the proxy knows this name, and no browser lets a page set the Host header
    upstreamHost = `${randomUUID()}.invalid`;
    const server = await startDynamodb({
      host: host === "::1" ? host : "127.0.0.1",
      onlyHost: upstreamHost,
      onProgress: (message) => onLog(message, { kind: "stack", name: "dynamodb", level: "info" }),
    });
    teardown.defer("dynamodb", () => server.stop());
    upstream = server.endpoint;
  }
  const dynamodb = await startMeteredDynamodb({
    host,
    port: ports.dynamodb,
    upstream,
    upstreamHost,
    guard,
    onEvents,
  });
  teardown.defer("dynamodb proxy", () => dynamodb.stop());

  const access = { region, credentials: localCredentials };
  await createTable({ endpoint: dynamodb.endpoint, tableName, ...access });
  const queues = await createQueues({ endpoint: sqs.endpoint, ...queue, ...access });
  return { dynamodb, sqs, ...queues };
}
