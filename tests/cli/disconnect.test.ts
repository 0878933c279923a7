/** `pubsub disconnect` against a local stack. */
import { type Consumer, listSubscribers, subscribeToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, type TestSocket } from "../support/sockets.ts";
import { type PubsubOutcome, runPubsub } from "../support/verify.ts";

const local = stackForFile();
const run = (...args: string[]): Promise<PubsubOutcome> =>
  runPubsub(["disconnect", ...args], local.stack.env);
const subscribersOf = (topicId: string): Promise<Consumer[]> =>
  collect(listSubscribers({ topicId, config: local.config }));

/** Connects a client of this user, who is subscribed to both topics. */
async function member(userId: string, topicId: string): Promise<{ socket: TestSocket; consumer: Consumer }> {
  const socket = await connectSubscriber(local.stack, topicId);
  const consumer = await eventually(async () => {
    const [found] = await subscribersOf(topicId);
    if (!found) throw new Error("not in the index yet");
    return found;
  });
  await subscribeToTopic({ consumer, topicId: `${topicId}-of-${userId}`, userId, config: local.config });
  return { socket, consumer };
}

it("closes a connection, tells it the reason, and removes its subscriptions", async () => {
  const { socket, consumer } = await member("user-1", "put-out");
  const { domainName, stage, connectionId } = consumer;
  const outcome = await run(
    "--connection",
    `${domainName}/${stage}/${connectionId}`,
    "--reason",
    "Goodbye.",
    "--yes",
    "--json",
  );
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(outcome.stdout)).toEqual({ closed: 1, gone: 0 });
  await socket.closed;
  expect(socket.received.map((text) => JSON.parse(text))).toContainEqual(
    expect.objectContaining({ type: "ERROR", code: "DISCONNECTED", message: "Goodbye." }),
  );
  await eventually(async () => expect(await subscribersOf("put-out")).toEqual([]));
});

it("ends a user's access to one topic with --topic, and leaves the other topics", async () => {
  await member("user-2", "stays");
  expect(await run("--user", "user-2", "--topic", "stays-of-user-2", "--yes")).toEqual({
    code: 0,
    stdout: "revoked: the user user-2 from stays-of-user-2\n",
    stderr: "",
  });
  await eventually(async () => expect(await subscribersOf("stays-of-user-2")).toEqual([]));
  expect(await subscribersOf("stays")).toHaveLength(1);
});

it("does nothing without --yes where there is no terminal to ask on", async () => {
  await member("user-3", "asked");
  const { code, stdout, stderr } = await run("--user", "user-3");
  expect(stderr).toMatch(
    /^Put out the user user-3 from all topics and close the connection \(table \S+\): --yes agrees to that/,
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(await subscribersOf("asked-of-user-3")).toHaveLength(1);
});
