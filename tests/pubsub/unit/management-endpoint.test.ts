import { expect, it } from "vitest";
import { credentialsCacheOf } from "../../../packages/pubsub/src/aws/transport/credentials-cache.ts";
import { parseEndpoint } from "../../../packages/pubsub/src/aws/transport/endpoints.ts";
import { signedBody } from "../../../packages/pubsub/src/aws/transport/request-signer.ts";
import { createSecondSigners } from "../../../packages/pubsub/src/aws/transport/second-signers.ts";

it.each([
  ["https://abc.execute-api.eu-west-1.amazonaws.com/prod", "eu-west-1"],
  ["https://abc.execute-api.cn-north-1.amazonaws.com.cn/prod", "cn-north-1"],
  ["https://abc.execute-api.us-gov-west-1.amazonaws.com/prod", "us-gov-west-1"],
  ["https://abc.execute-api.us-isob-east-1.sc2s.sgov.gov/prod", "us-isob-east-1"],
  ["https://abc.execute-api.eusc-de-east-1.amazonaws.eu/prod", "eusc-de-east-1"],
  ["https://abc.execute-api-fips.us-east-2.amazonaws.com/prod", "us-east-2"],
  ["https://abc.execute-api.ap-southeast-2.api.aws/prod", "ap-southeast-2"],
  ["https://ws.example.com/prod", "sdk-region-1"],
  ["https://execute-api.eu-west-1.example.com/prod", "sdk-region-1"],
  ["http://localhost:3001/$default", "sdk-region-1"],
])("signs posts to %s for the region %s", async (endpoint, region) => {
  const credentials = credentialsCacheOf({
    credentials: async () => ({ accessKeyId: "AKID", secretAccessKey: "secret" }),
    region: async () => "sdk-region-1",
  });
  const { host, region: named } = parseEndpoint(endpoint);
  const signing = { service: "execute-api", host, pathStart: "/", contentType: "a/b", region: named };
  const signer = await createSecondSigners(signing, credentials).renew();
  const head = signer.toHead("a%3D", signedBody(Buffer.from("x")));
  expect(head).toMatch(new RegExp(`Credential=AKID/\\d{8}/${region}/execute-api/aws4_request,`));
});

it.each([
  [
    "https://a.example/$default",
    { secure: true, hostname: "a.example", port: 443, host: "a.example", path: "/$default" },
  ],
  ["https://a.example", { path: "" }],
  ["https://a.example/", { path: "" }],
  ["https://a.example/%24default", { path: "/%24default" }],
  ["https://a.example/$default/", { path: "/$default/" }],
  ["https://a.example/$-_.+!*'()/v1", { path: "/$-_.+!*'()/v1" }],
  ["https://a.example/a/b%2Fc d/ü'", { path: "/a/b%2Fc%20d/%C3%BC'" }],
  ["http://[::1]/prod", { secure: false, hostname: "::1", port: 80, host: "[::1]" }],
  [
    "http://LOCALHOST:3001/Prod",
    { hostname: "localhost", port: 3001, host: "localhost:3001", path: "/Prod" },
  ],
  ["https://a.example:443/p", { port: 443, host: "a.example" }],
])("parses the endpoint %s into its parts", (endpoint, expected) => {
  expect(parseEndpoint(endpoint)).toMatchObject(expected);
});

it.each(["", "a.example/prod", "wss://a.example/prod", "https://"])(
  "rejects %j as an endpoint",
  (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(/URL|URI/);
  },
);
