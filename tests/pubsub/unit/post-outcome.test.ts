import { expect, it } from "vitest";
import {
  outcomeOf,
  outcomeOfFailure,
  refusesCredentials,
} from "../../../packages/pubsub/src/aws/management-api/post-outcome.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { PostFailureKind } from "../../../packages/pubsub/src/core/types.ts";

const failed = (kind: PostFailureKind, retryable: boolean, reason: string): PostResult => ({
  outcome: "failed",
  kind,
  retryable,
  reason,
});

it.each<[number, string, string, PostResult]>([
  [200, "", "", { outcome: "delivered" }],
  [410, "GoneException", "", { outcome: "gone" }],
  [429, "LimitExceededException", "", { outcome: "throttled" }],
  [400, "BadRequestException", '{"message":"Invalid connectionId: x"}', { outcome: "gone" }],
  [
    400,
    "BadRequestException",
    '{"Message":"Invalid connectionId: x","connectionId":"x"}',
    { outcome: "gone" },
  ],
  [410, "", "", { outcome: "gone" }],
  [
    400,
    "BadRequestException",
    '{"message":"Invalid header"}',
    failed("4xx", false, "400 BadRequestException"),
  ],
  // An error object of a WebSocket API has a field connectionId, whatever the error is
  [
    400,
    "BadRequestException",
    '{"message":"Bad request","connectionId":"a=","requestId":"b="}',
    failed("4xx", false, "400 BadRequestException"),
  ],
  [
    400,
    "BadRequestException",
    '{"message":"Body mentions Invalid connectionId: x"}',
    failed("4xx", false, "400 BadRequestException"),
  ],
  [
    400,
    "SerializationException",
    '{"message":"Invalid connectionId: x"}',
    failed("4xx", false, "400 SerializationException"),
  ],
  [400, "", '{"message":"Invalid connectionId: x"}', failed("4xx", false, "400")],
  [400, "", "<html>Invalid connectionId: x", failed("4xx", false, "400")],
  [413, "", '{"__type":"PayloadTooLargeException"}', failed("4xx", false, "413 PayloadTooLargeException")],
  [
    403,
    "ForbiddenException:http://internal.amazon.com/coral/",
    "",
    failed("4xx", true, "403 ForbiddenException"),
  ],
  [403, "", '{"__type":"com.amazonaws#ForbiddenException"}', failed("4xx", true, "403 ForbiddenException")],
  [500, "", "<html>", failed("5xx", true, "500")],
  [503, "a b", "", failed("5xx", true, "503 b")],
  // A redirect is not retryable: each retry would get the same response until no attempt is left
  [301, "", "", failed("3xx", false, "301")],
  [302, "", "", failed("3xx", false, "302")],
  [307, "", "", failed("3xx", false, "307")],
])("returns the outcome that a response of %i %s %s means", (status, errorType, body, expected) => {
  expect(outcomeOf({ status, errorType, body, reusable: true })).toEqual(expected);
});

it.each([201, 202, 204])(
  "returns delivered for %i, as the SDK does, so that the post is not retried",
  (status) => {
    expect(outcomeOf({ status, errorType: "", body: "", reusable: true })).toEqual({ outcome: "delivered" });
  },
);

it("takes only 401 and 403 for a rejection of the credentials", () => {
  const refusing = [200, 400, 401, 403, 404, 410, 429, 500].filter((status) =>
    refusesCredentials({ status, errorType: "", body: "", reusable: true }),
  );
  expect(refusing).toEqual([401, 403]);
});

it.each([true, false])("keeps retryable: %s of a failure without a response", (retryable) => {
  const failure = { kind: "no-connection", problem: "CERT_HAS_EXPIRED", retryable } as const;
  expect(outcomeOfFailure(failure)).toEqual(failed("no-connection", retryable, "CERT_HAS_EXPIRED"));
});
