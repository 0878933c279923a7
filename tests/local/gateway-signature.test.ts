import { PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, test } from "vitest";
import { rejectionOf } from "../support/samples.ts";
import { type SigningChoices, sendSigned } from "./gateway-signing.ts";
import { connectClient, credentials, gatewayForTest, sdkFor } from "./gateway-support.ts";

const minuteMs = 60_000;

describe("a signature", () => {
  test("accepts a signature made from the specification", async () => {
    const gateway = await gatewayForTest();
    const { connectionId, frames } = await connectClient(gateway);
    const path = `/%24default/%40connections/${encodeURIComponent(connectionId)}`;
    expect(await sendSigned(gateway, { path })).toMatchObject({ status: 200 });
    expect((await frames.next("frame")).text).toBe("hello");
  });

  test.each<[string, SigningChoices]>([
    ["a raw path, signed encoded once", { path: "/$default/@connections/unknown%3D" }],
    ["a signed content hash", { headers: { "x-amz-content-sha256": sha256OfHello() } }],
    ["an unsigned content hash", { unsignedHeaders: { "x-amz-content-sha256": sha256OfHello() } }],
    ["a signed session token", { headers: { "x-amz-security-token": "token" } }],
    [
      "a header that the signer would not sign by itself",
      { headers: { "user-agent": "test/1  with  spaces" } },
    ],
    ["four minutes of clock skew", { date: new Date(Date.now() - 4 * minuteMs) }],
    ["four minutes of skew the other way", { date: new Date(Date.now() + 4 * minuteMs) }],
  ])("is accepted with %s", async (_, choices) => {
    const gateway = await gatewayForTest();
    // The id is not open, so a request with a valid signature gets 410
    expect(await sendSigned(gateway, choices)).toMatchObject({ status: 410 });
  });

  test.each<[string, SigningChoices, string, string]>([
    [
      "nothing at all",
      { authorization: undefined },
      "MissingAuthenticationTokenException",
      "Missing Authentication Token",
    ],
    [
      "something else",
      { authorization: "Bearer abc" },
      "IncompleteSignatureException",
      "Authorization header requires",
    ],
    [
      "an unknown key",
      { accessKeyId: "AKIAOTHER" },
      "UnrecognizedClientException",
      "security token included",
    ],
    ["a wrong secret", { secretAccessKey: "wrong" }, "InvalidSignatureException", "signature we calculated"],
    ["a wrong region", { region: "us-east-1" }, "InvalidSignatureException", "valid region, not 'us-east-1'"],
    ["a wrong service", { service: "sqs" }, "InvalidSignatureException", "correct service: 'execute-api'"],
    [
      "another day's scope",
      { scopeDate: "20200101" },
      "InvalidSignatureException",
      "Date in Credential scope",
    ],
    ["another body", { signedBody: "other" }, "InvalidSignatureException", "signature we calculated"],
    ["another method", { signedMethod: "GET" }, "InvalidSignatureException", "signature we calculated"],
    [
      "a path encoded only once",
      { toCanonicalPath: (sent) => sent },
      "InvalidSignatureException",
      "signature we calculated",
    ],
    [
      "an hour's age",
      { date: new Date(Date.now() - 60 * minuteMs) },
      "InvalidSignatureException",
      "Signature expired: ",
    ],
    [
      "a date in the future",
      { date: new Date(Date.now() + 6 * minuteMs) },
      "InvalidSignatureException",
      "Signature not yet current: ",
    ],
    [
      "a content hash of another body",
      { headers: { "x-amz-content-sha256": "0".repeat(64) } },
      "InvalidSignatureException",
      "x-amz-content-sha256",
    ],
    [
      "a payload declared unsigned",
      { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
      "InvalidSignatureException",
      "x-amz-content-sha256",
    ],
    [
      "a session token left unsigned",
      { unsignedHeaders: { "x-amz-security-token": "token" } },
      "InvalidSignatureException",
      "'x-amz-security-token' must be a 'SignedHeader'",
    ],
  ])("is refused with %s", async (_, choices, errorType, message) => {
    const gateway = await gatewayForTest();
    const { connectionId, frames } = await connectClient(gateway);
    const path = `/%24default/%40connections/${encodeURIComponent(connectionId)}`;
    const answer = await sendSigned(gateway, { path, ...choices });
    expect(answer.status).toBe(403);
    expect(answer.headers["x-amzn-errortype"]).toBe(errorType);
    expect(answer.message).toContain(message);
    expect(frames.all).toEqual([]);
    expect(gateway.counts()).toMatchObject({ forbidden: 1, posts: 0, delivered: 0 });
  });

  test("rejects a signature when a signed header was changed on the way", async () => {
    const gateway = await gatewayForTest();
    const choices = {
      headers: { "content-type": "text/plain" },
      unsignedHeaders: { "content-type": "text/html" },
    };
    expect(await sendSigned(gateway, choices)).toMatchObject({ status: 403 });
  });

  test("rejects the SDK's signature with the wrong secret, and accepts it with a session token", async () => {
    const gateway = await gatewayForTest();
    const { connectionId: ConnectionId, frames } = await connectClient(gateway);
    const post = new PostToConnectionCommand({ ConnectionId, Data: "hello" });
    const wrong = sdkFor(gateway, { credentials: { ...credentials, secretAccessKey: "wrong" } });
    expect(await rejectionOf(wrong.send(post))).toMatchObject({ name: "InvalidSignatureException" });
    await sdkFor(gateway, { credentials: { ...credentials, sessionToken: "token" } }).send(post);
    expect((await frames.next("frame")).text).toBe("hello");
  });
});

function sha256OfHello(): string {
  return "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
}
