import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { crc32 } from "node:zlib";
import { DescribeTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import {
  createTable,
  type MeteredDynamodb,
  startMeteredDynamodb,
} from "../../packages/local/src/dynamodb/index.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/free-ports.ts";
import { rejectionOf } from "../support/samples.ts";

const TableName = "proxied";
const access = { region: "us-east-1", credentials: localCredentials };
const key = { p: { S: "p" }, u: { S: "u" } };
let dynamodb: MeteredDynamodb;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamodb = await proxyOf(inject("dynamodbEndpoint"));
  await createTable({ endpoint: dynamodb.endpoint, tableName: TableName, ...access });
  client = new DynamoDBClient({ endpoint: dynamodb.endpoint, ...access });
});
afterAll(async () => {
  client?.destroy();
  await dynamodb?.stop();
});

function proxyOf(upstream: string): Promise<MeteredDynamodb> {
  return startMeteredDynamodb({ host: "127.0.0.1", port: undefined, upstream });
}

interface Answer {
  status: number | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

async function call(endpoint: string, target: string, body: unknown, method = "POST"): Promise<Answer> {
  const headers = {
    "x-amz-target": `DynamoDB_20120810.${target}`,
    "content-type": "application/x-amz-json-1.0",
    authorization:
      "AWS4-HMAC-SHA256 Credential=k/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=s",
  };
  const sent = request(endpoint, { method, headers });
  sent.end(method === "GET" ? undefined : JSON.stringify(body));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

describe("the response of a forwarded call", () => {
  it("has the server's status, headers, body and checksum", async () => {
    const put = {
      TableName,
      Item: { ...key, d: { S: "x".repeat(300_000) } },
      ReturnConsumedCapacity: "TOTAL",
    };
    const query = {
      TableName,
      KeyConditionExpression: "p = :p",
      ExpressionAttributeValues: { ":p": key.p },
      ReturnConsumedCapacity: "INDEXES",
    };
    const calls: [string, unknown, string?][] = [
      ["PutItem", put],
      ["Query", query],
      ["PutItem", { ...put, ConditionExpression: "attribute_not_exists(p)" }],
      ["GetItem", { TableName: "no-such-table", Key: key }],
      ["GetItem", "not an object"],
      ["DescribeTable", { TableName }],
      ["NoSuchOperation", {}],
      ["", undefined, "GET"],
    ];
    const statuses = new Set<unknown>();
    for (const [target, body, method] of calls) {
      const direct = await call(inject("dynamodbEndpoint"), target, body, method);
      const passed = await call(dynamodb.endpoint, target, body, method);
      for (const { headers } of [direct, passed]) {
        for (const own of ["date", "x-amzn-requestid", "connection", "keep-alive"]) delete headers[own];
      }
      expect(passed, target).toEqual(direct);
      if (passed.headers["x-amz-crc32"]) expect(`${crc32(passed.body)}`).toBe(passed.headers["x-amz-crc32"]);
      statuses.add(passed.status);
    }
    expect(statuses).toEqual(new Set([200, 400, 500]));
  });

  it("contains the type and the fields of an error", async () => {
    await client.send(new PutItemCommand({ TableName, Item: key }));
    const again = new PutItemCommand({
      TableName,
      Item: key,
      ConditionExpression: "attribute_not_exists(p)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    expect(await rejectionOf(client.send(again))).toMatchObject({
      name: "ConditionalCheckFailedException",
      Item: key,
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    const elsewhere = new DescribeTableCommand({ TableName: "no-such-table" });
    expect(await rejectionOf(client.send(elsewhere))).toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("is counted for every value of ReturnConsumedCapacity and for any data", async () => {
    const Item = {
      ...key,
      d: { S: '"ReturnConsumedCapacity":"NONE","ConsumedCapacity":{"CapacityUnits":50}' },
      ConsumedCapacity: { S: "50" },
      ReturnConsumedCapacity: { S: "NONE" },
    };
    const query = { TableName, KeyConditionExpression: "p = :p", ExpressionAttributeValues: { ":p": key.p } };
    for (const asked of [undefined, "NONE", "TOTAL", "INDEXES"] as const) {
      const more = asked === undefined ? {} : { ReturnConsumedCapacity: asked };
      const before = dynamodb.usage();
      await client.send(new PutItemCommand({ TableName, Item, ...more }));
      const { ConsumedCapacity, Items } = await client.send(new QueryCommand({ ...query, ...more }));
      expect(Items).toEqual([Item]);
      if (asked === "TOTAL") expect(ConsumedCapacity).toEqual({ TableName, CapacityUnits: 0.5 });
      const after = dynamodb.usage();
      expect(after.writeUnits - before.writeUnits, asked).toBe(1);
      expect(after.readUnits - before.readUnits, asked).toBe(0.5);
    }
  });
});

describe("a failing server", () => {
  async function serverThat(answer: (response: ServerResponse) => void): Promise<string> {
    const server = createServer((_, response) => answer(response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function clientOf(upstream: string): Promise<{ client: DynamoDBClient; proxy: MeteredDynamodb }> {
    const proxy = await proxyOf(upstream);
    const own = new DynamoDBClient({ endpoint: proxy.endpoint, ...access, maxAttempts: 1 });
    onTestFinished(async () => {
      own.destroy();
      await proxy.stop();
    });
    return { client: own, proxy };
  }

  const put = new PutItemCommand({ TableName, Item: key });

  it("causes a network error at the caller when no server listens", async () => {
    const { client: lonely, proxy } = await clientOf(`http://127.0.0.1:${await closedPort()}`);
    expect(await rejectionOf(lonely.send(put))).toMatchObject({ code: "ECONNRESET" });
    expect(await rejectionOf(lonely.send(put))).toMatchObject({ code: "ECONNRESET" });
    expect(proxy.usage()).toEqual({ writeUnits: 0, readUnits: 0 });
  });

  it("causes a network error when the server closes before or during a response", async () => {
    const before = await clientOf(await serverThat(({ socket }) => socket?.resetAndDestroy()));
    expect(await rejectionOf(before.client.send(put))).toMatchObject({ code: "ECONNRESET" });
    const middle = await clientOf(
      await serverThat((response) => {
        response.writeHead(200, { "content-length": 1_000 });
        response.write('{"ConsumedCapacity":', () => response.socket?.resetAndDestroy());
      }),
    );
    expect(await rejectionOf(middle.client.send(put))).toBeInstanceOf(Error);
    expect(middle.proxy.usage()).toEqual({ writeUnits: 0, readUnits: 0 });
  });

  it("returns a 500 to the caller unchanged", async () => {
    const { client: own } = await clientOf(await serverThat((response) => response.writeHead(500).end("{}")));
    expect(await rejectionOf(own.send(put))).toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  it("counts a call even if its caller did not wait for the response", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const { client: hasty, proxy } = await clientOf(await serverThat(arrived.resolve));
    const hurry = new AbortController();
    const sent = rejectionOf(hasty.send(put, { abortSignal: hurry.signal }));
    const response = await arrived.promise;
    hurry.abort();
    expect(await sent).toMatchObject({ name: "AbortError" });
    response.end(
      '{"ConsumedCapacity":{"TableName":"proxied","CapacityUnits":1.0,"Table":{"CapacityUnits":1.0}}}',
    );
    await eventually(() => expect(proxy.usage()).toEqual({ writeUnits: 1, readUnits: 0 }));
  });
});
