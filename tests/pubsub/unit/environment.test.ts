/** What the library takes from the environment without the SDK is what the SDK takes from it. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  dynamodbEndpoint,
  environmentCredentials,
  environmentRegion,
  sqsEndpoint,
} from "../../../packages/pubsub/src/aws/sdk/environment.ts";

const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" };
/** A function's environment on Lambda has no such files. */
const noFiles = { AWS_CONFIG_FILE: "/none/config", AWS_SHARED_CREDENTIALS_FILE: "/none/credentials" };
const lambda = { ...keys, ...noFiles, AWS_REGION: "eu-central-1" };
const REGIONS = [
  ...["us-east-1", "us-west-2", "eu-central-1", "ap-southeast-2", "sa-east-1", "ca-west-1", "me-south-1"],
  ...["af-south-1", "il-central-1", "mx-central-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1"],
  ...["cn-northwest-1", "us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1"],
  ...["eusc-de-east-1", "fips-us-east-1", "us-east-1-fips", "aws-global", "local", "nowhere"],
];

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

const urlOf = (endpoint: ReturnType<typeof dynamodbEndpoint>): string | undefined =>
  endpoint && `${endpoint.secure ? "https" : "http"}://${endpoint.host}${endpoint.path}`;

it.each(REGIONS)("sends to the endpoint that the SDK chooses in %s, or leaves the choice to it", (region) => {
  const env = { ...lambda, AWS_REGION: region };
  const chosen = (Client: typeof DynamoDBClient | typeof SQSClient): string => {
    const { endpointProvider } = new Client({ region: "us-east-1" }).config;
    const parameters = { Region: region, UseFIPS: false, UseDualStack: false } as never;
    return endpointProvider(parameters).url.href;
  };
  const ours = urlOf(dynamodbEndpoint("table", env));
  if (ours !== undefined) expect(ours).toBe(chosen(DynamoDBClient));
  const { origin } = new URL(chosen(SQSClient));
  const sqs = urlOf(sqsEndpoint(`${origin}/123/queue`, env));
  if (sqs !== undefined) expect(sqs).toBe(`${origin}/`);
  expect(sqs === undefined).toBe(ours === undefined);
  // The Regions in which nearly all functions run must not need the SDK
  expect(ours === undefined).toBe(
    !/^(us|eu|ap|sa|ca|me|af|il|mx|cn)-(gov-)?[a-z]+-\d$/.test(region) || /iso/.test(region),
  );
});

it.each([
  [
    "an endpoint for the service",
    { AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:8000" },
    "http://127.0.0.1:8000/",
  ],
  [
    "an endpoint for all services",
    { AWS_ENDPOINT_URL: "https://proxy.example.com/" },
    "https://proxy.example.com/",
  ],
  ["an endpoint with a path", { AWS_ENDPOINT_URL: "https://proxy.example.com/aws" }, undefined],
  ["an endpoint with a query", { AWS_ENDPOINT_URL: "https://proxy.example.com/?a" }, undefined],
  ["an endpoint that is no URL", { AWS_ENDPOINT_URL: "proxy" }, undefined],
  ["FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }, undefined],
  ["dual stack", { AWS_USE_DUALSTACK_ENDPOINT: "true" }, undefined],
  ["an account, which can have its own endpoint", { AWS_ACCOUNT_ID: "123456789012" }, undefined],
  ["a profile, which can name an endpoint", { AWS_PROFILE: "dev" }, undefined],
  ["ignored endpoints", { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, undefined],
  ["a file of configuration", { AWS_CONFIG_FILE: import.meta.filename }, undefined],
  ["a file of credentials", { AWS_SHARED_CREDENTIALS_FILE: import.meta.filename }, undefined],
  ["no Region", { AWS_REGION: "" }, undefined],
])("sends DynamoDB's calls with %s to %s", (_, env, url) => {
  expect(urlOf(dynamodbEndpoint("table", { ...lambda, ...env }))).toBe(url);
});

it("leaves a table that is named by its ARN, and a queue of another Region, to the SDK", () => {
  expect(dynamodbEndpoint("arn:aws:dynamodb:eu-central-1:123456789012:table/t", lambda)).toBeUndefined();
  expect(sqsEndpoint("https://sqs.eu-west-1.amazonaws.com/123/queue", lambda)).toBeUndefined();
  expect(sqsEndpoint("https://queue.amazonaws.com/123/queue", lambda)).toBeUndefined();
});

it.each([
  ["keys", keys],
  ["keys without a token", { ...keys, AWS_SESSION_TOKEN: "" }],
])("takes %s of the environment, as the SDK does", async (_, env) => {
  for (const [name, value] of Object.entries({ ...env, ...noFiles })) vi.stubEnv(name, value);
  const { accessKeyId, secretAccessKey, sessionToken } = await new DynamoDBClient({}).config.credentials();
  expect(environmentCredentials()).toEqual({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
  });
});

it.each([
  ["no keys", {}],
  ["half a pair", { AWS_ACCESS_KEY_ID: "AKID" }],
  ["a profile beside the keys, which the SDK prefers", { ...keys, AWS_PROFILE: "dev" }],
  ["keys that expire", { ...keys, AWS_CREDENTIAL_EXPIRATION: "2026-11-23T00:00:00Z" }],
])("leaves the credentials to the SDK with %s", (_, env) => {
  expect(environmentCredentials(env)).toBeUndefined();
});

it("takes the Region of the environment only if it has the form of a Region", () => {
  expect(environmentRegion({ AWS_REGION: "eu-central-1" })).toBe("eu-central-1");
  for (const AWS_REGION of ["", "local", "fips-us-east-1", "eu-central-1\r\n"]) {
    expect(environmentRegion({ AWS_REGION })).toBeUndefined();
  }
});
