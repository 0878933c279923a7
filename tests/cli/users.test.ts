/** `members`, `publish --to-user` and `disconnect --user` against a local stack whose connections have users. */
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connect, eventsIn, type TestSocket } from "../support/sockets.ts";
import { type PubsubOutcome, runPubsub } from "../support/verify.ts";

const local = stackForFile(() => ({ functions: { websocket: functionPath("websocket-users") } }));
const run = (...args: string[]): Promise<PubsubOutcome> => runPubsub(args, local.stack.env);

const connected = (userId: string): Promise<TestSocket> =>
  connect({ websocketUrl: `${local.stack.websocketUrl}?user=${userId}` });

async function member(userId: string, topicId: string, presence: object): Promise<TestSocket> {
  const socket = await connected(userId);
  const subscribed = await socket.request({ action: "SUBSCRIBE", topicId, format: "event", presence });
  expect(subscribed).toMatchObject({ type: "SUBSCRIBED" });
  return socket;
}

async function memberIds(topicId: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run("members", topicId, "--json", ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { count, members } = JSON.parse(stdout) as { count: number; members: { userId: string }[] };
  expect(members).toHaveLength(count);
  return members.map(({ userId }) => userId);
}

it("lists each member of a topic once, with what others see of the user", async () => {
  const topicId = "listed";
  expect(await run("members", topicId)).toEqual({
    code: 0,
    stdout: "",
    stderr: `${topicId} has no members.\n`,
  });
  await member("user-7", topicId, { info: { name: "Ada\u001b[2J" } });
  await member("user-7", topicId, { info: { name: "Ada\u001b[2J" } });
  await member("user-8", topicId, {});
  await eventually(async () => expect(await memberIds(topicId)).toEqual(["user-7", "user-8"]));
  expect(await memberIds(topicId, "--active-within", "7200")).toEqual(["user-7", "user-8"]);
  expect((await run("members", topicId)).stdout.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z {2}user-7 {2}\{"name":"Ada\\u001b\[2J"\}$/),
    expect.stringMatching(/^\S+Z {2}user-8$/),
  ]);
});

it("publishes to all connections of a user, and to nobody else", async () => {
  const [phone, laptop, stranger] = await Promise.all(["ada", "ada", "bob"].map(connected));
  const published = await run("publish", "--to-user", "ada", '{"shipped":5}', "--json");
  expect(published).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(published.stdout)).toMatchObject({ topicId: "$user/ada", offset: 1, duplicate: false });
  for (const socket of [phone, laptop]) {
    await eventually(() =>
      expect(eventsIn(socket?.received ?? [])).toEqual([
        { epoch: expect.any(String), offset: 1, data: { shipped: 5 } },
      ]),
    );
  }
  await stranger?.settle();
  expect(stranger?.received).toEqual([]);
  const status = await run("status", "$user/ada", "1", "--wait", "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({ state: "complete", delivered: 2 });
});

it("closes all connections of a user with the reason, removes the user from the members, and leaves others", async () => {
  const topicId = "put-out";
  const [phone, laptop, other] = await Promise.all(
    ["eve", "eve", "kim"].map((userId) => member(userId, topicId, {})),
  );
  await eventually(async () => expect(await memberIds(topicId)).toEqual(["eve", "kim"]));
  const outcome = await run("disconnect", "--user", "eve", "--reason", "Your account was closed.", "--yes");
  expect(outcome).toEqual({
    code: 0,
    stdout: "disconnected: the user eve (connections closed: 2, already gone: 0)\n",
    stderr: "",
  });
  for (const socket of [phone, laptop]) {
    await socket?.closed;
    expect(socket?.received.map((text) => JSON.parse(text) as unknown)).toContainEqual(
      expect.objectContaining({ type: "ERROR", code: "DISCONNECTED", message: "Your account was closed." }),
    );
  }
  // Who has left is listed for ten seconds more
  await eventually(async () => expect(await memberIds(topicId)).toEqual(["kim"]));
  await other?.settle();
  const again = await run("disconnect", "--user", "eve", "--yes", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({ closed: 0 });
});

it("exits with 1 and the reason if the server refuses a topic to tail", async () => {
  const { code, stderr, stdout } = await run("tail", "room-1");
  expect(stderr).toBe("room-1: REFUSED: FORBIDDEN: not allowed to subscribe to room-1\n");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});
