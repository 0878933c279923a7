import { randomUUID } from "node:crypto";
import { getPublicationStatus, listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { outgrowYouth } from "../support/older-subscriptions.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { type SecondApi, startSecondApi } from "../support/second-api.ts";
import { connectSubscriber } from "../support/sockets.ts";

let second: SecondApi;
afterAll(() => second.stop());
const nameOf = (url: string): string => `${new URL(url).host}/$default`;

/** Two APIs share the stack's table and queue. The config lists the endpoints of both. */
const local = stackForFile(async () => {
  second = await startSecondApi();
  return {
    functions: { fanout: functionPath("fanout-two-apis") },
    functionEnv: (env) => ({
      TEST_MANAGEMENT_ENDPOINTS: JSON.stringify(
        Object.fromEntries(
          [env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI ?? "", second.managementEndpoint].map((url) => [
            nameOf(url),
            url,
          ]),
        ),
      ),
    }),
  };
});

it("delivers to the connections of both APIs, and removes a connection of each that is gone", async () => {
  const { stack, config } = local;
  second.use(config);
  const topicId = randomUUID();
  const apis = [stack, second];
  const open = await Promise.all(apis.map((api) => connectSubscriber(api, topicId)));
  const lost = await Promise.all(apis.map((api) => connectSubscriber(api, topicId)));
  for (const { faults } of apis) faults.disconnect({ times: 1 });
  for (const { socket } of lost) socket.terminate();
  await eventually(() => {
    expect([stack.stats().gateway.disconnectsLost, second.counts().disconnectsLost]).toEqual([1, 1]);
  });
  await outgrowYouth(local);

  const publication = await publishToTopic({ topicId, data: "to both", config });
  await fanoutIdle(local);
  await Promise.all(open.map((socket) => socket.settle()));
  expect(open.map(({ received }) => received)).toEqual([["to both"], ["to both"]]);
  expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
    state: "complete",
    delivered: 2,
    gone: 2,
    retried: 0,
    abandoned: 0,
  });
  const left = await collect(listSubscribers({ topicId, config }));
  expect(left.map(({ domainName }) => domainName).sort()).toEqual(
    [new URL(stack.websocketUrl).host, second.domainName].sort(),
  );
});
