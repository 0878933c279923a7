/** The SDK makes the first call to each endpoint, and later calls are direct. Each call goes to its own endpoint. */
import {
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import {
  callIdentity,
  callRegion,
  dynamodbDirect,
  httpAnswer,
  isSigned,
  sqsDirect,
  targetOf,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";

const ok = (host?: string): Promise<RawServer> =>
  startRawServer({
    ...(host && { host }),
    onRequest: ({ answer }) => answer(httpAnswer(200, "{}")),
  });
const Key = { p: { S: "p" } };
const get = (TableName: string = "t"): GetItemCommand => new GetItemCommand({ TableName, Key });
const batch = (QueueUrl: string): SendMessageBatchCommand =>
  new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "0", MessageBody: "x" }] });
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const ways = ({ requests }: RawServer): boolean[] => requests.map(wentDirectly);

it.each([false, true])(
  "leaves all of the first concurrent calls to the SDK (cacheMiddleware: %s)",
  async (cacheMiddleware) => {
    const server = await ok();
    const client = dynamodbDirect(server, { cacheMiddleware });
    const names = Array.from({ length: 10 }, (_, n) => ({ p: { S: `key-${n}` } }));
    const sendAll = (): Promise<unknown> =>
      Promise.all(names.map((each) => client.send(new GetItemCommand({ TableName: "t", Key: each }))));
    await sendAll();
    expect(ways(server)).toEqual(names.map(() => false));
    await sendAll();
    expect(ways(server).slice(10)).toEqual(names.map(() => true));
    for (const half of [server.requests.slice(0, 10), server.requests.slice(10)]) {
      expect(half.map(({ body }) => JSON.parse(String(body)).Key).sort(byKey)).toEqual(names);
    }
  },
);

const byKey = (a: typeof Key, b: typeof Key): number => a.p.S.localeCompare(b.p.S);

it("makes all listed operations directly once it knows the endpoint, regardless of the first operation", async () => {
  const server = await ok();
  const client = dynamodbDirect(server);
  await client.send(new DescribeTableCommand({ TableName: "t" }));
  await client.send(get());
  const TransactItems = [{ Put: { TableName: "t", Item: Key } }];
  await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: "c" }));
  expect(ways(server)).toEqual([false, true, true]);
});

it("leaves all other operations to the SDK", async () => {
  const server = await ok();
  const client = dynamodbDirect(server);
  for (let times = 0; times < 2; times++) {
    await client.send(new ScanCommand({ TableName: "t" }));
    await client.send(new DescribeTableCommand({ TableName: "t" }));
  }
  const sqs = sqsDirect(server, { md5: false as never });
  const QueueUrl = "http://queue.invalid/1/q";
  for (let times = 0; times < 2; times++) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }));
    await sqs.send(new GetQueueAttributesCommand({ QueueUrl }));
  }
  expect(ways(server)).toEqual(server.requests.map(() => false));
  expect(new Set(server.requests.map(targetOf)).size).toBe(4);
});

/** Creates a client without an endpoint. It sends to the host of the queue's URL. */
const byQueueUrl = (): SQSClient => sqsDirect({ port: 0 }, { endpoint: undefined as never, logger: silent });

it("sends to the host of each queue's URL, and learns each host on its own", async () => {
  const [one, other] = [await ok(), await ok()];
  const client = byQueueUrl();
  const urls = [one, other].map(({ port }) => `http://127.0.0.1:${port}/123/q`);
  for (let times = 0; times < 3; times++) for (const url of urls) await client.send(batch(url));
  for (const server of [one, other]) {
    expect(ways(server)).toEqual([false, true, true]);
    for (const request of server.requests) {
      expect(request.head).toMatch(/^POST \/ HTTP/);
      expect(request.head).toMatch(`\r\nhost: 127.0.0.1:${server.port}\r\n`);
      expect(await isSigned(request, { service: "sqs" })).toBe(true);
    }
  }
});

