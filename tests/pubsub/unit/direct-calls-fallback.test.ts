/** If a direct call gets no valid response, the SDK makes the call, which ends as it would without the direct call. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type DynamoDBClient, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import {
  bodyOf,
  dynamodbAlone,
  dynamodbDirect,
  httpAnswer,
  sqsDirect,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { within } from "../../support/eventually.ts";
import { closedPort } from "../../support/free-ports.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";
import { rejectionOf } from "../../support/samples.ts";

// The SDK waits a random part of its delays. This makes that part zero
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const TableName = "t";
const put = (): PutItemCommand => new PutItemCommand({ TableName, Item: { p: { S: "ü" } } });
const done = httpAnswer(200, JSON.stringify({ Attributes: { p: { S: "old" } } }));

type Failure = (request: RawRequest) => void;
const text =
  (answer: string): Failure =>
  (request) =>
    request.answer(answer);
const refusal = (status: number, type: string): Failure =>
  text(
    httpAnswer(status, JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type })),
  );

const failures: Record<string, Failure> = {
  "500": refusal(500, "InternalServerError"),
  "500 without a body": text(httpAnswer(500, "")),
  "503": text(httpAnswer(503, "<html>busy</html>")),
  "503 that names a refusal": refusal(503, "ConditionalCheckFailedException"),
  "a throttled partition": refusal(400, "ProvisionedThroughputExceededException"),
  "a throttled call": refusal(400, "ThrottlingException"),
  "a throttled account": refusal(400, "RequestLimitExceeded"),
  "an expired token": refusal(403, "ExpiredTokenException"),
  "a clock that is off": refusal(403, "InvalidSignatureException"),
  "a call that is wrong": refusal(400, "ValidationException"),
  "a type that every object has": refusal(400, "constructor"),
  "no type": text(httpAnswer(400, "{}")),
  "300": text(httpAnswer(300, "{}")),
  garbage: text("220 mail.invalid ESMTP\r\n\r\n"),
  "half an object": text(httpAnswer(200, '{"Attributes":{"p":')),
  "no JSON": text(httpAnswer(200, "<html>ok</html>")),
  "an end in the middle": ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
  "a closed connection without a response": ({ socket }) => socket.end(),
  "a reset": ({ reset }) => reset(),
};

/** Starts a server that responds to each request with the next step of the script, and then repeats the last step. */
async function serverOf(...script: Failure[]): Promise<RawServer> {
  let at = 0;
  const respond = (request: RawRequest): void => script[Math.min(at++, script.length - 1)]?.(request);
  return startRawServer({ onRequest: respond });
}

async function learned(...script: Failure[]): Promise<{ server: RawServer; client: DynamoDBClient }> {
  const server = await serverOf(text(done), ...script);
  const client = dynamodbDirect(server);
  await client.send(put());
  server.requests.length = 0;
  return { server, client };
}

async function endOf(client: DynamoDBClient): Promise<object> {
  try {
    const { Attributes } = await client.send(put());
    return { Attributes };
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message, prototype: Object.getPrototypeOf(error) };
  }
}

it.each(Object.entries(failures))(
  "returns or throws the same as the SDK alone if every response is %s",
  async (_, failure) => {
    const { server, client } = await learned(failure);
    const alone = await serverOf(failure);
    const end = await endOf(client);
    expect(end).toEqual(await endOf(dynamodbAlone(alone)));
    const [first, ...others] = server.requests.map(wentDirectly);
    expect(first).toBe(true);
    expect(others).toEqual(alone.requests.map(() => false));
    expect(new Set(server.requests.map((request) => JSON.stringify(bodyOf(request)))).size).toBe(1);
  },
);

