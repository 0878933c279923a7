import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import { createSignatureVerifier } from "../../../packages/local/src/gateway/signature.ts";
import { createManagementConnections } from "../../../packages/pubsub/src/aws/management-api/connections.ts";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { within } from "../../support/eventually.ts";
import { resolveHostsTo, trustLocalhost } from "../../support/network.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";
import { receivedRequest } from "../../support/received-request.ts";

beforeEach(() => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"])
    delete process.env[name];
});

const hostile = fc.oneof(
  fc.constantFrom(
    "",
    ".",
    "..",
    "../..",
    "%2e%2e",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "@",
    ":",
    "\0",
    "\r\n\r\n",
    "\ud800",
  ),
  fc.constantFrom(
    "a=\r\nx-injected: 1",
    "a HTTP/1.1\r\n\r\nPOST /b",
    "$default",
    "L0SM9cOFvHcCIhw=",
    "\u010d\u010a",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);

/** A host, usually with other text around it. */
const hostAmongText = (host: string): fc.Arbitrary<string> => {
  const around = fc.oneof(
    fc.constant(""),
    fc.constantFrom(
      "/",
      "/x",
      "#",
      "?",
      "@",
      ":",
      ":443",
      "user@",
      "user:pass@",
      "\\",
      "\r\n",
      "\t",
      " ",
      "..",
      "\r\nx: y",
      "\ud800",
    ),
  );
  return fc.tuple(around, around).map(([before, after]) => `${before}${host}${after}`);
};

const SENT_HEADERS = ["content-type", "host", "x-amz-date", "authorization", "content-length"];
const verify = createSignatureVerifier({ region: "us-east-1", credentials: localCredentials });

/** Expects that the server received exactly one complete, signed request, and that it was for this consumer. */
async function expectOnePostTo(
  { domainName, stage, connectionId }: Consumer,
  server: RawServer,
): Promise<void> {
  const requests = server.requests.splice(0);
  expect(requests).toHaveLength(1);
  expect(server.rest()).toEqual([]);
  const { head, body } = requests[0] ?? expect.fail("no request");
  const received = receivedRequest(head, body);
  expect(Object.keys(received.headers)).toEqual(SENT_HEADERS);
  expect(head).toMatch(/^POST (\/[\w$-]+)\/@connections\/[\w.~%-]+ HTTP\/1\.1\r\n/);
  const [, sentStage = "", , id = ""] = received.url.split("/").map(decodeURIComponent);
  expect([received.headers.host, sentStage, id]).toEqual([domainName, stage, connectionId.toWellFormed()]);
  expect(String(body)).toBe("hello");
  expect(await verify(received)).toBeUndefined();
}

const frame = { body: Buffer.from("hello") };
const AWS_HOST = "abc123.execute-api.us-east-1.amazonaws.com";
const failed = (retryable: boolean): PostResult => ({
  outcome: "failed",
  retryable,
  reason: expect.stringMatching(/\w/) as unknown as string,
  ...(retryable && { kind: "no-connection" }),
});

it("looks up no host but one of AWS, and connects to none, for any text in the consumer's address", async () => {
  trustLocalhost();
  const server = await startRawServer({ secure: true, onRequest: ({ answer }) => answer(answerOf("")) });
  const lookedUp = resolveHostsTo(undefined);
  const connections = createManagementConnections(undefined, localIdentity, () => {});
  const consumers = fc.record({
    domainName: fc.oneof(
      fc.constant(AWS_HOST),
      hostAmongText(AWS_HOST),
      hostAmongText(`127.0.0.1:${server.port}`),
      hostile,
    ),
    stage: fc.oneof(hostile, fc.constantFrom("$default", "prod", "v-1_X")),
    connectionId: fc.oneof(hostile, fc.constant("L0SM9cOFvHcCIhw=")),
  });
  let posts = 0;
  await fc.assert(
    fc.asyncProperty(consumers, async (consumer) => {
      const { domainName, stage, connectionId } = consumer;
      const mayBe =
        domainName === AWS_HOST && /^(?:\$default|[\w-]+)$/.test(stage) && /^[\w+/=-]+$/.test(connectionId);
      if (mayBe) posts += 1;
      expect(await within("end of the post", connections.post(consumer, frame))).toEqual(failed(mayBe));
    }),
    { numRuns: 1_500 },
  );
  expect(posts).toBeGreaterThan(30);
  expect(new Set(lookedUp)).toEqual(new Set([AWS_HOST]));
  expect(server.requests).toEqual([]);
});

it("posts to the configured endpoint under the consumer's id, for any text in the id", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(answerOf("")) });
  const host = `127.0.0.1:${server.port}`;
  const connections = createManagementConnections(`http://${host}/$default`, localIdentity, () => {});
  const consumers = fc.record({ domainName: hostile, stage: hostile, connectionId: hostile });
  await fc.assert(
    fc.asyncProperty(consumers, async (consumer) => {
      const result = await within("end of the post", connections.post(consumer, frame));
      const gone = /^\.{0,2}$/.test(consumer.connectionId);
      expect(result).toEqual({ outcome: gone ? "gone" : "delivered" });
      if (!gone) await expectOnePostTo({ ...consumer, domainName: host, stage: "$default" }, server);
    }),
    { numRuns: 1_000 },
  );
});

it.each(["not a URL", "ftp://a.example", "https://"])(
  "fails without a retry at the invalid endpoint %j",
  async (url) => {
    const result = await createManagementConnections(url, localIdentity, () => {}).post(
      { domainName: "a", stage: "b", connectionId: "c" },
      frame,
    );
    expect(result).toEqual({ outcome: "failed", retryable: false, reason: expect.stringMatching(/UR[LI]/) });
  },
);

it("ends a post with one of four outcomes for any response", async () => {
  let said = Buffer.alloc(0);
  const server = await startRawServer({ onRequest: ({ socket }) => void socket.end(said) });
  const connections = createManagementConnections(
    `http://127.0.0.1:${server.port}/p`,
    localIdentity,
    () => {},
  );
  const parts = fc.oneof(
    fc.constantFrom(
      "HTTP/1.1 ",
      "200 OK",
      "410 Gone",
      "\r\n",
      "\r\n\r\n",
      "content-length: ",
      "transfer-encoding: chunked",
    ),
    fc.constantFrom("0", "5", "\n", "x-amzn-errortype: a"),
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 12 }), fc.boolean(), async (words, prefixed) => {
      said = Buffer.from(`${prefixed ? "HTTP/1.1 200 OK\r\n" : ""}${words.join("")}`, "latin1");
      const consumer = { domainName: "", stage: "", connectionId: "a=" };
      const result = await within("end of the post", connections.post(consumer, frame));
      expect(["delivered", "gone", "throttled", "failed"]).toContain(result.outcome);
      if (result.outcome === "failed") expect(result.reason).toMatch(/\w/);
    }),
    { numRuns: 500 },
  );
});
