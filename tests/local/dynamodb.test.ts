import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ListTablesCommand,
} from "@aws-sdk/client-dynamodb";
import { TABLE } from "lambda-websocket-pubsub/schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { findJava, parseJavaVersion } from "../../packages/local/src/dynamodb/find-java.ts";
import { createTable, type DynamodbLocal, startDynamodb } from "../../packages/local/src/dynamodb/index.ts";
import { startedPort } from "../../packages/local/src/dynamodb/launch-config.ts";
import { isRunning } from "./fixtures/process-gone.ts";

describe("DynamoDB Local", () => {
  let dynamodb: DynamodbLocal;
  let client: DynamoDBClient;

  beforeAll(async () => {
    dynamodb = await startDynamodb();
    client = new DynamoDBClient({
      endpoint: dynamodb.endpoint,
      region: "us-east-1",
      credentials: localCredentials,
    });
  });
  afterAll(async () => {
    client?.destroy();
    await dynamodb?.stop();
  });

  it("creates the table of the schema: keys, index, on demand, TTL", async () => {
    await createTable({
      endpoint: dynamodb.endpoint,
      tableName: "pubsub",
      region: "us-east-1",
      credentials: localCredentials,
    });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "pubsub" }));
    expect(Table).toMatchObject({
      TableStatus: "ACTIVE",
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "u", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "SecondaryIndex",
          KeySchema: [{ AttributeName: "p2", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
          IndexStatus: "ACTIVE",
        },
      ],
    });
    expect(TABLE).toEqual({
      hashKey: "p",
      rangeKey: "u",
      index: { name: "SecondaryIndex", hashKey: "p2" },
      ttlAttribute: "expiresAt",
    });
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: "pubsub" }));
    expect(ttl.TimeToLiveDescription).toEqual({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
  });

  it("shows the same tables to every region and key id", async () => {
    const elsewhere = new DynamoDBClient({
      endpoint: dynamodb.endpoint,
      region: "eu-west-3",
      credentials: { accessKeyId: "OTHER", secretAccessKey: "secret" },
    });
    await createTable({
      endpoint: dynamodb.endpoint,
      tableName: "shared",
      region: "us-east-1",
      credentials: localCredentials,
    });
    const { TableNames } = await elsewhere.send(new ListTablesCommand({}));
    elsewhere.destroy();
    expect(TableNames).toContain("shared");
  });

  it("listens only on its own address", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal);
    for (const { address } of others) expect(await connects(address, dynamodb.port)).toBe(false);
    expect(await connects("127.0.0.1", dynamodb.port)).toBe(true);
  });

  it("writes no telemetry file to the current directory", () => {
    expect(existsSync("dynamodb-local-metadata.json")).toBe(false);
  });

  it("reports a port in use and ends its JVM", async () => {
    await expect(startDynamodb({ port: dynamodb.port })).rejects.toMatchObject({
      code: "DYNAMODB_START_FAILED",
      message: expect.stringContaining("Address already in use"),
    });
  });

  it("rejects with the reason if java does not exist, and if the start takes too long", async () => {
    await expect(startDynamodb({ java: "/nowhere/java" })).rejects.toMatchObject({
      code: "DYNAMODB_START_FAILED",
      message: expect.stringMatching(/\/nowhere\/java.* could not be run .*ENOENT/),
    });
    await expect(startDynamodb({ startTimeoutMs: 1 })).rejects.toThrow("did not start within 1 ms");
  });

  it("has ended after one or several calls of stop", async () => {
    const other = await startDynamodb();
    expect(isRunning(other.pid)).toBe(true);
    await Promise.all([other.stop(), other.stop()]);
    expect(isRunning(other.pid)).toBe(false);
    await other.stop();
  });
});

describe("finding Java", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "pubsub-java-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function fakeJava(path: string, version: string): Promise<string> {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
    await chmod(path, 0o755);
    return path;
  }
  const noDownload = (): Promise<string> => Promise.reject(new Error("offline"));

  it("reads old and new version formats", () => {
    expect(parseJavaVersion('openjdk version "17.0.15" 2025-04-15')).toBe(17);
    expect(parseJavaVersion('java version "1.8.0_402"')).toBe(8);
    expect(parseJavaVersion('openjdk version "22" 2024-03-19')).toBe(22);
    expect(parseJavaVersion("No Java runtime present")).toBeUndefined();
    expect(startedPort("… Started ServerConnector@5c{HTTP/1.1, (http/1.1)}{127.0.0.1:38195}")).toBe(38_195);
  });

  it("prefers the PATH, then JAVA_HOME, and skips versions that are too old", async () => {
    const bin = join(dir, "bin");
    await fakeJava(join(bin, "java"), "21.0.1");
    const home = join(dir, "home");
    const homeJava = await fakeJava(join(home, "bin", "java"), "17.0.1");
    const env = { PATH: `${bin}:/bin`, JAVA_HOME: home, XDG_CACHE_HOME: dir };
    expect(await findJava({ env, download: noDownload })).toBe("java");
    await fakeJava(join(bin, "java"), "1.8.0_402");
    expect(await findJava({ env, download: noDownload })).toBe(homeJava);
  });

  it("downloads Java if none is found, and lists the searched places if that fails", async () => {
    const env = { PATH: join(dir, "empty"), XDG_CACHE_HOME: dir };
    const progress: string[] = [];
    const download = async (): Promise<string> => "/cache/java";
    expect(await findJava({ env, download, onProgress: (text) => progress.push(text) })).toBe("/cache/java");
    expect(progress.join()).toContain(dir);
    await expect(findJava({ env, download: noDownload })).rejects.toMatchObject({
      code: "JAVA_NOT_FOUND",
      message: expect.stringMatching(/needs Java 11.*the PATH: no java.*download: offline.*apt-get/),
    });
  });
});

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 2_000 });
    const settle = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
