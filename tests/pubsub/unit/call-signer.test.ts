import fc from "fast-check";
import { expect, it } from "vitest";
import type { SigningIdentity } from "../../../packages/pubsub/src/aws/transport/identity.ts";
import {
  createRequestSigner,
  type SigningTarget,
  signedBody,
} from "../../../packages/pubsub/src/aws/transport/request-signer.ts";
import { createSigningKeys } from "../../../packages/pubsub/src/aws/transport/signing-keys.ts";
import { callRegion, isSigned } from "../../support/direct-clients.ts";

const identity: SigningIdentity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
};
const CONTENT_TYPE = "application/x-amz-json-1.0";
const keysOf = (service: string): SigningTarget["keys"] => createSigningKeys(callRegion, service);
const targetOf = (service: string, host: string, pathStart: string = "/"): SigningTarget => ({
  service,
  region: callRegion,
  host,
  pathStart,
  contentType: CONTENT_TYPE,
  keys: keysOf(service),
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
  const signer = createRequestSigner(targetOf(service, host, path), who, nowMs);
  return { head: signer.toHead("", signedBody(body), { target, unsigned: "" }), body };
}

it("signs any call to any host by any identity as AWS's own signer does", async () => {
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

it("writes each required HTTP header once and no other header", () => {
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

it("signs with the key of the day and of the secret, regardless of what it signed before", async () => {
  const target = targetOf("dynamodb", "a.example");
  const other = { ...identity, secretAccessKey: "another" };
  const body = Buffer.from("{}");
  for (const nowMs of [MIDNIGHT_MS - 1, MIDNIGHT_MS, MIDNIGHT_MS - 1]) {
    for (const who of [identity, other]) {
      const signer = createRequestSigner(target, who, nowMs);
      const head = signer.toHead("", signedBody(body), { target: "A.B", unsigned: "" });
      expect(await isSigned({ head, body }, { service: "dynamodb", identity: who })).toBe(true);
    }
  }
});

it.each([
  ["accessKeyId", { ...identity, accessKeyId: "AKID\n" }],
  ["accessKeyId", { ...identity, accessKeyId: "AKID é" }],
  ["sessionToken", { ...identity, sessionToken: "token\r\nx-injected: 1" }],
  ["sessionToken", { ...identity, sessionToken: "\u010d\u010a" }],
])("rejects an identity with a character that would end its header: %s", (name, who) => {
  expect(() => createRequestSigner(targetOf("dynamodb", "a.example"), who, 0)).toThrow(
    `${name} has characters that no header can`,
  );
});

it("rejects a region with a line break that would end its header", () => {
  expect(() =>
    createRequestSigner({ ...targetOf("dynamodb", "a.example"), region: "eu\r\nx: 1" }, identity, 0),
  ).toThrow("region has characters");
});

it("writes unsigned header lines after the signature and does not sign them", async () => {
  const signer = createRequestSigner(targetOf("dynamodb", "a.example"), identity, 0);
  const body = signedBody(Buffer.from("{}"));
  const head = signer.toHead("", body, { target: "A.B", unsigned: "x-amzn-trace-id: Root=1\r\n" });
  expect(head).toContain("\r\nx-amzn-trace-id: Root=1\r\ncontent-length: 2\r\n\r\n");
  expect(await isSigned({ head, body: Buffer.from("{}") }, { service: "dynamodb", identity })).toBe(true);
});

it("signs posts and calls of one signer, each with its own headers", async () => {
  const signer = createRequestSigner(targetOf("dynamodb", "a.example"), identity, 0);
  const body = Buffer.from("{}");
  for (const target of ["A.B", "A.C", undefined, "A.B"]) {
    const head = signer.toHead("", signedBody(body), target ? { target, unsigned: "" } : undefined);
    expect(head.includes("x-amz-target")).toBe(target !== undefined);
    expect(await isSigned({ head, body }, { service: "dynamodb", identity })).toBe(true);
  }
});
