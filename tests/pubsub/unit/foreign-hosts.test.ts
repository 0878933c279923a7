/**
 * A row in the table could name any host and port. The worker sent it another topic's payload, with the session token of
 * its role. The tests forge such rows for a server on this machine, and count what arrives.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { subscribeToTopic } from "lambda-websocket-pubsub";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createManagementConnections } from "../../../packages/pubsub/src/aws/management-api/connections.ts";
import type { ManagementEndpoint } from "../../../packages/pubsub/src/aws/management-api/endpoint-routes.ts";
import { dispatch } from "../../../packages/pubsub/src/core/fanout/dispatch.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Connections } from "../../../packages/pubsub/src/core/ports.ts";
import type { Consumer } from "../../../packages/pubsub/src/core/types.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { collect, consumerOf, storedEvent, subscriptionOf } from "../../support/samples.ts";

const frame = { body: Buffer.from("for another topic") };

beforeEach(() => {
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"])
    vi.stubEnv(name, undefined);
  return () => void vi.unstubAllEnvs();
});

interface Stranger {
  port: number;
  /** How many connections a program has opened to it. */
  connections(): number;
}

async function startStranger(): Promise<Stranger> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** Counts how often the worker asks for the credentials to sign with. */
function connectionsTo(endpoint?: ManagementEndpoint): { connections: Connections; signed(): number } {
  let signed = 0;
  const identity = {
    ...localIdentity,
    credentials: () => {
      signed += 1;
      return localIdentity.credentials();
    },
  };
  return { connections: createManagementConnections(endpoint, identity, () => {}), signed: () => signed };
}

const forged = ({ port }: Stranger): Consumer[] => {
  const { domainName, stage, connectionId } = consumerOf("a=");
  return [
    { domainName: `127.0.0.1:${port}`, stage, connectionId },
    { domainName: `localhost:${port}`, stage, connectionId },
    { domainName: `${domainName}@127.0.0.1:${port}`, stage, connectionId },
    { domainName: `2130706433:${port}`, stage, connectionId },
    { domainName: `127.0.0.1:${port}`, stage: "prod", connectionId },
  ];
};

describe.each(["direct", "sdk"])("a row that names a stranger's host, with the transport %s", (transport) => {
  beforeEach(() => void vi.stubEnv("PUBSUB_TRANSPORT", transport));

  it("causes no connection and no signature, and the post fails for good", async () => {
    const stranger = await startStranger();
    const { connections, signed } = connectionsTo();
    for (const consumer of forged(stranger)) {
      expect(await connections.post(consumer, frame)).toEqual({
        outcome: "failed",
        retryable: false,
        reason: `${consumer.domainName} is not a host of API Gateway: config.managementEndpoint must name the endpoint of connections at a custom domain or a local stack`,
      });
    }
    expect([stranger.connections(), signed()]).toEqual([0, 0]);
  });

  it("causes no request to it where the config lists the APIs", async () => {
    const stranger = await startStranger();
    const { connections, signed } = connectionsTo({ "ws.example.com/prod": "https://ws.example.com" });
    for (const consumer of forged(stranger)) {
      expect(await connections.post(consumer, frame)).toMatchObject({
        outcome: "failed",
        retryable: false,
        reason: expect.stringContaining("config.managementEndpoint has no entry for"),
      });
    }
    expect([stranger.connections(), signed()]).toEqual([0, 0]);
  });
});

it.each(["../../prod/admin", "a/../b", "a?b", "a#b", "a%2e", "a b", "a\u2028", "\u0430"])(
  "signs nothing for the connection id %j at a host of AWS, because API Gateway gives out no such id",
  async (connectionId) => {
    const { connections, signed } = connectionsTo();
    expect(await connections.post({ ...consumerOf(connectionId) }, frame)).toEqual({
      outcome: "failed",
      retryable: false,
      reason: `no connection has the id ${connectionId}`,
    });
    expect(signed()).toBe(0);
  },
);

it("rejects subscribeToTopic for a connection at a custom domain without the setting, and names the setting", async () => {
  const consumer = { domainName: "ws.example.com", stage: "prod", connectionId: "L0SM9cOFvHcCIhw=" };
  const config = { dynamodbTableName: "no-such-table" };
  await expect(subscribeToTopic({ consumer, topicId: "t", config })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    retryable: false,
    message: expect.stringContaining(
      "ws.example.com is not a host of API Gateway: config.managementEndpoint",
    ),
  });
});

it("skips and counts such rows in a fan-out: they get no attempt, no redelivery and no dead letter", async () => {
  const stranger = await startStranger();
  const context = createTestContext();
  const { connections: real } = connectionsTo();
  const { whyNotPosted } = real;
  const { connections } = context;
  context.connections = { ...connections, ...(whyNotPosted && { whyNotPosted }) };
  connections.open(consumerOf("reader"));
  await context.subscriptions.put(subscriptionOf("reader", "t"));
  for (const consumer of forged(stranger)) {
    await context.subscriptions.put({ ...subscriptionOf("x", "t"), consumer });
  }
  const message = { topicId: "t", epoch: "0m1c2d3e4", offsets: [1], events: [storedEvent(1)], step: 1 };
  await dispatch(context, { kind: "topic", ...message });

  expect(connections.received(consumerOf("reader"))).toEqual(['{"n":1}']);
  const malformed = context.observed.filter((event): event is PipelineEvent & { event: "rows-malformed" } => {
    return event.event === "rows-malformed";
  });
  expect(malformed.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  for (const { reason } of malformed) expect(reason).toContain("config.managementEndpoint");
  expect(context.observed).toContainEqual(expect.objectContaining({ event: "unit-completed", consumers: 1 }));
  expect([context.queue.receive(10, 1_000), context.queue.deadLetters]).toEqual([[], []]);
  const rows = await collect(context.ledger.rows({ topicId: "t", epoch: "0m1c2d3e4", offset: 1 }));
  expect(rows.map(({ row }) => row)).toEqual(["done"]);
  expect(stranger.connections()).toBe(0);
});
