/** Direct calls send the same requests as the SDK. The adapters themselves make the calls. */
import { type AttributeValue, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { bytes } from "../../../packages/pubsub/src/aws/dynamodb/attributes.ts";
import { createDynamodbLedger } from "../../../packages/pubsub/src/aws/dynamodb/ledger.ts";
import { createDynamodbSubscriptions } from "../../../packages/pubsub/src/aws/dynamodb/subscriptions.ts";
import type { DynamodbTable } from "../../../packages/pubsub/src/aws/dynamodb/table.ts";
import { createDynamodbTopicLog } from "../../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import type { FanoutLedger, Subscriptions, TopicLog } from "../../../packages/pubsub/src/core/ports.ts";
import {
  bodyOf,
  callIdentity,
  dynamodbAlone,
  dynamodbDirect,
  httpAnswer,
  isSigned,
  sqsAlone,
  sqsDirect,
  targetOf,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { jsonOfBytes } from "../../support/json-data.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";
import { collect, consumerOf, eventToAppend, subscriptionOf } from "../../support/samples.ts";

const nowMs = Date.UTC(2026, 10, 23);
const clock = createManualClock({ startMs: nowMs });
const topicId = "tema-žluťoučký-🐎";
const wild = '\u0000\u001f"\\\u007f\u0080é\u2028漢🐎\ud800x\udc00';
const epoch = "2026-11-23T00:00:00.000Z";
const record = { epoch, used: false, expiresAtSeconds: 1_800_000_000 };
const publication = { topicId, epoch, offset: 7 };
const event = eventToAppend("p-1", { nowMs, json: JSON.stringify({ wild }), verbatim: true });
const end = "consumer#a/b/c";
const result = { consumers: 5, delivered: 4, gone: 1, retried: 0, handedOn: 0, lastStep: true };
const abandonment = { consumers: [consumerOf("a="), consumerOf("ü")], attempts: 8, reason: wild };

interface Adapters {
  log: TopicLog;
  subscriptions: Subscriptions;
  ledger: FanoutLedger;
}

const calls: Record<string, (adapters: Adapters) => Promise<unknown>> = {
  Query: ({ log }) => collect(log.read({ topicId, epoch, after: 3, limit: 10 })),
  "GetItem after a Query": ({ log }) => log.tail(topicId),
  PutItem: ({ log }) => log.append({ topicId, epoch, offset: 7, events: [event] }),
  "PutItem of compressed data": ({ log }) =>
    log.append({ topicId, epoch, offset: 7, events: [{ ...event, json: jsonOfBytes(20_480) }] }),
  "PutItem of a record": ({ log }) =>
    log.openEpoch({ topicId, epoch: { ...record, used: true }, replaces: record }),
  TransactWriteItems: ({ log }) => {
    const events = [event, eventToAppend("p-2", { nowMs, idempotent: true })];
    return log.append({ topicId, epoch, offset: 7, events, opening: { replaces: undefined } });
  },
  "PutItem of a subscription": ({ subscriptions }) =>
    subscriptions.put(subscriptionOf("ü=", topicId, { expiresAtSeconds: 1_800_000_000 })),
  GetItem: ({ subscriptions }) => subscriptions.find({ consumer: consumerOf("a="), topicId }),
  DeleteItem: ({ subscriptions }) => subscriptions.remove([subscriptionOf("a=", topicId)]),
  BatchWriteItem: ({ subscriptions }) =>
    subscriptions.remove(["a=", "ü", wild].map((id) => subscriptionOf(id, topicId))),
  "Query of the newest events": ({ log }) => log.newest({ topicId, epoch, upTo: 7, limit: 2, mayLag: true }),
  "Query of topics": ({ subscriptions }) => collect(subscriptions.topicsOf(consumerOf("a="))),
  "Query of live topics": ({ subscriptions }) =>
    subscriptions.liveTopicsOf({ consumer: consumerOf("a="), limit: 100 }),
  "Query of a page": ({ subscriptions }) => subscriptions.page({ topicId, limit: 1_000 }),
  "Query of the next page": ({ subscriptions }) =>
    subscriptions.page({ topicId, limit: 1_000, cursor: "consumer#a/b/c" }),
  "PutItem of a claim, UpdateItem": ({ ledger }) =>
    ledger.claim({ publication, unit: "u", leaseUntilMs: nowMs + 30_000, nowMs }),
  UpdateItem: ({ ledger }) => ledger.settle({ publication, unit: "u", result }),
  "UpdateItem of a step": ({ ledger }) =>
    ledger.settle({ publication, unit: "u", result: { ...result, end } }),
  "PutItem of a list": ({ ledger }) => ledger.abandon({ publication, unit: "u", abandonment }),
};

/** The response to every claim: the claim was made before, and its lease has expired. */
const claimed = httpAnswer(
  400,
  JSON.stringify({
    __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    message: "The conditional request failed",
    Item: { leaseUntilMs: { N: String(nowMs - 1) } },
  }),
);
const respond = ({ body, answer }: RawRequest): void =>
  answer(body.includes('"claimedAtMs"') ? claimed : httpAnswer(200, "{}"));

function adaptersOf(client: DynamodbTable["client"]): Adapters {
  const table = { client, tableName: "t" };
  return {
    log: createDynamodbTopicLog(table, clock),
    subscriptions: createDynamodbSubscriptions(table, clock),
    ledger: createDynamodbLedger(table, { clock, retentionSeconds: 600 }),
  };
}

const headerOf = ({ head }: RawRequest, name: string): string | undefined =>
  new RegExp(`\r\n${name}: ([^\r]*)\r\n`, "i").exec(head)?.[1];

/** Returns the parts of a request that must be the same directly and with the SDK. */
const sentIn = (request: RawRequest): object => ({
  line: request.head.slice(0, request.head.indexOf("\r\n")),
  ...Object.fromEntries(
    ["host", "content-type", "x-amz-target", "x-amz-security-token", "content-length"].map((name) => [
      name,
      headerOf(request, name),
    ]),
  ),
  body: bodyOf(request),
});

async function expectSame(
  { requests: alone }: RawServer,
  { requests: direct }: RawServer,
  service: string,
): Promise<void> {
  const text = alone.map(sentIn);
  expect(direct.map(sentIn)).toEqual(
    text.map((sent, at) => ({ ...sent, host: headerOf(direct[at] as RawRequest, "host") })),
  );
  expect(direct.map(wentDirectly)).toEqual(alone.map(() => true));
  expect(alone.map(wentDirectly)).toEqual(alone.map(() => false));
  for (const request of [...direct, ...alone]) expect(await isSigned(request, { service })).toBe(true);
}

async function learned(server: RawServer): Promise<DynamodbTable["client"]> {
  const client = dynamodbDirect(server);
  await client.send(new QueryCommand({ TableName: "t" }));
  server.requests.length = 0;
  return client;
}

it.each(Object.entries(calls))("sends the same request as the SDK: %s", async (name, call) => {
  vi.spyOn(crypto, "randomUUID").mockReturnValue("00000000-0000-4000-8000-000000000000");
  const [alone, direct] = [await startServer(), await startServer()];
  await call(adaptersOf(dynamodbAlone(alone)));
  await call(adaptersOf(await learned(direct)));
  expect(name).toContain(targetOf(alone.requests.at(-1) as RawRequest));
  await expectSame(alone, direct, "dynamodb");
  vi.restoreAllMocks();
});

const startServer = (): Promise<RawServer> => startRawServer({ onRequest: respond });

it("sends the same requests as the SDK to SQS", async () => {
  const [alone, direct] = [await startServer(), await startServer()];
  const messages = [wild.toWellFormed(), "a", wild].map((body, delaySeconds) => ({ body, delaySeconds }));
  const queue = (client: Parameters<typeof createSqsFanoutQueue>[0]["client"]) =>
    createSqsFanoutQueue({ client, queueUrl: "http://queue.invalid/1/q" }, clock);
  await queue(sqsAlone(alone)).send(messages);
  const directly = queue(sqsDirect(direct));
  await directly.send(messages);
  direct.requests.length = 0;
  await directly.send(messages);
  await expectSame(alone, direct, "sqs");
});

it("sends no token header if the credentials have no session token", async () => {
  const server = await startServer();
  const { sessionToken: _, ...identity } = callIdentity;
  const client = dynamodbDirect(server, { credentials: identity });
  for (let times = 0; times < 2; times++) await client.send(new QueryCommand({ TableName: "t" }));
  const [, request] = server.requests as [RawRequest, RawRequest];
  expect(headerOf(request, "x-amz-security-token")).toBe(undefined);
  expect(wentDirectly(request)).toBe(true);
  expect(await isSigned(request, { service: "dynamodb", identity })).toBe(true);
});

const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.constant(wild));
const numeral = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map(String);
const { attribute } = fc.letrec<{ attribute: AttributeValue }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 3 },
    fc.record({ S: text }),
    fc.record({ N: numeral }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.uint8Array({ maxLength: 50 }).map((array) => bytes(Buffer.from(array))),
    fc.record({ SS: fc.array(text, { minLength: 1, maxLength: 3 }) }),
    fc.record({ NS: fc.array(numeral, { minLength: 1, maxLength: 3 }) }),
    fc.record({ L: fc.array(tie("attribute"), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(text, tie("attribute"), { maxKeys: 3 }) }),
  ) as fc.Arbitrary<AttributeValue>,
}));
const items = fc.dictionary(text, attribute, { maxKeys: 5 });
const optional = fc.option(text, { nil: undefined });

it("sends any attributes in the same way as the SDK", async () => {
  const [alone, direct] = [await startServer(), await startServer()];
  const clients = [dynamodbAlone(alone), await learned(direct)];
  await fc.assert(
    fc.asyncProperty(items, optional, async (Item, ConditionExpression) => {
      alone.requests.length = 0;
      direct.requests.length = 0;
      const input = { TableName: "t", Item, ConditionExpression } as PutItemCommand["input"];
      for (const client of clients) await client.send(new PutItemCommand(input));
      await expectSame(alone, direct, "dynamodb");
    }),
    { numRuns: 150 },
  );
});
