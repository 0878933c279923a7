import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  createSignatureVerifier,
  type ReceivedRequest,
} from "../../../packages/local/src/gateway/signature.ts";
import type { SigningIdentity } from "../../../packages/pubsub/src/aws/transport/identity.ts";
import {
  createRequestSigner,
  type SigningTarget,
  signedBody,
  uriEncoded,
} from "../../../packages/pubsub/src/aws/transport/request-signer.ts";
import {
  createSigningKeys,
  type SigningKeys,
} from "../../../packages/pubsub/src/aws/transport/signing-keys.ts";
import { receivedRequest } from "../../support/received-request.ts";

const REGION = "eu-central-1";
const identity: SigningIdentity = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
};
const NOON_MS = Date.UTC(2026, 5, 1, 12);

interface Post {
  stage: string;
  connectionId: string;
  bytes: Uint8Array;
  identity: SigningIdentity;
  host: string;
  nowMs: number;
}

const postsTo = (host: string, path: string, keys: SigningKeys): SigningTarget => ({
  service: "execute-api",
  region: REGION,
  host,
  pathStart: `${path}/@connections/`,
  contentType: "application/octet-stream",
  keys,
});

function headOf({ stage, connectionId, bytes, identity: who, host, nowMs }: Post): string {
  const path = stage === "" ? "" : `/${uriEncoded(stage)}`;
  const target = postsTo(host, path, createSigningKeys(REGION, "execute-api"));
  return createRequestSigner(target, who, nowMs).toHead(uriEncoded(connectionId), signedBody(bytes));
}

/** Verifies the request with AWS's signer, which gets no token here and so uses the token of the request. */
async function verdict(
  request: ReceivedRequest,
  { accessKeyId, secretAccessKey }: SigningIdentity,
  nowMs: number,
): Promise<string> {
  const credentials = { accessKeyId, secretAccessKey };
  const verify = createSignatureVerifier({ region: REGION, credentials, nowMs: () => nowMs });
  return (await verify(request))?.errorType ?? "accepted";
}

const text = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    fc.base64String({ minLength: 4, maxLength: 20 }),
    fc.constantFrom(
      "L0SM9cOFvHcCIhw=",
      "a/b+c%20d",
      "%2F",
      "'\"!()*",
      "a\r\nb: c",
      "?#&=;",
      "\u{1f4a1}ü",
      "\ud800",
    ),
  )
  .filter((id) => !/^\.{1,2}$/.test(id));
const visible = fc.stringMatching(/^[!-~]{1,40}$/);
const MIDNIGHT_MS = Date.UTC(2027, 0, 1);
const posts: fc.Arbitrary<Post> = fc.record({
  stage: fc.oneof(fc.constantFrom("", "$default", "prod", "a b", "ü", "a/b", "%24"), text),
  connectionId: text,
  bytes: fc.uint8Array({ maxLength: 200 }),
  identity: fc.record({
    accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
    secretAccessKey: fc.oneof(visible, fc.string({ unit: "grapheme", minLength: 1 })),
    sessionToken: fc.option(fc.oneof(visible, fc.base64String({ minLength: 400 })), { nil: undefined }),
  }),
  host: fc.constantFrom(
    "abc.execute-api.eu-central-1.amazonaws.com",
    "localhost:3001",
    "[::1]:80",
    "xn--tda.example",
  ),
  nowMs: fc.oneof(
    fc.integer({ min: -2_000, max: 2_000 }).map((ms) => MIDNIGHT_MS + ms),
    fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
  ),
});

it("signs as AWS's own signer does for any body, host, stage, connection id and identity", async () => {
  await fc.assert(
    fc.asyncProperty(posts, async (post) => {
      const request = receivedRequest(headOf(post), post.bytes);
      expect(await verdict(request, post.identity, post.nowMs)).toBe("accepted");
      expect(request.headers["content-length"]).toBe(String(post.bytes.byteLength));
      expect(request.headers["x-amz-security-token"]).toBe(post.identity.sessionToken);
    }),
    { numRuns: 400 },
  );
});

it.each([0, 1, 131_072])("signs a body of %i bytes so that another body is rejected", async (length) => {
  const bytes = new Uint8Array(length).map((_, index) => index * 7);
  const post: Post = {
    stage: "$default",
    connectionId: "a=",
    bytes,
    identity,
    host: "a.example",
    nowMs: NOON_MS,
  };
  expect(await verdict(receivedRequest(headOf(post), bytes), identity, NOON_MS)).toBe("accepted");
  const other = { ...receivedRequest(headOf(post), bytes), bodySha256: hash("sha256", "other", "hex") };
  expect(await verdict(other, identity, NOON_MS)).toBe("InvalidSignatureException");
});

