import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithIAMAuthorizer,
  LambdaFunctionURLEvent,
} from "aws-lambda";
import { describe, expect, it } from "vitest";
import {
  createPublishHandler,
  type HttpEvent,
  type PublishHandlerOptions,
} from "../../../packages/pubsub/src/handlers/index.ts";
import { config, httpEvent, setUpHttp } from "../../support/http-requests.ts";

describe("createPublishHandler", () => {
  it.each<[string, object, string]>([
    [
      "no options",
      {},
      'authorize must be a function that decides who may publish and read, or "iam"; got undefined',
    ],
    [
      "no authorize",
      { config },
      'authorize must be a function that decides who may publish and read, or "iam"',
    ],
    ["everybody", { config, authorize: "everybody" }, 'or "iam"; got "everybody"'],
    ["authorize that is true", { config, authorize: true }, 'or "iam"; got true'],
    ["a misspelled option", { config, authorize: "iam", validator: () => true }, "has no option validator"],
    [
      "a validate that is no function",
      { config, authorize: "iam", validate: {} },
      "validate must be a function",
    ],
    ["a time limit of 0", { config, authorize: "iam", authorizeTimeoutMs: 0 }, "authorizeTimeoutMs must be"],
    ["a rate of 0", { config, authorize: "iam", maxRequestsPerSecond: 0 }, "maxRequestsPerSecond must be"],
    [
      "a basePath with a slash at its end",
      { config, authorize: "iam", basePath: "/v1/" },
      "basePath must be",
    ],
    ["a basePath without a slash", { config, authorize: "iam", basePath: "v1" }, "basePath must be"],
    ["no config", { authorize: "iam" }, "config must be an object"],
  ])("refuses %s", (_, options, message) => {
    expect(() => createPublishHandler(options as PublishHandlerOptions)).toThrowError(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("takes the events of function URLs and of HTTP APIs as their types are", () => {
    const handler = createPublishHandler({ config, authorize: "iam" });
    // Only compiled: each line is a type test
    const calls = [
      (event: LambdaFunctionURLEvent) => handler(event),
      (event: APIGatewayProxyEventV2) => handler(event),
      (event: APIGatewayProxyEventV2WithIAMAuthorizer) => handler(event),
    ];
    expect(calls).toHaveLength(3);
  });

  it.each([
    ["nothing", undefined],
    ["no event of HTTP", { Records: [] }],
    [
      "the payload format 1.0",
      { version: "1.0", httpMethod: "GET", path: "/", requestContext: { stage: "prod" } },
    ],
    ["a WebSocket event", { requestContext: { connectionId: "c=", eventType: "MESSAGE" }, body: "{}" }],
    ["http that is null", { requestContext: { http: null } }],
  ])("rejects %s, so that the mistake is seen", async (_, event) => {
    const http = setUpHttp();
    await expect(http.handle(event as HttpEvent)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("payload format 2.0"),
    });
    expect(http.written).toEqual([]);
  });

  it("does nothing for an event that keeps the function warm", async () => {
    const handler = createPublishHandler({ config, authorize: "iam" });
    expect(await handler({ source: "aws.events" } as never)).toMatchObject({ statusCode: 200, body: "{}" });
  });

  it("refuses before it calls any service", async () => {
    const handler = createPublishHandler({ config, authorize: "iam" });
    const result = await handler(
      httpEvent("POST", "/topics/r/events", { authorizer: null, body: { data: 1 } }),
    );
    expect(result).toMatchObject({ statusCode: 403 });
  });
});
