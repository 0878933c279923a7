import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { localKeys } from "../../packages/pubsub/src/aws/local-keys.ts";

const LOCAL = "http://127.0.0.1:8011";
const keys = { accessKeyId: "PUBSUBLOCAL", secretAccessKey: "secret" };

function environment(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

beforeEach(() => {
  for (const name of Object.keys(process.env).filter((each) => each.startsWith("AWS_"))) {
    vi.stubEnv(name, undefined);
  }
  environment({ AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey });
});
afterEach(() => vi.unstubAllEnvs());

it("gives a client of a local endpoint the environment's keys when AWS_PROFILE names no profile", async () => {
  environment({ AWS_PROFILE: "no-such-profile", AWS_ENDPOINT_URL_DYNAMODB: LOCAL, AWS_REGION: "us-east-1" });
  const client = new DynamoDBClient(localKeys("DYNAMODB"));
  expect(await client.config.credentials()).toMatchObject(keys);
});

it.each(["http://localhost:8011", "https://sqs.us-east-1.localhost:9311/", "http://[::1]:8011", LOCAL])(
  "returns the keys for %s",
  (AWS_ENDPOINT_URL_SQS) => {
    environment({ AWS_ENDPOINT_URL_SQS, AWS_SESSION_TOKEN: "token" });
    expect(localKeys("SQS")).toEqual({ credentials: { ...keys, sessionToken: "token" } });
  },
);

it.each<[string, Record<string, string>]>([
  ["no endpoint is configured", {}],
  ["another service's endpoint is local", { AWS_ENDPOINT_URL_SQS: LOCAL }],
  ["the endpoint is in AWS", { AWS_ENDPOINT_URL_DYNAMODB: "https://dynamodb.eu-west-1.amazonaws.com" }],
  ["the endpoint's name only looks local", { AWS_ENDPOINT_URL_DYNAMODB: "https://localhost.example.com" }],
  ["the endpoint is no URL", { AWS_ENDPOINT_URL_DYNAMODB: "localhost" }],
  [
    "configured endpoints are ignored",
    { AWS_ENDPOINT_URL_DYNAMODB: LOCAL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
  ],
  ["a key is missing", { AWS_ENDPOINT_URL_DYNAMODB: LOCAL, AWS_SECRET_ACCESS_KEY: "" }],
])("leaves the credentials to the SDK when %s", (_, variables) => {
  environment(variables);
  expect(localKeys("DYNAMODB")).toEqual({});
});
