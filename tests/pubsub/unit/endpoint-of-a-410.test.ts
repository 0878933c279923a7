/** A 410 is `gone` only from the consumer's own API. The tests post to one or two real gateways. */
import { expect, it } from "vitest";
import { createManagementConnections } from "../../../packages/pubsub/src/aws/management-api/connections.ts";
import type { ManagementEndpoint } from "../../../packages/pubsub/src/aws/management-api/endpoint-routes.ts";
import { inTurn } from "../../../packages/pubsub/src/core/delivery/in-turn.ts";
import type { Connections } from "../../../packages/pubsub/src/core/ports.ts";
import { openGateway } from "../../support/gateway.ts";
import { localIdentity } from "../../support/post-identity.ts";

const frame = { body: Buffer.from("hello") };
const connectionsTo = (endpoint: ManagementEndpoint): Connections =>
  inTurn(createManagementConnections(endpoint, localIdentity, () => {}));

const unproven = (endpoint: string, api: string): unknown => ({
  outcome: "failed",
  kind: "unproven-gone",
  retryable: true,
  reason: `410 from ${endpoint}, which is not known to be the endpoint of ${api}`,
});

it("does not return gone for an open connection of another API, posted to the only endpoint", async () => {
  const [one, other] = [await openGateway(), await openGateway()];
  const connections = connectionsTo(one.managementEndpoint);
  const { consumer } = await other.connect();
  const refused = unproven(one.managementEndpoint, `${other.domainName}/$default`);
  expect(await connections.post(consumer, frame)).toEqual(refused);
  // What the endpoint's own API delivers proves nothing about the other
  expect(await connections.post((await one.connect()).consumer, frame)).toEqual({ outcome: "delivered" });
  expect(await connections.post(consumer, frame)).toEqual(refused);
  expect(connections.isProven?.(consumer)).toBe(false);
});

it("returns gone for a closed connection of the API that the only endpoint names", async () => {
  const gateway = await openGateway();
  const { consumer, close } = await gateway.connect();
  await close();
  const connections = connectionsTo(gateway.managementEndpoint);
  expect(await connections.post(consumer, frame)).toEqual({ outcome: "gone" });
});

it("returns gone at a custom domain only after the endpoint has delivered to that domain and stage", async () => {
  const gateway = await openGateway();
  const connections = connectionsTo(gateway.managementEndpoint);
  const [open, closed] = [await gateway.connect(), await gateway.connect()];
  await closed.close();
  const at = (connectionId: string, stage: string = "prod"): Parameters<Connections["post"]>[0] => {
    return { domainName: "ws.example.com", stage, connectionId };
  };
  const { connectionId } = closed.consumer;
  expect(await connections.post(at(connectionId), frame)).toEqual(
    unproven(gateway.managementEndpoint, "ws.example.com/prod"),
  );
  expect(connections.isProven?.(at(connectionId))).toBe(false);
  expect(await connections.post(at(open.consumer.connectionId), frame)).toEqual({ outcome: "delivered" });
  expect(connections.isProven?.(at(connectionId))).toBe(true);
  expect(await connections.post(at(connectionId), frame)).toEqual({ outcome: "gone" });
  expect(await connections.post(at(connectionId, "other"), frame)).toMatchObject({ kind: "unproven-gone" });
});

it("posts to each API at its own endpoint, and takes a 410 of each as gone", async () => {
  const [one, other] = [await openGateway(), await openGateway()];
  const connections = connectionsTo({
    [`${one.domainName}/$default`]: one.managementEndpoint,
    "ws.example.com/prod": other.managementEndpoint,
  });
  const [first, second] = [await one.connect(), await other.connect()];
  const atDomain = { ...second.consumer, domainName: "ws.example.com", stage: "prod" };
  await second.close();
  expect(await connections.post(first.consumer, frame)).toEqual({ outcome: "delivered" });
  expect(await connections.post(atDomain, frame)).toEqual({ outcome: "gone" });
  expect([one.posts.length, other.posts.length]).toEqual([1, 1]);
  const unlisted = { ...second.consumer, domainName: "def456.example" };
  expect(await connections.post(unlisted, frame)).toEqual({
    outcome: "failed",
    retryable: false,
    reason: `config.managementEndpoint has no entry for def456.example/$default; it has ${one.domainName}/$default, ws.example.com/prod`,
  });
  expect([one.posts.length, other.posts.length]).toEqual([1, 1]);
});
