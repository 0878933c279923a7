import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import type { TestStack } from "./local-stack.ts";
import { fanoutIdle } from "./queues.ts";
import { seedSubscribers } from "./rows.ts";
import { watchParts } from "./sent-parts.ts";
import type { Sink } from "./sink.ts";

const SUBSCRIBERS = 2_000;
const POSTS_BEFORE_DEATH = 300;

/**
 * Posting stops at 7 s, which leaves time to kill the worker. A claim lasts 10 s, and a dead worker's message is
 * visible again after 11 s. If a slow start made the claim late, the lease has not expired by then, so the message may
 * be received many times.
 */
export const WORKER_DEATH_TIMING = {
  fanout: { timeoutMs: 10_000 },
  queue: { visibilityTimeoutSeconds: 11, maxReceiveCount: 100 },
} as const;

/**
 * Kills a worker in the middle of a fan-out to 2,000 connections, of which one in forty is gone. Checks that every
 * connection got the event, that all duplicates are from one page, and that the publication's status is complete. The
 * sink does not respond until the worker is killed, so that the kill is always in the middle of a page.
 */
export async function killWorkerMidPage(local: TestStack, sink: Sink, partSize: number): Promise<void> {
  const { config, stack } = local;
  const topicId = randomUUID();
  const ids = await seedSubscribers(local, topicId, SUBSCRIBERS);
  const goneIds = ids.filter((_, index) => index % 40 === 0);
  const partOf = new Map<string, string>();
  const unwatch = watchParts(stack, ({ unit, connectionIds }) => {
    for (const id of connectionIds) if (!partOf.has(id)) partOf.set(id, unit);
  });
  await sink.begin(goneIds);
  await sink.holdAfter(POSTS_BEFORE_DEATH);
  const publication = await publishToTopic({ topicId, data: "survives", config });
  await eventually(() => expect(sink.received()).toBeGreaterThan(POSTS_BEFORE_DEATH));
  expect(stack.faults.workers.kill("fanout", { count: 1 })).toBe(1);
  expect(sink.received()).toBeLessThan(SUBSCRIBERS);
  await sink.release();
  await fanoutIdle(local);
  unwatch();

  expect(stack.stats().fanout.crashes).toBe(1);
  const posts = await sink.posts();
  const times = new Map([...posts.delivered, ...posts.gone]);
  expect(ids.filter((id) => !times.has(id))).toEqual([]);
  const repeated = [...times].filter(([, count]) => count > 1);
  expect(repeated.filter(([, count]) => count > 2)).toEqual([]);
  expect(new Set(repeated.map(([id]) => partOf.get(id))).size, "parts with repeats").toBe(1);
  expect(repeated.length).toBeLessThanOrEqual(partSize);
  expect(await getPublicationStatus({ ...publication, config })).toMatchObject({
    state: "complete",
    delivered: SUBSCRIBERS - goneIds.length,
    gone: goneIds.length,
    abandoned: 0,
  });
}
