import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { createTable } from "../../packages/local/src/dynamodb/index.ts";
import { directDynamodb } from "../../packages/pubsub/src/aws/dynamodb/direct-dynamodb.ts";
import type { DynamodbTable } from "../../packages/pubsub/src/aws/dynamodb/table.ts";
import { readTransport } from "../../packages/pubsub/src/aws/sdk/transport-switch.ts";

const region = "us-east-1";

/** Creates a new table in the shared DynamoDB Local, and a client that calls it as the library's own client does. */
export async function createTestTable(): Promise<DynamodbTable> {
  const endpoint = inject("dynamodbEndpoint");
  const tableName = `test-${randomUUID()}`;
  await createTable({ endpoint, tableName, region, credentials: localCredentials });
  const alone = new DynamoDBClient({ endpoint, region, credentials: localCredentials });
  const client = readTransport() === "sdk" ? alone : directDynamodb(alone, () => {});
  return { tableName, client };
}
