/**
 * Ports in memory and a telemetry that records its steps, for the tests that call the Lambda handlers. Each test file puts
 * them in the place of the real modules with `vi.mock`.
 */
import { beforeEach, expect } from "vitest";
import { type PubsubConfig, resolveConfig } from "../../../packages/pubsub/src/api/config.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { consumerOf } from "../../support/samples.ts";

export const config: PubsubConfig & { fanoutQueueUrl: string } = {
  dynamodbTableName: "table",
  fanoutQueueUrl: "https://sqs.example.com/1/queue",
};
export const consumer: ReturnType<typeof consumerOf> = consumerOf("c");

/** The ports that the handlers of this test use. */
export let context: TestContext;
/** What the handlers did with their telemetry, in order. */
export let steps: string[];

beforeEach(() => {
  context = createTestContext();
  context.connections.open(consumer);
  steps = [];
});

/** The options about posts that the handler passed on. */
export let posting: unknown;

/** In place of the module `api/create-pubsub.ts`. */
export const createPubsubDouble = {
  createPubsub(used: PubsubConfig, _observe: unknown, options: unknown): object {
    posting = options;
    return { config: resolveConfig(used), ports: context, limiterOf: context.limiterOf };
  },
};

/** In place of the module `observe/powertools.ts`. */
export const powertoolsDouble = {
  createHandlerTelemetry: (): object => ({
    observe: () => {},
    begin: () => steps.push("begin"),
    end: () => steps.push("end"),
  }),
};

export const invalid = (message: string): Error =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message }) as Error;
