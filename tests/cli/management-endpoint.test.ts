/** `pubsub verify` signs its own posts with the operator's credentials. A row could name the host that gets them. */
import { beforeEach, expect, it, vi } from "vitest";
import { managementEndpointOf } from "../../packages/cli/src/verify/aws/management-endpoint.ts";

const connectionId = "L0SM9cOFvHcCIhw=";

beforeEach(() => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"])
    vi.stubEnv(name, undefined);
  return () => void vi.unstubAllEnvs();
});

it("posts to the stage at a host of AWS, and to the configured endpoint whatever the host", () => {
  const domainName = "abc123.execute-api.eu-west-1.amazonaws.com";
  const consumer = { domainName, stage: "$default", connectionId };
  expect(managementEndpointOf({}, consumer)).toBe(`https://${domainName}/$default`);
  const managementEndpoint = "https://ws.example.com/key";
  const other = { ...consumer, domainName: "127.0.0.1:8443" };
  expect(managementEndpointOf({ managementEndpoint }, other)).toBe(managementEndpoint);
});

it.each([
  ["127.0.0.1:8443", "prod"],
  ["ws.example.com", "prod"],
  ["abc123.execute-api.eu-west-1.amazonaws.com.evil.example", "prod"],
  ["user@abc123.execute-api.eu-west-1.amazonaws.com", "prod"],
  ["abc123.execute-api.eu-west-1.amazonaws.com:8443", "prod"],
  ["abc123.execute-api.eu-west-1.amazonaws.com", ".."],
])("throws for a consumer at %s/%s without a configured endpoint", (domainName, stage) => {
  expect(() => managementEndpointOf({}, { domainName, stage, connectionId })).toThrow(
    `${domainName}/${stage} is not a stage at a host of API Gateway: give --management-endpoint`,
  );
});
