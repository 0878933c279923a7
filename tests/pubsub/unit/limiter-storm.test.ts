/** These tests run the limiter against a service that returns 5xx, under a virtual clock. */
import { describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { createVirtualClock, type VirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

interface Service {
  /** Whether a post to this connection returns 503. */
  fails(connection: number): boolean;
}

interface Worker {
  limiter: Limiter;
  posts: number;
  scopes: Set<string | undefined>;
}

const CONNECTIONS = 1_000;

/** Starts a worker that posts for this long to 1,000 connections, as fast as its limiter lets it. */
function startWorker(clock: VirtualClock, service: Service, ms: number): Worker {
  const limiter = createLimiter(clock);
  const worker: Worker = { limiter, posts: 0, scopes: new Set() };
  let connection = 0;
  const lane = async (): Promise<void> => {
    while (clock.now() < ms) {
      const turn = await limiter.acquire();
      connection = (connection + 1) % CONNECTIONS;
      const fails = service.fails(connection);
      worker.posts += 1;
      const latencyMs = 10 + clock.random() * 10;
      await clock.sleep(latencyMs);
      const ended = fails
        ? ({ outcome: "failed", kind: "5xx" } as const)
        : ({ outcome: "delivered" } as const);
      worker.scopes.add(turn.release({ connectionId: `c${connection}`, ...ended, latencyMs }));
    }
  };
  for (let lanes = 0; lanes < 100; lanes++) void lane();
  return worker;
}

async function postsWithin(clock: VirtualClock, worker: Worker, ms: number): Promise<number> {
  const before = worker.posts;
  await clock.run(clock.sleep(ms));
  return worker.posts - before;
}

describe("limiter in front of a service that returns 5xx", () => {
  it("slows to 20 posts a second while every post returns 5xx, and recovers after the storm", async () => {
    const clock = createVirtualClock({ seed: 1, startMs: 0 });
    const service: Service = { fails: () => false };
    const worker = startWorker(clock, service, 60_000);
    const calm = await postsWithin(clock, worker, 2_000);
    service.fails = () => true;
    await postsWithin(clock, worker, 1_000);
    const storm = await postsWithin(clock, worker, 2_000);
    expect(calm).toBeGreaterThan(2_000);
    expect(storm).toBeLessThan(60);
    service.fails = () => false;
    await postsWithin(clock, worker, 10_000);
    expect(await postsWithin(clock, worker, 2_000)).toBeGreaterThan(calm / 2);
    // A 5xx is neither the account's rate nor a consumer that does not read
    expect(worker.scopes).toEqual(new Set([undefined]));
  });

  it.each([
    ["a tenth of the posts, at random", (_: number, random: number) => random < 0.1],
    ["every fifth connection", (connection: number) => connection % 5 === 0],
  ])("posts as fast as before while %s return 5xx", async (_, fails) => {
    const clock = createVirtualClock({ seed: 2, startMs: 0 });
    const service: Service = { fails: () => false };
    const worker = startWorker(clock, service, 10_000);
    const calm = await postsWithin(clock, worker, 2_000);
    service.fails = (connection) => fails(connection, clock.random());
    expect(await postsWithin(clock, worker, 5_000)).toBeGreaterThan(2 * calm);
  });
});