it("sends to the configured endpoint instead of the host of the queue's URL", async () => {
  const [endpoint, pointedAt] = [await ok(), await ok()];
  const client = sqsDirect(endpoint, { useQueueUrlAsEndpoint: false });
  for (const name of ["a", "a", "b", "b"]) {
    await client.send(batch(`http://127.0.0.1:${pointedAt.port}/123/${name}`));
  }
  expect(ways(endpoint)).toEqual([false, true, false, true]);
  expect(pointedAt.requests).toEqual([]);
});

/** Creates a client that sends to a separate endpoint for each account in a table's ARN. */
function byAccount(servers: Record<string, RawServer>): DynamoDBClient {
  const endpointProvider = (parameters: object): { url: URL } => {
    const { ResourceArn, ResourceArnList } = parameters as {
      ResourceArn?: string;
      ResourceArnList?: string[];
    };
    const [, account = ""] = /:(\d+):table/.exec(ResourceArn ?? ResourceArnList?.[0] ?? "") ?? [];
    return { url: new URL(`http://127.0.0.1:${servers[account]?.port}`) };
  };
  return dynamodbDirect({ port: 0 }, { endpointProvider, endpoint: undefined as never });
}

it("learns the endpoint of each account's table instead of using the first table's endpoint for all", async () => {
  const servers = { "111": await ok(), "222": await ok() };
  const client = byAccount(servers);
  const arn = (account: string): string => `arn:aws:dynamodb:${callRegion}:${account}:table/t`;
  const commands = [
    (TableName: string) => get(TableName),
    (TableName: string) => new QueryCommand({ TableName }),
    (TableName: string) => {
      const TransactItems = [{ Put: { TableName, Item: Key } }];
      return new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: "c" });
    },
    (TableName: string) => new PutItemCommand({ TableName, Item: Key }),
  ];
  for (const command of commands) {
    for (const account of Object.keys(servers)) await client.send(command(arn(account)) as GetItemCommand);
  }
  for (const [account, server] of Object.entries(servers)) {
    expect(ways(server)).toEqual([false, true, true, true]);
    for (const { body } of server.requests) expect(String(body)).toContain(`:${account}:table`);
  }
});

it.each([
  ["an IPv6 address", "::1", (port: number) => `http://[::1]:${port}`, "/"],
  ["a name", "127.0.0.1", (port: number) => `http://localhost:${port}`, "/"],
  ["a path", "127.0.0.1", (port: number) => `http://127.0.0.1:${port}/base/v1.0_a-b`, "/base/v1.0_a-b/"],
])("sends to %s as the SDK does", async (_, host, endpointOf, path) => {
  const server = await ok(host);
  const client = dynamodbDirect(server, { endpoint: endpointOf(server.port) });
  for (let times = 0; times < 2; times++) await client.send(get());
  expect(ways(server)).toEqual([false, true]);
  const { host: hostHeader } = new URL(endpointOf(server.port));
  for (const request of server.requests) {
    expect(request.head.startsWith(`POST ${path} HTTP/1.1\r\n`)).toBe(true);
    expect(request.head).toMatch(`\r\nhost: ${hostHeader}\r\n`);
    expect(await isSigned(request, { service: "dynamodb", identity: callIdentity })).toBe(true);
  }
});

it.each(["/a//b", "/a%20b", "/a+b"])("leaves calls to the path %s to the SDK", async (path) => {
  const server = await ok();
  const client = dynamodbDirect(server, { endpoint: `http://127.0.0.1:${server.port}${path}` });
  for (let times = 0; times < 2; times++) await client.send(get());
  expect(ways(server)).toEqual([false, false]);
});

it("leaves requests with a query string to the SDK, which keeps the query string", async () => {
  const server = await ok();
  const client = dynamodbDirect(server);
  client.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { query: { tenant: "a" } });
      return next(args);
    },
    { step: "build", name: "addQuery" },
  );
  for (let times = 0; times < 2; times++) await client.send(get());
  const lines = server.requests.map(({ head }: RawRequest) => head.slice(0, head.indexOf("\r\n")));
  expect(lines).toEqual(Array(2).fill("POST /?tenant=a HTTP/1.1"));
});
