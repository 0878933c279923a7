import {
  createPubsubClient,
  isPubsubClientError,
  type PubsubClient,
} from "../../../../../packages/client/src/index.ts";
import { resolveOptions as resolveClientOptions } from "../../../../../packages/client/src/options.ts";
import { parseArguments } from "../../../../../packages/local/src/cli-arguments.ts";
import { resolveMappingOptions } from "../../../../../packages/local/src/event-source-mapping/mapping-options.ts";
import { createFaults } from "../../../../../packages/local/src/gateway/faults.ts";
import { resolveOptions as resolveGatewayOptions } from "../../../../../packages/local/src/gateway/options.ts";
import { resolveLocalOptions } from "../../../../../packages/local/src/local-options.ts";
import {
  createFanoutHandler,
  createPublishHandler,
  createWebsocketHandler,
} from "../../../../../packages/pubsub/src/handlers/index.ts";
import * as library from "../../../../../packages/pubsub/src/index.ts";
import { collect } from "../../../../support/samples.ts";
import { parseOptions } from "../../../options.ts";
import { silentOptions } from "./silent-options.ts";

type Subscribe = Parameters<PubsubClient["subscribe"]>;
type Publish = Parameters<PubsubClient["publish"]>;
type Events = Parameters<PubsubClient["events"]>;

/** A call that takes options, with a valid example of the options that is mangled. */
export interface Target {
  valid: unknown;
  call(options: never): unknown;
}

const config = {
  dynamodbTableName: "hostile",
  fanoutQueueUrl: "http://127.0.0.1:1/queue",
  eventRetentionSeconds: 60,
  logDeliveries: "problems",
};
const consumer = { domainName: "a.example", stage: "$default", connectionId: "L0SM9cOFvHcCIhw=" };
const topic = { topicId: "room-1", config };
const position = { epoch: "0mwtlex2q", offset: 1 };
const credentials = { accessKeyId: "AKIALOCAL", secretAccessKey: "local-secret" };
const invoke = async () => ({ statusCode: 200 });

/** Reads all events. There is no table, so only the check of the options and the first call matter. */
const readAll = (options: never): Promise<unknown> => collect(library.readTopicEvents(options));

