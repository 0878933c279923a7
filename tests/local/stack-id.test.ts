import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isStackRunning } from "lambda-websocket-pubsub-local";
import { expect, it, onTestFinished } from "vitest";
import { askStack } from "../../packages/local/src/stack-id.ts";
import { gatewayForTest } from "./gateway-support.ts";

const stackId = "11111111-2222-3333-4444-555555555555";
const envOf = (endpoint: string, id: string | undefined = stackId): Record<string, string | undefined> => ({
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint,
  PUBSUB_LOCAL_STACK_ID: id,
});

it("returns true for the stack that wrote the environment, and false for another one on the same port", async () => {
  const gateway = await gatewayForTest({ stackId });
  const { managementEndpoint, websocketUrl } = gateway;
  expect(await askStack(managementEndpoint)).toEqual({ stackId, pid: process.pid, websocketUrl });
  expect(await isStackRunning(envOf(managementEndpoint))).toBe(true);
  expect(await isStackRunning(envOf(managementEndpoint, "another"))).toBe(false);
  expect(await isStackRunning(envOf(managementEndpoint, ""))).toBe(false);
  await gateway.stop();
  expect(await isStackRunning(envOf(managementEndpoint))).toBe(false);
});

// The file of a killed stack names a port that any other program may use by now
it.each([
  ["a page", 200, "<html></html>"],
  ["JSON without an id", 200, "{}"],
  ["JSON that is not an object", 200, "null"],
  ["an error with the right id in it", 404, JSON.stringify({ stackId })],
])("takes a server that answers %s for no stack", async (_, status, body) => {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/$default`;
  expect(await isStackRunning(envOf(endpoint))).toBe(false);
});

it("returns false for an environment without an address or with an invalid URL", async () => {
  expect(await isStackRunning({})).toBe(false);
  expect(await isStackRunning(envOf("not a URL"))).toBe(false);
});