it.each(Object.entries(failures))(
  "returns the SDK's first response after %s, and sends no further request",
  async (_, failure) => {
    const { server, client } = await learned(failure, text(done));
    expect(await client.send(put())).toMatchObject({ Attributes: { p: { S: "old" } } });
    expect(server.requests.map(wentDirectly)).toEqual([true, false]);
    expect(await client.send(put())).toMatchObject({ Attributes: { p: { S: "old" } } });
    expect(server.requests.map(wentDirectly)).toEqual([true, false, true]);
  },
);

it.each(["500", "a throttled call", "a reset"])(
  "leaves further retries to the SDK after %s",
  async (name) => {
    const failure = failures[name] as Failure;
    const { server, client } = await learned(failure, failure, text(done));
    expect(await client.send(put())).toMatchObject({ Attributes: { p: { S: "old" } } });
    expect(server.requests.map(wentDirectly)).toEqual([true, false, false]);
  },
);

// A list used to be accepted
it.each([
  ["a list", "[1]"],
  ["null", "null"],
  ["a string", '"x"'],
  ["a number", "1"],
  ["an empty body", ""],
])("does not accept %s as a response", async (_, body) => {
  const { server, client } = await learned(text(httpAnswer(200, body)), text(done));
  expect(await client.send(put())).toMatchObject({ Attributes: { p: { S: "old" } } });
  expect(server.requests.map(wentDirectly)).toEqual([true, false]);
});

it("repeats a transaction with its token", async () => {
  const { server, client } = await learned(({ reset }) => reset(), text(httpAnswer(200, "{}")));
  const TransactItems = [{ Put: { TableName, Item: { p: { S: "a" } } } }];
  await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: "token" }));
  const sent = { TransactItems, ClientRequestToken: "token" };
  expect(server.requests.map(bodyOf)).toEqual([sent, sent]);
  expect(server.requests.map(wentDirectly)).toEqual([true, false]);
});

it("leaves a call to the SDK if there is no response after 5 s", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const { promise: arrived, resolve } = Promise.withResolvers<RawRequest>();
  const { server, client } = await learned(resolve, text(done));
  const sent = client.send(put());
  await within("call", arrived);
  vi.advanceTimersByTime(5_500);
  expect(await within("answer", sent)).toMatchObject({ Attributes: { p: { S: "old" } } });
  expect(server.requests.map(wentDirectly)).toEqual([true, false]);
});

it("leaves every refusal of SQS to the SDK", async () => {
  const server = await serverOf(
    text(httpAnswer(200, '{"Successful":[]}')),
    text(httpAnswer(400, '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}')),
  );
  const client = sqsDirect(server);
  const Entries = [{ Id: "0", MessageBody: "x" }];
  const send = () =>
    client.send(new SendMessageBatchCommand({ QueueUrl: "http://queue.invalid/1/q", Entries }));
  await send();
  expect(await rejectionOf(send())).toMatchObject({ name: "QueueDoesNotExist", message: "none" });
  expect(server.requests.map(wentDirectly)).toEqual([false, true, false]);
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Listens on the given port until `stop` is called. `stop` breaks all connections. */
async function listen(port: number): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer(
    (request, response) => void request.resume().on("end", () => response.end("{}")),
  );
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(stop);
  return { port: portOf(server), stop };
}

it("rejects with the SDK's ECONNREFUSED while the server is down, and succeeds once it is up", async () => {
  const first = await listen(await closedPort());
  const client = dynamodbDirect(first);
  for (let times = 0; times < 2; times++) await client.send(put());
  await first.stop();
  expect(await endOf(client)).toEqual(await endOf(dynamodbAlone(first)));
  expect(await rejectionOf(client.send(put()))).toMatchObject({ code: "ECONNREFUSED" });
  await listen(first.port);
  expect(await client.send(put())).toMatchObject({ $metadata: {} });
});

it("succeeds after a restart of the server between two calls", async () => {
  const first = await listen(await closedPort());
  const client = dynamodbDirect(first);
  for (let times = 0; times < 2; times++) await client.send(put());
  await first.stop();
  await listen(first.port);
  await client.send(put());
});