export const targets: Readonly<Record<string, Target>> = {
  publishToTopic: {
    valid: { ...topic, data: { text: "hello" }, publicationId: "p-1" },
    call: library.publishToTopic,
  },
  publishToTopics: {
    valid: { config, publications: [{ topicId: "room-1", data: { text: "hello" }, publicationId: "p-1" }] },
    call: library.publishToTopics,
  },
  subscribeToTopic: {
    valid: { ...topic, consumer, format: "event", latest: true, userId: "user-7", expiresAt: 4_000_000_000 },
    call: library.subscribeToTopic,
  },
  revoke: { valid: { ...topic, userId: "user-7" }, call: library.revoke },
  disconnect: { valid: { config, userId: "user-7", reason: "closed" }, call: library.disconnect },
  unsubscribeFromTopic: { valid: { ...topic, consumer }, call: library.unsubscribeFromTopic },
  unsubscribeFromAllTopics: { valid: { consumer, config }, call: library.unsubscribeFromAllTopics },
  readTopicEvents: { valid: { ...topic, epoch: position.epoch, after: 1, limit: 10 }, call: readAll },
  getTopicPosition: { valid: topic, call: library.getTopicPosition },
  listSubscribers: { valid: topic, call: (options) => collect(library.listSubscribers(options)) },
  listMembers: {
    valid: { ...topic, activeWithinSeconds: 60 },
    call: (options) => collect(library.listMembers(options)),
  },
  countSubscribers: { valid: topic, call: library.countSubscribers },
  getPublicationStatus: { valid: { ...topic, ...position }, call: library.getPublicationStatus },
  extractConsumer: {
    valid: { event: { requestContext: consumer } },
    call: library.extractConsumerFromApiGatewayEvent,
  },
  createWebsocketHandler: { valid: { config, authorize: () => true }, call: createWebsocketHandler },
  createPublishHandler: {
    valid: { config, authorize: "iam", validate: () => true, maxRequestsPerSecond: 10, basePath: "/v1" },
    call: createPublishHandler,
  },
  createFanoutHandler: {
    valid: { config, partialBatchResponses: true, partSize: 10, maxAttempts: 3, maxPostsPerSecond: 100 },
    call: createFanoutHandler,
  },
  createPubsubClient: {
    valid: {
      url: "wss://a.example",
      ...silentOptions(),
      protocols: ["a"],
      heartbeatMs: 1_000,
      heartbeatMaxMs: 2_000,
      backoff: { baseMs: 1 },
    },
    call: resolveClientOptions,
  },
  "client.subscribe": {
    valid: ["room-1", () => {}, { since: position, last: 10, latest: true, onGap: () => {} }],
    call: (args: never) => withClient((client) => client.subscribe(...toList<Subscribe>(args))()),
  },
  "client.subscribe with load": {
    valid: ["room-1", () => {}, { load: async () => ({ state: 1, position }), onState: () => {} }],
    call: (args: never) => withClient((client) => client.subscribe(...toList<Subscribe>(args))()),
  },
  "client.publish": {
    valid: ["room-1", { text: "hello" }, { publicationId: "p-1", token: "t" }],
    // Closing the client rejects what the check of the options let through
    call: (args: never) =>
      withClient((client) => client.publish(...toList<Publish>(args)).catch(unlessClosed)),
  },
  "client.events": {
    valid: ["room-1", { since: position, bufferLimit: 5 }],
    call: (args: never) => withClient((client) => void client.events(...toList<Events>(args)).return?.()),
  },
  startLocal: {
    valid: {
      host: "127.0.0.1",
      ports: { gateway: 3_001, dynamodb: 8_011, sqs: 9_311 },
      region: "eu-west-1",
      tableName: "hostile",
      dynamodbEndpoint: "http://127.0.0.1:1",
      functions: { websocket: "a.ts", fanout: "b.ts" },
      functionEnv: { A: "1" },
      gateway: {
        limits: { postBurst: 1 },
        postLatencyMs: 1,
        closeEveryResponses: 10,
        httpIdleMs: 1_000,
        onPost: () => {},
      },
      websocket: { memoryMb: 512, timeoutMs: 100, maximumConcurrency: 2 },
      fanout: {
        memoryMb: 512,
        timeoutMs: 100,
        batchSize: 10,
        batchWindowMs: 0,
        maximumConcurrency: 2,
        partialBatchResponses: false,
      },
      queue: { visibilityTimeoutSeconds: 1, maxReceiveCount: 2 },
      onLog: () => {},
    },
    call: resolveLocalOptions,
  },
  startGateway: {
    valid: {
      host: "127.0.0.1",
      port: 0,
      stage: "$default",
      region: "eu-west-1",
      credentials,
      invoke,
      limits: { postBurst: 1 },
      postLatencyMs: { min: 1, max: 2 },
      closeEveryResponses: 0,
      httpIdleMs: 1_000,
      faults: {
        post: [{ rate: 0.5, answer: { status: 500 } }],
        disconnect: [{ times: 1 }],
        connect: [{ delayMs: 5 }],
      },
    },
    call: (options) => createFaults(resolveGatewayOptions(options).faults),
  },
  createEventSourceMapping: {
    valid: {
      queueUrl: "http://127.0.0.1:1/q",
      queueArn: "arn:aws:sqs:us-east-1:000000000000:q",
      endpoint: "http://127.0.0.1:1",
      region: "us-east-1",
      credentials,
      invoke,
      batchSize: 10,
      partialBatchResponses: false,
    },
    call: resolveMappingOptions,
  },
  "npm start": {
    valid: ["--gateway-port", "3001", "--json"],
    call: (args: never) => parseArguments(toTexts(args)),
  },
  "npm run chaos": {
    valid: ["--suite", "client", "--seed", "1", "--json"],
    call: (args: never) => parseOptions(toTexts(args)),
  },
};

/** Converts a value to a command line, which can only contain texts. */
const toTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((one) => (typeof one === "object" ? "{}" : String(one))) : [];

const toList = <Args extends unknown[]>(value: unknown): Args =>
  (Array.isArray(value) ? value : [value]) as Args;

function unlessClosed(error: unknown): void {
  if (!isPubsubClientError(error, "CLOSED")) throw error;
}

function withClient<Result>(use: (client: PubsubClient) => Result): Result {
  const client = createPubsubClient({ url: "wss://a.example", ...silentOptions() });
  try {
    return use(client);
  } finally {
    client.close();
  }
}
