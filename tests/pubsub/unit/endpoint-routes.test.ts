import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createRoutes } from "../../../packages/pubsub/src/aws/management-api/endpoint-routes.ts";

const domainName = "abc123.execute-api.eu-west-1.amazonaws.com";
const api = { domainName, stage: "prod" };

describe("createRoutes with one endpoint or none", () => {
  it.each([
    ["the API's own URL", `https://${domainName}/prod`, api, true],
    [
      "the API's own URL, stage encoded",
      `https://${domainName}/%24default`,
      { domainName, stage: "$default" },
      true,
    ],
    ["another stage of the API", `https://${domainName}/dev`, api, false],
    ["another API", "https://def456.execute-api.eu-west-1.amazonaws.com/prod", api, false],
    ["a custom domain", "https://ws.example.com/prod", api, false],
    [
      "a host whose name only begins like one of AWS",
      "https://abc123.execute-api.eu-west-1.amazonaws.evil.example/prod",
      { domainName: "abc123.execute-api.eu-west-1.amazonaws.evil.example", stage: "prod" },
      false,
    ],
    [
      "a custom domain whose path is the stage's name, which can be another API's key",
      "https://ws.example.com/prod",
      { domainName: "ws.example.com", stage: "prod" },
      false,
    ],
    [
      "a custom domain without a path",
      "https://ws.example.com",
      { domainName: "ws.example.com", stage: "prod" },
      false,
    ],
    [
      "a local stack",
      "http://127.0.0.1:3001/$default",
      { domainName: "127.0.0.1:3001", stage: "$default" },
      true,
    ],
    [
      "another local stack",
      "http://127.0.0.1:3001/$default",
      { domainName: "127.0.0.1:3002", stage: "$default" },
      false,
    ],
    ["a local stack on IPv6", "http://[::1]:3001/p", { domainName: "[::1]:3001", stage: "p" }, true],
  ])(
    "uses it for every consumer, and whether it is the consumer's own: %s",
    (_, endpoint, consumer, isOwn) => {
      expect(createRoutes(endpoint)(consumer)).toEqual({ endpoint, isOwn });
    },
  );

  it.each([
    domainName,
    "abc123.execute-api.cn-north-1.amazonaws.com.cn",
    "abc123.execute-api.us-gov-west-1.amazonaws.com",
    "abc123.execute-api-fips.us-east-1.amazonaws.com",
    "abc123.execute-api.eu-west-1.api.aws",
    "abc123.execute-api-fips.us-east-2.api.aws",
    "abc123-vpce-0123456789abcdef0.execute-api.us-east-2.amazonaws.com",
    "abc123.execute-api.eusc-de-east-1.amazonaws.eu",
  ])("uses the consumer's own domain and stage at the AWS host %s", (host) => {
    for (const stage of ["$default", "prod", "v-1_X"]) {
      expect(createRoutes(undefined)({ domainName: host, stage })).toEqual({
        endpoint: `https://${host}/${stage}`,
        isOwn: true,
        isDefault: true,
      });
    }
  });

  // A row could name any host, which received the payload and the session token of the worker
  it.each([
    "ws.example.com",
    "127.0.0.1",
    "127.0.0.1:8443",
    "[::1]",
    "2130706433",
    "0x7f.1",
    "localhost",
    "169.254.169.254",
    "",
    ".",
    `${domainName}:8443`,
    `${domainName}:443`,
    `${domainName}.`,
    `${domainName}.evil.example`,
    `${domainName}@evil.example`,
    `evil.example#${domainName}`,
    `evil.example?${domainName}`,
    `evil.example\\.${domainName}`,
    `evil.example/${domainName}`,
    `user:pass@${domainName}`,
    `evil.example.${domainName}`,
    `${domainName} `,
    `${domainName}\n`,
    `\t${domainName}`,
    domainName.toUpperCase(),
    "abc123.Execute-Api.eu-west-1.amazonaws.com",
    "abc123.execute-api.eu-west-1.amazonaws.evil.example",
    "abc123.execute-api.eu-west-1.amazonaws.com.evil",
    "abc123.execute-api.eu-west-1.amazonaws.com.cn.evil.example",
    "abc123.execute-api.eu-west-1.api.aws.evil.example",
    "abc123.execute-api.eu-west-1.amazonawsxcom",
    "abc123.execute-api.evil.amazonaws.com",
    "abc123.execute-api.eu-west-1",
    "execute-api.eu-west-1.amazonaws.com",
    "abc123.s3.eu-west-1.amazonaws.com",
    "abc123%2eexecute-api.eu-west-1.amazonaws.com",
    "abc123\u3002execute-api\u3002eu-west-1\u3002amazonaws\u3002com",
    "\uff41bc123.execute-api.eu-west-1.amazonaws.com",
    "abc123.execute-api.eu-west-1.am\u0430zonaws.com",
    "abc123.execute-api.eu-west-1.amazonaws\u2024com",
  ])("throws for the domain %j, and names the setting", (host) => {
    const route = (): unknown => createRoutes(undefined)({ domainName: host, stage: "prod" });
    expect(route).toThrow(`${host} is not a host of API Gateway: config.managementEndpoint must name`);
  });

  it.each(["", ".", "..", "../x", "a/b", "a?b", "a#b", "%2e%2e", "a b", "pr\u00f6d", "$prod", "a\n"])(
    "throws for the stage %j",
    (stage) => {
      expect(() => createRoutes(undefined)({ domainName, stage })).toThrow(`no API has a stage ${stage}`);
    },
  );

  it("shows only the beginning of a long name", () => {
    const long = `${"a".repeat(2_000)}.example`;
    expect(() => createRoutes(undefined)({ domainName: long, stage: "prod" })).toThrow(
      new TypeError(
        `${"a".repeat(300)}… is not a host of API Gateway: config.managementEndpoint must name the endpoint of ` +
          "connections at a custom domain or a local stack",
      ),
    );
  });

  it("treats the endpoint of the environment like a configured one", () => {
    vi.stubEnv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "https://ws.example.com/prod");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(createRoutes(undefined)(api)).toEqual({ endpoint: "https://ws.example.com/prod", isOwn: false });
  });
});

