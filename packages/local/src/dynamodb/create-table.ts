import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { TABLE } from "lambda-websocket-pubsub/schema";
import type { Credentials } from "../credentials.ts";
import { PubsubLocalError } from "../errors.ts";

export interface TableOptions {
  endpoint: string;
  tableName: string;
  region: string;
  credentials: Credentials;
}

const CREATION_TIMEOUT_SECONDS = 20;

/** Creates the same table as the infrastructure code does. Both take the names from one schema. */
export async function createTable({ endpoint, tableName, region, credentials }: TableOptions): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [TABLE.hashKey, TABLE.rangeKey, TABLE.index.hashKey].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S",
        })),
        KeySchema: [
          { AttributeName: TABLE.hashKey, KeyType: "HASH" },
          { AttributeName: TABLE.rangeKey, KeyType: "RANGE" },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: TABLE.index.name,
            KeySchema: [{ AttributeName: TABLE.index.hashKey, KeyType: "HASH" }],
            Projection: { ProjectionType: "ALL" },
          },
        ],
      }),
    );
    await waitUntilTableExists(
      { client, minDelay: 1, maxWaitTime: CREATION_TIMEOUT_SECONDS },
      { TableName: tableName },
    );
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: tableName,
        TimeToLiveSpecification: { AttributeName: TABLE.ttlAttribute, Enabled: true },
      }),
    );
  } catch (cause) {
    if (!(cause instanceof ResourceInUseException)) throw cause;
    const message = `The DynamoDB at ${endpoint} has a table "${tableName}" already, which the stack does not take over`;
    throw new PubsubLocalError("TABLE_EXISTS", message, { cause, context: { tableName } });
  } finally {
    client.destroy();
  }
}
