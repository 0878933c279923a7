/** A direct call returns or throws the same as the SDK does for the same response bytes. */
import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactionConflictException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  dynamodbAlone,
  dynamodbDirect,
  httpAnswer,
  sqsAlone,
  sqsDirect,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { type RawServer, startRawServer } from "../../support/raw-server.ts";
import { rejectionOf } from "../../support/samples.ts";

const TableName = "t";
const Key = { p: { S: "p" }, u: { S: "u" } };
const Put = { TableName, Item: Key };
const old = {
  ...Key,
  json: { S: '"žluťoučký 🐎 \u0000\u2028"' },
  offset: { N: "-12.5e3" },
  used: { BOOL: false },
  nothing: { NULL: true },
  consumers: { L: [{ S: "a" }, { M: { "ü.": { NS: ["1", "2"] } } }] },
  names: { SS: ["é", "🐎"] },
};
const units = { TableName, CapacityUnits: 1.5, Table: { CapacityUnits: 1.5 } };

interface Sender {
  send(command: object): Promise<object>;
}
interface Both {
  direct: Sender;
  alone: Sender;
  server: RawServer;
  /** Makes the server send this response from now on. */
  answer(text: string): void;
}

/** Creates two clients of one server. The first one has already learned the server's endpoint. */
async function both(
  makeDirect: (server: RawServer) => unknown,
  alone: (server: RawServer) => unknown,
  learn: object,
): Promise<Both> {
  let text = httpAnswer(200, "{}");
  const server = await startRawServer({
    onRequest({ answer, socket }) {
      answer(text);
      if (!/\r\n(?:content-length|transfer-encoding):/.test(text)) socket.end();
    },
  });
  const direct = makeDirect(server) as Sender;
  await direct.send(learn);
  server.requests.length = 0;
  const answer = (next: string): void => {
    text = next;
  };
  return { direct, alone: alone(server) as Sender, server, answer };
}

const dynamodb = (): Promise<Both> =>
  both(dynamodbDirect, dynamodbAlone, new GetItemCommand({ TableName, Key }));

async function expectSameOutput({ direct, alone, server }: Both, command: object): Promise<object> {
  server.requests.length = 0;
  const { $metadata: _, ...output } = (await direct.send(command)) as { $metadata: object };
  const { $metadata, ...same } = (await alone.send(command)) as { $metadata: object };
  expect(output).toEqual(same);
  expect(server.requests.map(wentDirectly)).toEqual([true, false]);
  expect($metadata).toBeDefined();
  return output;
}

const query = new QueryCommand({ TableName });
const put = new PutItemCommand(Put);
const batch = new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] } });
const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put }], ClientRequestToken: "c" });

it.each<[string, object, object]>([
  ["an empty object", query, {}],
  ["a page", query, { Items: [old, Key], Count: 2, ScannedCount: 2, LastEvaluatedKey: Key }],
  ["an empty page", query, { Items: [], Count: 0, ScannedCount: 0, ConsumedCapacity: units }],
  ["no item", new GetItemCommand({ TableName, Key }), {}],
  ["an item", new GetItemCommand({ TableName, Key }), { Item: old, ConsumedCapacity: units }],
  ["the item that a put replaced", put, { Attributes: old }],
  ["the deleted item", new DeleteItemCommand({ TableName, Key }), { Attributes: old }],
  ["updated attributes", new UpdateItemCommand({ TableName, Key }), { Attributes: { offset: { N: "2" } } }],
  ["a transaction", transaction, { ConsumedCapacity: [units] }],
  [
    "the unprocessed items of a batch",
    batch,
    { UnprocessedItems: { [TableName]: [{ DeleteRequest: { Key } }] } },
  ],
  ["a whole batch", batch, { UnprocessedItems: {} }],
  ["nulls, which used to be kept: `Items: null` can't be iterated", query, { Items: null, Count: 0 }],
])("returns the same output as the SDK: %s", async (_, command, body) => {
  const clients = await dynamodb();
  clients.answer(httpAnswer(200, JSON.stringify(body)));
  await expectSameOutput(clients, command);
});