describe("createRoutes with an endpoint for each API", () => {
  const routeOf = createRoutes({
    "WS.example.com/prod": "https://ws.example.com/chat",
    "ws.example.com/$default": "https://ws.example.com/admin",
  });

  it("returns the entry of the consumer's domain and stage as its own, whatever the case of the domain", () => {
    for (const name of ["ws.example.com", "Ws.Example.com"]) {
      expect(routeOf({ domainName: name, stage: "prod" })).toEqual({
        endpoint: "https://ws.example.com/chat",
        isOwn: true,
      });
    }
    expect(routeOf({ domainName: "ws.example.com", stage: "$default" }).endpoint).toBe(
      "https://ws.example.com/admin",
    );
  });

  it.each([
    ["of another API", api, `${domainName}/prod`],
    ["of a stage in another case", { domainName: "ws.example.com", stage: "Prod" }, "ws.example.com/Prod"],
    ["with a slash in its domain", { domainName: "ws.example.com/prod", stage: "" }, "ws.example.com/prod/"],
  ])("throws for a consumer %s, and names the entries", (_, consumer, name) => {
    expect(() => routeOf(consumer)).toThrow(
      `config.managementEndpoint has no entry for ${name}; it has WS.example.com/prod, ws.example.com/$default`,
    );
  });

  it("does not use the endpoint of the environment", () => {
    vi.stubEnv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "https://ws.example.com/prod");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => routeOf(api)).toThrow("has no entry");
  });

  it("lists at most five entries", () => {
    const many = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`api${n}/s`, "https://a.example"]));
    expect(() => createRoutes(many)(api)).toThrow("it has api1/s, api2/s, api3/s, api4/s, api5/s and 2 more");
  });
});
