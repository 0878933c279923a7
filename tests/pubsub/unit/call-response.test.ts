import { expect, it } from "vitest";
import { readCallResponse } from "../../../packages/pubsub/src/aws/transport/call-response.ts";

const responseOf = (status: number, name: string) =>
  readCallResponse({
    status,
    errorType: "",
    body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: "why" }),
    reusable: true,
  });

it.each([
  [403, "AccessDeniedException", true],
  [400, "UnrecognizedClientException", true],
  [400, "ExpiredTokenException", true],
  // Newer credentials change nothing about these
  [403, "RequestThrottled", false],
  [400, "KmsAccessDenied", false],
  [403, "KmsOptInRequired", false],
  [400, "QueueDoesNotExist", false],
])(
  "for status %i with %s, says that the credentials were refused: %j",
  (status, name, refusesCredentials) => {
    expect(responseOf(status, name)).toMatchObject({ errorType: name, refusesCredentials });
  },
);

it.each([
  [403, "RequestThrottled", undefined],
  [400, "KmsThrottled", undefined],
  [400, "KmsAccessDenied", "400 KmsAccessDenied"],
])("for status %i with %s, has the problem %j of the direct path", (status, name, problem) => {
  expect(responseOf(status, name).problem).toBe(problem);
});
