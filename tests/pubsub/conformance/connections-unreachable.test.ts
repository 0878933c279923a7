/** Endpoints that do not respond. A post to one of them must still end, and its outcome must be retryable. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createManagementConnections } from "../../../packages/pubsub/src/aws/management-api/connections.ts";
import type { Connections } from "../../../packages/pubsub/src/core/ports.ts";
import type { PostFailureKind } from "../../../packages/pubsub/src/core/types.ts";
import { encodeUtf8 } from "../../../packages/pubsub/src/core/utf8.ts";
import { closedPort } from "../../support/free-ports.ts";
import { openGateway } from "../../support/gateway.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { consumerOf } from "../../support/samples.ts";

const connectionsTo = (endpoint: string): Connections =>
  createManagementConnections(endpoint, localIdentity, () => {});
const frame = { body: encodeUtf8("lost") };
const retryable = (kind: PostFailureKind): object => ({
  outcome: "failed",
  kind,
  retryable: true,
  reason: expect.stringMatching(/\w/),
});

it("returns a retryable failure if no server listens", async () => {
  const connections = connectionsTo(`http://127.0.0.1:${await closedPort()}/$default`);
  expect(await connections.post(consumerOf("a"), frame)).toEqual(retryable("no-connection"));
});

it("returns a retryable failure if the response is not HTTP", async () => {
  const server = createServer((socket) => socket.end("no such thing\r\n\r\n"));
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connections = connectionsTo(`http://127.0.0.1:${port}/$default`);
  expect(await connections.post(consumerOf("a"), frame)).toEqual(retryable("bad-answer"));
});

it("returns a retryable failure if no response comes, and does not delay other posts", async () => {
  const gateway = await openGateway();
  const connections = connectionsTo(gateway.managementEndpoint);
  const [silent, fine] = [await gateway.connect(), await gateway.connect()];
  gateway.faults.post({ match: (post) => post.connectionId === silent.consumer.connectionId, act: "hang" });
  let ended = false;
  const giveUpAtMs = Date.now() + 5_000;
  const hanging = connections.post(silent.consumer, frame, { giveUpAtMs }).finally(() => {
    ended = true;
  });
  expect(await connections.post(fine.consumer, frame)).toEqual({ outcome: "delivered" });
  expect(ended).toBe(false);
  expect(await hanging).toEqual(retryable("no-answer"));
});
