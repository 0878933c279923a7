import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createTable } from "../../packages/local/src/dynamodb/index.ts";
import { readTransport } from "../../packages/pubsub/src/aws/sdk/transport-switch.ts";
import { directDynamodb } from "./direct-calls.ts";

const region = "us-east-1";

/** What the adapters need of a table, with a client of the SDK for whatever a test does itself. */
export interface TestTable {
  client: DynamoDBClient;
  tableName: string;
}

/** Creates a new table in the shared DynamoDB Local, and a client that calls it as the library's own client does. */
export async function createTestTable(): Promise<TestTable> {
  const endpoint = inject("dynamodbEndpoint");
  const tableName = `test-${randomUUID()}`;
  await createTable({ endpoint, tableName, region, credentials: localCredentials });
  const alone = new DynamoDBClient({ endpoint, region, credentials: localCredentials });
  const client = readTransport() === "sdk" ? alone : directDynamodb(alone, () => {});
  return { tableName, client };
}
