/**
 * A proxy in front of the endpoint rejects the direct path's posts with 403 for any credentials and accepts the SDK's.
 */
import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { type RefusingGateway, startRefusingGateway } from "../support/refusing-gateway.ts";
import { functionsPostingTo } from "../support/sink.ts";
import { connectSubscribers } from "../support/sockets.ts";

let gateway: RefusingGateway;
const local = stackForFile(async () => {
  gateway = await startRefusingGateway((response) => {
    response.writeHead(403, { "x-amzn-errortype": "ForbiddenException" }).end();
  });
  return { functionEnv: functionsPostingTo(gateway) };
});
afterAll(() => gateway.stop());

it("delivers every publication once by the SDK, and each worker reports the refusal at most once", async () => {
  gateway.forwardTo(local.stack.websocketUrl);
  const topicId = randomUUID();
  const sockets = await connectSubscribers(local.stack, topicId, 30);
  gateway.refuse(true);
  const expected = Array.from({ length: 5 }, (_, index) => `number ${index}`);
  for (const data of expected) {
    const { epoch, offset } = await publishToTopic({ topicId, data, config: local.config });
    await fanoutIdle(local);
    const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    expect(status).toMatchObject({
      state: "complete",
      delivered: 30,
      abandoned: 0,
    });
  }
  gateway.refuse(false);
  await Promise.all(sockets.map((socket) => socket.settle()));
  for (const { received } of sockets) expect(received.toSorted()).toEqual(expected);
  expect(gateway.counts.forwarded).toBe(150);
  expect(gateway.counts.refused).toBeGreaterThan(0);
  const reports = local.log
    .filter((line) => line.includes('"message":"direct-path-disabled"'))
    .map((line) => JSON.parse(line));
  expect(reports.length).toBeGreaterThan(0);
  expect(reports.length).toBeLessThanOrEqual(local.stack.stats().fanout.coldStarts);
  for (const report of reports) {
    expect(report).toMatchObject({ level: "WARN", awsService: "execute-api", function_name: "fanout" });
  }
});
