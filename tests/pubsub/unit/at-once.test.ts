import { expect, it } from "vitest";
import { tryEachAtOnce } from "../../../packages/pubsub/src/core/at-once.ts";

it("runs every task although the first ones reject, and then throws the first failure", async () => {
  const ran: number[] = [];
  const all = tryEachAtOnce(2, [1, 2, 3, 4, 5], async (item) => {
    ran.push(item);
    if (item < 3) throw new Error(`task ${item}`);
  });
  await expect(all).rejects.toThrow("task 1");
  expect(ran).toEqual([1, 2, 3, 4, 5]);
});
