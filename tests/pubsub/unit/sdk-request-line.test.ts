/**
 * The SDK's client serialises and signs the same posts, for thousands of random endpoints, connection ids and bodies.
 * A failure prints its seed.
 */
import { Sha256 } from "@aws-crypto/sha256-js";
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createPostClient } from "../../../packages/pubsub/src/aws/management-api/post-client.ts";
import { answerOf, type RawRequest, startRawServer } from "../../support/raw-server.ts";

const REGION = "eu-west-3";
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx",
  sessionToken: "t+/=",
};
const signer = new SignatureV4({
  service: "execute-api",
  region: REGION,
  credentials,
  sha256: Sha256,
  applyChecksum: false,
});

interface Post {
  connectionId: string;
  body: string;
}

/** What the SDK's client hands to its HTTP handler for a post. */
async function requestsOfSdk(endpoint: string, posts: readonly Post[]): Promise<HttpRequest[]> {
  const requests: HttpRequest[] = [];
  const requestHandler = {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: HttpRequest) {
      requests.push(request);
      return { response: { statusCode: 200, headers: {} } };
    },
  };
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    region: REGION,
    credentials,
    requestHandler: requestHandler as never,
  });
  for (const { connectionId, body } of posts) {
    await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(body) }));
  }
  return requests;
}

/** The Authorization header that AWS's signer gives the SDK's request if only these headers are signed. */
async function signedBySdk(request: HttpRequest, headers: Record<string, string>): Promise<string> {
  const date = String(headers["x-amz-date"]).replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5");
  const names = String(headers.authorization)
    .replace(/.*SignedHeaders=([^,]+),.*/, "$1")
    .split(";");
  const signable = Object.fromEntries(
    names.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])),
  );
  const { method, path, body } = request;
  const signed = await signer.sign(new HttpRequest({ method, path, body, headers: signable }), {
    signingDate: new Date(date),
    signableHeaders: new Set(names),
  });
  return String(signed.headers.authorization);
}

function partsOf({ head, body }: RawRequest) {
  const [line = "", ...lines] = head.trimEnd().split("\r\n");
  const headers: Record<string, string> = Object.fromEntries(lines.map((text) => text.split(/: (.*)/s, 2)));
  return { line, headers, body: body.toString() };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html names the characters. */
const mappingKey = fc
  .array(fc.stringMatching(/^[\w$.+!*'()-]{1,12}$/), { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join("/")}`);
const path = fc.oneof(
  { weight: 8, arbitrary: mappingKey },
  fc.constantFrom(
    "",
    "/",
    "/$default",
    "/%24default",
    "/prod",
    "/$default/",
    "/a//b",
    "/ü ö",
    "/a%2Fb",
    "/%zz",
  ),
);
const connectionId = fc
  .oneof(
    fc.base64String({ minLength: 4, maxLength: 20 }),
    fc.stringMatching(/^[\w=+/$.!*'()~%-]{1,20}$/),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  )
  // These are no segment of a path: the post client returns "gone" without a request
  .filter((id) => !/^\.{1,2}$/.test(id));
const posts = fc.array(fc.record({ connectionId, body: fc.string({ minLength: 1 }) }), {
  minLength: 10,
  maxLength: 10,
});

it("sends the SDK's request line and Host, and signs its canonical path, for 3,000 random posts", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(answerOf("")) });
  const identity = { region: async () => REGION, credentials: async () => credentials };
  await fc.assert(
    fc.asyncProperty(path, posts, async (endpointPath, batch) => {
      const endpoint = `http://127.0.0.1:${server.port}${endpointPath}`;
      const post = createPostClient(endpoint, identity, { transport: "direct", onDisabled: () => {} });
      for (const { connectionId, body } of batch) {
        expect(await post(connectionId, { body: Buffer.from(body) })).toEqual({ outcome: "delivered" });
      }
      const sent = server.requests.splice(0).map(partsOf);
      const expected = await requestsOfSdk(endpoint, batch);
      for (const [index, ours] of sent.entries()) {
        const { method, path, headers } = expected[index] as HttpRequest;
        expect(ours.line).toBe(`${method} ${path} HTTP/1.1`);
        expect(ours.body).toBe(batch[index]?.body);
        for (const name of ["host", "content-type", "content-length", "x-amz-security-token"]) {
          expect(ours.headers[name]).toBe(headers[name]);
        }
        expect(ours.headers.authorization).toBe(
          await signedBySdk(expected[index] as HttpRequest, ours.headers),
        );
      }
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

it("computes the SDK's own signature if it signs the SDK's own headers", async () => {
  const [request] = await requestsOfSdk("https://a.example/v1/a+b$(c)", [
    { connectionId: "a+/=", body: "x" },
  ]);
  const { headers } = request as HttpRequest;
  expect(await signedBySdk(request as HttpRequest, headers)).toBe(headers.authorization);
});