/** The SDK loses an attribute with the name `__proto__`. */
const attributeName = fc.string().filter((name) => name !== "__proto__");
const attribute: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.record({ S: fc.string({ unit: "binary" }) }),
  fc.record({ S: fc.string({ unit: "grapheme" }) }),
  fc.record({ N: fc.integer().map(String) }),
  fc.record({ M: fc.dictionary(attributeName, fc.record({ S: fc.string({ unit: "binary" }) })) }),
);

it("returns the same output as the SDK for any attributes", async () => {
  const clients = await dynamodb();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(attributeName, attribute)),
      fc.boolean(),
      async (Items, chunks) => {
        const body = JSON.stringify({ Items, Count: Items.length });
        const size = Buffer.byteLength(body).toString(16);
        const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${size}\r\n${body}\r\n0\r\n\r\n`;
        clients.answer(chunks ? chunked : httpAnswer(200, body));
        await expectSameOutput(clients, query);
      },
    ),
    { numRuns: 100 },
  );
});

it("returns a page of a megabyte", async () => {
  const clients = await dynamodb();
  const Items = Array.from({ length: 8_000 }, (_, n) => ({ ...old, n: { N: String(n) } }));
  const body = JSON.stringify({ Items, Count: Items.length });
  expect(body.length).toBeGreaterThan(1_048_576);
  clients.answer(httpAnswer(200, body));
  expect(await expectSameOutput(clients, query)).toMatchObject({ Count: 8_000 });
});

it("returns the failed entries of a batch of messages, and rejects a wrong MD5, as the SDK does", async () => {
  const QueueUrl = "http://queue.invalid/1/q";
  const Entries = [
    { Id: "0", MessageBody: "ü🐎" },
    { Id: "1", MessageBody: "b" },
  ];
  const command = new SendMessageBatchCommand({ QueueUrl, Entries });
  const clients = await both(sqsDirect, sqsAlone, new SendMessageBatchCommand({ QueueUrl, Entries: [] }));
  const MD5OfMessageBody = "8f0d1a9c6e5a4d3b2c1f0e9d8c7b6a59";
  const sent = { Id: "0", MessageId: "m", MD5OfMessageBody };
  const Failed = [{ Id: "1", Code: "InternalError", SenderFault: false, Message: "später" }];
  for (const body of [{ Failed }, { Failed: null }, { Failed: [], Successful: [] }]) {
    clients.answer(httpAnswer(200, JSON.stringify(body)));
    await expectSameOutput(clients, command);
  }
  clients.server.requests.length = 0;
  clients.answer(httpAnswer(200, JSON.stringify({ Successful: [sent], Failed })));
  for (const client of [clients.direct, clients.alone]) {
    expect(await rejectionOf(client.send(command))).toMatchObject({
      message: expect.stringContaining("MD5"),
    });
  }
  expect(clients.server.requests.map(wentDirectly)).toEqual([true, false]);
});

const PREFIX = "com.amazonaws.dynamodb.v20120810#";
const reasons = [
  { Code: "None" },
  { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item: old },
  { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" },
];

const REFUSALS = {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
};

it.each<[keyof typeof REFUSALS, object, object]>([
  ["ConditionalCheckFailedException", put, { message: "failed", Item: old }],
  ["ConditionalCheckFailedException", put, { Message: "žádné" }],
  ["ConditionalCheckFailedException", put, {}],
  ["TransactionCanceledException", transaction, { Message: "cancelled", CancellationReasons: reasons }],
  ["TransactionConflictException", put, { message: "ongoing" }],
])("throws the SDK's %s", async (name, command, fields) => {
  const { direct, alone, server, answer } = await dynamodb();
  for (const __type of [PREFIX + name, name]) {
    server.requests.length = 0;
    answer(httpAnswer(400, JSON.stringify({ __type, ...fields })));
    const refusal = await rejectionOf(direct.send(command));
    const same = await rejectionOf(alone.send(command));
    expect(server.requests.map(wentDirectly)).toEqual([true, false]);
    for (const error of [refusal, same]) expect(error).toBeInstanceOf(REFUSALS[name]);
    expect(contentOf(refusal)).toEqual(contentOf(same));
  }
});

/** Returns the error's fields without those that only the SDK reads. */
function contentOf(error: unknown): object {
  const { name, message, $fault, Item, CancellationReasons } = error as Record<string, unknown>;
  return { name, message, $fault, Item, CancellationReasons };
}
