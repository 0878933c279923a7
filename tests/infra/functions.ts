import { describe, expect, it } from "vitest";
import type { Suite } from "./suite.ts";

/** Only the fan-out reports to a trace. */
const TRACED = "Fanout";

const SIZES = {
  Websocket: { memorySize: 1_024, timeout: 29 },
  Fanout: { memorySize: 1_769, timeout: 30 },
};

export const testFunctions: Suite = (stage, expected) => {
  const { stage: name, logLevel, logRetentionDays } = expected;
  const { eventRetentionSeconds, logDeliveries, maxPostsPerSecond } = expected;

  describe.each(Object.entries(SIZES))("the function %s", (id, size) => {
    const logGroup = `/lambda-websocket-pubsub/${name}/${id.toLowerCase()}`;
    const inputs = () => stage().one("function", `${id}Function`).inputs;
    const tracing = expected.tracing && id === TRACED;

    it("runs on Node 24 on arm64, with its size and its role", () => {
      expect(inputs()).toMatchObject({
        ...size,
        reservedConcurrentExecutions: expected.reservedConcurrency[id],
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        role: stage().arn("role", `${id}Role`),
      });
    });

    it("gets the variables that functions/config.ts, Powertools and SST read, and nothing else", () => {
      expect(inputs().environment).toEqual({
        variables: {
          PUBSUB_TABLE_NAME: stage().physicalName("table"),
          PUBSUB_QUEUE_URL: stage().one("queue", "FanoutQueueQueue").outputs.url,
          PUBSUB_MANAGEMENT_ENDPOINT: expect.stringMatching(/^https:.*\/\$default$/),
          PUBSUB_EVENT_RETENTION_SECONDS: String(eventRetentionSeconds),
          PUBSUB_LOG_DELIVERIES: logDeliveries,
          PUBSUB_MAX_POSTS_PER_SECOND: String(maxPostsPerSecond),
          POWERTOOLS_SERVICE_NAME: `pubsub-${name}`,
          POWERTOOLS_METRICS_NAMESPACE: "LambdaWebsocketPubsub",
          POWERTOOLS_LOG_LEVEL: logLevel,
          POWERTOOLS_TRACE_ENABLED: String(tracing),
          SST_RESOURCE_App: JSON.stringify({ name: "lambda-websocket-pubsub", stage: name }),
          SST_KEY: expect.any(String),
          SST_KEY_FILE: "resource.enc",
        },
      });
    });

    // A higher level of the application would drop the metrics, whose lines have no level
    it("logs as JSON into its own log group, with a retention and without Lambda's lines of invocations that succeed", () => {
      expect(inputs().loggingConfig).toEqual({
        logFormat: "JSON",
        logGroup,
        applicationLogLevel: logLevel,
        systemLogLevel: "WARN",
      });
      expect(["DEBUG", "INFO"]).toContain(logLevel);
      expect(stage().one("logGroup", `${id}Logs`).inputs).toEqual({
        name: logGroup,
        retentionInDays: logRetentionDays,
      });
    });

    it(`is ${tracing ? "" : "not "}traced`, () => {
      expect(inputs().tracingConfig).toEqual(tracing ? { mode: "Active" } : undefined);
    });

    it("is built from its entry file, and linked to nothing: a link is decrypted in every cold start", () => {
      const build = stage().synthesis.rpcCalls.find(({ params }) => params.functionID === id)?.params;
      expect(build).toMatchObject({ handler: `functions/${id.toLowerCase()}.handler` });
      expect(build?.links).toEqual({});
    });

    it("is bundled as a minified module, with the library from its source", () => {
      const build = stage().synthesis.rpcCalls.find(({ params }) => params.functionID === id)?.params;
      expect(build?.properties).toEqual({
        architecture: "arm64",
        format: "esm",
        minify: true,
        splitting: true,
        esbuild: { conditions: ["pubsub-source", "module"] },
      });
    });
  });
};
