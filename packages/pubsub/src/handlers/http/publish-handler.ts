import { type PubsubConfig, resolveConfig } from "../../api/config.ts";
import { createPubsub, type Pubsub } from "../../api/create-pubsub.ts";
import { checkOptions, invalid } from "../../core/options/check-options.ts";
import {
  callable,
  checkedLater,
  isRecord,
  type RulesFor,
  wholeNumber,
} from "../../core/options/option-rules.ts";
import { createHandlerTelemetry } from "../../observe/powertools.ts";
import type { LambdaContext } from "../lambda-types.ts";
import { createRate } from "../rate.ts";
import type { Validate } from "../validate.ts";
import { warmUpSource } from "../warm-up.ts";
import { type HttpAuthorize, IAM } from "./access.ts";
import { answerRequest, type HttpSettings } from "./answer-request.ts";
import type { HttpEvent, HttpResult } from "./http-types.ts";
import { success } from "./problem.ts";

/** Our own default: how long a hook may take, as of the WebSocket handler. */
const AUTHORIZE_MS_MAX_DEFAULT = 5_000;

/** Our own default: how many requests a second one address may send, where strangers can send some. */
const REQUESTS_PER_SECOND_MAX_DEFAULT = 50;

export interface PublishHandlerOptions {
  config: PubsubConfig;
  /**
   * Who may publish and read. `"iam"`: every caller whose signature AWS has verified, with a function URL of the auth type
   * `AWS_IAM` or an IAM authorizer of an HTTP API's route. Or a hook, such as `createTopicTokenAuthorizer` returns, which is
   * called before every request with the token of `Authorization: Bearer`. There is no default.
   */
  authorize: HttpAuthorize | typeof IAM;
  /**
   * How long `authorize`, and then `validate`, may take before the request counts as undecided: 1 to 25,000 ms. Default
   * 5,000. Nothing is written then, and the caller may try again.
   */
  authorizeTimeoutMs?: number | undefined;
  /**
   * Whether data is what the topic's subscribers expect: a hook, which is called for each event after `authorize` allowed the
   * request and before anything is written. Default: every JSON value is accepted.
   */
  validate?: Validate | undefined;
  /**
   * How many requests a second one address may send to one environment of the function: 1 to 10,000. Ten times as many may
   * come at once. Default 50 with a hook, and no limit with `"iam"`.
   */
  maxRequestsPerSecond?: number | undefined;
  /** What is in front of `/topics` in the path, such as `/v1`, the key of a custom domain's mapping. Default: nothing. */
  basePath?: string | undefined;
}

const rules: RulesFor<PublishHandlerOptions> = {
  config: checkedLater,
  authorize: {
    expected: 'a function that decides who may publish and read, or "iam"',
    accepts: (value) => value === IAM || callable.accepts(value),
    required: true,
  },
  authorizeTimeoutMs: wholeNumber(1, 25_000),
  validate: callable,
  maxRequestsPerSecond: wholeNumber(1, 10_000),
  basePath: {
    expected: "a path such as /v1, without a slash at its end",
    accepts: (value) => typeof value === "string" && /^(\/[\w.~-]+)*$/.test(value),
  },
};

/**
 * Creates the Lambda handler that publishes and reads over HTTP, for a function URL or for an HTTP API with the payload format
 * 2.0. docs/http.md describes the requests, and docs/openapi.json specifies them. It refuses what is not allowed or not
 * understood, and then writes nothing. Throws `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { createPublishHandler } from "lambda-websocket-pubsub/handlers";
 *
 * export const handler = createPublishHandler({
 *   config: { dynamodbTableName, fanoutQueueUrl },
 *   authorize: "iam",
 * });
 * ```
 */
export function createPublishHandler(
  options: PublishHandlerOptions,
): (event: HttpEvent, context?: LambdaContext) => Promise<HttpResult> {
  checkOptions("createPublishHandler", options, rules);
  const telemetry = createHandlerTelemetry(resolveConfig(options.config).logDeliveries);
  const pubsub = createPubsub(options.config, telemetry.observe);
  const settings = httpSettings(options, pubsub);
  return async (event, context) => {
    telemetry.begin(context);
    try {
      return await handleHttpEvent(pubsub, settings, event);
    } finally {
      telemetry.end();
    }
  };
}

/** Fills in the defaults. */
export function httpSettings(
  options: PublishHandlerOptions,
  { ports: { clock } }: Pick<Pubsub, "ports">,
): HttpSettings {
  const { authorize, authorizeTimeoutMs = AUTHORIZE_MS_MAX_DEFAULT, validate, basePath = "" } = options;
  const perSecond =
    options.maxRequestsPerSecond ?? (authorize === IAM ? undefined : REQUESTS_PER_SECOND_MAX_DEFAULT);
  return {
    gate: { authorize, timeoutMs: authorizeTimeoutMs },
    validate,
    basePath,
    rate: perSecond === undefined ? undefined : createRate(perSecond, clock),
  };
}

/**
 * Handles one event over any ports. An event that only keeps the function warm does nothing. Throws `INVALID_ARGUMENT` for any
 * other event that is not of an HTTP request in the payload format 2.0: nobody would get a response.
 */
export async function handleHttpEvent(
  pubsub: Pubsub,
  settings: HttpSettings,
  event: HttpEvent,
): Promise<HttpResult> {
  const source = warmUpSource(event);
  if (source !== undefined) {
    pubsub.ports.observe({ event: "warm-up", source });
    return success({});
  }
  const context: unknown = isRecord(event) ? event.requestContext : undefined;
  if (!isRecord(context) || !isRecord(context.http)) {
    throw invalid("event", "an HTTP request in the payload format 2.0, with requestContext.http", event);
  }
  return answerRequest(pubsub, settings, event);
}
