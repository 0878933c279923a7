import { expect, it } from "vitest";
import { NOTHING_LOST, publishWhileOneFails, stackForPartialBatches } from "../support/batch-failure.ts";

const local = stackForPartialBatches({ handler: true, mapping: true });

it("loses and repeats nothing when a message fails: the handler returns it, the mapping keeps that one", async () => {
  const { stats } = local.stack;
  expect(await publishWhileOneFails(local, () => stats().queue.failed > 0)).toEqual(NOTHING_LOST);
  expect(stats()).toMatchObject({ fanout: { errors: 0 }, queue: { failedBatches: 0 } });
});
