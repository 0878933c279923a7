/**
 * An upgrade from the old package of this name while connections stay open. They received nothing after it, though the
 * publication's status was `complete`, and their rows were never removed.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Consumer,
  countSubscribers,
  getPublicationStatus,
  listSubscribers,
  type PublicationStatus,
  type PubsubConfig,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { beforeEach, describe, expect, it } from "vitest";
import { bareEnv } from "../support/bare-env.ts";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { legacyRow, readRows, writeRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, type TestSocket } from "../support/sockets.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-legacy"), fanout: functionPath("fanout-legacy") },
}));

let topicId: string;
let old: TestSocket & { consumer: Consumer };
beforeEach(async () => {
  topicId = `room-${randomUUID()}`;
  old = await connectAsBefore(topicId);
});

/** Opens a connection whose only subscription is a row of the old package. */
async function connectAsBefore(room: string): Promise<TestSocket & { consumer: Consumer }> {
  const helper = `helper-${randomUUID()}`;
  const socket = await connectSubscriber(local.stack, helper);
  const consumer = await eventually(async () => {
    const [found] = await collect(listSubscribers({ topicId: helper, config: local.config }));
    if (!found) throw new Error("not in the index yet");
    return found;
  });
  await socket.request({ action: "UNSUBSCRIBE", topicId: helper });
  await writeRows(local, [legacyRow(consumer, room)]);
  return { ...socket, consumer };
}

async function publishAndSettle(data: unknown, config: PubsubConfig): Promise<PublicationStatus> {
  const { epoch, offset } = await publishToTopic({ topicId, data, config });
  await fanoutIdle(local);
  return getPublicationStatus({ topicId, epoch, offset, config });
}

const legacyRows = (): Promise<unknown[]> => readRows(local, topicId);

describe("with legacySubscriptions", () => {
  it("delivers to an old connection and to a new one, through the queue", async () => {
    const fresh = await connectSubscriber(local.stack, topicId);
    const status = await publishAndSettle("hello", local.config);
    expect(status).toMatchObject({ state: "complete", delivered: 2, gone: 0, abandoned: 0, pages: 1 });
    await Promise.all([old.settle(), fresh.settle()]);
    expect([old.received, fresh.received]).toEqual([["hello"], ["hello"]]);
  });

  it("delivers to an old connection in process, and counts it among the subscribers", async () => {
    const { dynamodbTableName } = local.config;
    const config = { dynamodbTableName, legacySubscriptions: true };
    expect(await countSubscribers({ topicId, config })).toBe(1);
    await publishToTopic({ topicId, data: { text: "hello" }, config });
    await old.settle();
    expect(old.received).toEqual(['{"text":"hello"}']);
  });

  it("removes the row of a connection that is gone", async () => {
    await writeRows(local, [legacyRow({ ...old.consumer, connectionId: "long-gone00=" }, topicId)]);
    expect(await legacyRows()).toHaveLength(2);
    expect(await publishAndSettle("hello", local.config)).toMatchObject({
      delivered: 1,
      gone: 1,
      abandoned: 0,
    });
    await eventually(async () => expect(await legacyRows()).toEqual([legacyRow(old.consumer, topicId)]));
  });

  it("removes the rows of a connection that closes", async () => {
    await writeRows(local, [legacyRow(old.consumer, `other-${topicId}`)]);
    old.socket.close();
    await eventually(async () => {
      expect(await legacyRows()).toEqual([]);
      expect(await readRows(local, `other-${topicId}`)).toEqual([]);
    });
  });

  it("ends an old subscription on UNSUBSCRIBE, and replaces it on SUBSCRIBE", async () => {
    const another = await connectAsBefore(topicId);
    await old.request({ action: "UNSUBSCRIBE", topicId });
    expect(await legacyRows()).toEqual([legacyRow(another.consumer, topicId)]);
    await another.request({ action: "SUBSCRIBE", topicId });
    expect(await legacyRows()).toEqual([]);
    expect(await publishAndSettle("once", local.config)).toMatchObject({ delivered: 1 });
    await Promise.all([old.settle(), another.settle()]);
    expect([old.received, another.received]).toEqual([[], ["once"]]);
  });
});

it("ignores an old connection and keeps its row without legacySubscriptions", async () => {
  const { dynamodbTableName } = local.config;
  const config = { dynamodbTableName };
  expect(await countSubscribers({ topicId, config })).toBe(0);
  const { epoch, offset } = await publishToTopic({ topicId, data: "hello", config });
  const status = await getPublicationStatus({ topicId, epoch, offset, config });
  expect(status).toMatchObject({ state: "complete", delivered: 0 });
  await old.settle();
  expect(old.received).toEqual([]);
  expect(await legacyRows()).toEqual([legacyRow(old.consumer, topicId)]);
});

it("removes only the remaining old rows with the clean-up of docs/migrating.md", async () => {
  const topics = [topicId, `topic#a/b/${topicId}`, `a/b/${topicId}`];
  for (const room of topics) await connectSubscriber(local.stack, room);
  await writeRows(local, [legacyRow(old.consumer, `other-${topicId}`)]);
  await publishToTopic({ topicId, data: "hello", publicationId: "p1", config: local.config });
  await fanoutIdle(local);
  const rowsBefore = await readRows(local);
  const isOld = (row: object): boolean => "connectionId" in row;
  expect(rowsBefore.filter(isOld).length).toBeGreaterThanOrEqual(2);

  const [, script = ""] =
    /```js\n(.*?)```/s.exec(readFileSync(`${repository}docs/migrating.md`, "utf8")) ?? [];
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: repository,
    env: { ...bareEnv(), ...local.stack.env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(await readRows(local)).toEqual(rowsBefore.filter((row) => !isOld(row)));
});
