/** The HTTP handler over ports in memory, with requests as a function URL passes them. */
import type { Pubsub } from "../../packages/pubsub/src/api/create-pubsub.ts";
import { createPublisher } from "../../packages/pubsub/src/core/publish/publish.ts";
import type { HttpEvent } from "../../packages/pubsub/src/handlers/http/http-types.ts";
import {
  handleHttpEvent,
  httpSettings,
  type PublishHandlerOptions,
} from "../../packages/pubsub/src/handlers/http/publish-handler.ts";
import { createTestContext, type TestContext } from "./fanout-context.ts";
import { assertDocumented } from "./openapi-document.ts";
import { DAY_SECONDS } from "./samples.ts";

export const config = { dynamodbTableName: "table", fanoutQueueUrl: "https://sqs.example.com/1/queue" };

export const FUNCTION_URL_HOST = "abc.lambda-url.us-east-1.on.aws";
export const HTTP_API_HOST = "abc.execute-api.us-east-1.amazonaws.com";

export const SIGNED = {
  iam: { accountId: "111122223333", userArn: "arn:aws:iam::111122223333:user/example" },
};

export interface HttpRequestOptions {
  /** Default: signed. */
  authorizer?: object | null;
  headers?: Record<string, string>;
  query?: string;
  /** Text as it is, anything else as JSON. */
  body?: unknown;
  isBase64Encoded?: boolean;
  domainName?: string;
  stage?: string;
  sourceIp?: string;
}

export function httpEvent(method: string, rawPath: string, options: HttpRequestOptions = {}): HttpEvent {
  const { authorizer = SIGNED, headers, query = "", body, isBase64Encoded = false } = options;
  const { domainName = FUNCTION_URL_HOST, stage = "$default", sourceIp = "192.0.2.1" } = options;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString: query,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    requestContext: { domainName, stage, http: { method, path: rawPath, sourceIp }, authorizer },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    isBase64Encoded,
  };
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the response that it expects
  body: any;
}

export interface HttpSetUp extends TestContext {
  pubsub: Pubsub;
  handle(event: HttpEvent): Promise<HttpResponse>;
  request(method: string, path: string, options?: HttpRequestOptions): Promise<HttpResponse>;
  /** Every call that writes to the log or to the queue. */
  written: unknown[];
}

/** The path of the document whose resource this is, whatever is in front of it. */
const documentedPath = (rawPath: unknown): string =>
  `/topics/{id}/${typeof rawPath === "string" ? rawPath.slice(rawPath.lastIndexOf("/") + 1) : ""}`;

/** Creates the handler. By default every signed request is allowed. Each response must be one of the document. */
export function setUpHttp(
  options: Partial<Omit<PublishHandlerOptions, "config">> & {
    log?: Partial<TestContext["log"]>;
    queue?: Partial<TestContext["queue"]>;
  } = {},
): HttpSetUp {
  const { log: ownLog, queue: ownQueue, ...handlerOptions } = options;
  const context = createTestContext();
  const written: unknown[] = [];
  const log = {
    ...context.log,
    append: (request) => {
      written.push(request);
      return context.log.append(request);
    },
    openEpoch: (request) => {
      written.push(request);
      return context.log.openEpoch(request);
    },
    ...ownLog,
  } satisfies TestContext["log"];
  const queue = {
    ...context.queue,
    send: (messages) => {
      written.push(messages);
      return context.queue.send(messages);
    },
    ...ownQueue,
  } satisfies TestContext["queue"];
  const ports = { ...context, log, queue };
  const logSettings = { retentionSeconds: DAY_SECONDS };
  const pubsub = { ports, logSettings, ...createPublisher(ports, logSettings) } as unknown as Pubsub;
  const settings = httpSettings({ config, authorize: "iam", ...handlerOptions }, pubsub);

  async function handle(event: HttpEvent): Promise<HttpResponse> {
    const { statusCode, headers, body } = await handleHttpEvent(pubsub, settings, event);
    const response: HttpResponse = { status: statusCode, headers, body: JSON.parse(body) };
    const method: unknown = event.requestContext?.http?.method;
    const path = documentedPath(event.rawPath);
    assertDocumented({ method: typeof method === "string" ? method : "", path }, response);
    return response;
  }

  return {
    ...ports,
    pubsub,
    handle,
    request: (method, path, requestOptions) => handle(httpEvent(method, path, requestOptions)),
    written,
  };
}
