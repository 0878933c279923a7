import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { afterAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { bundleFunction, bundleModule, type LambdaBundle } from "../support/lambda-bundle.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connectSubscriber } from "../support/sockets.ts";

const bundles: LambdaBundle[] = [];

/** The functions as they are deployed, each in clean processes that have only a function's environment. */
const local = stackForFile(async () => {
  bundles.push(await bundleFunction("websocket"), await bundleFunction("fanout"));
  const [websocket, fanout] = bundles;
  return { functions: { websocket: websocket?.path ?? "", fanout: fanout?.path ?? "" } };
});

afterAll(async () => {
  await Promise.all(bundles.map((bundle) => bundle.remove()));
});

it("handles API Gateway's events and the queue's events with the deployed bundles", async () => {
  const [websocket, fanout] = bundles.map(({ kilobytes }) => kilobytes);
  console.log(`bundles, minified: websocket ${websocket} KB, fanout ${fanout} KB`);
  const topicId = randomUUID();
  const subscriber = await connectSubscriber(local.stack, topicId, "event");
  const { epoch, offset } = await publishToTopic({
    topicId,
    data: { from: "a bundle" },
    config: local.config,
  });
  await eventually(() => expect(subscriber.received).toHaveLength(1));
  expect(JSON.parse(subscriber.received[0] ?? "")).toMatchObject({
    type: "EVENTS",
    events: [{ offset: 1, data: { from: "a bundle" } }],
  });
  await eventually(async () => {
    const status = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    expect(status).toMatchObject({ state: "complete", delivered: 1 });
  });
  expect(await subscriber.request({ action: "UNSUBSCRIBE", topicId })).toMatchObject({
    type: "UNSUBSCRIBED",
  });
});

it("bundles the code of topic tokens only if the function checks them", async () => {
  const checking = await bundleModule(new URL("functions/websocket-topic-tokens.ts", import.meta.url));
  bundles.push(checking);
  const [websocket, fanout] = bundles;
  const forTokens = (bundle: LambdaBundle | undefined): string[] =>
    Object.keys(bundle?.metafile.inputs ?? {}).filter((path) => /\/jose\/|\/src\/tokens\//.test(path));
  console.log(`websocket with topic tokens: ${checking.kilobytes} KB`);
  expect(forTokens(checking).length).toBeGreaterThan(0);
  expect([...forTokens(websocket), ...forTokens(fanout)]).toEqual([]);
});
