/** The websocket handler's answer to one message, over ports in memory. */
import type { Pubsub } from "../../../packages/pubsub/src/api/create-pubsub.ts";
import { appendEvents } from "../../../packages/pubsub/src/core/log/append.ts";
import type {
  FanoutQueue,
  PostResult,
  Subscriptions,
  TopicLog,
} from "../../../packages/pubsub/src/core/ports.ts";
import { createPublisher } from "../../../packages/pubsub/src/core/publish/publish.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { answerFrame } from "../../../packages/pubsub/src/handlers/answer-frame.ts";
import type { Brake } from "../../../packages/pubsub/src/handlers/brake.ts";
import type { WebsocketEvent, WebsocketResult } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import {
  frameSettings,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/websocket.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf, DAY_SECONDS } from "../../support/samples.ts";

export const TOPIC = "topic";
export const consumer: Consumer = consumerOf("c");

export interface SetUp extends TestContext {
  send(frame: unknown, event?: Partial<WebsocketEvent>): Promise<WebsocketResult>;
  publish(...data: unknown[]): Promise<void>;
  /** The messages that were posted to the client, decoded. */
  posted(): unknown[];
}

export function setUp(
  options: {
    /** The results of the first posts. */
    answers?: PostResult[];
    authorize?: WebsocketHandlerOptions["authorize"];
    /** Further options of the handler. */
    handler?: Pick<WebsocketHandlerOptions, "validate" | "actions" | "authorizeTimeoutMs">;
    subscriptions?: Partial<Subscriptions>;
    queue?: Partial<FanoutQueue>;
    log?: Partial<TopicLog>;
    /** Default: the brake of an environment that has just started, for each message. */
    brake?: Brake;
    /** How much time the invocation has. */
    remainingMs?: number;
  } = {},
): SetUp {
  const answers = [...(options.answers ?? [])];
  const context = createTestContext({ answer: async () => answers.shift() });
  context.connections.open(consumer);
  const subscriptions = { ...context.subscriptions, ...options.subscriptions };
  const log = { ...context.log, ...options.log };
  const queue = { ...context.queue, ...options.queue };
  const ports = { ...context, subscriptions, log, queue };
  const logSettings = { retentionSeconds: DAY_SECONDS };
  const pubsub: Pubsub = {
    config: {
      dynamodbTableName: "table",
      fanoutQueueUrl: undefined,
      managementEndpoint: undefined,
      eventRetentionSeconds: DAY_SECONDS,
      compressEvents: true,
      inlineFanoutMax: 0,
      hotTopics: false,
      legacySubscriptions: false,
      logDeliveries: "all",
    },
    logSettings,
    ports,
    limiterOf: context.limiterOf,
    ...createPublisher(ports, logSettings),
  };
  return {
    ...context,
    send(frame, changes = {}) {
      const event = { requestContext: {}, body: JSON.stringify(frame), ...changes };
      const { authorize = "everybody", remainingMs = Number.POSITIVE_INFINITY } = options;
      const endsAtMs = context.clock.now() + remainingMs;
      const settings = frameSettings({ config: pubsub.config, authorize, ...options.handler }, pubsub);
      const { brake = settings.brake } = options;
      return answerFrame(pubsub, { ...settings, brake, consumer, event, endsAtMs });
    },
    async publish(...data) {
      for (const [index, value] of data.entries()) {
        const draft = {
          publicationId: `p${index + 1}`,
          publishedAt: 0,
          json: JSON.stringify(value),
          verbatim: false,
          idempotent: false,
        };
        await appendEvents({ ...context, retentionSeconds: DAY_SECONDS }, TOPIC, [draft]);
      }
    },
    posted: () => context.connections.received(consumer).map((text) => JSON.parse(text) as unknown),
  };
}
