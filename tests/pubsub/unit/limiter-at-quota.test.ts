/**
 * These tests run the limiter against an account's token bucket under a virtual clock. They measure in seconds what
 * `npm run bench -- throttle` measures.
 */
import { describe, expect, it } from "vitest";
import { createLimiter, type Limiter } from "../../../packages/pubsub/src/core/delivery/limiter.ts";
import { createVirtualClock, type VirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

interface Account {
  post(): boolean;
  setRate(perSecond: number): void;
}

/** Creates a token bucket like API Gateway's: it holds the posts of half a second. */
function createAccount(clock: VirtualClock, initial: number): Account {
  let perSecond = initial;
  let tokens = perSecond / 2;
  let atMs = clock.now();
  return {
    setRate(next) {
      perSecond = next;
    },
    post() {
      tokens = Math.min(perSecond / 2, tokens + ((clock.now() - atMs) / 1_000) * perSecond);
      atMs = clock.now();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

interface Worker {
  limiter: Limiter;
  passed: number;
  throttled: number;
}

/** Starts a worker that posts until `until` returns true. All its connections are healthy. */
function startWorker(clock: VirtualClock, account: Account, until: () => boolean): Worker {
  const limiter = createLimiter(clock);
  const worker: Worker = { limiter, passed: 0, throttled: 0 };
  let connections = 0;
  const lane = async (): Promise<void> => {
    while (!until()) {
      const turn = await limiter.acquire();
      const latencyMs = 10 + clock.random() * 10;
      await clock.sleep(latencyMs);
      const passes = account.post();
      if (passes) worker.passed += 1;
      else worker.throttled += 1;
      const outcome = passes ? "delivered" : "throttled";
      turn.release({ connectionId: `c${++connections}`, outcome, latencyMs });
      if (!passes) await clock.sleep(clock.random() * 50);
    }
  };
  for (let lanes = 0; lanes < 100; lanes++) void lane();
  return worker;
}

const sum = (workers: Worker[], count: "passed" | "throttled"): number =>
  workers.reduce((total, worker) => total + worker[count], 0);

describe("limiter at the quota of an account", () => {
  it.each([
    [2_000, 1],
    [2_000, 4],
  ])("uses 95% of %d posts a second with %d workers, and has under 5% throttled", async (quota, count) => {
    const clock = createVirtualClock({ seed: quota + count, startMs: 0 });
    const account = createAccount(clock, quota);
    const workers = Array.from({ length: count }, () =>
      startWorker(clock, account, () => clock.now() > 11_000),
    );
    await clock.run(clock.sleep(1_000));
    const [passedBefore, throttledBefore] = [sum(workers, "passed"), sum(workers, "throttled")];
    await clock.run(clock.sleep(10_000));
    const passed = sum(workers, "passed") - passedBefore;
    const throttled = sum(workers, "throttled") - throttledBefore;
    expect(passed / (10 * quota)).toBeGreaterThan(0.95);
    expect(throttled / (passed + throttled)).toBeLessThan(0.05);
    // Each worker gets a share, although the workers do not know of each other
    for (const worker of workers)
      expect(worker.passed / (passed + passedBefore)).toBeGreaterThan(0.4 / count);
  });

  it("shares the quota with a worker that starts later, and uses all of it after the other worker stops", async () => {
    const clock = createVirtualClock({ seed: 3, startMs: 0 });
    const account = createAccount(clock, 2_000);
    const first = startWorker(clock, account, () => clock.now() > 25_000);
    await clock.run(clock.sleep(5_000));
    const second = startWorker(clock, account, () => clock.now() > 40_000);
    await clock.run(clock.sleep(15_000));
    const before = [first.passed, second.passed];
    await clock.run(clock.sleep(5_000));
    const shares = [first.passed, second.passed].map((passed, index) => passed - (before[index] ?? 0));
    expect(Math.min(...shares) / Math.max(...shares)).toBeGreaterThan(0.4);
    await clock.run(clock.sleep(5_000));
    const alone = second.passed;
    await clock.run(clock.sleep(5_000));
    expect((second.passed - alone) / 10_000).toBeGreaterThan(0.95);
  });

  it("adapts its rate to a quota that is cut to a tenth, and to one that is raised tenfold", async () => {
    const clock = createVirtualClock({ seed: 5, startMs: 0 });
    const account = createAccount(clock, 2_000);
    const worker = startWorker(clock, account, () => clock.now() > 25_000);
    await clock.run(clock.sleep(5_000));
    account.setRate(200);
    await clock.run(clock.sleep(2_000));
    const cut = { ...worker };
    await clock.run(clock.sleep(5_000));
    const throttled = worker.throttled - cut.throttled;
    expect(throttled / (worker.passed - cut.passed + throttled)).toBeLessThan(0.1);
    account.setRate(2_000);
    await clock.run(clock.sleep(5_000));
    const raised = worker.passed;
    await clock.run(clock.sleep(5_000));
    expect((worker.passed - raised) / 10_000).toBeGreaterThan(0.9);
  });
});
