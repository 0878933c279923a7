/** A proxy in front of the endpoint refuses or redirects every post of the direct path, and accepts the SDK's. */
import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { type RefusingGateway, startRefusingGateway } from "../support/refusing-gateway.ts";
import { functionsPostingTo } from "../support/sink.ts";
import { connectSubscribers } from "../support/sockets.ts";

interface Refusal {
  status: number;
  headers: Record<string, string>;
}

let gateway: RefusingGateway;
let refusal: Refusal;
const local = stackForFile(async () => {
  gateway = await startRefusingGateway((response) => {
    response.writeHead(refusal.status, refusal.headers).end();
  });
  return { functionEnv: functionsPostingTo(gateway) };
});
afterAll(() => gateway.stop());

it.each<[string, Refusal]>([
  ["is refused with 403", { status: 403, headers: { "x-amzn-errortype": "ForbiddenException" } }],
  ["is redirected with 302", { status: 302, headers: { location: "/elsewhere" } }],
])(
  "delivers every publication once by the SDK if the direct path %s, and each worker reports it at most once",
  async (_, thisRefusal) => {
    refusal = thisRefusal;
    gateway.forwardTo(local.stack.websocketUrl);
    // A worker of the case before has given the direct path up
    local.stack.faults.workers.kill("fanout");
    const before = { ...gateway.counts, coldStarts: local.stack.stats().fanout.coldStarts };
    const topicId = randomUUID();
    const sockets = await connectSubscribers(local.stack, topicId, 30);
    gateway.refuse(true);
    const expected = Array.from({ length: 5 }, (_, index) => `number ${index}`);
    for (const data of expected) {
      const { epoch, offset } = await publishToTopic({ topicId, data, config: local.config });
      await fanoutIdle(local);
      const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
      expect(status).toMatchObject({ state: "complete", delivered: 30, abandoned: 0 });
    }
    gateway.refuse(false);
    await Promise.all(sockets.map((socket) => socket.settle()));
    for (const { received } of sockets) expect(received.toSorted()).toEqual(expected);
    expect(gateway.counts.forwarded - before.forwarded).toBe(150);
    expect(gateway.counts.refused).toBeGreaterThan(before.refused);
    const reports = local.log
      .filter((line) => line.includes('"message":"direct-path-disabled"'))
      .map((line) => JSON.parse(line))
      .filter(({ reason }) => reason.includes(String(refusal.status)));
    expect(reports.length).toBeGreaterThan(0);
    const { coldStarts } = local.stack.stats().fanout;
    expect(reports.length).toBeLessThanOrEqual(coldStarts - before.coldStarts);
    for (const report of reports) {
      expect(report).toMatchObject({ level: "WARN", awsService: "execute-api", function_name: "fanout" });
    }
  },
);
