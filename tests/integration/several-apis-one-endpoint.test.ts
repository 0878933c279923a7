import { randomUUID } from "node:crypto";
import { getPublicationStatus, listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { outgrowYouth } from "../support/older-subscriptions.ts";
import { fanoutIdle, takeDeadLetters } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { type SecondApi, startSecondApi } from "../support/second-api.ts";
import { connectSubscriber } from "../support/sockets.ts";

let second: SecondApi;
afterAll(() => second.stop());

/** Two APIs share the stack's table and queue, but the config has only the endpoint of the stack's own API. */
const local = stackForFile(async () => {
  second = await startSecondApi();
  return { functions: { fanout: functionPath("fanout-two-apis") } };
});

it("keeps the subscription of an open connection that the only endpoint returns 410 for, and abandons the delivery", async () => {
  const { stack, config } = local;
  second.use(config);
  const topicId = randomUUID();
  const own = await connectSubscriber(stack, topicId);
  const foreign = await connectSubscriber(second, topicId);
  const lost = await connectSubscriber(stack, topicId);
  stack.faults.disconnect({ times: 1 });
  lost.socket.terminate();
  await eventually(() => expect(stack.stats().gateway.disconnectsLost).toBe(1));
  await outgrowYouth(local);

  const publication = await publishToTopic({ topicId, data: "hello", config });
  await fanoutIdle(local);
  await own.settle();
  expect(own.received).toEqual(["hello"]);
  expect(foreign.received).toEqual([]);
  expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
    delivered: 1,
    gone: 1,
    abandoned: 1,
  });
  const [letter] = await takeDeadLetters(local);
  expect(letter).toMatchObject({
    code: "DELIVERY_ABANDONED",
    reason: `410 from ${stack.managementEndpoint}, which is not known to be the endpoint of ${second.domainName}/$default`,
  });
  const left = await collect(listSubscribers({ topicId, config }));
  const domains = left.map(({ domainName }) => domainName).sort();
  expect(domains).toEqual([new URL(stack.websocketUrl).host, second.domainName].sort());
});
