import { randomUUID } from "node:crypto";
import { type AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, inject } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  createTable,
  type MeteredDynamodb,
  startMeteredDynamodb,
} from "../../packages/local/src/dynamodb/index.ts";

export type Item = Record<string, AttributeValue>;

export interface Units {
  written: number;
  read: number;
}

/** A table of the local stack's schema, behind the proxy that counts its capacity units. */
export interface MeteredTable {
  TableName: string;
  client: DynamoDBClient;
  /** Returns the units that were counted while `act` ran. */
  unitsOf(act: () => Promise<unknown>): Promise<Units>;
}

export const KB = 1_024;
export const written = (units: number): Units => ({ written: units, read: 0 });
export const read = (units: number): Units => ({ written: 0, read: units });

export const keyOf = (p: string, u = "u"): Item => ({ p: { S: p }, u: { S: u } });

/** Returns an item of exactly this number of bytes. Names and values count. */
export function itemOf(bytes: number, key: Item, more: Item = {}): Item {
  const item = { ...key, ...more, d: { S: "" } };
  const size = Object.entries(item).reduce((sum, [name, { S = "" }]) => sum + name.length + S.length, 0);
  return { ...item, d: { S: "x".repeat(bytes - size) } };
}

/** Starts the proxy before the file's tests, and stops it after them. */
export function meteredTableForFile(): MeteredTable {
  const used = { TableName: `units-${randomUUID()}` } as MeteredTable;
  let dynamodb: MeteredDynamodb;
  beforeAll(async () => {
    const access = { region: "us-east-1", credentials: localCredentials };
    const upstream = inject("dynamodbEndpoint");
    dynamodb = await startMeteredDynamodb({ host: "127.0.0.1", port: undefined, upstream });
    await createTable({ endpoint: dynamodb.endpoint, tableName: used.TableName, ...access });
    used.client = new DynamoDBClient({ endpoint: dynamodb.endpoint, ...access });
    used.unitsOf = async (act) => {
      const before = dynamodb.usage();
      await act();
      const after = dynamodb.usage();
      return { written: after.writeUnits - before.writeUnits, read: after.readUnits - before.readUnits };
    };
  });
  afterAll(async () => {
    used.client?.destroy();
    await dynamodb?.stop();
  });
  return used;
}
