import fc from "fast-check";
import { afterEach, expect, it, vi } from "vitest";
import type { CallEndpoint } from "../../../packages/pubsub/src/aws/transport/call-endpoints.ts";
import { createCallSigner } from "../../../packages/pubsub/src/aws/transport/call-signer.ts";
import type { SigningIdentity } from "../../../packages/pubsub/src/aws/transport/signing.ts";
import { callRegion, isSigned } from "../../support/direct-clients.ts";

afterEach(() => void vi.unstubAllEnvs());

const identity: SigningIdentity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
};
const endpointOf = (host: string, path: string = "/"): CallEndpoint => ({
  secure: true,
  hostname: host,
  port: 443,
  host,
  path,
});
const MIDNIGHT_MS = Date.UTC(2027, 0, 1);
const visible = fc.stringMatching(/^[!-~]{1,40}$/);

interface Call {
  service: string;
  identity: SigningIdentity;
  host: string;
  path: string;
  target: string;
  text: string;
  nowMs: number;
}

const calls: fc.Arbitrary<Call> = fc.record({
  service: fc.constantFrom("dynamodb", "sqs"),
  identity: fc.record({
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
    secretAccessKey: fc.oneof(visible, fc.string({ unit: "grapheme", minLength: 1 })),
    sessionToken: fc.option(fc.oneof(visible, fc.base64String({ minLength: 400 })), { nil: undefined }),
  }),
  host: fc.constantFrom(
    "dynamodb.eu-central-1.amazonaws.com",
    "123456789012.ddb.eu-central-1.amazonaws.com",
    "localhost:8000",
    "[::1]:80",
  ),
  path: fc.constantFrom("/", "/base/", "/a-b/c_d/e.f/"),
  target: fc.constantFrom("DynamoDB_20120810.Query", "AmazonSQS.SendMessageBatch"),
  text: fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })),
  nowMs: fc.oneof(
    fc.integer({ min: -2_000, max: 2_000 }).map((ms) => MIDNIGHT_MS + ms),
    fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  ),
});

function sent({ service, identity: who, host, path, target, text, nowMs }: Call): {
  head: string;
  body: Buffer;
} {
  const body = Buffer.from(JSON.stringify({ text }));
  const signer = createCallSigner(service, callRegion)(who);
  return { head: signer.headOf({ endpoint: endpointOf(host, path), target, body, nowMs }), body };
}

it("signs as AWS's own signer does, whatever is called, where, and by whom", async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (call) => {
      const { head, body } = sent(call);
      expect(await isSigned({ head, body }, call)).toBe(true);
      const others = [
        { head, body: Buffer.concat([body, Buffer.from(" ")]) },
        { head: head.replace(call.target, `${call.target}X`), body },
        { head: head.replace(`host: ${call.host}`, "host: other.example"), body },
        { head: head.replace("x-amz-json-1.0", "x-amz-json-1.1"), body },
        { head: head.replace(`POST ${call.path}`, "POST /other/"), body },
        { head: head.replace(/(x-amz-date: \d{8}T\d{5})\d/, (_, rest) => `${rest}x`), body },
      ];
      for (const other of others) expect(await isSigned(other, call)).toBe(false);
    }),
    { numRuns: 150 },
  );
});

it("sends what HTTP wants, once each, and nothing else", () => {
  fc.assert(
    fc.property(calls, (call) => {
      const { head, body } = sent(call);
      const [line, ...lines] = head.split("\r\n");
      expect(line).toBe(`POST ${call.path} HTTP/1.1`);
      expect(lines.splice(-2)).toEqual(["", ""]);
      expect(lines.map((text) => text.split(":")[0])).toEqual([
        "content-type",
        "host",
        "x-amz-date",
        ...(call.identity.sessionToken ? ["x-amz-security-token"] : []),
        "x-amz-target",
        "authorization",
        "content-length",
      ]);
      expect(lines.at(-1)).toBe(`content-length: ${body.byteLength}`);
    }),
  );
});

it("signs with the key of the day and of the secret, whatever it signed before", async () => {
  const signerOf = createCallSigner("dynamodb", callRegion);
  const other = { ...identity, secretAccessKey: "another" };
  const body = Buffer.from("{}");
  const signers = [signerOf(identity), signerOf(other)];
  for (const nowMs of [MIDNIGHT_MS - 1, MIDNIGHT_MS, MIDNIGHT_MS - 1]) {
    for (const [at, who] of [identity, other].entries()) {
      const head =
        signers[at]?.headOf({ endpoint: endpointOf("a.example"), target: "A.B", body, nowMs }) ?? "";
      expect(await isSigned({ head, body }, { service: "dynamodb", identity: who })).toBe(true);
    }
  }
});

it.each([
  ["accessKeyId", { ...identity, accessKeyId: "AKID\n" }],
  ["accessKeyId", { ...identity, accessKeyId: "AKID é" }],
  ["sessionToken", { ...identity, sessionToken: "token\r\nx-injected: 1" }],
  ["sessionToken", { ...identity, sessionToken: "\u010d\u010a" }],
])("refuses an identity that would end its header: %s", (name, who) => {
  expect(() => createCallSigner("dynamodb", callRegion)(who)).toThrow(
    `${name} has characters that no header can`,
  );
});

it("refuses a region that would end its header", () => {
  expect(() => createCallSigner("dynamodb", "eu\r\nx: 1")(identity)).toThrow("region has characters");
});

it.each(["a\nb", "a\rb", "a b", "a\u010a"])("hands on no trace that is no header: %j", (trace) => {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "function");
  vi.stubEnv("_X_AMZN_TRACE_ID", "Root=1");
  const signer = createCallSigner("dynamodb", callRegion)(identity);
  const call = { endpoint: endpointOf("a.example"), target: "A.B", body: Buffer.from("{}"), nowMs: 0 };
  expect(signer.headOf(call)).toContain("\r\nx-amzn-trace-id: Root=1\r\n");
  vi.stubEnv("_X_AMZN_TRACE_ID", trace);
  expect(signer.headOf(call)).not.toContain("trace-id");
});
