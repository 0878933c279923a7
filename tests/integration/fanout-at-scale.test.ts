import {
  countSubscribers,
  getPublicationStatus,
  listSubscribers,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { seedSubscribers } from "../support/rows.ts";
import { functionsPostingTo, type Sink, startSink } from "../support/sink.ts";

let sink: Sink;
const local = stackForFile(async () => {
  sink = await startSink();
  return { functionEnv: functionsPostingTo(sink) };
});
afterAll(() => sink.stop());

/**
 * One query of the index stops at 1 MB, about 7,500 rows. A fan-out that does not page would reach only those, and a
 * chain of pages of 1,000 only 16,000.
 */
describe("a topic of 20,000 subscriptions", () => {
  const topicId = "the whole town";
  /** 100,000: `FANOUT_SUBSCRIBERS=100000 npx vitest run tests/integration/fanout-at-scale.test.ts -t whole` */
  const count = Number(process.env.FANOUT_SUBSCRIBERS ?? 20_000);
  let ids: string[];
  beforeAll(async () => {
    ids = await seedSubscribers(local, topicId, count);
  });

  it("gets one publish whole and no subscriber gets it twice", async () => {
    await sink.begin();
    const publication = await publishToTopic({ topicId, data: "to all", config: local.config });
    await fanoutIdle(local);
    const { delivered, bodies } = await sink.posts();
    expect(delivered.size).toBe(count);
    expect(sink.received()).toBe(count);
    expect(ids.filter((id) => delivered.get(id) !== 1)).toEqual([]);
    expect(bodies).toEqual(new Set(["to all"]));
    // Lambda stops a chain after 16 invocations. A chain of pages would reach 16,000
    const { longestChain, recursiveInvocationsDropped } = local.stack.stats().queue;
    expect(longestChain).toBeLessThanOrEqual(3);
    expect(recursiveInvocationsDropped).toBe(0);
    expect(await getPublicationStatus({ ...publication, config: local.config })).toEqual({
      state: "complete",
      delivered: count,
      gone: 0,
      retried: 0,
      abandoned: 0,
      pages: expect.any(Number),
    });
  });

  it("gets one publish whole though the first post to every subscriber gets no answer", async () => {
    await sink.begin();
    await sink.refuseFirst();
    const publication = await publishToTopic({ topicId, data: "to all, again", config: local.config });
    await fanoutIdle(local);
    const { delivered } = await sink.posts();
    expect(ids.filter((id) => delivered.get(id) !== 1)).toEqual([]);
    expect(sink.received()).toBe(2 * count);
    const { longestChain, recursiveInvocationsDropped } = local.stack.stats().queue;
    console.log(
      `${count} subscribers, no answer to first posts: a chain of ${longestChain} invocations at most`,
    );
    expect(recursiveInvocationsDropped).toBe(0);
    expect(await getPublicationStatus({ ...publication, config: local.config })).toMatchObject({
      state: "complete",
      delivered: count,
      abandoned: 0,
    });
  });

  it("removes the 5 % that are gone and delivers everything to the others", async () => {
    const gone = ids.filter((_, index) => index % 20 === 7);
    const alive = ids.filter((_, index) => index % 20 !== 7);
    await sink.begin(gone);
    const publication = await publishToTopic({ topicId, data: { number: 2 }, config: local.config });
    await fanoutIdle(local);
    const posts = await sink.posts();
    expect([...posts.gone.keys()].toSorted()).toEqual(gone);
    expect(posts.delivered.size).toBe(19_000);
    expect(alive.filter((id) => posts.delivered.get(id) !== 1)).toEqual([]);
    expect(await getPublicationStatus({ ...publication, config: local.config })).toMatchObject({
      state: "complete",
      delivered: 19_000,
      gone: 1_000,
      abandoned: 0,
    });
    const left: string[] = [];
    for await (const { connectionId } of listSubscribers({ topicId, config: local.config })) {
      left.push(connectionId);
    }
    expect(left.toSorted()).toEqual(alive);
  });
});

describe("a topic of 5,000 subscriptions, without a queue", () => {
  it("has delivered to every subscription before the publish resolves", async () => {
    const topicId = "in process";
    const { dynamodbTableName } = local.config;
    const config = { dynamodbTableName, managementEndpoint: sink.managementEndpoint };
    const ids = await seedSubscribers(local, topicId, 5_000);
    const gone = ids.filter((_, index) => index % 50 === 0);
    await sink.begin(gone);
    const publication = await publishToTopic({ topicId, data: ["here", "and now"], config });
    const posts = await sink.posts();
    expect([...posts.gone.keys()].toSorted()).toEqual(gone);
    const missed = ids.filter((id) => !posts.gone.has(id) && posts.delivered.get(id) !== 1);
    expect(missed).toEqual([]);
    expect(posts.bodies).toEqual(new Set(['["here","and now"]']));
    expect(sink.received()).toBe(5_000);
    expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
      state: "complete",
      delivered: 4_900,
      gone: 100,
    });
    expect(await countSubscribers({ topicId, config })).toBe(4_900);
  });
});
