/** The clock that simulations run on. */
import { describe, expect, it } from "vitest";
import { createRandom, createVirtualClock } from "../../../packages/pubsub/src/testing/virtual-clock.ts";

const START_MS = 1_000;
const createClock = () => createVirtualClock({ seed: 1, startMs: START_MS });

describe("the virtual clock", () => {
  it("wakes a thousand sleepers in the order of their times", async () => {
    const clock = createClock();
    const random = createRandom(7);
    const woken: number[] = [];
    const sleepers = Array.from({ length: 1_000 }, async () => {
      const ms = Math.floor(random() * 500);
      await clock.sleep(ms);
      expect(clock.now()).toBe(START_MS + ms);
      woken.push(ms);
    });
    await clock.run(Promise.all(sleepers));
    expect(woken).toEqual([...woken].sort((one, other) => one - other));
    expect(woken).toHaveLength(1_000);
  });

  it("wakes sleepers of the same time in the order in which they went to sleep", async () => {
    const clock = createClock();
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(name);
    };
    await clock.run(Promise.all([sleeper("first", 5), sleeper("early", 1), sleeper("second", 5)]));
    expect(woken).toEqual(["early", "first", "second"]);
  });

  it("lets no time pass for a call that was cancelled", async () => {
    const clock = createClock();
    const cancel = clock.after(60_000, () => expect.unreachable());
    cancel();
    await clock.run(clock.sleep(10));
    expect(clock.now()).toBe(START_MS + 10);
  });

  it("does not call what a sleeper of the same time has cancelled", async () => {
    const clock = createClock();
    let cancel = (): void => {};
    clock.after(10, () => cancel());
    cancel = clock.after(10, () => expect.unreachable());
    await clock.run(clock.sleep(20));
  });

  it.each([
    ["nobody sleeps", () => {}],
    [
      "somebody sleeps for ever",
      (sleep: (ms: number) => Promise<void>) => void sleep(Number.POSITIVE_INFINITY),
    ],
  ])("rejects a promise that cannot settle because %s", async (_, begin) => {
    const clock = createClock();
    begin(clock.sleep);
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow("deadlock");
  });

  it("rejects as the promise does", async () => {
    const clock = createClock();
    const failing = clock.sleep(5).then(() => Promise.reject(new Error("as it does")));
    await expect(clock.run(failing)).rejects.toThrow("as it does");
  });
});
