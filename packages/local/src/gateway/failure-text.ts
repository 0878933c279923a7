import { errorMessage } from "../errors.ts";
import { isRecord } from "../options/option-rules.ts";
import type { WebsocketEvent } from "./event-types.ts";
import type { IntegrationFailure } from "./integration-result.ts";

/** What API Gateway does after the integration of the route failed. */
const consequences: Record<WebsocketEvent["requestContext"]["eventType"], string> = {
  CONNECT: "the handshake failed with 502",
  MESSAGE: 'the client was sent "Internal server error"',
  DISCONNECT: "the client is gone, so it gets no message",
};

/** Explains to the author of the function what went wrong and what API Gateway did then. */
export function failureText(
  { routeKey, eventType }: Pick<WebsocketEvent["requestContext"], "routeKey" | "eventType">,
  { reason, error, returned }: IntegrationFailure,
  timeoutMs: number,
): string {
  const causes: Record<IntegrationFailure["reason"], string> = {
    threw: `the invocation failed (${errorMessage(error).split("\n")[0]})`,
    "timed out": `the function did not return within ${timeoutMs} ms`,
    malformed: `the function returned ${returned}, but API Gateway needs { statusCode: 200 }`,
    stopped: "the gateway was stopped",
  };
  return `${routeKey}: ${causes[reason]}; ${consequences[eventType]}`;
}

/** Describes the kind of value that was returned. The value itself may contain data that does not belong in a log. */
export function describeReturn(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (!isRecord(value)) return Array.isArray(value) ? "an array" : `a ${typeof value}`;
  if (!Object.hasOwn(value, "statusCode")) return "an object without statusCode";
  const { statusCode } = value;
  return typeof statusCode === "number"
    ? `the statusCode ${statusCode}`
    : `a statusCode that is not a number`;
}
