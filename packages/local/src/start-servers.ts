import { localCredentials } from "./credentials.ts";
import { createTable, startDynamodb } from "./dynamodb/index.ts";
import type { LocalSettings } from "./local-options.ts";
import { assertPortFree } from "./ports.ts";
import { createQueues, type Queues, startSqs } from "./sqs/index.ts";
import type { Teardown } from "./teardown.ts";

export interface LocalServers extends Queues {
  dynamodbEndpoint: string;
  sqsEndpoint: string;
}

/** The servers that know nothing of this project, with its table and queues in them. */
export async function startServers(settings: LocalSettings, teardown: Teardown): Promise<LocalServers> {
  const { host, ports, region, tableName, queue, onLog } = settings;
  await assertPortFree({ host, port: ports.gateway, service: "gateway" });
  await assertPortFree({ host, port: ports.sqs, service: "sqs" });
  if (settings.dynamodbEndpoint === undefined) {
    await assertPortFree({ host, port: ports.dynamodb, service: "dynamodb" });
  }

  const sqs = await startSqs({ host, port: ports.sqs, region });
  teardown.defer("sqs", () => sqs.stop());

  let dynamodbEndpoint = settings.dynamodbEndpoint;
  if (dynamodbEndpoint === undefined) {
    const dynamodb = await startDynamodb({
      host,
      port: ports.dynamodb,
      onProgress: (message) => onLog(message, { kind: "stack", name: "dynamodb", level: "info" }),
    });
    teardown.defer("dynamodb", () => dynamodb.stop());
    dynamodbEndpoint = dynamodb.endpoint;
  }

  const access = { region, credentials: localCredentials };
  await createTable({ endpoint: dynamodbEndpoint, tableName, ...access });
  const queues = await createQueues({ endpoint: sqs.endpoint, ...queue, ...access });
  return { dynamodbEndpoint, sqsEndpoint: sqs.endpoint, ...queues };
}