/** Everything that the signature must cover, with a function that changes one character of it. */
const changes: Record<string, (request: ReceivedRequest, at: number) => ReceivedRequest> = {
  id: ({ url, ...rest }, at) => {
    const start = url.lastIndexOf("/") + 1;
    return { ...rest, url: flipped(url, start + (at % (url.length - start))) };
  },
  stage: ({ url, ...rest }, at) => ({ ...rest, url: flipped(url, 1 + (at % (url.indexOf("/@") - 1))) }),
  method: (request) => ({ ...request, method: "PUT" }),
  body: (request, at) => ({ ...request, bodySha256: flipped(request.bodySha256, at % 64) }),
  host: (request, at) => withHeader(request, "host", at),
  date: (request, at) => withHeader(request, "x-amz-date", at),
  type: (request, at) => withHeader(request, "content-type", at),
  token: (request, at) => withHeader(request, "x-amz-security-token", at),
};

const flipped = (value: string, at: number): string =>
  value.slice(0, at) + (value[at] === "1" ? "2" : "1") + value.slice(at + 1);

function withHeader(request: ReceivedRequest, name: string, at: number): ReceivedRequest {
  const value = String(request.headers[name]);
  return { ...request, headers: { ...request.headers, [name]: flipped(value, at % value.length) } };
}

const signed: fc.Arbitrary<Post> = posts.map((post) => ({
  ...post,
  stage: post.stage || "prod",
  identity: { ...post.identity, sessionToken: post.identity.sessionToken || "token" },
}));

it.each(Object.entries(changes))("covers every character of the %s with the signature", async (_, change) => {
  await fc.assert(
    fc.asyncProperty(signed, fc.nat(), async (post, at) => {
      const request = change(receivedRequest(headOf(post), post.bytes), at);
      expect(await verdict(request, post.identity, post.nowMs)).not.toBe("accepted");
    }),
  );
});

it("covers every character of the secret with the signature", async () => {
  await fc.assert(
    fc.asyncProperty(signed, fc.nat(), async (post, at) => {
      const { secretAccessKey } = post.identity;
      const other = {
        ...post.identity,
        secretAccessKey: flipped(secretAccessKey, at % secretAccessKey.length),
      };
      expect(await verdict(receivedRequest(headOf(post), post.bytes), other, post.nowMs)).toBe(
        "InvalidSignatureException",
      );
    }),
  );
});

it("derives a key once for a day and a secret, and a different key for another day, secret or region", () => {
  const keys = createSigningKeys(REGION, "execute-api");
  const key = keys("secret", "20260101");
  expect(keys("secret", "20260101")).toBe(key);
  for (const other of [
    keys("secret", "20260102"),
    keys("other", "20260101"),
    createSigningKeys("x", "execute-api")("secret", "20260101"),
  ]) {
    expect(other.equals(key)).toBe(false);
  }
  expect(keys("secret", "20260101").equals(key)).toBe(true);
});

it("signs with the key of the day after midnight and after a rotation", async () => {
  const keys = createSigningKeys(REGION, "execute-api");
  const body = signedBody(Buffer.from("x"));
  const other = { ...identity, secretAccessKey: "another" };
  for (const [who, nowMs] of [
    [identity, MIDNIGHT_MS - 1],
    [identity, MIDNIGHT_MS],
    [other, MIDNIGHT_MS],
    [identity, MIDNIGHT_MS - 1],
  ] as const) {
    const signer = createRequestSigner(postsTo("a.example", "/prod", keys), who, nowMs);
    const head = signer.toHead("a%3D", body);
    expect(await verdict(receivedRequest(head, body.bytes), who, nowMs)).toBe("accepted");
  }
});

it.each([
  ["accessKeyId", { ...identity, accessKeyId: "AKID\n" }],
  ["sessionToken", { ...identity, sessionToken: "token\r\nx-injected: 1" }],
  ["sessionToken", { ...identity, sessionToken: "\u010d\u010a" }],
  ["sessionToken", { ...identity, sessionToken: "two words" }],
])("throws for an identity whose %s has a character that would end or break its header", (name, who) => {
  const sign = (): unknown =>
    createRequestSigner(postsTo("a.example", "", createSigningKeys(REGION, "execute-api")), who, NOON_MS);
  expect(sign).toThrow(`${name} has characters that no header can`);
});
